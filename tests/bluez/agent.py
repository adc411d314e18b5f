"""In the test machine: Bluetooth with the edge's own adapters on it, doing what the host asks, one call after another.

Calls and answers are lines of JSON on a serial port. What is measured is judged on the host.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from edge.adapters.checkin_gatt import CheckIn
from edge.adapters.peripheral_bluez import BluezPeripheral
from edge.adapters.radio_bluez import Radio, RadioInput
from edge.core.challenge import Challenges
from edge.core.identity import build_table
from edge.core.inputs import Answered, Heard

_PORTS: Final = Path("/sys/class/virtio-ports")
_BLUETOOTHD: Final = "/usr/libexec/bluetooth/bluetoothd"
_LOADER: Final = "/usr/lib64/ld-linux-x86-64.so.2"
_LIBRARIES: Final = "/usr/lib/x86_64-linux-gnu"
_WRITTEN: Final = Path("/mnt/written")
_BLUEZ_STATE: Final = Path("/var/lib/bluetooth")
_ANSWER_WITHIN_S: Final = 0.3  # what edge.settings gives presence.answer_within_ms
_RFKILL_EVENT: Final = b"\x00\x00\x00\x00\x02\x03"  # every Bluetooth switch, changed for all


@dataclass(frozen=True, slots=True)
class Scanner:
    """As [[scanner]] of store.toml."""

    id: str
    source: str


class Store:
    """The radio and the check-in of one store, and what they told."""

    def __init__(self, scanners: dict[str, str], number: int, keys: list[tuple[str, int, str]]) -> None:
        self._lock = threading.Lock()
        self._heard: dict[str, dict[str, list[int]]] = {}
        self._answered: list[str] = []
        self.radio = Radio([Scanner(name, f"bluez:{mac}") for name, mac in scanners.items()], self._hear)
        peripheral = BluezPeripheral(next(iter(scanners.values())), number)
        self.check_in = CheckIn(
            peripheral, Challenges(number, within_s=_ANSWER_WITHIN_S), lambda: self.radio.table, self._hear
        )
        self.radio.use(build_table([(ref, day, bytes.fromhex(key)) for ref, day, key in keys], time.time()))
        self.radio.accompany(self.check_in.run)
        self.radio.start()

    def status(self) -> dict[str, Any]:
        """Levels by scanner and member, answers, and what health would show."""
        status = self.radio.status()
        with self._lock:
            heard = {scanner: dict(members) for scanner, members in self._heard.items()}
        return {
            "heard": heard,
            "answered": list(self._answered),
            "refused": self.check_in.refused,
            "longest_s": self.check_in.longest_s,
            "is_up": self.check_in.is_up,
            "foreign": status.foreign,
            "scanners": {name: asdict(scanner) for name, scanner in status.scanners.items()},
        }

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._heard.clear()

    def _hear(self, told: RadioInput) -> bool:
        with self._lock:
            if isinstance(told, Heard):
                self._heard.setdefault(told.scanner, {}).setdefault(told.member_ref, []).append(told.rssi_dbm)
            elif isinstance(told, Answered):
                self._answered.append(told.member_ref)
        return True


class Agent:
    """Everything that runs in the machine because the host asked for it."""

    def __init__(self) -> None:
        self._pumps: dict[str, subprocess.Popen[bytes]] = {}
        self._bluetoothd: subprocess.Popen[bytes] | None = None
        self._store: Store | None = None

    def do(self, call: dict[str, Any]) -> Any:
        """One call: `what` names the method, the rest are its arguments."""
        what = call.pop("what")
        methods: dict[str, Callable[..., Any]] = {
            name: getattr(self, name) for name in dir(self) if not name.startswith("_") and name != "do"
        }
        return methods[what](**call)

    def bluetoothd(self, conf: str = "", root: str = "", *, is_on: bool = True) -> str:
        """Start or kill bluetoothd, this machine's or the one of another Debian unpacked at `root`; its version."""
        if self._bluetoothd is not None:
            self._bluetoothd.kill()
            self._bluetoothd.wait()
            self._bluetoothd = None
        loader = [f"{root}{_LOADER}", "--library-path", f"{root}{_LIBRARIES}"] if root else []
        program = [*loader, f"{root}{_BLUETOOTHD}"]
        if is_on:
            Path("/etc/bluetooth/main.conf").write_text(conf, encoding="utf-8")
            self._bluetoothd = subprocess.Popen([*program, "-n"], stdin=subprocess.DEVNULL)
        return subprocess.run([*program, "--version"], capture_output=True, text=True, check=True).stdout.strip()

    def plug(self, radio: str) -> float:
        """Bring the radio up in the kernel; the machine's uptime when the kernel has it."""
        known = set(_adapters())
        self._pumps[radio] = subprocess.Popen([sys.executable, "-S", "-E", "tests/bluez/pump.py", _port(radio)])
        _until(lambda: bool(set(_adapters()) - known), 20.0)
        return time.monotonic()

    def pull(self, radio: str) -> None:
        """Out of the socket."""
        pump = self._pumps.pop(radio)
        pump.kill()
        pump.wait()

    def block(self, *, is_blocked: bool) -> None:
        """rfkill, for all of Bluetooth."""
        Path("/dev/rfkill").write_bytes(_RFKILL_EVENT + bytes((is_blocked, 0)))

    def store(self, scanners: dict[str, str], number: int, keys: list[tuple[str, int, str]]) -> None:
        """Start the edge's adapters."""
        self._store = Store(scanners, number, keys)

    def status(self) -> dict[str, Any]:
        """See Store.status."""
        return self._running.status()

    def forget(self) -> None:
        """See Store.forget."""
        self._running.forget()

    def phone(self, secret: str, store: int, adapter: str, mode: str) -> dict[str, Any]:
        """`regulars phone --once` on one of the machine's adapters."""
        arguments = ["--secret-file", "-", "--store", str(store), "--adapter", adapter, "--mode", mode, "--once"]
        command = [sys.executable, "-m", "regulars", "phone", *arguments]
        done = subprocess.run(command, input=secret, capture_output=True, text=True, timeout=200, check=False)
        return {"exit": done.returncode, "events": done.stdout.splitlines(), "says": done.stderr.strip()}

    def contract(self) -> dict[str, Any]:
        """The scanner's and the check-in's contract suites on this machine's kernel and bluetoothd."""
        suites = ["tests/contract/test_peripheral.py", "tests/contract/test_scanner.py"]
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-k", "bluez", *suites]
        environment = {**os.environ, "REGULARS_BLUEZ_RIG": "1"}
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=False, env=environment)
        return {"exit": done.returncode, "says": done.stdout[-2000:]}

    def traces(self, addresses: list[str]) -> dict[str, list[str]]:
        """Files that name one of these addresses: on disk, and in bluetoothd's own folder in memory."""
        return {
            "disk": [str(path) for path in _traces(_WRITTEN, addresses)],
            "bluez": [str(path) for path in _traces(_BLUEZ_STATE, addresses)],
        }

    def bye(self) -> None:
        """Stop what the edge runs, then bluetoothd, whose folder in memory goes with it as in its systemd unit."""
        if self._store is not None:
            self._store.radio.stop(5.0)
        self.bluetoothd(is_on=False)
        subprocess.run(["/bin/umount", str(_BLUEZ_STATE)], check=True)

    @property
    def _running(self) -> Store:
        if self._store is None:
            raise RuntimeError("the store was not started")
        return self._store


def _port(name: str) -> str:
    return next(f"/dev/{port.name}" for port in _PORTS.iterdir() if (port / "name").read_text().strip() == name)


def _adapters() -> list[str]:
    folder = Path("/sys/class/bluetooth")
    return sorted(path.name for path in folder.iterdir() if path.name.startswith("hci") and ":" not in path.name)


def _until(is_so: Callable[[], bool], within_s: float) -> None:
    limit = time.monotonic() + within_s
    while not is_so():
        if time.monotonic() > limit:
            raise TimeoutError
        time.sleep(0.05)


def _traces(folder: Path, addresses: list[str]) -> Iterator[Path]:
    wanted = [form for address in addresses for form in _forms(address)]
    for path in folder.rglob("*"):
        name = str(path.relative_to(folder)).lower().encode()
        octets = name
        with suppress(OSError):
            octets += path.read_bytes().lower() if path.is_file() and not path.is_symlink() else b""
        if any(form in octets for form in wanted):
            yield path


def _forms(address: str) -> Iterator[bytes]:
    """As text with three separators. Six raw octets in either order are looked for too."""
    for separator in (":", "_", "-"):
        yield address.lower().replace(":", separator).encode()
    octets = bytes.fromhex(address.replace(":", ""))
    yield octets.lower()
    yield octets[::-1].lower()


def main() -> None:
    """Serve the host until it hangs up."""
    signal.signal(signal.SIGPIPE, signal.SIG_IGN)
    agent = Agent()
    with open(_port("agent"), "rb+", buffering=0) as line:  # noqa: PTH123 - unbuffered, both ways
        line.write(b"{}\n")
        while call := line.readline():
            try:
                answer = {"is": agent.do(json.loads(call))}
            # The top of the machine: whatever goes wrong is the host's to judge.
            except Exception as error:  # noqa: BLE001
                answer = {"error": f"{type(error).__name__}: {error}"}
            line.write(json.dumps(answer).encode() + b"\n")


if __name__ == "__main__":
    main()
