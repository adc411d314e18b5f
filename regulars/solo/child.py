"""One process of the shop: started, watched, started again when it falls, and ended with everything it started."""

import asyncio
import os
import signal
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import urllib3

from regulars.solo.errors import ShopUnready

# Ctrl-C promises an end within 3 s: this much for a clean one, the rest for the kernel to sweep up.
GRACE_S: Final = 1.5
# A process that falls five times within a minute will fall a sixth time; the operator should read its log instead.
RESTARTS: Final = 5
RESTART_WINDOW_S: Final = 60.0
_BACKOFF_S: Final = 0.5
_READY_POLL_S: Final = 0.05

# Environment is inherited, but not what would make a child speak elsewhere or wait for somebody.
_UNBUFFERED: Final = {"PYTHONUNBUFFERED": "1"}


@dataclass(slots=True)
class Child:
    """`arguments` follow the Python executable; output goes to `log`, except that `keep_stdout` leaves stdout to us."""

    name: str
    arguments: Sequence[str]
    log: Path
    ready_url: str = ""
    environment: Mapping[str, str] = field(default_factory=dict)
    keep_stdout: bool = False
    is_replaceable: bool = True  # False: what it knew dies with it, so starting it again would not bring the shop back
    process: asyncio.subprocess.Process | None = None
    restarts: int = 0
    is_stopped: bool = False

    async def start(self) -> None:
        """Starts it; does not wait for readiness."""
        leash = [sys.executable, "-m", "regulars.solo.leash", str(os.getpid()), sys.executable, *self.arguments]
        self.log.parent.mkdir(parents=True, exist_ok=True)
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *leash,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if self.keep_stdout else log,
                stderr=log,
                env={**os.environ, **_UNBUFFERED, **self.environment},
                start_new_session=True,
            )

    async def wait_ready(self, timeout_s: float) -> None:
        """Until `ready_url` answers 200. Raises ShopUnready when it ends or takes longer."""
        deadline = time.monotonic() + timeout_s
        while time.monotonic() < deadline:
            if self.process is None or self.process.returncode is not None:
                raise ShopUnready(self.name, "ended while it was starting", self.log)
            if await asyncio.to_thread(answers, self.ready_url):
                return
            await asyncio.sleep(_READY_POLL_S)
        raise ShopUnready(self.name, f"was not ready after {timeout_s:.0f} s", self.log)

    async def keep_running(self) -> None:
        """Until it is stopped; raises ShopUnready when it falls too often."""
        falls: list[float] = []
        while True:
            assert self.process is not None  # noqa: S101 - started before
            await self.process.wait()
            if self.is_stopped:
                return
            if not self.is_replaceable:
                raise ShopUnready(self.name, "ended, and the shop cannot go on without it", self.log)
            now = time.monotonic()
            falls = [at for at in falls if now - at < RESTART_WINDOW_S] + [now]
            if len(falls) > RESTARTS:
                raise ShopUnready(self.name, f"fell {RESTARTS} times within {RESTART_WINDOW_S:.0f} s", self.log)
            self.restarts += 1
            await asyncio.sleep(_BACKOFF_S * len(falls))
            if not self.is_stopped:
                await self.start()

    async def stop(self) -> None:
        """Asks, waits `GRACE_S`, then ends the whole group: nothing it started stays behind."""
        self.is_stopped = True
        process = self.process
        if process is None:
            return
        if process.returncode is None:
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGTERM)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), GRACE_S)
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), 0.5)


def answers(url: str) -> bool:
    """Whether `url` answers 200 within a second."""
    try:
        return urllib3.request("GET", url, timeout=1.0, retries=False).status == 200  # noqa: PLR2004
    except urllib3.exceptions.HTTPError:
        return False
