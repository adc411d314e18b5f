"""The test machine: QEMU with Debian's kernel on this machine's own files, read only, and a line to the agent in it.

Radios and the agent's line are serial ports in the machine and TCP connections to this process. The console is kept in
build/bluez when something went wrong, or when KEEP is set.
"""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Final

from tests.bluez.image import CACHE, ROOT, Image

_AGENT_PORT: Final = "agent"
# Emulated, on a busy machine of two cores, the agent is up after 15 to 60 s.
BOOT_WITHIN_S: Final = 240.0
_POWER_OFF_WITHIN_S: Final = 10.0


class MachineFailed(Exception):
    """The machine did not come up, or its agent died; the end of its console is in the message."""


class Machine:
    """A running machine; `ask` is a call to its agent."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, console: Path) -> None:
        self._reader = reader
        self._writer = writer
        self._console = console

    async def ask(self, what: str, within_s: float = 60.0, **details: Any) -> Any:
        """The agent's answer. Raises MachineFailed with its error, or when there is none in time."""
        self._writer.write(json.dumps({"what": what, **details}).encode() + b"\n")
        try:
            async with asyncio.timeout(within_s):
                line = await self._reader.readline()
        except TimeoutError:
            raise MachineFailed(f"no answer to {what!r} within {within_s:.0f} s\n{self.console()}") from None
        if not line:
            raise MachineFailed(f"the agent ended at {what!r}\n{self.console()}")
        answer = json.loads(line)
        if "error" in answer:
            raise MachineFailed(f"{what}: {answer['error']}\n{self.console()}")
        return answer["is"]

    def console(self, *, whole: bool = False) -> str:
        """The last lines of the machine's console, or all of them."""
        with suppress(OSError):
            lines = self._console.read_text(errors="replace").splitlines()
            return "\n".join(lines if whole else lines[-40:])
        return ""


@asynccontextmanager
async def running(image: Image, radios: Mapping[str, str], options: Mapping[str, str]) -> AsyncIterator[Machine]:
    """Boot with these radios (name -> host:port). `options` go on the kernel's command line. Raises MachineFailed."""
    lines: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = asyncio.Queue(1)

    def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        lines.put_nowait((reader, writer))

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    console = CACHE / f"console-{os.getpid()}.log"
    port = server.sockets[0].getsockname()[1]
    ports = {**radios, _AGENT_PORT: f"127.0.0.1:{port}"}
    command = _command(image, ports, options, console)
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL)
    try:
        yield await _up(process, lines, console)
    finally:
        server.close()
        with suppress(ProcessLookupError, TimeoutError):
            async with asyncio.timeout(_POWER_OFF_WITHIN_S):
                await process.wait()
        if process.returncode is None:
            process.kill()
            await process.wait()
        if not os.environ.get("KEEP") and not sys.exc_info()[0]:
            console.unlink(missing_ok=True)


async def _up(
    process: asyncio.subprocess.Process,
    lines: "asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]",
    console: Path,
) -> Machine:
    """When the agent has said its first word."""

    async def first_word() -> Machine:
        reader, writer = await lines.get()
        machine = Machine(reader, writer, console)
        if not await reader.readline():
            raise MachineFailed(f"the machine ended while it booted\n{machine.console()}")
        return machine

    ended, said = asyncio.create_task(process.wait()), asyncio.create_task(first_word())
    try:
        done, _ = await asyncio.wait({said, ended}, timeout=BOOT_WITHIN_S, return_when=asyncio.FIRST_COMPLETED)
        if said in done:
            return said.result()
        raise MachineFailed(f"the machine ended or was not up within {BOOT_WITHIN_S:.0f} s, see {console}")
    finally:
        ended.cancel()
        said.cancel()


def _command(image: Image, ports: Mapping[str, str], options: Mapping[str, str], console: Path) -> list[str]:
    here = Path(__file__).resolve().parent
    words = {"boot": str(here / "boot.sh"), "tree": str(ROOT), "python": sys.executable, **options}
    append = " ".join(
        ["console=ttyS0", "quiet", "panic=-1", *(f"regulars.{key}={each}" for key, each in words.items())]
    )
    command = [
        "qemu-system-x86_64", "-accel", os.environ.get("REGULARS_ACCEL", "tcg,thread=multi"), "-cpu", "max",
        "-smp", "2", "-m", "1024", "-nodefaults", "-no-reboot", "-display", "none", "-serial", f"file:{console}",
        "-kernel", str(image.kernel), "-initrd", str(image.initramfs), "-append", append,
        "-virtfs", "local,path=/,mount_tag=root,security_model=none,readonly=on,multidevs=remap",
        "-device", "virtio-serial-pci",
    ]  # fmt: skip
    for name, endpoint in ports.items():
        host, _, port = endpoint.rpartition(":")
        command += ["-chardev", f"socket,id={name},host={host},port={port},nodelay=on"]
        command += ["-device", f"virtserialport,chardev={name},name={name}"]
    return command
