"""Writes the app kit's vectors: `python -m tests.app_kit.make_vectors DIR`.

Two rules about what may live here. Nothing of ours is imported: the arithmetic is written a second time, from
docs/app-kit/RST1.md, or the vectors would only say that the code agrees with itself. And no chance: every run writes
the same bytes, so a changed vector is a changed line in a diff.
"""

import sys
from collections.abc import Iterator
from hashlib import sha256
from hmac import digest
from pathlib import Path
from typing import Final

TOKENS: Final = 1024
WITH_CARRIERS: Final = 64
OF_EACH_KIND: Final = 16
DAY_S: Final = 86_400
QUARTER_S: Final = 900
NOBODY: Final = "-"

Row = tuple[object, ...]


class Draw:
    """Numbers that look like chance and are the same in every run."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._count = 0

    def octets(self, length: int) -> bytes:
        self._count += 1
        return sha256(f"rst1 vectors/{self._name}/{self._count}".encode()).digest()[:length]

    def below(self, limit: int) -> int:
        return int.from_bytes(self.octets(16), "big") % limit


class Phone:
    """One member's phone at one store: the specification's arithmetic, sentence by sentence."""

    def __init__(self, secret: bytes, store: int, epoch: int) -> None:
        self.secret, self.store, self.epoch = secret, store, epoch

    def key(self, unix_s: int) -> bytes:
        return mac(self.secret, b"RST1 day" + u32(self.store) + u32(unix_s // DAY_S) + u16(self.epoch))[:16]

    def block(self, unix_s: int) -> bytes:
        return mac(self.key(unix_s), b"RST1 hour" + u32(unix_s // 3600))

    def tag(self, unix_s: int) -> bytes:
        quarter = unix_s % 3600 // QUARTER_S
        return self.block(unix_s)[8 * quarter : 8 * quarter + 8]

    def body(self, unix_s: int, flags: int = 0, tx_power_dbm: int = -59) -> bytes:
        return bytes([0x10 + flags]) + self.tag(unix_s) + bytes([tx_power_dbm % 256])

    def answer(self, asked: bytes, unix_s: int, flags: int = 0) -> bytes:
        """`asked` is CHAL: version 1, store 4, unix 4, nonce 8."""
        head = bytes([0x10 + flags]) + self.tag(unix_s)
        return head + mac(self.key(unix_s), b"RST1 rsp" + asked[9:] + asked[1:9] + head)[:8]

    def ack(self, nonce: bytes, unix_s: int) -> bytes:
        return mac(self.key(unix_s), b"RST1 ack" + nonce + self.tag(unix_s))[:8]


def mac(key: bytes, message: bytes) -> bytes:
    return digest(key, message, "sha256")


def u32(number: int) -> bytes:
    return number.to_bytes(4, "big")


def u16(number: int) -> bytes:
    return number.to_bytes(2, "big")


def challenge(store: int, unix_s: int, nonce: bytes) -> bytes:
    return b"\x01" + u32(store) + u32(unix_s) + nonce


def flipped(octets: bytes, bit: int) -> bytes:
    return (int.from_bytes(octets, "big") ^ 1 << bit).to_bytes(len(octets), "big")


def drawn_phone(draw: Draw) -> Phone:
    return Phone(draw.octets(32), draw.below(2**32), draw.below(2**16))


def drawn_instant(draw: Draw) -> int:
    """From 2020 to 2100, and away from no edge."""
    return 1_577_836_800 + draw.below(2_524_608_000)


# Stores, epochs, flags and powers at the ends of their ranges; instants at the ends of quarters, hours, days and u32.
EDGES: Final = [
    (store, epoch, unix_s, flags, tx_power_dbm)
    for store, epoch in ((0, 0), (1, 65_535), (2**31, 256), (2**32 - 1, 1))
    for unix_s, flags, tx_power_dbm in (
        (0, 0, 0),
        (899, 3, 127),
        (900, 4, -128),
        (3_599, 15, -1),
        (3_600, 1, 4),
        (86_399, 2, -59),
        (86_400, 7, -60),
        (1_760_000_000, 0, -59),
        (2**31, 8, 20),
        (2**32 - 1, 12, -20),
    )
]


def tokens() -> Iterator[Row]:
    yield (
        *("secret", "store", "epoch", "unix", "flags", "tx_power_dbm", "day_key", "hour_block", "body"),
        *("nonce", "challenge", "response", "ack", "adv_service16", "adv_service128", "adv_ios_foreground"),
    )
    draw = Draw("tokens")
    for number in range(TOKENS):
        if number < len(EDGES):
            store, epoch, unix_s, flags, tx_power_dbm = EDGES[number]
        else:
            store, epoch, unix_s = draw.below(2**32), draw.below(2**16), drawn_instant(draw)
            flags, tx_power_dbm = draw.below(16), draw.below(256) - 128
        phone = Phone(draw.octets(32), store, epoch)
        nonce = draw.octets(8)
        asked = challenge(store, unix_s, nonce)
        body = phone.body(unix_s, flags, tx_power_dbm)
        made = (phone.key(unix_s), phone.block(unix_s), body, nonce, asked)
        answered = (phone.answer(asked, unix_s, flags), phone.ack(nonce, unix_s))
        heard = carriers(body) if number < WITH_CARRIERS else (b"", b"", b"")
        yield (phone.secret, store, epoch, unix_s, flags, tx_power_dbm, *made, *answered, *heard)


def carriers(body: bytes) -> tuple[bytes, bytes, bytes]:
    flags = bytes.fromhex("02011a")
    service = bytes.fromhex("6f1d0f2c9a334d1e8c5b7a2e1f3d4c5b")
    return (
        flags + bytes.fromhex("0d16f0ff") + body,
        flags + bytes.fromhex("1b21") + service[::-1] + body,
        flags + bytes.fromhex("1107") + (bytes.fromhex("525354310001") + body)[::-1],
    )


def air() -> Iterator[Row]:
    """What a store hears, and the mode it must read from it; NOBODY where it must recognise nobody."""
    yield ("why", "secret", "store", "epoch", "now", "body", "mode")
    draw = Draw("air")
    for _ in range(OF_EACH_KIND):
        phone, now, flags = drawn_phone(draw), drawn_instant(draw), draw.below(16)
        body, mode = phone.body(now, flags), flags % 4
        elsewhere = Phone(phone.secret, (phone.store + 1) % 2**32, phone.epoch)
        rejoined = Phone(phone.secret, phone.store, (phone.epoch + 1) % 2**16)
        midnight = now // DAY_S * DAY_S
        heard: list[tuple[str, int, bytes, object]] = [
            ("this quarter", now, body, mode),
            ("the quarter before", now, phone.body(now - QUARTER_S, flags), mode),
            ("the quarter after", now, phone.body(now + QUARTER_S, flags), mode),
            ("yesterday's last quarter, until 00:15", midnight + 5, phone.body(midnight - 5, flags), mode),
            ("tomorrow's first quarter, from 23:45", midnight - 5, phone.body(midnight + 5, flags), mode),
            ("another tx power", now, body[:9] + draw.octets(1), mode),
            ("two quarters late", now, phone.body(now - 2 * QUARTER_S, flags), NOBODY),
            ("two quarters early", now, phone.body(now + 2 * QUARTER_S, flags), NOBODY),
            ("yesterday at this time", now, phone.body(now - DAY_S, flags), NOBODY),
            ("tomorrow at this time", now, phone.body(now + DAY_S, flags), NOBODY),
            ("another store", now, elsewhere.body(now, flags), NOBODY),
            ("another consent epoch", now, rejoined.body(now, flags), NOBODY),
            ("another member", now, Phone(draw.octets(32), phone.store, phone.epoch).body(now, flags), NOBODY),
            ("a guessed tag", now, bytes([0x10 + flags]) + draw.octets(9), NOBODY),
            ("another version", now, flipped(body, 76 + draw.below(4)), NOBODY),
            ("an octet short", now, body[:9], NOBODY),
            ("an octet long", now, body + b"\0", NOBODY),
        ]
        yield from ((why, phone.secret, phone.store, phone.epoch, *rest) for why, *rest in heard)
    phone, now = drawn_phone(draw), drawn_instant(draw)
    for bit in range(8, 72):
        body = flipped(phone.body(now), bit)
        yield ("a flipped bit of the tag", phone.secret, phone.store, phone.epoch, now, body, NOBODY)


def answers() -> Iterator[Row]:
    """RESP to a CHAL, and ACK to a right one; NOBODY where the store must refuse."""
    yield ("why", "day_key", "challenge", "response", "ack")
    draw = Draw("answers")
    for _ in range(OF_EACH_KIND):
        phone, now, nonce, flags = drawn_phone(draw), drawn_instant(draw), draw.octets(8), draw.below(4)
        asked, key = challenge(phone.store, now, nonce), phone.key(now)
        right = phone.answer(asked, now, flags)
        stranger = Phone(draw.octets(32), phone.store, phone.epoch)
        heard: list[tuple[str, bytes, bytes, object]] = [
            ("right", asked, right, phone.ack(nonce, now)),
            ("another mode written over", asked, bytes([0x10 + (flags + 1) % 4]) + right[1:], NOBODY),
            ("to another nonce", challenge(phone.store, now, draw.octets(8)), right, NOBODY),
            ("to another store", challenge((phone.store + 1) % 2**32, now, nonce), right, NOBODY),
            ("to another instant", challenge(phone.store, now + 1, nonce), right, NOBODY),
            ("with another member's tag", asked, right[:1] + stranger.tag(now) + right[9:], NOBODY),
            ("by another member", asked, stranger.answer(asked, now, flags), NOBODY),
            ("with the ACK for its mac", asked, right[:9] + phone.ack(nonce, now), NOBODY),
            ("of another version", asked, bytes([right[0] + 0x10]) + right[1:], NOBODY),
            ("an octet short", asked, right[:16], NOBODY),
            ("an octet long", asked, right + b"\0", NOBODY),
        ]
        yield from ((why, key, *rest) for why, *rest in heard)
    phone, now = drawn_phone(draw), drawn_instant(draw)
    asked = challenge(phone.store, now, draw.octets(8))
    for bit in range(8 * 17):
        wrong = flipped(phone.answer(asked, now, 1), bit)
        yield ("with a flipped bit", phone.key(now), asked, wrong, NOBODY)


def acks() -> Iterator[Row]:
    """What a phone reads as ACK, and whether it may go on."""
    yield ("why", "day_key", "nonce", "tag", "ack", "goes_on")
    draw = Draw("acks")
    for _ in range(OF_EACH_KIND):
        phone, now, nonce = drawn_phone(draw), drawn_instant(draw), draw.octets(8)
        elsewhere = Phone(phone.secret, (phone.store + 1) % 2**32, phone.epoch)
        right = phone.ack(nonce, now)
        heard: list[tuple[str, bytes, str]] = [
            ("right", right, "yes"),
            ("guessed", draw.octets(8), "no"),
            ("of another nonce", phone.ack(draw.octets(8), now), "no"),
            ("of another store", elsewhere.ack(nonce, now), "no"),
            ("of yesterday", phone.ack(nonce, now - DAY_S), "no"),
            ("the phone's own mac sent back", phone.answer(challenge(phone.store, now, nonce), now)[9:], "no"),
            ("an octet short", right[:7], "no"),
            ("nothing", b"", "no"),
        ]
        yield from ((why, phone.key(now), nonce, phone.tag(now), *rest) for why, *rest in heard)
    phone, now, nonce = drawn_phone(draw), drawn_instant(draw), draw.octets(8)
    for bit in range(64):
        yield ("with a flipped bit", phone.key(now), nonce, phone.tag(now), flipped(phone.ack(nonce, now), bit), "no")


class Talk:
    """One conversation, step by step: who did what on which connection, and what the store must do."""

    def __init__(self, number: int, why: str, phone: Phone, now: int, draw: Draw) -> None:
        self.phone, self.now = phone, now
        self.asked = b""
        self.rows: list[Row] = []
        self._head = (number, why, phone.store)
        self._draw = draw
        self._row("member", "", phone.secret.hex(), phone.epoch)

    def read(self, connection: str = "a") -> bytes:
        nonce = self._draw.octets(8)
        self.asked = challenge(self.phone.store, self.now, nonce)
        self._row("read", connection, nonce, self.asked)
        return self.asked

    def write(self, response: bytes, expected: object, connection: str = "a") -> None:
        self._row("write", connection, response, expected)

    def ack(self, expected: object, connection: str = "a") -> None:
        self._row("ack", connection, "", expected)

    def drop(self, connection: str = "a") -> None:
        self._row("drop", connection, "", "")

    def right(self, asked: bytes = b"", flags: int = 1) -> bytes:
        return self.phone.answer(asked or self.asked, self.now, flags)

    def right_ack(self) -> bytes:
        return self.phone.ack(self.asked[9:], self.now)

    def _row(self, step: str, connection: str, value: object, expected: object) -> None:
        self.rows.append((*self._head, step, connection, self.now, value, expected))


def honest(talk: Talk) -> None:
    talk.ack(NOBODY)
    talk.read()
    talk.ack(NOBODY)
    talk.now += 10
    talk.write(talk.phone.answer(talk.asked, talk.now, 3), 3)
    talk.ack(talk.phone.ack(talk.asked[9:], talk.now))


def used_twice(talk: Talk) -> None:
    talk.read()
    talk.write(talk.right(), 1)
    talk.write(talk.right(), NOBODY)
    talk.ack(NOBODY)


def replaced(talk: Talk) -> None:
    old = talk.read()
    talk.read()
    talk.write(talk.right(old), NOBODY)


def stale(talk: Talk) -> None:
    talk.read()
    talk.now += 11
    talk.write(talk.right(), NOBODY)
    talk.ack(NOBODY)


def other_connection(talk: Talk) -> None:
    talk.read("a")
    talk.write(talk.right(), NOBODY, "b")
    talk.ack(NOBODY, "b")


def swapped_connections(talk: Talk) -> None:
    first = talk.read("a")
    second = talk.read("b")
    talk.write(talk.right(first), NOBODY, "b")
    talk.write(talk.right(second), NOBODY, "a")


def other_store(talk: Talk) -> None:
    asked = talk.read()
    elsewhere = Phone(talk.phone.secret, (talk.phone.store + 1) % 2**32, talk.phone.epoch)
    talk.write(elsewhere.answer(asked, talk.now), NOBODY)


def window(talk: Talk) -> None:
    for quarters, expected in ((-1, 1), (1, 1), (-2, NOBODY), (2, NOBODY)):
        asked = talk.read()
        talk.write(talk.phone.answer(asked, talk.now + quarters * QUARTER_S, 1), expected)
        talk.drop()


def flipped_bit(talk: Talk) -> None:
    talk.read()
    talk.write(flipped(talk.right(), 3), NOBODY)
    talk.write(talk.right(), NOBODY)  # the wrong answer burnt the nonce
    talk.read()
    talk.write(talk.right(), 1)
    talk.ack(talk.right_ack())


def hung_up(talk: Talk) -> None:
    talk.read()
    talk.drop()
    talk.write(talk.right(), NOBODY)


def unasked(talk: Talk) -> None:
    talk.write(talk.right(challenge(talk.phone.store, talk.now, bytes(8))), NOBODY)


CONVERSATIONS: Final = {
    "an honest phone, at the tenth second": honest,
    "one answer used twice": used_twice,
    "an answer to a challenge since replaced": replaced,
    "an answer after eleven seconds": stale,
    "an answer on another connection": other_connection,
    "two answers on each other's connection": swapped_connections,
    "a phone that means another store": other_store,
    "tags of the quarters around": window,
    "a flipped bit, then a second try": flipped_bit,
    "an answer after hanging up": hung_up,
    "an answer to nothing": unasked,
}


def conversations() -> Iterator[Row]:
    yield ("conversation", "why", "store", "step", "connection", "at", "value", "expected")
    draw = Draw("conversations")
    number = 0
    for why, tell in CONVERSATIONS.items():
        for _ in range(4):
            number += 1
            talk = Talk(number, why, drawn_phone(draw), drawn_instant(draw) // QUARTER_S * QUARTER_S + 60, draw)
            tell(talk)
            yield from talk.rows


FILES: Final = {
    "tokens.tsv": tokens,
    "air.tsv": air,
    "answers.tsv": answers,
    "acks.tsv": acks,
    "conversations.tsv": conversations,
}


def text(name: str) -> str:
    """The whole file: columns parted by tabs, octets as hexadecimal digits, a dash for nothing."""
    return "".join("\t".join(map(_shown, row)) + "\n" for row in FILES[name]())


def _shown(value: object) -> str:
    return (value.hex() if isinstance(value, bytes) else str(value)) or "-"


if __name__ == "__main__":
    for each in FILES:
        (Path(sys.argv[1]) / each).write_text(text(each), encoding="utf-8")
