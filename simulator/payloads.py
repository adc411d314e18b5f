"""What other people's devices say: plausible advertisement payloads of our own making, and a loader for recorded ones.

The kinds follow public format descriptions; every octet in them is invented. Broken payloads and tokens that merely
look like ours are among them, because a real street has both.
"""

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Final

from simulator.errors import RecordingMistake
from simulator.hci import LONGEST_REPORTED_DATA
from wire import rst1

_FLAGS: Final = bytes((2, 0x01, 0x06))
_LONGEST_LEGACY: Final = 31
_NAMES: Final = (
    "Kopfhörer", "Buds Lite", "Fahrradtacho", "Zahnbürste 7", "Laufuhr", "Thermo-01", "Lautsprecher", "Waage",
    "TV Wohnzimmer", "Smart Tag", "Drucker 2. OG", "Hörgerät L",
)  # fmt: skip


def invent_payload(rng: random.Random) -> bytes:
    """One payload of a random kind, at most 31 bytes."""
    return rng.choice(_KINDS)(rng)[:_LONGEST_LEGACY]


def load_payloads(path: Path) -> list[bytes]:
    """The `ad` field (hex) of each line of a JSONL file; raises RecordingMistake."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        payloads = [bytes.fromhex(json.loads(line)["ad"]) for line in lines if line]
    except (OSError, UnicodeDecodeError) as error:
        message = f"cannot read the payloads in {path.name}: {error}; leave --adverts away to use invented ones"
        raise RecordingMistake(message) from error
    except (ValueError, KeyError, TypeError) as error:
        message = f'{path.name} must hold one JSON object a line with hex in "ad" ({error})'
        raise RecordingMistake(message) from error
    if not payloads:
        message = f"{path.name} holds no payload; leave --adverts away to use invented ones"
        raise RecordingMistake(message)
    # What does not fit one report event could not reach a host in one piece.
    return [payload for payload in payloads if len(payload) <= LONGEST_REPORTED_DATA]


def _field(kind: int, octets: bytes) -> bytes:
    return bytes((1 + len(octets), kind)) + octets


def _nearby_info(rng: random.Random) -> bytes:
    return b"\x02\x01\x1a" + _field(0xFF, b"\x4c\x00\x10\x05" + rng.randbytes(5))


def _lost_item_tag(rng: random.Random) -> bytes:
    return _field(0xFF, b"\x4c\x00\x12\x19" + rng.randbytes(25))


def _earbuds(rng: random.Random) -> bytes:
    return _field(0xFF, b"\x4c\x00\x07\x19\x01" + rng.randbytes(24))


def _beacon(rng: random.Random) -> bytes:
    return _FLAGS + _field(0xFF, b"\x4c\x00\x02\x15" + rng.randbytes(20) + b"\xc5")


def _eddystone_uid(rng: random.Random) -> bytes:
    frame = b"\xaa\xfe\x00\xee" + rng.randbytes(16) + b"\x00\x00"
    return _FLAGS + _field(0x03, b"\xaa\xfe") + _field(0x16, frame)


def _eddystone_url(rng: random.Random) -> bytes:
    path = rng.randbytes(3).hex().encode()
    return _FLAGS + _field(0x03, b"\xaa\xfe") + _field(0x16, b"\xaa\xfe\x10\xeb\x03shop.example/" + path[:4])


def _fast_pair(rng: random.Random) -> bytes:
    return _FLAGS + _field(0x16, b"\x2c\xfe" + rng.randbytes(3)) + _field(0x0A, b"\xee")


def _exposure(rng: random.Random) -> bytes:
    return b"\x02\x01\x1a" + _field(0x03, b"\x6f\xfd") + _field(0x16, b"\x6f\xfd" + rng.randbytes(20))


def _swift_pair(rng: random.Random) -> bytes:
    return _field(0xFF, b"\x06\x00\x03\x00\x80" + rng.choice(_NAMES).encode()[:20])


def _computer(rng: random.Random) -> bytes:
    return b"\x02\x01\x1a" + _field(0xFF, b"\x06\x00\x01\x09\x20\x02" + rng.randbytes(19))


def _named(rng: random.Random) -> bytes:
    return _FLAGS + _field(0x09, rng.choice(_NAMES).encode()[:22]) + _field(0x0A, rng.randbytes(1))


def _sensor(rng: random.Random) -> bytes:
    return _FLAGS + _field(0x16, b"\x95\xfe\x30\x58" + rng.randbytes(14))


def _lookalike(rng: random.Random) -> bytes:
    """Our own carrier with a tag that nobody has a key for: another chain's customer, or somebody guessing."""
    body = rst1.pack_body(rst1.Body(rng.randbytes(rst1.TAG_LENGTH), rng.randrange(4), -59))
    carry = rng.choice((rst1.service_data_16, rst1.service_data_128, rst1.ios_foreground))
    return carry(body)


def _broken(rng: random.Random) -> bytes:
    """A field that is longer than the packet."""
    return _FLAGS + bytes((30, 0xFF)) + rng.randbytes(rng.randrange(1, 20))


def _noise(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randrange(_LONGEST_LEGACY + 1))


_KINDS: Final[tuple[Callable[[random.Random], bytes], ...]] = (
    _nearby_info, _nearby_info, _nearby_info, _lost_item_tag, _lost_item_tag, _earbuds, _beacon, _eddystone_uid,
    _eddystone_url, _fast_pair, _exposure, _swift_pair, _computer, _named, _named, _sensor, _lookalike, _broken, _noise,
)  # fmt: skip
