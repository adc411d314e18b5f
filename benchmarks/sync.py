"""One head office and many simulated stores, on SQLite and on PostgreSQL: what a parked poll costs, how fast a
withdrawal is proved, how fast profiles are filled in. LONG=1 fills in a million of them (some minutes).

The stores are cheap, but they share the machine with head office: on two cores, every figure holds both.
"""

import asyncio
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import quantiles
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from benchmarks._stores import Store, in_turns
from hq.adapters.store_sql import Change, SqlStore
from hq.adapters.store_sql.members import profile_row
from hq.adapters.store_sql.rows import CHUNK_ROWS
from hq.core.changes import Place
from hq.core.registry import Shop
from hq.core.wishes import JoinRequest
from hq.main import open_office
from hq.service import HeadOffice
from hq.settings import DatabaseSettings, Settings
from tests.postgres import emptied, running_postgres
from tests.require import NEEDS
from wire.profile import Observed, Profile
from wire.receipt import ConsentReceipt, Purpose
from wire.sync import Revocation

PARKED: Final = 2_000
# A worker with 2,000 polls must fit beside PostgreSQL on a machine of 1 GB; the framework alone has 90 MB.
PARKED_MB: Final = 300.0
# Everybody is woken by a withdrawal: a second is what the slowest store may show a member too long.
WOKEN_S: Final = 1.0
STORES: Final = 200
WITHDRAWALS: Final = 12
# From the click at head office to the store's signed word: what a person at the counter may wait for.
RECEIPT_P50_S: Final = 0.5
RECEIPT_P99_S: Final = 2.0
# Counter, index rows and four indexes are written besides the rows that a bare COPY writes.
BACKFILL_RATIO: Final = 3.0
IDLE_S: Final = 30.0
LOST_S: Final = 10.0
_MERCHANT: Final = "house"
_SIZES: Final = (20_000, 100_000, *([1_000_000] if os.environ.get("LONG") else []))


@dataclass
class Hub:
    """A running head office, its own files, and the stores that are enrolled in it."""

    port: int
    pid: int
    admin: str
    office: HeadOffice
    stores: list[Store]

    def post(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - JSON
        return self._ask("POST", path, json.dumps(body).encode())

    def get(self, path: str) -> Any:  # noqa: ANN401 - JSON
        return self._ask("GET", path, None)

    def _ask(self, method: str, path: str, body: bytes | None) -> Any:  # noqa: ANN401 - JSON
        headers = {"Authorization": f"Bearer {self.admin}", "Content-Type": "application/json"}
        wish = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}", body, headers, method=method)
        with urllib.request.urlopen(wish, timeout=60) as answer:  # noqa: S310 - as above
            return json.loads(answer.read() or b"null")

    @property
    def peak_mb(self) -> float:
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(status.partition("VmHWM:")[2].split()[0]) / 1024

    @property
    def cpu_s(self) -> float:
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> int:
    initdb = NEEDS["postgresql"].find()
    parts = set(sys.argv[1:]) or {"receipts", "parked", "backfill"}
    if initdb is None:
        print(f"PostgreSQL is missing: {NEEDS['postgresql'].remedy}.", file=sys.stderr)
        return 3
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, min(hard, 16_384)), hard))
    bars: dict[str, tuple[float, bool]] = {}
    with running_postgres(initdb.parent, ("-c", "shared_buffers=256MB", "-c", "max_wal_size=2GB")) as url:
        for name, database in (("sqlite", ""), ("postgresql", url)):
            bars |= {f"{name}_{bar}": found for bar, found in asyncio.run(_measure(name, database, parts)).items()}
        for size in _SIZES if "backfill" in parts else ():
            bars[f"backfill_{size // 1000}k_ratio"] = _backfill(url, size)
    missed = [name for name, (_, is_held) in bars.items() if not is_held]
    said = " ".join(f"{name}={value:.3g}" for name, (value, _) in bars.items())
    print(f"SYNC: {'FAIL' if missed else 'PASS'} {said}" + (f" missed={','.join(missed)}" if missed else ""))
    return 1 if missed else 0


async def _measure(name: str, database: str, parts: set[str]) -> dict[str, tuple[float, bool]]:
    bars: dict[str, tuple[float, bool]] = {}
    if "receipts" in parts:
        with _hub(database, STORES) as hub:
            p50, p99, missing = await _withdrawals(hub)
        said = f"p50 {p50:.3f} s, p99 {p99:.3f} s, {missing} missing"
        print(f"{name}: {STORES} stores, {WITHDRAWALS} withdrawals to signed receipt: {said}", flush=True)
        bars |= {
            "receipt_p50_s": (p50, p50 < RECEIPT_P50_S),
            "receipt_p99_s": (p99, p99 < RECEIPT_P99_S),
            "receipts_missing": (missing, missing == 0),
        }
    if "parked" in parts:
        with _hub(database, PARKED) as hub:
            woken_s, idle_ms = await _parked(hub)
            peak_mb = hub.peak_mb
        said = f"all woken within {woken_s:.2f} s, at most {peak_mb:.0f} MB"
        print(f"{name}: {PARKED} parked polls: {said}; one costs {idle_ms:.1f} ms CPU for its 25 s", flush=True)
        bars |= {"woken_s": (woken_s, woken_s <= WOKEN_S), "parked_mb": (peak_mb, peak_mb <= PARKED_MB)}
    return bars


async def _withdrawals(hub: Hub) -> tuple[float, float, int]:
    """(p50, p99, missing) from the request at head office to each store's receipt."""
    members = [_joined(hub.office) for _ in range(WITHDRAWALS)]
    await in_turns([store.catch_up for store in hub.stores], 20)
    proved: dict[str, list[float]] = {member: [] for member in members}
    proofs = {member: asyncio.Semaphore(0) for member in members}

    def applied(revocation: Revocation, at: float) -> None:
        proved[revocation.member_ref].append(at)
        if len(proved[revocation.member_ref]) == len(hub.stores):
            proofs[revocation.member_ref].release()

    for store in hub.stores:
        store.applied = applied
    stop = asyncio.Event()
    lives = [asyncio.create_task(store.live(stop)) for store in hub.stores]
    await asyncio.sleep(2)
    took_s: list[float] = []
    missing = 0
    for member in members:
        began = time.perf_counter()
        seq = (await asyncio.to_thread(hub.post, "/v1/withdraw", {"member_ref": member}))["seq"]
        with suppress(TimeoutError):
            await asyncio.wait_for(proofs[member].acquire(), LOST_S)
        took_s += [at - began for at in proved[member]]
        missing += len((await asyncio.to_thread(hub.get, f"/v1/withdraw/{seq}"))["pending"])
        await asyncio.sleep(0.3)
    await _ended(lives, stop)
    cut = quantiles(took_s, n=100)
    return cut[49], cut[98], missing


async def _parked(hub: Hub) -> tuple[float, float]:
    """(seconds until the last of all is woken by a withdrawal, CPU milliseconds of a poll that waits in vain)."""
    member = _joined(hub.office)
    await in_turns([store.catch_up for store in hub.stores], 20)
    polls = [asyncio.create_task(store.hear(25)) for store in hub.stores]
    await _all_parked(hub)
    began = time.perf_counter()
    await asyncio.to_thread(hub.post, "/v1/withdraw", {"member_ref": member})
    # Applied only when all have heard: two thousand stores have as many processors, and these share one.
    pages = await asyncio.gather(*polls)
    woken_s = max(store.woken_at for store in hub.stores) - began
    for store, page in zip(hub.stores, pages, strict=True):
        if page is None or not page.header.revocations:
            raise RuntimeError("a store was woken without the withdrawal")
        await store.apply(page)
    await in_turns([store.catch_up for store in hub.stores], 20)
    stop = asyncio.Event()
    polled, cpu_s = sum(store.polls for store in hub.stores), hub.cpu_s
    lives = [asyncio.create_task(store.live(stop)) for store in hub.stores]
    await asyncio.sleep(IDLE_S)
    spent_s, done = hub.cpu_s - cpu_s, sum(store.polls for store in hub.stores) - polled
    await _ended(lives, stop)
    return woken_s, 1000 * spent_s / max(1, done)


async def _all_parked(hub: Hub) -> None:
    """Or as many as come in 20 s: on a crowded machine that may take longer than the first of them wait."""
    until = time.monotonic() + 20
    while time.monotonic() < until:
        if (await asyncio.to_thread(hub.get, "/readyz"))["parked"] == len(hub.stores):
            return
        await asyncio.sleep(0.5)
    print("not all stores had parked when the withdrawal came", flush=True)


def _backfill(url: str, size: int) -> tuple[float, bool]:
    """Ours and a bare COPY of the very same rows in turns, chunk by chunk, the tables alike to the last index."""
    store = SqlStore(url)
    store.migrate()
    engine = store._engine  # noqa: SLF001 - the rival has no business in the store itself
    with engine.begin() as connection:
        for table in ("profile", "scope"):
            connection.execute(text(f"TRUNCATE {table}"))
            connection.execute(text(f"DROP TABLE IF EXISTS rival_{table}"))
            connection.execute(text(f"CREATE TABLE rival_{table} (LIKE {table} INCLUDING ALL)"))
    ours_s = rival_s = 0.0
    first = store.read(lambda view: view.counters()["feed"])
    with engine.begin() as rival:
        for start in range(0, size, CHUNK_ROWS):
            rows = _profile_rows(start)
            began = time.perf_counter()
            store.change(partial(_save, rows=rows))
            ours_s += time.perf_counter() - began
            index = _scope_rows(rows, first + 1 + start // CHUNK_ROWS)
            began = time.perf_counter()
            _copy(rival, "rival_profile", rows)
            _copy(rival, "rival_scope", index)
            rival_s += time.perf_counter() - began
        began = time.perf_counter()
    rival_s += time.perf_counter() - began
    counted = store.read(lambda view: view.counters()["feed"]) - first
    here = store.read(lambda view: len(view.scope_after("s-0000", _WHOLE, 100)))
    store.close()
    ratio = ours_s / rival_s
    print(
        f"postgresql: {size} profiles in {ours_s:.1f} s, {size / ours_s:.0f} a second; "
        f"bare COPY {rival_s:.1f} s; {ratio:.2f}x",
        flush=True,
    )
    if counted != size // CHUNK_ROWS or not here:
        raise RuntimeError("the counter or the index is not right after the backfill")
    return ratio, ratio <= BACKFILL_RATIO


def _save(change: Change, rows: list[dict[str, Any]]) -> None:
    change.save_profile_rows(rows)
    for row in rows:
        change.put(_MERCHANT, "profile", row["member_ref"], row["rev"])


def _copy(rival: Any, table: str, rows: list[dict[str, Any]]) -> None:  # noqa: ANN401 - SQLAlchemy's and psycopg's
    named = ", ".join(f'"{name}"' for name in rows[0])
    driver = rival.connection.driver_connection
    with driver.cursor() as cursor, cursor.copy(f"COPY {table} ({named}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types([_TYPES[type(value)] for value in rows[0].values()])
        for row in rows:
            copy.write_row(tuple(row.values()))


# An odd number of 128 bits: spreads counted members over all references, as random ones are.
_SPREAD: Final = 0x9E3779B97F4A7C15F39CC0605CEDC835
_TYPES: Final = {str: "text", int: "int8", float: "float8", bytes: "bytea", bool: "bool"}


def _profile_rows(start: int) -> list[dict[str, Any]]:
    """Of members with consent, each at home in one of 200 stores; bodies of a profile as it is in use."""
    now = time.time()
    return [
        {
            **_ROW, "member_ref": f"{(start + n) * _SPREAD % 2**128:032x}", "loyalty_number": f"L{start + n:011d}",
            "home_store": f"s-{(start + n) % STORES:04d}", "created_at": now, "updated_at": now,
        }
        for n in range(CHUNK_ROWS)
    ]  # fmt: skip


def _scope_rows(rows: list[dict[str, Any]], seq: int) -> list[dict[str, Any]]:
    return [
        {
            "store_id": row["home_store"],
            "kind": "profile",
            "key": row["member_ref"],
            "rev": 1,
            "seq": seq,
            "gone": False,
        }
        for row in rows
    ]


def _template() -> dict[str, Any]:
    def seen(*words: str) -> tuple[Observed[str], ...]:
        return tuple(Observed[str](value=word, source="web", observed_at=1_800_000_000) for word in words)

    consent = ConsentReceipt(
        receipt_id="1" * 32, merchant_id=_MERCHANT, member_ref="a" * 32, purposes=frozenset(Purpose),
        given_at=1_790_000_000, expires_at=1_890_000_000, notice="1", channel="join-page", adult=True,
        key_id="0" * 16, signature="5" * 128,
    )  # fmt: skip
    profile = Profile(
        member_ref="a" * 32, merchant_id=_MERCHANT, alias="Anna", name="Anna Beispiel", loyalty_number="L0",
        home_store="s", consent=consent,
        brands_liked=seen("Elm", "Nord", "Fjord"), categories_liked=seen("coat", "knit"),
        viewed=seen(*(f"p-{n:05d}" for n in range(8))), wishlist=seen("p-00411", "p-01881"),
    )  # fmt: skip
    return profile_row(profile, 0.0)


def _joined(office: HeadOffice) -> str:
    wish = JoinRequest(alias="Anna", adult=True, purposes=frozenset({Purpose.RECOGNISE}))
    return office.members.join(wish, f"client {time.perf_counter()}", time.time()).profile.member_ref


async def _ended(lives: list[asyncio.Task[None]], stop: asyncio.Event) -> None:
    stop.set()
    for life in lives:
        life.cancel()
    await asyncio.gather(*lives, return_exceptions=True)


@contextmanager
def _hub(database: str, stores: int) -> Iterator[Hub]:
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="regulars-hq-"))) / "state"
        settings = Settings(database=DatabaseSettings(url=database))
        if database:
            _empty(database)
        office = stack.enter_context(open_office(settings, state))
        keys = {f"s-{n:04d}": Ed25519PrivateKey.generate() for n in range(stores)}
        office.office.store.change(partial(_enrol, keys=keys))
        if database:
            (state / "hq.toml").write_text(f'[database]\nurl = "{database}"\n')
        command = [sys.executable, "-m", "regulars", "hq", "run", "--state", str(state), "--port", "0"]
        process = stack.enter_context(subprocess.Popen(command, stderr=subprocess.DEVNULL))
        stack.callback(process.terminate)
        port = _port(state)
        admin = (state / "admin.token").read_text().strip()
        devices = [Store(f"d-{store_id}", key, port) for store_id, key in keys.items()]
        for device in devices:
            stack.callback(device.close)
        yield Hub(port, process.pid, admin, office, devices)


def _empty(database: str) -> None:
    """The run before used it, with keys of its own."""
    store = SqlStore(database)
    store.migrate()
    store.change(emptied)
    store.close()


def _enrol(change: Change, keys: dict[str, Ed25519PrivateKey]) -> None:
    now = time.time()
    for number, (store_id, key) in enumerate(keys.items(), 1):
        change.add_shop(Shop(store_id, _MERCHANT, number, store_id, "Europe/Berlin", now))
        change.add_device(f"d-{store_id}", store_id, key.public_key().public_bytes_raw().hex(), now)


def _port(state: Path) -> int:
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            url = (state / "hq.url").read_text().strip()
            with urllib.request.urlopen(f"{url}/readyz", timeout=5) as answer:  # noqa: S310 - http, here
                if answer.status == 200:
                    return int(url.rpartition(":")[2])
        except OSError:
            time.sleep(0.05)
    raise RuntimeError("head office did not become ready")


_ROW: Final = _template()
_WHOLE: Final = Place(0)

if __name__ == "__main__":
    sys.exit(main())
