"""Every store ends with exactly the members it may hold, whatever was joined, moved, announced, ended or erased.

Head office's own services write, a store's own rules (`edge.core.replica`) read; the truth beside them is a few sets.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from edge.core.proof import Proof
from hq.adapters.passwords import Passwords
from hq.adapters.store_sql import SqlStore
from hq.core.keys import HubKeys, visit_mac
from hq.core.registry import Device
from hq.core.wishes import JoinRequest, MemberChange, VisitRequest
from hq.errors import Foreign, HqError, Unknown
from hq.service import HeadOffice
from hq.service.office import Office
from tests.core.pages import Table
from tests.core.store import profile
from tests.postgres import emptied
from wire.profile import Reservation
from wire.receipt import Purpose
from wire.sync import PhoneViewPost

KEYS = HubKeys(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), b"s" * 32)
NOW = 1_800_000_000.0
HOUR = 3600.0
STORES = ("a", "b", "c", "d")


@dataclass
class Replica:
    """One store as it has it, by the rules of the store."""

    device: Device
    cursor: str | None = None
    revoked_to: int = 0
    table: Table = field(default_factory=lambda: Table(proof=Proof([(KEYS.key_id, KEYS.signing.public_key())])))

    def poll(self, office: HeadOffice, limit: int, now: float) -> bool:
        """Whether there was something."""
        page = office.feed.page(self.device, self.cursor, self.revoked_to, limit, now)
        assert not self.table.take(page).unproven
        moved = (page.header.cursor, page.header.revoke_cursor) != (self.cursor, self.revoked_to)
        self.cursor, self.revoked_to = page.header.cursor, page.header.revoke_cursor
        return moved or bool(page.records)

    @property
    def members(self) -> set[str]:
        return self.table.members


def made_office(url: str, seed: int = 1) -> HeadOffice:
    store = SqlStore(url)
    store.migrate()
    store.change(emptied)
    return office_of(store, seed)


def office_of(store: SqlStore, seed: int = 1) -> HeadOffice:
    office = Office(store=store, keys=KEYS, random_octets=Random(seed).randbytes, public_url="http://hq")
    return HeadOffice(office, Passwords())


def enrolled(office: HeadOffice, store_id: str) -> Device:
    office.office.store.change(lambda c: c.add_device(f"d-{store_id}", store_id, f"{ord(store_id[0]):02x}" * 32, NOW))
    device = office.office.store.read(lambda view: view.device(f"d-{store_id}"))
    assert device is not None
    return device


@dataclass
class Truth:
    """What each member's situation is, written down when it is made, and the scope that follows."""

    everywhere: bool
    home: dict[str, str] = field(default_factory=dict)
    timed: dict[tuple[str, str], float] = field(default_factory=dict)
    kept: dict[str, tuple[str, float]] = field(default_factory=dict)
    near: dict[str, set[str]] = field(default_factory=dict)
    consenting: set[str] = field(default_factory=set)

    def of(self, store_id: str) -> set[str]:
        return {member for member in self.consenting if self._may(member, store_id)}

    def _may(self, member: str, store_id: str) -> bool:
        home = self.home[member]
        stands = home == store_id or store_id in self.near.get(home, ()) if home else self.everywhere
        return stands or (member, store_id) in self.timed or self.kept.get(member, ("", 0))[0] == store_id

    def ends(self, member: str) -> None:
        self.consenting.discard(member)
        self.timed = {key: until for key, until in self.timed.items() if key[0] != member}
        self.kept.pop(member, None)

    def lapse(self, now: float) -> None:
        self.timed = {key: until for key, until in self.timed.items() if until > now}
        self.kept = {member: held for member, held in self.kept.items() if held[1] > now}


class Scopes(RuleBasedStateMachine):
    """`url`: a database that is emptied for each run."""

    members = Bundle("members")
    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.now = NOW

    @initialize(everywhere=st.booleans(), seed=st.integers(0, 2**16))
    def begin(self, everywhere: bool, seed: int) -> None:  # noqa: FBT001 - hypothesis passes it by name
        self.office = made_office(self.url, seed)
        self.office.registry.open("House", everywhere=everywhere)
        self.truth = Truth(everywhere)
        self.secrets: dict[str, bytes] = {}
        self.replicas: list[Replica] = []
        for store_id in STORES[:2]:
            self._add(store_id)

    def teardown(self) -> None:
        if hasattr(self, "office"):
            self.office.office.store.close()

    @rule()
    def open_a_store(self) -> None:
        if len(self.replicas) < len(STORES):
            self._add(STORES[len(self.replicas)])

    @rule(target=members, home=st.sampled_from(("", *STORES)))
    def join(self, home: str) -> str:
        home = home if home in self._stores else ""
        wish = JoinRequest(alias="Anna", adult=True, purposes=frozenset({Purpose.RECOGNISE}), home_store=home)
        joined = self.office.members.join(wish, "10.0.0.1", self.now)
        member = joined.profile.member_ref
        self.secrets[member] = joined.secret
        self.truth.home[member] = home
        self.truth.consenting.add(member)
        return member

    @rule(member=members, home=st.sampled_from(STORES))
    def move_home(self, member: str, home: str) -> None:
        if home in self._stores and member in self.truth.home:
            self.office.members.change(member, MemberChange(home_store=home), self.now)
            self.truth.home[member] = home

    @rule(store_id=st.sampled_from(STORES), near=st.sets(st.sampled_from(STORES), max_size=2))
    def name_neighbours(self, store_id: str, near: set[str]) -> None:
        if store_id in self._stores:
            near &= self._stores
            self.office.registry.set_near(store_id, sorted(near), self.now)
            self.truth.near[store_id] = near - {store_id}

    @rule(member=members, store_id=st.sampled_from(STORES), hours=st.integers(1, 5))
    def announce(self, member: str, store_id: str, hours: int) -> None:
        at, until = int(self.now), self.now + hours * HOUR
        mac = visit_mac(self.secrets[member], store_id, at)
        wish = VisitRequest(member_ref=member, store_id=store_id, at=at, mac=mac, until=until)
        try:
            self.office.phones.visit(wish, member, self.now)
        except HqError:
            assert store_id not in self._stores or member not in self.truth.consenting
        else:
            assert member in self.truth.consenting
            self.truth.timed[member, store_id] = max(until, self.truth.timed.get((member, store_id), 0))

    @rule(member=members, store_id=st.sampled_from(STORES), hours=st.integers(1, 5))
    def reserve(self, member: str, store_id: str, hours: int) -> None:
        if store_id not in self._stores or member not in self.truth.consenting:
            return
        until = self.now + hours * HOUR
        kept = Reservation(
            reservation_id="r", variant_id="v", product_id="p", size="M", store_id=store_id,
            reserved_at=int(self.now), held_until=int(until),
        )  # fmt: skip
        self.office.members.put_profile(profile(member, reservations=(kept,)), self.now)
        self.truth.kept[member] = (store_id, int(until))

    @rule(member=members)
    def withdraw(self, member: str) -> None:
        if member in self.truth.home:
            self.office.members.withdraw(member, "withdraw", self.now, channel="head-office")
            self.truth.ends(member)

    @rule(member=members)
    def erase(self, member: str) -> None:
        if member in self.truth.home:
            self.office.members.withdraw(member, "erase", self.now, channel="head-office")
            self.truth.ends(member)
            del self.truth.home[member]

    @rule(member=members)
    def come_back(self, member: str) -> None:
        if member in self.truth.home and member not in self.truth.consenting:
            self.now += 1  # a consent of the withdrawal's own second is not later than it
            self.office.members.change(member, MemberChange(purposes=frozenset({Purpose.RECOGNISE})), self.now)
            self.truth.consenting.add(member)
            self._reserved_again(member)

    @rule(hours=st.floats(0.1, 4))
    def let_time_pass(self, hours: float) -> None:
        self.now += hours * HOUR
        self.office.retention.purge(self.now)
        self.truth.lapse(self.now)

    @rule(which=st.integers(0, 3), limit=st.integers(1, 4))
    def poll(self, which: int, limit: int) -> None:
        self.replicas[which % len(self.replicas)].poll(self.office, limit, self.now)

    @rule(which=st.integers(0, 3))
    def start_over(self, which: int) -> None:
        replica = self.replicas[which % len(self.replicas)]
        replica.cursor, replica.table.rows = None, {}

    @invariant()
    def day_keys_are_of_those_in_scope(self) -> None:
        for replica in getattr(self, "replicas", []):
            store_id = replica.device.store_id
            found = self.office.office.store.read(lambda view, s=store_id: view.secrets(s, self.now))  # type: ignore[misc]
            assert {secret.member_ref for secret in found} == self.truth.of(store_id)

    def check(self) -> None:
        """Told in full, every store has what it may have and nothing else."""
        for replica in self.replicas:
            while replica.poll(self.office, 3, self.now):
                pass
            assert replica.members == self.truth.of(replica.device.store_id)

    @rule()
    def catch_up(self) -> None:
        self.check()

    @property
    def _stores(self) -> set[str]:
        return {replica.device.store_id for replica in self.replicas}

    def _add(self, store_id: str) -> None:
        self.office.registry.add_shop(store_id, store_id, None, "Europe/Berlin", self.now)
        self.replicas.append(Replica(enrolled(self.office, store_id)))

    def _reserved_again(self, member: str) -> None:
        """What is still kept for a member is a reason again once she may be recognised."""
        now_known = self.office.office.store.read(lambda view: view.profile(member))
        held = now_known.reservations if now_known is not None else ()
        if held and held[0].held_until > self.now:
            self.truth.kept[member] = (held[0].store_id, held[0].held_until)


@pytest.mark.timeout(180)
@pytest.mark.parametrize(("database", "runs"), [("sqlite", 25), ("postgresql", 8)])
def test_every_store_ends_equal_to_its_scope(
    request: pytest.FixtureRequest, tmp_path: Path, database: str, runs: int
) -> None:
    is_postgres = database == "postgresql"
    Scopes.url = request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path / 'hq.sqlite'}"
    quiet = settings(
        max_examples=runs,
        stateful_step_count=30,
        deadline=None,
        derandomize=True,
        phases=[Phase.generate],  # shrinking takes minutes here; the failing steps are printed as they are
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Scopes, settings=quiet)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[HeadOffice]:
    office = made_office(f"sqlite:///{tmp_path / 'hq.sqlite'}")
    office.registry.open("House", everywhere=False)
    for store_id in ("a", "b"):
        office.registry.add_shop(store_id, store_id, None, "Europe/Berlin", NOW)
    yield office
    office.office.store.close()


def joined(office: HeadOffice, home: str = "a") -> str:
    wish = JoinRequest(alias="Anna", adult=True, purposes=frozenset({Purpose.RECOGNISE}), home_store=home)
    return office.members.join(wish, "10.0.0.1", NOW).profile.member_ref


def test_a_store_that_posts_for_another_stores_member_is_told_nothing_and_noted(office: HeadOffice) -> None:
    member, stranger = joined(office, "a"), enrolled(office, "b")
    post = PhoneViewPost(visit_id="v-1", member_ref=member, ttl_s=60, view=None)
    with pytest.raises(Foreign):
        office.stores.phone_view(stranger, post, NOW)
    (logged,) = office.office.store.read(lambda view: view.audit("house", before=None, limit=9, actor="d-b"))
    assert (logged.entry.actor.id, logged.entry.action, logged.entry.outcome) == ("d-b", "store.foreign", "refused")


def test_a_card_pulls_its_member_into_the_store_where_it_was_shown(office: HeadOffice) -> None:
    member, replica = joined(office, "a"), Replica(enrolled(office, "b"))
    assert not replica.members
    number = _loyalty(office, member)
    reason = office.stores.pull(replica.device, number, NOW)
    replica.poll(office, 9, NOW)
    assert replica.members == {member}
    office.retention.purge(reason.until)
    replica.poll(office, 9, reason.until)
    assert replica.members == set()


@pytest.mark.parametrize("spoil", ["unknown", "withdrawn"])
def test_a_card_of_nobody_and_of_somebody_who_withdrew_get_one_answer(office: HeadOffice, spoil: str) -> None:
    member, device = joined(office, "a"), enrolled(office, "b")
    number = _loyalty(office, member)
    if spoil == "withdrawn":
        office.members.withdraw(member, "withdraw", NOW, channel="head-office")
    with pytest.raises(Unknown) as refused:
        office.stores.pull(device, number if spoil == "withdrawn" else "0", NOW)
    assert refused.value.key == "error.unknown_loyalty"


def test_trying_numbers_one_after_the_other_is_slow(office: HeadOffice) -> None:
    device = enrolled(office, "b")

    def refusal() -> str:
        with pytest.raises(HqError) as refused:
            office.stores.pull(device, "0", NOW)
        return type(refused.value).__name__

    assert [refusal() for _ in range(25)][-1] == "TooFast"


def test_a_store_that_is_not_there_is_nobodys_neighbour(office: HeadOffice) -> None:
    with pytest.raises(Unknown):
        office.registry.set_near("a", ["nowhere"], NOW)


def _loyalty(office: HeadOffice, member: str) -> str:
    found = office.office.store.read(lambda view: view.profile(member))
    assert found is not None
    return found.loyalty_number
