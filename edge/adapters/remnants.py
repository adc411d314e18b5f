"""What a deleted row may leave in the free space of a file, looked for where it would be: in the decrypted pages.

SQLite's secure_delete overwrites the row that is deleted. It does not overwrite the copies of rows that stay behind in
a page's free space when full pages are split: of 5,000 rows some 16 were there twice, and deleting 300 of them left
the bytes of two. So erasing ends with a look. Pages are those of SQLCipher 4: AES-256-CBC, its nonce and an HMAC in the
last 80 octets of each.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PAGE: Final = 4096
_BLOCK: Final = 16
_LOG_HEADER: Final = 32
_FRAME_HEADER: Final = 24
# A megabyte: decrypted and compared in a few calls, and still nothing to a Pi's memory.
_PAGES_AT_ONCE: Final = 256
# A piece of a compressed body shorter than two of these cannot be read without what came before it.
_PIECE: Final = 24
_PIECES: Final = 8


def found(path: Path, key: bytes, traces: Iterable[bytes]) -> set[bytes]:
    """The pieces of `traces` that a file or its write-ahead log holds somewhere, in a live row or beside one.

    No lock is held: a page that is being written this moment is seen as it was, as it will be, or not at all.
    """
    wanted = {piece for trace in traces for piece in pieces(trace)}
    seen: set[bytes] = set()
    for some in pages(path, key):
        seen |= {piece for piece in wanted - seen if piece in some}
    return seen


def pieces(trace: bytes) -> Iterator[bytes]:
    """Spread over all of it, so that a part that could still be read holds one of them."""
    if len(trace) <= _PIECE:
        yield trace
        return
    step = max(_PIECE, (len(trace) - _PIECE) // (_PIECES - 1))
    yield from (trace[at : at + _PIECE] for at in range(0, len(trace) - _PIECE + 1, step))


def pages(path: Path, key: bytes) -> Iterator[bytes]:
    """The pages of a file and of its log, decrypted, many at once; the first block of each comes out wrong.

    That block is the page's own header and holds nobody. What follows the content of a page is noise here.
    """
    with path.open("rb") as file:
        yield from _decrypted(iter(lambda: file.read(PAGE * _PAGES_AT_ONCE), b""), key)
    log = path.with_name(path.name + "-wal")
    if log.exists():
        with log.open("rb") as file:
            file.seek(_LOG_HEADER)
            frames = iter(lambda: file.read(_FRAME_HEADER + PAGE), b"")
            yield from _decrypted((frame[_FRAME_HEADER:] for frame in frames), key)


def _decrypted(stored: Iterable[bytes], key: bytes) -> Iterator[bytes]:
    """CBC by hand, each block decrypted and then combined with the one before it: one call for many pages."""
    decryptor = Cipher(algorithms.AES(key), modes.ECB()).decryptor()  # noqa: S305 - CBC, see above
    for octets in stored:
        whole = octets[: len(octets) // PAGE * PAGE]
        before = bytes(_BLOCK) + whole[:-_BLOCK]
        plain = int.from_bytes(decryptor.update(whole), "little") ^ int.from_bytes(before[: len(whole)], "little")
        yield plain.to_bytes(len(whole), "little")
