"""What can stop a store's service, each with what the operator can do about it and the exit code.

    EdgeError
    ├── UsageError (2)             something here is written wrongly; nothing was started
    │   ├── SettingsError          store.toml has mistakes: all of them are listed
    │   ├── StateDirError          the state folder cannot be used
    │   ├── PortTaken              another program listens there
    │   ├── NotEnrolled            this machine has no identity at head office yet
    │   └── EnrolRefused           head office did not accept the code
    ├── PrerequisiteMissing (3)    a program, module or device is not there
    ├── OutboxDamaged (1)          the precious file cannot be read: never thrown away by itself
    └── HqUnreachable (4)          head office does not answer; a running store goes on without it
        └── HqRefused              it answers, and says no

Expected outcomes (an unknown tag, no consent, a stale replica) are return values and not in this tree.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar


class EdgeError(Exception):
    """`str()` is one sentence for the operator that ends with the remedy; it never holds a secret or a member."""

    exit_code: ClassVar[int] = 1


class UsageError(EdgeError):
    exit_code = 2


class SettingsError(UsageError):
    """Every mistake of one file, one sentence each with its place and remedy."""

    def __init__(self, path: Path, mistakes: Sequence[str]) -> None:
        self.path = path
        self.mistakes = tuple(mistakes)
        super().__init__("\n".join(f"{path}: {mistake}" for mistake in mistakes))


class StateDirError(UsageError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"the state folder {path} cannot be used ({reason}): name a writable one with --state.")


class PortTaken(UsageError):
    def __init__(self, host: str, port: int) -> None:
        self.port = port
        super().__init__(f"{host}:{port} is taken by another program: stop it or choose another --port.")


class NotEnrolled(UsageError):
    def __init__(self, state_dir: Path) -> None:
        super().__init__(
            f"this store is not enrolled ({state_dir} holds no identity): get a code at head office with "
            f"`regulars hq enrol-code STORE` and run `regulars edge enrol CODE`."
        )


class EnrolRefused(UsageError):
    def __init__(self, reason: str) -> None:
        super().__init__(f"head office did not accept the code ({reason}): get a new one, each is good once.")


class PrerequisiteMissing(EdgeError):
    exit_code = 3

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what} is missing: {remedy}.")


class OutboxDamaged(EdgeError):
    """Unsent events are in that file, so a person decides."""

    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(
            f"{path} cannot be read ({reason}): it holds events head office does not have yet; move it aside and "
            f"keep it, then start again with an empty one."
        )


class HqUnreachable(EdgeError):
    exit_code = 4

    def __init__(self, url: str, reason: str) -> None:
        self.url = url
        super().__init__(f"head office at {url} does not answer ({reason}): check the line and [hq] url.")


class HqRefused(HqUnreachable):
    """`status` is the HTTP status, `detail` head office's own sentence."""

    def __init__(self, url: str, status: int, detail: str) -> None:
        self.status = status
        self.detail = detail
        super().__init__(url, f"it refused with {status}: {detail}" if detail else f"it refused with {status}")
