"""`regulars hq`: head office's service, and the same work by hand on the same database while it runs."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

import click
from sqlalchemy.exc import SQLAlchemyError

from hq.adapters.key_files import make_state, rotate_hub_key
from hq.adapters.web.keyring_api import setup_url
from hq.core.accounts import KEY_SCOPES, Account, Right, Role
from hq.core.audit import COMMAND
from hq.errors import BadInput, HqError, Prerequisite
from hq.main import URL_FILE, move, now, open_office, run
from hq.service import HeadOffice
from hq.service.restore import RestoreDesk
from hq.settings import FILE_NAME, checked, load_settings
from regulars import __version__
from wire.picture import UPLOAD_LIMIT

_PRIVATE: Final = frozenset({"public_key", "boot_id", "past_boots"})
# As text: of an enum click would take the names, and a key's scopes are called alike everywhere.
_SCOPES: Final = sorted(scope.value for scope in KEY_SCOPES)
_FAILED: Final = 1
_REFUSED: Final = 2
# In memory at once, some ten times over: what a small machine at a shop can take.
_LARGEST_FILE: Final = 64 * 1024 * 1024
_PICTURES: Final = frozenset({".jpg", ".jpeg", ".png", ".webp"})
_STATE = click.option(
    "--state",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("hq-state"),
    show_default=True,
    envvar="REGULARS_HQ_STATE",
    help="Folder of the database, the keys and hq.toml.",
)


@click.group(name="hq")
def command() -> None:
    """Head office: profiles, consents, catalogue and the feed that stores live from."""


@command.command("run")
@_STATE
@click.option("--host", help="Address to listen on; 127.0.0.1 if neither this nor hq.toml says otherwise.")
@click.option("--port", type=click.IntRange(0, 65_535), help="0: any free one; it is written to STATE/hq.url.")
@click.option("--public-url", help="Where shoppers reach head office, when a proxy stands before it.")
@click.option("--origin", "origins", multiple=True, metavar="URL", help="A site whose pages may frame and call ours.")
def run_service(
    state: Path, host: str | None, port: int | None, public_url: str | None, origins: tuple[str, ...]
) -> None:
    """Serve stores and shoppers until Ctrl-C; makes the database and the keys when they are missing."""
    with _said():
        settings = load_settings(state)
        given = {"host": host, "port": port, "public_url": public_url, "origins": origins or None}
        web = settings.web.model_dump() | {name: value for name, value in given.items() if value is not None}
        run(checked(settings.model_dump() | {"web": web}, "The command line"), state, __version__)


@command.command("init")
@_STATE
def init(state: Path) -> None:
    """Make the database and the keys, or bring them up to date; safe to repeat."""
    with _office(state) as office:
        click.echo(json.dumps({"state": str(state), "epoch": office.office.epoch, "hub_keys": office.office.hub_keys}))


@command.command("add-store")
@_STATE
@click.argument("store_id")
@click.option("--name", required=True, help="What shoppers and staff call it.")
@click.option("--number", type=click.IntRange(1, 2**32 - 1), help="RST1 number; the next free one if not given.")
@click.option("--timezone", default="Europe/Berlin", show_default=True)
def add_store(state: Path, store_id: str, name: str, number: int | None, timezone: str) -> None:
    """Add a store; its device is then enrolled with a code."""
    with _office(state) as office:
        click.echo(json.dumps(asdict(office.registry.add_shop(store_id, name, number, timezone, now()))))


@command.command("stores")
@_STATE
def stores(state: Path) -> None:
    """List the stores: their numbers, devices, and when one of them was last heard."""
    with _office(state) as office:
        for store in office.overview.overview(now()).stores:
            click.echo(json.dumps(asdict(store)))


@command.command("enrol-code")
@_STATE
@click.argument("store_id")
def enrol_code(state: Path, store_id: str) -> None:
    """Print a code that enrols one device into a store, once, within a day."""
    with _office(state) as office:
        click.echo(office.registry.enrol_code(store_id, now()).code)


@command.command("near")
@_STATE
@click.argument("store_id")
@click.argument("near", nargs=-1)
def set_near(state: Path, store_id: str, near: tuple[str, ...]) -> None:
    """Let the stores NEAR hold those who are at home in STORE_ID too; none of them ends it."""
    with _office(state) as office:
        click.echo(json.dumps({"store_id": store_id, "near": office.registry.set_near(store_id, near, now())}))


@command.command("devices")
@_STATE
def devices(state: Path) -> None:
    """List the stores' devices: how far they are, their clocks, and which key is used by two machines."""
    with _office(state) as office:
        for device in office.registry.devices():
            told = {name: value for name, value in asdict(device).items() if name not in _PRIVATE}
            click.echo(json.dumps(told))


@command.command("revoke-device")
@_STATE
@click.argument("device_id")
def revoke_device(state: Path, device_id: str) -> None:
    """Refuse a device from now on: stolen, replaced or copied."""
    with _office(state) as office:
        office.registry.revoke_device(device_id, now())


@command.command("settle-device")
@_STATE
@click.argument("device_id")
def settle_device(state: Path, device_id: str) -> None:
    """End the alarm that two machines use a device's key, once one of them is switched off or wiped for certain."""
    with _office(state) as office:
        office.registry.settle_device(device_id, now())


@command.command("purge")
@_STATE
def purge(state: Path) -> None:
    """Delete what has had its time, as the service does by itself; print what went."""
    with _office(state) as office:
        click.echo(json.dumps(office.retention.purge(now())))


@command.command("withdraw")
@_STATE
@click.argument("member")
@click.option("--erase", is_flag=True, help="Also delete the profile, its history and its secret.")
def withdraw(state: Path, member: str, *, erase: bool) -> None:
    """End a MEMBER's consent in every store; MEMBER is a member_ref or a loyalty number."""
    with _office(state) as office:
        kind = "erase" if erase else "withdraw"
        seq = office.members.withdraw(member, "erase" if erase else "withdraw", now(), channel="head-office")
        pending = [r.store_id for r in office.registry.withdrawal(seq).receipts if r.applied_at is None]
        click.echo(json.dumps({"seq": seq, "kind": kind, "pending": pending}))


@command.command("restored")
@_STATE
@click.option("--revoked", multiple=True, metavar="DEVICE", help="A device that was revoked after the backup.")
def restored(state: Path, revoked: tuple[str, ...]) -> None:
    """After a backup was put back, once, before the service starts: stores fetch anew and report what they know.

    Passwords, links, codes and programs' keys open nothing any more, since some may have been taken away after the
    backup; the devices that go on are printed, to be looked through.
    """
    with _office(state) as office:
        done = RestoreDesk(office.office).restored(now(), revoked)
        told = {
            "epoch": done.epoch,
            "accounts": [each.name for each in done.accounts],
            "keys": [{"key_id": each.key_id, "name": each.name} for each in done.keys],
            "devices": [{"device_id": each.device_id, "store_id": each.store_id} for each in done.devices],
        }
        click.echo(json.dumps(told))
        click.echo(
            "Now: a new link for each account (regulars hq admin invite --name NAME), a new key for each program, and "
            "regulars hq revoke-device for each device above that is not in its store.",
            err=True,
        )


@command.command("move")
@_STATE
@click.argument("url")
def move_(url: str, state: Path) -> None:
    """Take everything from the SQLite file into the empty PostgreSQL at URL, once, while the service is stopped."""
    with _said():
        moved = move(load_settings(state), state, url)
        click.echo(json.dumps({name: count for name, count in moved.items() if count}))
        click.echo(
            f"Now: give that address as url under [database] in {state / FILE_NAME}, and start head office. "
            "Keep hq.sqlite until you have a backup of the new one; nothing is served from it any more.",
            err=True,
        )


@command.command("rotate-key")
@_STATE
def rotate_key(state: Path) -> None:
    """Sign with a new key from the service's next start on; what the old one signed stays good."""
    with _said():
        make_state(state)
        click.echo(json.dumps({"hub_keys": rotate_hub_key(state).published}))


@command.group("admin")
def admin() -> None:
    """Who may sign in at head office, and which programs hold a key."""


@admin.command("invite")
@_STATE
@click.option("--role", type=click.Choice([role.value for role in Role]), default=Role.OWNER.value, show_default=True)
@click.option("--name", default="", help="A new password for this account, instead of a new account.")
def invite(state: Path, role: str, name: str) -> None:
    """Print a link that works once, within two days: whoever opens it chooses a name and a password."""
    with _office(state) as office:
        account, url = _account(office, name) if name else None, _public_url(state, office)
        secret = office.accounts.invite(
            account.role if account else Role(role), COMMAND, now(), account_id=account.account_id if account else ""
        )
        click.echo(setup_url(url, secret))


@admin.command("list")
@_STATE
def accounts(state: Path) -> None:
    """Accounts and keys, as JSON."""
    with _office(state) as office:
        people = [
            {"name": each.name, "role": each.role, "account_id": each.account_id, "disabled_at": each.disabled_at}
            for each in office.keyring.accounts()
        ]
        keys = [
            {"name": key.name, "key_id": key.key_id, "scopes": sorted(key.scopes), "revoked_at": key.revoked_at}
            for key in office.keyring.api_keys()
        ]
        click.echo(json.dumps({"accounts": people, "keys": keys}))


@admin.command("close")
@_STATE
@click.argument("name")
def close_account(state: Path, name: str) -> None:
    """Close the account NAME and end its sessions; a new link opens it again."""
    with _office(state) as office:
        office.keyring.change_account(_account(office, name).account_id, COMMAND, now(), disabled=True)


@admin.command("key")
@_STATE
@click.argument("name")
@click.option("--scope", "scopes", multiple=True, required=True, type=click.Choice(_SCOPES))
@click.option("--days", type=click.IntRange(1, 3_650), default=365, show_default=True)
def make_key(state: Path, name: str, scopes: tuple[str, ...], days: int) -> None:
    """Print a new key for a program called NAME; it is shown once."""
    with _office(state) as office:
        _, token = office.keyring.make_key(name, frozenset(map(Right, scopes)), days, COMMAND, now())
        click.echo(token)


@admin.command("revoke-key")
@_STATE
@click.argument("key_id")
def revoke_key(state: Path, key_id: str) -> None:
    """End the key KEY_ID, at once."""
    with _office(state) as office:
        office.keyring.revoke_key(key_id, COMMAND, now())


def _account(office: HeadOffice, name: str) -> Account:
    found = next((each for each in office.keyring.accounts() if each.name == name.strip().lower()), None)
    if found is None:
        raise BadInput("There is no account of this name.", "See `regulars hq admin list`.")
    return found


def _public_url(state: Path, office: HeadOffice) -> str:
    """Where the running service is reached, when hq.toml does not say."""
    try:
        return office.office.public_url or (state / URL_FILE).read_text().strip()
    except OSError:
        raise Prerequisite(
            "Nobody knows where head office is reached.", "Start it (regulars hq run), or set web.public_url."
        ) from None


@command.command("import")
@_STATE
@click.argument("files", nargs=-1, required=True, type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option("--dry-run", is_flag=True, help="Check everything, keep nothing.")
@click.option("--json", "as_json", is_flag=True, help="The report as JSON.")
def import_files(state: Path, files: tuple[Path, ...], *, dry_run: bool, as_json: bool) -> None:
    """Bring FILES in: all of them, or none when one line is wrong.

    JSON or CSV of profiles, products and stock; pictures (.jpg .png .webp), each called like its article's product_id.
    """
    pictures = [file for file in files if file.suffix.lower() in _PICTURES]
    with _office(state) as office:
        texts = [(str(file), _text(file)) for file in files if file not in pictures]
        report = office.imports.files(
            texts, now(), dry_run=dry_run, pictures=((file, _octets(file)) for file in pictures)
        )
    if as_json:
        click.echo(json.dumps({**asdict(report), "dry_run": dry_run}))
    else:
        for mistake in report.mistakes:
            click.echo(str(mistake), err=True)
        counted = ", ".join(f"{kind} {count}" for kind, count in report.counts.items())
        click.echo(f"{'imported' if report.applied else 'nothing kept of'}: {counted}")
    if report.mistakes:
        sys.exit(_FAILED if dry_run else _REFUSED)


def _octets(file: Path) -> bytes:
    """Never more than are looked at. Raises BadInput."""
    try:
        with file.open("rb") as opened:
            return opened.read(UPLOAD_LIMIT + 1)
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.", "Check its owner and mode.") from None


def _text(file: Path) -> str:
    """Raises BadInput for what is too large or no text."""
    try:
        if file.stat().st_size > _LARGEST_FILE:
            raise BadInput(f"{file} is larger than {_LARGEST_FILE >> 20} MiB.", "Split it.")
        return file.read_text("utf-8")
    except UnicodeDecodeError:
        raise BadInput(f"{file} is not UTF-8.", "Save it as UTF-8.") from None
    except OSError as error:
        raise BadInput(f"{file} cannot be read: {error.strerror}.", "Check its owner and mode.") from None


@contextmanager
def _office(state: Path) -> Iterator[HeadOffice]:
    with _said(), open_office(load_settings(state), state) as office:
        yield office


@contextmanager
def _said() -> Iterator[None]:
    """Every refusal as one sentence with its remedy, and the exit code that belongs to it."""
    try:
        yield
    except HqError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(error.exit_code)
    except SQLAlchemyError as error:
        click.echo(f"Error: the database failed ({type(error).__name__}). Check the disk, then try again.", err=True)
        sys.exit(_FAILED)
