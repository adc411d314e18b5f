"""The radio thread: one asyncio loop for life, one scanner per [[scanner]], and identity on the same thread.

A scanner is bleak's on an adapter of this machine, or an ESPHome node on the network.
Start-up never waits for Bluetooth: every scanner is opened in the background and tried again for as long as the
service runs, with a pause that grows to three seconds. Every call outside has its own time limit.
Only what resolved to a member leaves this thread. Strangers raise one number.
"""

import asyncio
import logging
import sys
import threading
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Protocol

import structlog
from bleak import BleakScanner
from bleak.backends.device import BLEDevice
from bleak.backends.scanner import AdvertisementData, BaseBleakScanner
from bleak.exc import BleakError

from edge.adapters.bluez_adapter import AdapterMissing
from edge.adapters.scanner import Line, ScannerLost, ScannerUnusable
from edge.core.advertisement import token_bodies, token_in_payload
from edge.core.canary import SILENT_AFTER_S, Canary, mark_in_company, mark_in_payload
from edge.core.identity import Identity, TokenTable
from edge.core.inputs import Answered, Contested, Heard, ScannerChanged, ScannerHealth
from edge.core.pace import Pace
from edge.core.reach import NOWHERE, Point
from wire import rst1

if TYPE_CHECKING:
    from edge.adapters.bluez_monitor import Hold

# bluetoothd answers in well under a second; an adapter that is being reset needs several.
_START_WITHIN_S: Final = 10.0
_STOP_WITHIN_S: Final = 0.5
_FIRST_PAUSE_S: Final = 1.0
# An adapter that was plugged in again is to be heard within ten seconds: this pause, and some more to switch it on.
_LONGEST_PAUSE_S: Final = 3.0
# Opening a scanner anew costs a second and cures most silences, so it is done soon; saying that it is deaf calls
# somebody, so that waits until no shop with a till, a beacon or a street could have been silent by itself.
_REOPEN_AFTER_S: Final = 30.0
_DEAF_AFTER_S: Final = 300.0
# Where a beacon stands beside the scanner, no shop is that quiet.
_DEAF_BESIDE_A_BEACON_S: Final = SILENT_AFTER_S
_LOOK_EVERY_S: Final = 1.0
# Reports a second are averaged over about ten seconds: long enough to be read, short enough to see a fault.
_RATE_SHARE: Final = 0.1

_SLOW: Final = (
    "members are heard far less often than their phones speak, so zones follow late: "
    "move the scanner nearer, or look whether something beside it disturbs 2.4 GHz"
)

_CANARY_SILENT: Final = "its beacon is not heard any more, others are: change the beacon's battery"

_log = structlog.get_logger(__name__)

RadioInput = Heard | Answered | Contested | ScannerChanged
Tell = Callable[[RadioInput], bool]
Companion = Callable[[], Coroutine[Any, Any, None]]


class ScannerSettings(Protocol):
    """A [[scanner]] of store.toml."""

    @property
    def id(self) -> str: ...
    @property
    def source(self) -> str: ...


@dataclass(frozen=True, slots=True)
class ScannerStatus:
    """One scanner as health and metrics show it; `fault` says in one sentence what is wrong.

    A scanner can be `ok` and still have one: it hears, but BlueZ thins its reports out.
    """

    health: ScannerHealth
    reports: int
    reports_per_s: float
    fault: str
    members_per_s: float = 0.0  # reports of members, at most two a second of each
    expected_per_s: float = 0.0  # what the members here offer at the very least


@dataclass(frozen=True, slots=True)
class RadioStatus:
    """Counts since start. `foreign` are all advertisements of strangers; `dropped` inputs found the queue full."""

    scanners: Mapping[str, ScannerStatus]
    foreign: int
    dropped: int


@dataclass(slots=True)
class _Watch:
    """What the radio thread knows of one scanner."""

    settings: ScannerSettings
    canary: Canary
    health: ScannerHealth = "away"
    fault: str = "not started yet"
    reports: int = 0
    reports_per_s: float = 0.0
    counted: int = 0
    reported_at: float = 0.0  # on the loop's clock, as is what follows
    opened_at: float = 0.0
    thinned: str = ""
    pace: Pace = field(default_factory=Pace)
    is_stuck: bool = False


class Radio:
    """All scanners of one store behind one thread.

    `tell` puts an input on the state queue and returns False when it is full; it must not block.
    `backend` and `backend_options` (by scanner id) serve scanners whose source is `simulator`. `positions`: where the
    scanners hang, as far as that is known; a tag that is loud at two far ones is contested.
    `node_keys` (by scanner id) open ESPHome nodes; `canaries` are the marks of the beacons that each scanner must hear.
    """

    def __init__(
        self,
        scanners: Sequence[ScannerSettings],
        tell: Tell,
        *,
        backend: type[BaseBleakScanner] | None = None,
        backend_options: Mapping[str, Mapping[str, Any]] | None = None,
        node_keys: Mapping[str, str] | None = None,
        canaries: Mapping[str, frozenset[bytes]] | None = None,
        positions: Mapping[str, Point] = NOWHERE,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._tell = tell
        self._backend = backend
        self._backend_options = backend_options or {}
        self._companions: list[Companion] = []
        self._clock = clock
        self._identity = Identity(positions=positions)
        self._node_keys = node_keys or {}
        marks = canaries or {}
        self._watches = {
            scanner.id: _Watch(scanner, Canary(marks.get(scanner.id, frozenset())))
            for scanner in scanners
            if scanner.source != "replay"
        }
        self._dropped = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._ready = threading.Event()
        self._thread: threading.Thread | None = None

    @property
    def table(self) -> TokenTable:
        """The table in force, for the challenge."""
        return self._identity.table

    def use(self, table: TokenTable) -> None:
        """Swap the table of tags; safe from any thread, in force from the next packet on."""
        self._identity.use(table)

    def accompany(self, companion: Companion) -> None:
        """Run another task on this loop for as long as the radio lives, such as the check-in. Call before `start`."""
        self._companions.append(companion)

    def start(self) -> None:
        """Returns when the loop runs, before any scanner does. Call it once."""
        # bleak's debug messages quote the address of every stranger.
        logging.getLogger("bleak").setLevel(logging.WARNING)
        self._thread = threading.Thread(target=self._run, name="radio", daemon=True)
        self._thread.start()
        self._ready.wait()

    def stop(self, within_s: float = 1.0) -> bool:
        """True when the thread has ended; nothing is told after that. Safe to call twice and before start."""
        thread, loop, stopping = self._thread, self._loop, self._stopping
        if thread is None or loop is None or stopping is None:
            return True
        with suppress(RuntimeError):  # the loop has ended by itself
            loop.call_soon_threadsafe(stopping.set)
        thread.join(within_s)
        return not thread.is_alive()

    def status(self) -> RadioStatus:
        """A snapshot; safe from any thread."""
        scanners = {
            scanner: ScannerStatus(
                watch.health,
                watch.reports,
                round(watch.reports_per_s, 1),
                watch.fault,
                round(watch.pace.heard_per_s, 1),
                watch.pace.expected_per_s,
            )
            for scanner, watch in self._watches.items()
        }
        return RadioStatus(scanners, self._identity.foreign, self._dropped)

    def post(self, told: RadioInput) -> None:
        """Tell the service, or count what it had no room for."""
        if not self._tell(told):
            self._dropped += 1

    def _run(self) -> None:
        try:
            asyncio.run(self._live())
        except Exception:  # noqa: BLE001 - the top of the thread
            _log.exception("radio_ended")
        finally:
            for watch in self._watches.values():
                watch.health, watch.fault = "away", "the radio has ended"
            self._ready.set()

    async def _live(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        tasks = [asyncio.create_task(self._watch(watch)) for watch in self._watches.values()]
        tasks += [asyncio.create_task(companion()) for companion in self._companions]
        self._ready.set()
        await self._stopping.wait()
        for task in tasks:
            task.cancel()
        if tasks:
            await asyncio.wait(tasks, timeout=_STOP_WITHIN_S + 0.2)

    async def _watch(self, watch: _Watch) -> None:
        """Keep one scanner open: open, listen until it is silent, close, again."""
        pause_s = _FIRST_PAUSE_S
        while True:
            try:
                await self._listen(watch)
                pause_s = _FIRST_PAUSE_S
            # The top of this scanner's task: bleak lets D-Bus errors of many kinds through, and a scanner that
            # stays away must not take the others along.
            except Exception as error:  # noqa: BLE001
                # The adapter is there and refuses to scan: the kernel still holds the scan of a bluetoothd that died.
                watch.is_stuck = isinstance(error, BleakError)
                self._turn(watch, "away", _fault(error))
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    async def _listen(self, watch: _Watch) -> None:
        async with AsyncExitStack() as held:
            async with asyncio.timeout(_START_WITHIN_S):
                line = await self._opened(watch, held)
            watch.thinned = line.thinned if line else ""
            watch.opened_at = asyncio.get_running_loop().time()
            watch.canary.begin(watch.opened_at)
            if watch.health == "away":
                watch.reported_at = watch.opened_at
                self._turn(watch, "ok", watch.thinned)
            await self._until_silent(watch, line)

    async def _opened(self, watch: _Watch, held: AsyncExitStack) -> Line | None:
        """Listening; `held` ends it. None for a simulated radio, which has nothing below it to lose."""
        kind, _, where = watch.settings.source.partition(":")
        if kind == "esphome":
            return await self._node(watch, where, held)
        hold = await self._hold(watch, held)
        scanner = self._scanner(watch, hold)
        await scanner.start()
        held.push_async_callback(_stopped, scanner)
        return hold

    async def _node(self, watch: _Watch, where: str, held: AsyncExitStack) -> Line:
        key = self._node_keys.get(watch.settings.id)
        if key is None:
            raise ScannerUnusable(
                "the nodes' keys are missing: put the secrets.toml they were made with beside store.toml"
            )
        # Loads zeroconf and protobuf: only where there are nodes.
        from edge.adapters import radio_esphome  # noqa: PLC0415

        def on_payload(address: int, rssi_dbm: int, payload: bytes) -> None:
            at = self._reported(watch)
            if watch.canary.is_set:
                watch.canary.hear(mark_in_payload(payload), at)
            body = token_in_payload(payload)
            if body is None:
                self._identity.foreign += 1
            else:
                self._take(watch, radio_esphome.written(address), rssi_dbm, (body,))

        return await held.enter_async_context(radio_esphome.connected(where, key, on_payload))

    async def _hold(self, watch: _Watch, held: AsyncExitStack) -> "Hold | None":
        """BlueZ' adapter, ready for a scan; None for a radio that is none."""
        source, _, mac = watch.settings.source.partition(":")
        if source != "bluez":
            return None
        if sys.platform != "linux":
            raise ScannerUnusable("BlueZ runs on Linux only: use another source in store.toml")
        # Needs dbus-fast, which is installed on Linux only (pyproject.toml).
        from edge.adapters import bluez_monitor  # noqa: PLC0415

        try:
            return await held.enter_async_context(bluez_monitor.held(mac, afresh=watch.is_stuck))
        except bluez_monitor.AdapterBlocked:
            raise ScannerUnusable("the adapter is switched off by rfkill: rfkill unblock bluetooth") from None

    async def _until_silent(self, watch: _Watch, line: Line | None) -> None:
        loop = asyncio.get_running_loop()
        watch.is_stuck = False
        while (before := loop.time()) - max(watch.reported_at, watch.opened_at) < _REOPEN_AFTER_S:
            await asyncio.sleep(_LOOK_EVERY_S)
            if line is not None and line.loss:
                raise ScannerLost(line.loss)
            rate = (watch.reports - watch.counted) / (loop.time() - before)
            watch.counted = watch.reports
            watch.reports_per_s += _RATE_SHARE * (rate - watch.reports_per_s)
            self._judge_pace(watch, loop.time())
            deaf_after_s = _DEAF_BESIDE_A_BEACON_S if watch.canary.is_set else _DEAF_AFTER_S
            if loop.time() - watch.reported_at >= deaf_after_s:
                self._turn(watch, "deaf", f"nothing heard for {deaf_after_s:.0f} s: check its antenna and its place")
        watch.is_stuck = True

    def _judge_pace(self, watch: _Watch, now: float) -> None:
        """What the thing is called that BlueZ does not call anything: reports come, and far too few."""
        is_slow = watch.pace.is_slow(now)
        if watch.health == "ok":
            canary = _CANARY_SILENT if watch.canary.is_silent(now) else ""
            watch.fault = watch.thinned or (_SLOW if is_slow else "") or canary

    def _scanner(self, watch: _Watch, hold: "Hold | None") -> BleakScanner:
        def on_advertisement(device: BLEDevice, advertisement: AdvertisementData) -> None:
            self._hear(watch, device.address, advertisement)

        if hold is not None:
            return BleakScanner(on_advertisement, bluez={"adapter": hold.name, "filters": {"DuplicateData": True}})
        source = watch.settings.source.partition(":")[0]
        if source != "simulator":
            raise ScannerUnusable(f"a source of kind {source!r} cannot be opened by this version: use bluez:MAC")
        if self._backend is None:
            raise ScannerUnusable("this service was started without a simulated radio: use `regulars demo`")
        return BleakScanner(on_advertisement, backend=self._backend, **self._backend_options.get(watch.settings.id, {}))

    def _hear(self, watch: _Watch, address: str, advertisement: AdvertisementData) -> None:
        watch.canary.hear(mark_in_company(advertisement.manufacturer_data), self._reported(watch))
        bodies = token_bodies(advertisement.service_data, advertisement.service_uuids)
        self._take(watch, address, advertisement.rssi, bodies)

    def _reported(self, watch: _Watch) -> float:
        """It heard something, whatever it was; when."""
        watch.reports += 1
        watch.reported_at = asyncio.get_running_loop().time()
        if watch.health != "ok":
            self._turn(watch, "ok", watch.thinned)
        return watch.reported_at

    def _take(self, watch: _Watch, address: str, rssi_dbm: int, bodies: Iterable[rst1.Body]) -> None:
        for told in self._identity.hear(watch.settings.id, address, rssi_dbm, bodies, self._clock()):
            if isinstance(told, Heard):
                watch.pace.hear(told.member_ref, watch.reported_at)
            self.post(told)

    def _turn(self, watch: _Watch, health: ScannerHealth, fault: str) -> None:
        watch.fault = fault
        if health == watch.health:
            return
        watch.health = health
        if health != "ok":
            watch.reports_per_s = 0.0
        _log.info("scanner_changed", scanner=watch.settings.id, health=health, fault=fault)
        self.post(ScannerChanged(watch.settings.id, health))


async def _stopped(scanner: BleakScanner) -> None:
    with suppress(Exception):
        async with asyncio.timeout(_STOP_WITHIN_S):
            await scanner.stop()


def _fault(error: Exception) -> str:
    """One sentence without whatever a D-Bus error may quote: it can name a stranger's device."""
    if isinstance(error, ScannerUnusable):
        return str(error)
    if isinstance(error, ScannerLost):
        return f"{error}; it is opened again as soon as it is there"
    if isinstance(error, AdapterMissing):
        return "Bluetooth is not there: is bluetoothd running and the adapter plugged in?"
    if isinstance(error, TimeoutError):
        return "Bluetooth did not answer in time: restart bluetoothd"
    return f"Bluetooth refused ({type(error).__name__}): is bluetoothd running and the adapter plugged in?"
