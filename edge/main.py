"""The composition root: the one place that builds a store's adapters, joins them and starts their threads.

radio ──▶ state ──▶ pages          radio: bleak, one asyncio loop     state: the service, owns everything
▲        ▲ │                     sync: feed, outbox, phones         web: Flask and Socket.IO under gunicorn
└─ sync ─┘ ▼
outbox.db
"""

import secrets
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import structlog
from bleak.backends.scanner import BaseBleakScanner
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from edge.adapters import enrolment, hq_http, system
from edge.adapters.ballast import Ballast
from edge.adapters.cache_sqlite import Cache
from edge.adapters.calibration_file import radio_map
from edge.adapters.checkin_gatt import CheckIn, Peripheral
from edge.adapters.clock import Clock
from edge.adapters.enrolment import Enrolment
from edge.adapters.errand import Errand
from edge.adapters.hq_http import HqClient
from edge.adapters.live_socketio import Live
from edge.adapters.nearby_sqlite import NearbyFile
from edge.adapters.nearby_sync import NearbySync
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.picture_files import PictureFiles
from edge.adapters.picture_sync import PictureSync
from edge.adapters.radio_bluez import Radio
from edge.adapters.scanner_metrics import scanner_metrics
from edge.adapters.state import State
from edge.adapters.store_key import StoreKey, store_key
from edge.adapters.store_sqlite import SQLITE_VERSION, make_state_dir
from edge.adapters.supervisor import Supervisor
from edge.adapters.sync import Sync
from edge.adapters.web.app import Health, create_app
from edge.adapters.web.pairing import Pairing
from edge.adapters.web.server import Server
from edge.core.canary import listeners
from edge.core.challenge import Challenges
from edge.core.floor import Chance, Past
from edge.core.inputs import Device, GoodsChanged
from edge.core.lease import lease_end
from edge.core.pairing import Paired
from edge.core.screen import DELAY_S
from edge.errors import EdgeError, HqUnreachable, NotEnrolled, UsageError
from edge.service import Service
from edge.settings import Settings
from wire.product import Product, Stock

CACHE_FILE: Final = "cache.db"
OUTBOX_FILE: Final = "outbox.db"
NEARBY_FILE: Final = "nearby.db"
PICTURE_FOLDER: Final = "pictures"
URL_FILE: Final = "edge.url"
ENROLLED_EVERY_S: Final = 1.0

_log = structlog.get_logger("edge")


@dataclass(frozen=True, slots=True)
class Simulated:
    """What stands in for the radio in a demo or a test: a bleak backend, its options by scanner id, a peripheral."""

    scanner_backend: type[BaseBleakScanner] | None = None
    backend_options: Mapping[str, Mapping[str, Any]] | None = None
    peripheral: Peripheral | None = None


class Edge:
    """One store's running service."""

    def __init__(
        self,
        settings: Settings,
        state_dir: Path,
        enrolled: Enrolment,
        simulated: Simulated,
        supervisor: Supervisor | None = None,
        *,
        node_keys: Mapping[str, str] | None = None,
    ) -> None:
        self._settings, self._supervisor = settings, supervisor or Supervisor()
        clock = Clock()
        self._key = store_key(state_dir, state_dir / OUTBOX_FILE)
        self._ballast = Ballast(state_dir)
        self._outbox = Outbox(state_dir / OUTBOX_FILE, self._key.of("outbox"), clock, self._ballast)
        self._client = HqClient(settings.hq, enrolled, clock)
        self._cache = Cache(state_dir / CACHE_FILE, _cache_key(settings, self._client, self._key), self._ballast)
        self._pictures = PictureFiles(state_dir / PICTURE_FOLDER, settings.pictures.limit_mb << 20, clock.now)
        self._nearby = NearbyFile(state_dir / NEARBY_FILE, self._key.of("nearby"), self._ballast)
        self._service = _service(settings, self._cache, self._outbox, (self._pictures, self._nearby), clock.now())
        self._state = State(self._service.step, self._is_busy, self._outbox, clock=clock.now)
        self.radio = _radio(settings, simulated, self._state, clock, node_keys)
        self._check_in = _check_in(settings, simulated, self._state, clock, self.radio)
        self._sync = Sync(
            settings, self._client, self._cache, self._outbox,
            post=self._state.post_surely, use=self.radio.use, filled=system.give_back,
        )  # fmt: skip
        self._picture_sync = PictureSync(self._client, self._pictures, self._catalogue, self._tell_goods)
        nearby = NearbySync(self._client, self._nearby, self._tell_goods)
        self._errands = (Errand("pictures", self._picture_sync.turn), Errand("nearby", nearby.turn))
        self._pairing = Pairing(self._outbox, _devices(settings), system.admin_token(state_dir), clock=clock.now)
        registry = CollectorRegistry()
        registry.register(self)
        self.app = create_app(
            self._pairing,
            self._health,
            registry,
            frame_ancestors=settings.web.frame_ancestors,
            picture=self._pictures.read,
        )
        self._live = Live(
            self.app,
            device_of=self._device_of,
            post=self._state.post,
            origins=settings.web.origins,
            directly=settings.web.direct_send,
        )
        self._pairing.unpaired = self._live.disconnect
        self._state.connect(self._sync, self._live)
        self._is_stopped = False

    def start(self) -> None:
        """State first: the others have somewhere to put what they hear."""
        self._state.start()
        self.radio.start()
        self._sync.start()
        for errand in self._errands:
            errand.start()
        self._supervisor.watch(lambda: self._state.steps + self._state.faults, lambda: self._state.is_running)
        _log.info("edge.started")

    def stop(self) -> None:
        """Within two seconds; safe to call twice. What is not acknowledged stays in the outbox."""
        if self._is_stopped:
            return
        self._is_stopped = True
        self._supervisor.stopping()
        self._sync.leave()
        for errand in self._errands:
            errand.leave()
        self._live.stop()
        self.radio.stop(0.4)
        self._state.stop(0.4)
        self._sync.join(0.2)
        self._client.close()
        self._outbox.close()
        self._cache.close()
        self._nearby.close()
        _log.info("edge.stopped")

    def collect(self) -> list[GaugeMetricFamily | CounterMetricFamily]:
        """Totals only: nothing here counts a person, a device or a tablet."""
        radio = self.radio.status()
        gauges = {
            "visits": ("Visits now.", self._service.visits),
            "clients": ("Tablets and screens connected.", self._live.clients),
            "inputs_waiting": ("Inputs on the state queue.", self._state.waiting),
            "events_waiting": ("Events head office does not have yet.", self._outbox.waiting()),
            "replica_as_of_seconds": ("When head office last confirmed the replica.", self._cache.as_of()),
            "lease_until_seconds": (
                "When personal data ends without head office.",
                lease_end(self._cache.as_of(), self._settings.offline.lease_days, self._cache.granted_s()),
            ),
            "pictures": ("Pictures of articles that are here.", len(self._pictures.names())),
            "pictures_missing": ("Pictures of the catalogue that are not here.", self._picture_sync.missing),
            "disk_full": ("1 while the disk is full and nothing is added to the files.", int(self._ballast.is_out)),
            "replica_locked": ("1 while head office has not given the replica's key.", int(self._cache.is_locked)),
            "day_keys_until_seconds": ("When the last day ends whose keys are here.", self._cache.day_keys_until()),
        }
        counters = {
            "foreign_advertisements": ("Advertisements of strangers, one total.", radio.foreign),
            "sightings_dropped": ("Inputs dropped because the queue was full.", radio.dropped),
            "steps": ("Steps of the service.", self._state.steps),
            "faults": ("Steps or effects that failed.", self._state.faults),
        }
        if self._check_in is not None:
            gauges["answer_longest_seconds"] = ("The slowest right answer took this long.", self._check_in.longest_s)
            counters |= {
                "answers": ("Challenges answered rightly.", self._check_in.answered),
                "answers_refused": ("Reads and answers refused, late ones among them.", self._check_in.refused),
                "answers_late": ("Answers that took longer than presence.answer_within_ms.", self._check_in.late),
            }
        return [
            *(GaugeMetricFamily(f"regulars_{name}", text, value) for name, (text, value) in gauges.items()),
            *(CounterMetricFamily(f"regulars_{name}", text, value) for name, (text, value) in counters.items()),
            self._files_metric(),
            *scanner_metrics(radio.scanners),
        ]

    def _files_metric(self) -> GaugeMetricFamily:
        family = GaugeMetricFamily("regulars_files", "1 for what the files are.", labels=["sqlite", "key"])
        family.add_metric([SQLITE_VERSION, self._key.source], 1)
        return family

    def _health(self) -> Health:
        """Never waits for Bluetooth or head office: a store without either still serves who checked in."""
        missing = ("room on the disk",) if self._ballast.is_out else ()
        return Health(True, missing) if self._state.is_running else Health(False, ("the service's own thread",))

    def _catalogue(self) -> tuple[Mapping[str, Product], Mapping[str, Stock]]:
        return self._cache.products(), self._cache.stock()

    def _tell_goods(self) -> bool:
        return self._state.post(GoodsChanged())

    def _is_busy(self) -> bool:
        return self._service.is_busy

    def _device_of(self, token: str) -> Device | None:
        paired = self._pairing.device_of(token)
        if paired is None:
            return None
        drawn = self._settings.tablet if paired.kind == "tablet" else self._settings.screen
        zone = next((one.zone for one in drawn if one.id == paired.id), "")
        return Device(paired.id, paired.kind, zone)


def run(
    settings: Settings,
    state_dir: Path,
    port: int | None = None,
    *,
    scanner_backend: type[BaseBleakScanner] | None = None,
    backend_options: Mapping[str, Mapping[str, Any]] | None = None,
    peripheral: Peripheral | None = None,
    is_patient: bool = False,
    node_keys: Mapping[str, str] | None = None,
) -> None:
    """Serves until SIGTERM or Ctrl-C, then ends the process with 0. Raises an EdgeError before anything is started.

    `is_patient`: a store that is not enrolled yet is waited for. `node_keys` open the ESPHome nodes, by scanner id.
    The other three options stand in for the machine's radio (scanners whose source is `simulator`).
    """
    system.one_heap()
    system.start_logs()
    supervisor = Supervisor()
    make_state_dir(state_dir)
    enrolled = _awaited(state_dir, supervisor) if is_patient else enrolment.load(state_dir)
    _same_store(settings, enrolled)
    key = store_key(state_dir, state_dir / OUTBOX_FILE)
    Outbox(state_dir / OUTBOX_FILE, key.of("outbox")).close()  # a damaged one is told before a port is taken
    radio_map(settings)
    listening = system.bound(settings.web.host, settings.web.port if port is None else port)
    url_file = state_dir / URL_FILE
    url_file.write_text(f"http://{settings.web.host}:{listening.getsockname()[1]}")
    simulated = Simulated(scanner_backend, backend_options, peripheral)
    exit_code = 0
    try:
        Server(listening, lambda: Edge(settings, state_dir, enrolled, simulated, supervisor, node_keys=node_keys)).run()
    except EdgeError:
        raise  # it was being built: nothing runs yet
    except Exception:  # noqa: BLE001 - the top of this process; systemd starts it again
        exit_code = 1
        _log.exception("edge.failed")
    finally:
        url_file.unlink(missing_ok=True)
    system.end(exit_code)


def enrol(settings: Settings, state_dir: Path, code: str) -> Enrolment:
    """Makes the store's key here and trades the code for its identity. Raises EnrolRefused, HqUnreachable."""
    make_state_dir(state_dir)
    key = enrolment.new_key()
    reply = hq_http.enrol(settings.hq, code, key)
    enrolled = Enrolment(reply, key)
    _same_store(settings, enrolled)
    enrolment.save(state_dir, enrolled)
    return enrolled


def _awaited(state_dir: Path, supervisor: Supervisor) -> Enrolment:
    """A new machine is complete but for its code, so its service is up and says so, instead of failing and failing."""
    is_told = False
    while True:
        with suppress(NotEnrolled):
            return enrolment.load(state_dir)
        if not is_told:
            supervisor.ready("waiting for `regulars edge enrol CODE`")
            _log.info("edge.not_enrolled")
            is_told = True
        supervisor.ping()
        time.sleep(ENROLLED_EVERY_S)


def _same_store(settings: Settings, enrolled: Enrolment) -> None:
    """Tokens on air carry the store's number: with another one, every customer would be a stranger."""
    store, ours = enrolled.store, settings.store
    if (store.store_id, store.store_number) != (ours.id, ours.number):
        raise UsageError(
            f'head office knows this machine as store "{store.store_id}" number {store.store_number}, store.toml says '
            f'"{ours.id}" number {ours.number}: correct [store], or enrol with a code for that store.'
        )


def _cache_key(settings: Settings, client: HqClient, key: StoreKey) -> bytes | None:
    """Under the strict policy only head office has it. Asked here, so that visits go on where it answers."""
    if settings.offline.policy == "resilient":
        return key.of("cache")
    try:
        return bytes.fromhex(client.boot(needs_key=True).cache_key) or None
    except (HqUnreachable, ValueError):
        _log.warning("cache.locked")
        return None


def _service(
    settings: Settings, cache: Cache, outbox: Outbox, goods: tuple[PictureFiles, NearbyFile], now: float
) -> Service:
    past = Past(
        visits=tuple(outbox.visits()),
        restrictions=tuple(outbox.restrictions(now)),
        done=outbox.done(now),
        steps=tuple(outbox.steps(now)),
        alive_at=outbox.alive_at(),
    )
    chance = Chance(
        epoch=secrets.token_hex(8),
        visit_id=system.visit_id,
        phone_code=system.phone_code,
        delay_s=system.delay_s(*DELAY_S),
        day_end=system.day_end(settings.store.timezone),
        qr_svg=system.qr_svg,
    )
    pictures, nearby = goods
    return Service(cache, settings, chance, now, past, radio_map=radio_map(settings), pictures=pictures, nearby=nearby)


def _radio(
    settings: Settings, simulated: Simulated, state: State, clock: Clock, node_keys: Mapping[str, str] | None
) -> Radio:
    return Radio(
        settings.scanner,
        state.post,
        backend=simulated.scanner_backend,
        backend_options=simulated.backend_options,
        node_keys=node_keys,
        clock=clock.now,
        canaries=listeners(settings.scanner, settings.beacon, settings.store.number),
        positions={scanner.id: scanner.position for scanner in settings.scanner if scanner.position},
    )


def _check_in(settings: Settings, simulated: Simulated, state: State, clock: Clock, radio: Radio) -> CheckIn | None:
    """On the loop of `radio`, which it accompanies; None where no machine of this store could serve it."""
    number = settings.store.number
    peripheral = simulated.peripheral or _peripheral(settings, number)
    if peripheral is None:
        return None
    challenges = Challenges(number, _own_scanner(settings), settings.presence.answer_within_ms / 1000)
    check_in = CheckIn(peripheral, challenges, lambda: radio.table, state.post, clock=clock.now)
    radio.accompany(check_in.run)
    return check_in


def _own_scanner(settings: Settings) -> str:
    """The first scanner on this machine (or the simulator's), which also serves the challenge; empty without one."""
    own = ("bluez", "simulator")
    return next((one.id for one in settings.scanner if one.source.partition(":")[0] in own), "")


def _peripheral(settings: Settings, store_number: int) -> Peripheral | None:
    """On the first adapter of this machine; None when every scanner is elsewhere."""
    own = next((one.source for one in settings.scanner if one.source.partition(":")[0] == "bluez"), None)
    if own is None or sys.platform != "linux":
        return None
    # Needs dbus-fast, which is installed on Linux only (pyproject.toml).
    from edge.adapters.peripheral_bluez import BluezPeripheral  # noqa: PLC0415

    return BluezPeripheral(own.partition(":")[2], store_number)


def _devices(settings: Settings) -> dict[Paired, str]:
    tablets = {Paired("tablet", one.id): one.name or one.id for one in settings.tablet}
    screens = {Paired("screen", one.id): one.name or one.id for one in settings.screen}
    return tablets | screens
