"""`regulars phone`: a laptop with Bluetooth plays the member's app, so that a shop can be tried without one."""

import asyncio
import json
import sys
from contextlib import suppress
from pathlib import Path

import click

from regulars.commands.token import SECRET_LENGTH
from regulars.phone.errors import BadSecret, NoAdapter, PhoneError
from regulars.phone.member import Member, Wish


@click.command(name="phone")
@click.option(
    "--secret-file", type=click.Path(path_type=Path), required=True,
    help="The member's secret (Kc): 64 hexadecimal digits, or the JSON that joining replies; - reads standard input.",
)  # fmt: skip
@click.option("--store", type=click.IntRange(0, 0xFFFF_FFFF), required=True, help="The store's number (u32).")
@click.option(
    "--mode",
    type=click.Choice([wish.value for wish in Wish]),
    default="stored",
    show_default=True,
    help="The first mode.",
)
@click.option("--epoch", type=click.IntRange(0, 0xFFFF), default=0, show_default=True, help="Consent epoch.")
@click.option("--adapter", default="", help="MAC of the adapter; the first one if not given.")
@click.option("--once", is_flag=True, help="Answer one challenge and end.")
@click.option("--seconds", type=click.FloatRange(min=0, min_open=True), help="End after this long; else with Ctrl-C.")
def command(  # noqa: PLR0917 - one argument per option
    secret_file: Path,
    store: int,
    mode: str,
    epoch: int,
    adapter: str,
    once: bool,  # noqa: FBT001 - a flag
    seconds: float | None,
) -> None:
    """Play a member's phone on this laptop's Bluetooth.

    It says its token, answers the store's challenge and checks the store's proof; a store that cannot prove itself is
    not spoken to again (exit 1). Type another mode and Enter to change it: stored, phone, screen, advice, invisible.
    One JSON object per event goes to standard output.
    """
    try:
        member = Member(_secret(secret_file), store, epoch, Wish(mode))
        _play(member, adapter, seconds, once=once, reads_modes=str(secret_file) != "-" and not once)
    except PhoneError as error:
        click.echo(str(error), err=True)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        click.echo("silent.", err=True)


def _secret(path: Path) -> bytes:
    try:
        octets = bytes.fromhex(_digits(sys.stdin.readline() if str(path) == "-" else path.read_text(encoding="utf-8")))
    except OSError as error:
        raise BadSecret(f"{path} cannot be read ({error.strerror}): name the file with the member's secret.") from None
    except ValueError:
        raise BadSecret(
            f"{path} does not hold a secret: write its 64 hexadecimal digits, or joining's reply."
        ) from None
    if len(octets) != SECRET_LENGTH:
        raise BadSecret(f"{path} holds {len(octets)} bytes: a secret has {SECRET_LENGTH}, 64 hexadecimal digits.")
    return octets


def _digits(text: str) -> str:
    """The secret alone, or as head office sends it to whoever joins."""
    if not text.lstrip().startswith(("{", "[")):
        return text.strip()
    reply = json.loads(text)
    secret = reply.get("secret") if isinstance(reply, dict) else None
    if not isinstance(secret, str):
        raise ValueError  # noqa: TRY004 - whoever reads files tells what is wrong with them
    return secret


def _play(
    member: Member,
    adapter: str,
    seconds: float | None,
    *,
    once: bool,
    reads_modes: bool,
) -> None:
    if sys.platform != "linux":
        raise NoAdapter("this command speaks with BlueZ: run it on a Linux laptop.")
    # Needs dbus-fast, which is installed on Linux only.
    from regulars.phone.radio import laptop  # noqa: PLC0415
    from regulars.phone.visit import Visit  # noqa: PLC0415

    async def play() -> None:
        wishes: asyncio.Queue[Wish] = asyncio.Queue()
        async with laptop(adapter) as radio:
            visit = Visit(radio, member, wishes, _tell)
            if once:
                await visit.answer_once()
                return
            if reads_modes:
                _read_wishes(wishes)
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await visit.run()

    asyncio.run(play())


def _read_wishes(wishes: "asyncio.Queue[Wish]") -> None:
    def read() -> None:
        line = sys.stdin.readline()
        if not line:
            loop.remove_reader(sys.stdin)
        elif line.strip() in set(Wish):
            wishes.put_nowait(Wish(line.strip()))
        elif line.strip():
            click.echo(f"there is no such mode: type one of {', '.join(Wish)}.", err=True)

    loop = asyncio.get_running_loop()
    # Standard input that is a plain file cannot be waited for; it holds no wishes then.
    with suppress(PermissionError, ValueError):
        loop.add_reader(sys.stdin, read)


def _tell(event: dict[str, object]) -> None:
    click.echo(json.dumps(event))
