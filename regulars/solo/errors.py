"""What can stop the shop on one machine, and what to do about it.

```
SoloError             a sentence for the operator, with the remedy; exit_code
|- PortTaken          2  somebody else listens there
|  `- OfficePortTaken  2  where head office should, which --port does not move
|- StateUnusable      2  the state directory cannot be used
|- SettingsUnfit      2  store.toml names a head office elsewhere
|- StoreChanged       2  store.toml describes another store than the one in the state directory
|- ShopUnready        3  a process did not come up, or fell too often
```
"""

from pathlib import Path
from typing import ClassVar, Final

_MOST_WORDS: Final = 300


class SoloError(Exception):
    """The message is a sentence the operator can act on."""

    exit_code: ClassVar[int] = 2


class PortTaken(SoloError):
    """Another program holds the port."""

    def __init__(self, port: int) -> None:
        super().__init__(f"Port {port} is taken by another program: end it or choose another with --port.")


class OfficePortTaken(PortTaken):
    """store.toml says where head office listens."""

    def __init__(self, port: int, config: Path) -> None:
        SoloError.__init__(
            self,
            f"Port {port} is taken by another program: end it (perhaps this shop runs already), "
            f"or write another into [hq] url in {config}.",
        )


class StateUnusable(SoloError):
    """The state directory is not ours to write."""

    def __init__(self, state: Path, reason: str) -> None:
        super().__init__(f"{state} cannot hold the shop's state ({reason}): choose another with --state.")


class SettingsUnfit(SoloError):
    """store.toml is right, but not for this command."""

    def __init__(self, config: Path, url: str) -> None:
        super().__init__(
            f"{config} names head office {url}, and this command runs its own: write a loopback address with a port, "
            "like http://127.0.0.1:8300, or run the store alone with `regulars edge run`."
        )


class StoreChanged(SoloError):
    """Members' keys and everything that happened belong to the store that was set up here."""

    def __init__(self, config: Path, was: str, is_now: str) -> None:
        super().__init__(
            f"{config} describes {is_now}, and this shop was set up as {was}: put that id and number back, "
            "or begin another shop with another --state."
        )


class ShopUnready(SoloError):
    """A process of the shop does not run."""

    exit_code = 3

    def __init__(self, name: str, reason: str, log: Path) -> None:
        super().__init__(f"The {name} process {reason}; its log is {log}. {_last_words(log)}".strip())


def _last_words(log: Path) -> str:
    """The log's last line: a process that gives up says why, in one sentence."""
    try:
        lines = log.read_text("utf-8", "replace").strip().splitlines()
    except OSError:
        return ""
    return f"Its last words: {lines[-1][:_MOST_WORDS]}" if lines else ""
