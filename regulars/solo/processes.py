"""The processes of one shop on one machine, and how its store comes to know its head office."""

import asyncio
import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from regulars.solo.child import Child
from regulars.solo.errors import ShopUnready, StateUnusable
from regulars.solo.office import Office

READY_WITHIN_S: Final = 60.0
_ENROL_WITHIN_S: Final = 30.0


@dataclass(frozen=True, slots=True)
class Place:
    """Where a shop keeps its things."""

    state: Path

    @property
    def head_office(self) -> Path:
        return self.state / "head-office"

    @property
    def store(self) -> Path:
        return self.state / "store"

    @property
    def config(self) -> Path:
        return self.state / "store.toml"

    def log(self, name: str) -> Path:
        return self.state / "log" / f"{name}.log"

    def make(self) -> None:
        """The directories, readable by their owner only. Raises StateUnusable."""
        try:
            for folder in (self.state, self.head_office, self.store, self.state / "log"):
                folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise StateUnusable(self.state, error.strerror or type(error).__name__) from None


def head_office(place: Place, port: int) -> Child:
    """Head office's process."""
    return Child(
        name="head office",
        arguments=["-m", "regulars", "hq", "run", "--state", str(place.head_office), "--port", str(port)],
        log=place.log("head-office"),
        ready_url=f"http://127.0.0.1:{port}/readyz",
    )


def store(
    place: Place, port: int, program: Sequence[str] = ("regulars", "edge", "run"), options: Sequence[str] = ()
) -> Child:
    """The store's process; `program` is a module and its first arguments."""
    return Child(
        name="store",
        arguments=[
            *("-m", *program, "--config", str(place.config), "--state", str(place.store), "--port", str(port)),
            *options,
        ],
        log=place.log("store"),
        ready_url=f"http://127.0.0.1:{port}/readyz",
    )


def admin_token(folder: Path) -> str:
    """The token that a process put into its own state directory."""
    return (folder / "admin.token").read_text("utf-8").strip()


async def enrol(place: Place, code: str) -> None:
    """`regulars edge enrol`: the store makes its key and becomes known at head office."""
    log = place.log("enrol")
    with log.open("ab") as words:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "regulars", "edge", "enrol"),
            *("--config", str(place.config), "--state", str(place.store), "--code", code),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=words,
            stderr=words,
        )
        try:
            code_of_exit = await asyncio.wait_for(process.wait(), _ENROL_WITHIN_S)
        except TimeoutError:
            process.kill()
            raise ShopUnready("enrolment", f"took longer than {_ENROL_WITHIN_S:.0f} s", log) from None
    if code_of_exit:
        raise ShopUnready("enrolment", f"ended with {code_of_exit}", log)


def enrolled_as(place: Place) -> tuple[str, int] | None:
    """The id and number under which the store was enrolled by an earlier start; None before the first."""
    try:
        known = json.loads((place.store / "device.json").read_text("utf-8"))
        return str(known["store_id"]), int(known["store_number"])
    except (OSError, ValueError, KeyError):
        return None


def office(place: Place, port: int) -> Office:
    """Head office's admin interface; its token lies in its state directory once it runs."""
    return Office(f"http://127.0.0.1:{port}", admin_token(place.head_office))
