"""What the machine gives: a bound socket, a day's end, codes and ids, and logs that cannot tell on anybody."""

import ctypes
import gc
import logging
import os
import secrets
import socket
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from datetime import datetime, time, timedelta
from io import BytesIO
from pathlib import Path
from types import TracebackType
from typing import Any, Final, NoReturn
from zoneinfo import ZoneInfo

import segno
import structlog

from edge.adapters import private_file
from edge.errors import PortTaken, StateDirError, UsageError

# Crockford base 32: no I, L, O, U, so that a code read aloud is the code typed.
CODE_ALPHABET: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
CODE_LENGTH: Final = 8
BACKLOG: Final = 128
# adjtimex(2): what it returns while nothing disciplines the clock, and more than the size of its struct.
_TIME_ERROR: Final = 5
_TIMEX_BYTES: Final = 512
_M_ARENA_MAX: Final = -8  # malloc.h

# What a log line may say about what. Everything else is dropped: nobody can log a member by a new word.
LOG_KEYS: Final = frozenset(
    {
        "timestamp", "level", "event", "exception", "reason", "status", "online", "scanner", "health", "fault",
        "unproven", "malformed", "input", "effect", "port", "again_in_s", "seconds",
    }
)  # fmt: skip


def bound(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises PortTaken or UsageError."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
    except PermissionError:
        listening.close()
        raise UsageError(f"port {port} is only for root: choose one above 1023 with --port.") from None
    except socket.gaierror:
        listening.close()
        raise UsageError(f"[web] host {host} is not an address of this machine: write 127.0.0.1.") from None
    except OSError:
        listening.close()
        raise PortTaken(host, port) from None
    listening.listen(BACKLOG)
    return listening


def one_heap() -> None:
    """Before any thread: glibc otherwise gives each its own heap, of which free pieces of all serve nobody else.

    Python's lock lets one thread run at a time anyway. 8 MB less in a shop with ten tablets.
    """
    with suppress(OSError, AttributeError, TypeError):  # another C library than glibc
        ctypes.CDLL(None).mallopt(_M_ARENA_MAX, 1)


def give_back() -> None:
    """What a snapshot took and left goes back to the machine, where glibc would keep it for the next one."""
    gc.collect()
    with suppress(OSError, AttributeError, TypeError):
        ctypes.CDLL(None).malloc_trim(0)


def end(exit_code: int) -> NoReturn:
    """Everything is on the disk; a parked poll or a slow client must not hold up the process' end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(exit_code)


def day_end(timezone: str) -> Callable[[float], float]:
    """The store's next midnight after an instant, unix seconds."""
    zone = ZoneInfo(timezone)

    def after(now: float) -> float:
        tomorrow = datetime.fromtimestamp(now, zone).date() + timedelta(days=1)
        return datetime.combine(tomorrow, time(), zone).timestamp()

    return after


def is_synchronised() -> bool | None:
    """As the kernel knows it, whichever program disciplines the clock."""
    if sys.platform != "linux":
        return None
    try:
        state: int = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def phone_code() -> str:
    return "".join(secrets.choice(CODE_ALPHABET) for _ in range(CODE_LENGTH))


def visit_id() -> str:
    return secrets.token_hex(8)


def delay_s(shortest: float, longest: float) -> Callable[[], float]:
    chance = secrets.SystemRandom()
    return lambda: chance.uniform(shortest, longest)


def qr_svg(text: str) -> str:
    """The QR code as one <svg> element without a size of its own."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True)
    return drawn.getvalue().decode()


def admin_token(state_dir: Path) -> str:
    """Made at the first start; whoever can read the file may pair devices."""
    path = state_dir / "admin.token"
    try:
        found = path.read_text().strip() if path.exists() else ""
    except OSError as error:
        raise StateDirError(state_dir, error.strerror or "not readable") from None
    if not found:  # an empty one, which a power cut may leave, would let everybody in
        found = secrets.token_urlsafe(32)
        private_file.write(path, found)
    return found


def start_logs(level: int = logging.INFO) -> None:
    """JSON lines on stderr."""
    structlog.configure(
        processors=[
            structlog.stdlib.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.ExceptionRenderer(_where),
            only_known_keys,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def only_known_keys(_logger: object, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """What is not on the list does not reach the log; how many were left out does."""
    known = {key: value for key, value in line.items() if key in LOG_KEYS}
    return {**known, "left_out": len(line) - len(known)} if len(known) < len(line) else known


def _where(exc_info: tuple[type[BaseException], BaseException, TracebackType | None]) -> str:
    """Type and places, never the message: a database's or a validator's text quotes what it was given."""
    kind, _, trace = exc_info
    places = []
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return f"{kind.__name__} at {' < '.join(reversed(places))}"
