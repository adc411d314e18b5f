"""`regulars token`: the RST1 arithmetic for one moment, for an app developer to compare with."""

import json
from typing import Final

import click

from wire import rst1

SECRET_LENGTH: Final = 32
# Days and hours since 1970 are u32 on the wire, and so is the challenge's instant: the narrowest of the three.
LAST_UNIX_S: Final = 0xFFFF_FFFF


class Secret(click.ParamType[bytes]):
    """Kc as hexadecimal digits. A wrong one is described, never repeated: it may be a real key with a slip in it."""

    name = "hex"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> bytes:
        if isinstance(value, bytes):
            return value
        digits = str(value)
        try:
            octets = bytes.fromhex(digits)
        except ValueError:
            self.fail(f"not hexadecimal: give {2 * SECRET_LENGTH} digits 0-9 a-f.", param, ctx)
        if len(octets) != SECRET_LENGTH:
            self.fail(f"{len(octets)} bytes: give {SECRET_LENGTH}, which are {2 * SECRET_LENGTH} digits.", param, ctx)
        return octets


@click.command(name="token")
@click.option("--secret", type=Secret(), required=True, help="Kc, 32 bytes as hexadecimal digits.")
@click.option("--store", type=click.IntRange(0, 0xFFFF_FFFF), required=True, help="The store's number (u32).")
@click.option("--at", "unix_s", type=click.IntRange(0, LAST_UNIX_S), required=True, help="UTC, unix seconds.")
@click.option("--epoch", type=click.IntRange(0, 0xFFFF), default=0, help="Consent epoch (u16), 0 if not given.")
@click.option("--flags", type=click.IntRange(0, 0x0F), default=0, help="Low nibble of the first byte, 0 if not given.")
def command(secret: bytes, store: int, unix_s: int, epoch: int, flags: int) -> None:
    """Print, as JSON, what a member's phone says at one store at one moment.

    The secret stays in the shell's history and the process list: use it with test secrets.
    """
    key = rst1.day_key(secret, store, unix_s // rst1.DAY_S, epoch)
    body = rst1.body_at(key, unix_s, flags)
    octets = {
        "day_key": key,
        "hour_block": rst1.hour_block(key, unix_s // rst1.HOUR_S),
        "tag": rst1.tag_at(key, unix_s),
        "body": body,
        "adv_service16": rst1.service_data_16(body),
        "adv_service128": rst1.service_data_128(body),
        "adv_ios_foreground": rst1.ios_foreground(body),
    }
    click.echo(json.dumps({name: value.hex() for name, value in octets.items()}, indent=1))
