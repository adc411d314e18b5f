"""What can be measured of a store, its machine and its line: the values that `diagnosis` judges."""

from dataclasses import dataclass

from edge.core.inputs import ScannerHealth


@dataclass(frozen=True, slots=True)
class ScannerPlan:
    """A [[scanner]]: where its reports should come from."""

    id: str
    source: str


@dataclass(frozen=True, slots=True)
class StorePlan:
    """What store.toml says, as far as it can be found missing."""

    scanners: tuple[ScannerPlan, ...]
    policy: str
    lease_days: int
    hq_url: str


@dataclass(frozen=True, slots=True)
class Adapter:
    """`has_monitors`: BlueZ offers advertisement monitors on it, so it runs with its experimental interfaces."""

    name: str
    mac: str
    is_on: bool
    has_monitors: bool


@dataclass(frozen=True, slots=True)
class Bluetooth:
    """`version` is BlueZ', empty when unknown; `plugged` counts the adapters that the kernel has."""

    is_answering: bool
    version: str
    plugged: int = 0
    adapters: tuple[Adapter, ...] = ()


@dataclass(frozen=True, slots=True)
class ScannerReading:
    """`fault` is what the radio says, its remedy after a colon; `expected_per_s` is what members offer at least."""

    health: ScannerHealth
    reports_per_s: float
    fault: str = ""
    members_per_s: float = 0.0
    expected_per_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Running:
    """What the running service says of itself; instants are unix seconds, 0 for never."""

    scanners: dict[str, ScannerReading]
    as_of: float
    keys_until: float
    events_waiting: int
    faults: int
    lease_until: float = 0.0
    is_disk_full: bool = False
    is_locked: bool = False
    sqlite: str = ""
    key_source: str = ""
    answers: int = 0  # challenges answered rightly, and answers that took too long
    answers_late: int = 0


@dataclass(frozen=True, slots=True)
class Machine:
    """`is_synchronised` None: the system does not say. `unwritable` is the reason, empty when writing works."""

    is_synchronised: bool | None
    free_bytes: int
    unwritable: str


@dataclass(frozen=True, slots=True)
class Office:
    """`absence` is why head office cannot be reached, empty when it can; `ahead_s` its clock against ours."""

    absence: str
    ahead_s: float | None = None


@dataclass(frozen=True, slots=True)
class Symptoms:
    """`bluetooth` and `running` are None where nobody asked or nobody answers."""

    plan: StorePlan
    is_enrolled: bool
    machine: Machine
    office: Office
    bluetooth: Bluetooth | None
    running: Running | None
