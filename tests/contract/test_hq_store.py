"""What head office's database promises, on SQLite and on PostgreSQL."""

import random
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import select

from hq.adapters.store_sql import Change, SqlStore, View
from hq.adapters.store_sql.tables import EVENT, METADATA, SCOPE
from hq.core import consent
from hq.core.articles import Place as ShownPlace
from hq.core.changes import Place, ScopeRow, next_place
from hq.core.erasure import RETENTION
from hq.core.keys import HubKeys
from hq.core.registry import Seen, Shop
from hq.core.wishes import JoinRequest, joined
from tests.postgres import emptied
from wire.dictionary import Dictionaries
from wire.event import Event
from wire.product import Product, Stock
from wire.profile import Profile
from wire.receipt import Purpose
from wire.sync import PhoneCommand, ReceiptPost

KEYS = HubKeys(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), b"s" * 32)
NOW = 1_800_000_000.0


@pytest.fixture
def store(store: SqlStore) -> SqlStore:
    store.change(emptied)
    store.change(lambda change: change.add_merchant("house", "House"))
    store.change(partial(add_shops, ids=("de-1", "de-2")))
    return store


@pytest.mark.parametrize("count", [1, 300])
def test_what_stores_said_is_noted_of_each_and_of_nobody_else(store: SqlStore, count: int) -> None:
    names = [f"device-{number:03}" for number in range(count)]
    store.change(lambda change: [change.add_device(each, "de-1", f"key-{each}", NOW) for each in (*names, "silent")])
    said = {name: Seen(NOW + number, f"epoch.{number}.", number) for number, name in enumerate(names)}
    said["device-000"] = Seen(NOW + 9, "epoch.9.profile:a'b\\", 9, reads=1)
    store.change(lambda change: change.seen_devices({**said, "nobody": Seen(NOW, "", 1)}))
    store.change(lambda change: change.seen_devices({}))
    devices = {device.device_id: device for device in store.read(lambda view: view.devices("house"))}
    assert len(devices) == count + 1
    for name, seen in said.items():
        device = devices[name]
        assert Seen(device.seen_at, device.cursor, device.revoke_seq, device.schema_version) == seen
    assert (devices["silent"].seen_at, devices["silent"].cursor) == (NOW, "")


def test_migrating_twice_changes_nothing(store: SqlStore) -> None:
    store.migrate()
    assert [shop.store_id for shop in store.read(lambda view: view.shops("house"))] == ["de-1", "de-2"]


def test_the_migrations_make_exactly_the_tables_that_the_code_uses(store: SqlStore) -> None:
    def work(view: View) -> list[object]:
        return list(compare_metadata(MigrationContext.configure(view._c), METADATA))

    difference = [change for change in store.read(work) if "alembic_version" not in str(change)]
    assert difference == []


def test_one_transaction_is_one_seq_for_all_that_it_changed(store: SqlStore) -> None:
    store.change(partial(save_products, ids=("a", "b")))
    assert {row.seq for row in rows_of(store, "de-1")} == {1}
    store.change(partial(save_products, ids=("b",)))
    assert [(row.key, row.seq, row.rev) for row in rows_of(store, "de-2")] == [("a", 1, 1), ("b", 2, 2)]


def test_a_transaction_that_fails_leaves_no_gap_and_no_row(store: SqlStore) -> None:
    def work(change: Change) -> None:
        save_products(change, ("a",))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        store.change(work)
    store.change(partial(save_products, ids=("b",)))
    assert [(row.key, row.seq) for row in rows_of(store, "de-1")] == [("b", 1)]


def test_a_store_sees_its_own_stock_only(store: SqlStore) -> None:
    line = Stock(store_id="de-1", variant_id="v", pieces=2, counted_at=1)

    def work(change: Change) -> None:
        for (store_id, variant_id), rev in change.save_stock("house", [line]).items():
            change.put("house", "stock", variant_id, rev, store_id=store_id)

    store.change(work)
    assert [row.key for row in rows_of(store, "de-1")] == ["v"]
    assert rows_of(store, "de-2") == ()
    bodies = store.read(lambda view: view.bodies("de-1", "house", view.scope_after("de-1", Place(0), 9)))
    assert Stock.model_validate_json(Dictionaries().unpacked(bodies["stock", "v"])) == line


def test_a_tombstone_goes_to_those_who_had_it(store: SqlStore) -> None:
    store.change(partial(save_member, member=member("aa")))
    store.change(partial(add_shops, ids=("de-3",)))
    store.change(lambda change: change.gone("house", "profile", "aa" * 16, 2))
    assert [(row.gone, row.rev, row.seq) for row in rows_of(store, "de-1")] == [(True, 2, 2)]
    assert rows_of(store, "de-3") == ()


def test_a_new_store_is_filled_chunk_by_chunk(store: SqlStore) -> None:
    store.change(partial(save_products, ids=("a", "b")))
    store.change(partial(save_member, member=member("aa")))
    store.change(partial(add_shops, ids=("de-3",)))
    after: tuple[str, str] | None = ("", "")
    while after is not None:
        after = store.change(lambda change, a=after: change.fill_scope("house", "de-3", a))  # type: ignore[misc]
    assert [(r.kind, r.key) for r in rows_of(store, "de-3")] == [
        ("product", "a"), ("product", "b"), ("profile", "aa" * 16),
    ]  # fmt: skip


@pytest.mark.timeout(120)
def test_eight_writers_that_sometimes_fail_lose_nothing_and_leave_no_gap(store: SqlStore) -> None:
    """The reader pages while they write; a row skipped once would never come again."""
    replica: dict[str, ScopeRow] = {}
    stop = threading.Event()

    def write(writer: int) -> int:
        done = 0
        for number in range(15):
            try:
                store.change(partial(save_or_fail, key=f"p{(writer * 7 + number) % 20:02}", fail=number % 5 == 4))
                done += 1
            except RuntimeError:
                pass
        return done

    def read() -> Place:
        place = Place(0)
        while True:
            last_round = stop.is_set()
            place, rows = store.read(partial(page, place=place, limit=3))
            replica.update({row.key: row for row in rows})
            if last_round and not rows:
                return place

    with ThreadPoolExecutor(9) as pool:
        reader = pool.submit(read)
        committed = sum(pool.map(write, range(8)))
        stop.set()
        place = reader.result(30)
    assert place == Place(committed)
    assert sorted(replica.values(), key=lambda row: row.key) == sorted(rows_of(store, "de-1"), key=lambda row: row.key)


def test_a_page_and_its_cursor_are_of_one_moment(store: SqlStore) -> None:
    store.change(partial(save_products, ids=("a",)))

    def work(view: View) -> tuple[int, int]:
        before = view.counters()["feed"]
        with ThreadPoolExecutor(1) as pool:
            pool.submit(store.change, partial(save_products, ids=("b",))).result()
        return before, len(view.scope_after("de-1", Place(0), 9))

    assert store.read(work) == (1, 1)
    assert len(rows_of(store, "de-1")) == 2


def test_revocations_have_their_own_numbers(store: SqlStore) -> None:
    store.change(partial(save_products, ids=("a",)))
    assert store.change(lambda change: change.revoke("house", "aa" * 16, "withdraw", NOW)) == 1
    assert store.change(lambda change: change.revoke("house", "bb" * 16, "erase", NOW)) == 2
    found = store.read(lambda view: view.revocations_after("house", 1, 9))
    assert [(r.seq, r.kind) for r in found] == [(2, "erase")]
    assert store.read(lambda view: view.revocations_after("other", 0, 9)) == ()


def test_the_proof_of_a_later_withdrawal_covers_the_earlier_one_of_the_same_member(store: SqlStore) -> None:
    def work(change: Change) -> list[float | None]:
        assert change.add_device("d1", "de-1", "00" * 32, NOW)
        first, _, second = (change.revoke("house", who, "withdraw", NOW) for who in ("m", "other", "m"))
        device = change.device("d1")
        assert device is not None
        proof = ReceiptPost(seq=second, member_ref="m", applied_at=NOW, signature="")
        assert change.prove([(device, proof)], NOW) == set()
        proofs = []
        for seq in (first, first + 1, second):
            found = change.withdrawal(seq)
            assert found is not None
            proofs.append(found.receipts[0].applied_at)
        return proofs

    assert store.change(work) == [NOW, None, NOW]


def test_many_proofs_at_once_are_kept_and_those_of_nothing_are_named(store: SqlStore) -> None:
    def work(change: Change) -> tuple[set[int], set[int], list[float | None]]:
        seq = change.revoke("house", "m", "withdraw", NOW)
        for number in range(250):
            assert change.add_device(f"d{number:03}", "de-1", f"{number:064x}", NOW)
        devices = [device for device in change.devices("house") if device.device_id.startswith("d")]
        good = [(each, ReceiptPost(seq=seq, member_ref="m", applied_at=NOW, signature="")) for each in devices]
        stray = (devices[0], ReceiptPost(seq=seq, member_ref="other", applied_at=NOW, signature=""))
        again = [(each, post.model_copy(update={"applied_at": NOW + 9})) for each, post in good]
        found = change.prove([*good[:9], stray, *good[9:]], NOW), change.prove(again, NOW)
        proved = change.withdrawal(seq)
        assert proved is not None
        return *found, [each.applied_at for each in proved.receipts]

    assert store.change(work) == ({9}, set(), [NOW] * 250)


def test_a_profile_reads_back_as_it_was_saved(store: SqlStore) -> None:
    saved = member("aa")
    store.change(partial(save_member, member=saved))
    assert store.read(lambda view: view.profile(saved.member_ref)) == saved
    assert store.read(lambda view: view.profile_by_loyalty("house", saved.loyalty_number)) == saved
    assert store.read(lambda view: view.profile_by_loyalty("other", saved.loyalty_number)) is None


def test_only_members_with_consent_have_their_secrets_read(store: SqlStore) -> None:
    store.change(partial(save_member, member=member("aa")))
    store.change(partial(save_member, member=member("bb").model_copy(update={"consent": None})))
    assert [s.member_ref for s in store.read(lambda view: view.secrets("de-1", NOW))] == ["aa" * 16]
    assert store.read(lambda view: view.secrets("de-1", NOW + 10**9)) == []


def test_erasing_leaves_only_the_revocation_and_the_tombstone(store: SqlStore) -> None:
    saved = member("aa")
    sent = PhoneCommand(command_id="c-1", member_ref=saved.member_ref, kind="help", at=NOW, expires_at=NOW + 120)

    def work(change: Change) -> None:
        save_member(change, saved)
        change.put_phone_code("c" * 64, "house", saved.member_ref, "", NOW + 9)
        change.add_session("t" * 64, "house", saved.member_ref, NOW + 9)
        change.add_command("house", "de-1", sent)
        change.put("house", "command", "c-1", 1, store_id="de-1")
        change.put("house", "profile", saved.member_ref, 1)

    def erase(change: Change) -> None:
        change.erase_member(saved.member_ref)
        change.gone("house", "profile", saved.member_ref, 2)
        change.revoke("house", saved.member_ref, "erase", NOW)

    store.change(work)
    store.change(erase)
    assert tables_naming(store, saved.member_ref) == {"revocation", "scope"}
    assert tables_naming(store, "c-1") == set()


def test_nothing_of_the_erased_is_left_in_a_file_whose_pages_were_split(tmp_path: Path) -> None:
    """Names that grow move rows about: without the file written anew, two of these can still be read."""
    draw = random.Random(1)
    members = [
        member("aa").model_copy(
            update={"member_ref": draw.randbytes(16).hex(), "loyalty_number": draw.randbytes(8).hex()}
        )
        for _ in range(3_000)
    ]
    erased, others = members[::10], members[1::10]
    store = SqlStore(f"sqlite:///{tmp_path / 'hq.sqlite'}")
    store.migrate()
    in_chunks(store, members, save_member)
    renamed = [each.model_copy(update={"rev": 2, "name": draw.randbytes(draw.randrange(30)).hex()}) for each in members]
    in_chunks(store, draw.sample(renamed, len(renamed)), lambda change, each: change.save_profile(each, NOW))
    in_chunks(store, erased, lambda change, each: change.erase_member(each.member_ref))
    store.erase_traces()
    store.close()
    left = b"".join(file.read_bytes() for file in tmp_path.glob("hq.sqlite*"))
    assert [each for each in erased if each.member_ref.encode() in left or each.loyalty_number.encode() in left] == []
    assert all(each.loyalty_number.encode() in left for each in others)


def in_chunks(store: SqlStore, members: list[Profile], work: Callable[[Change, Profile], object]) -> None:
    def chunk(change: Change, start: int) -> None:
        for each in members[start : start + 50]:
            work(change, each)

    for start in range(0, len(members), 50):
        store.change(partial(chunk, start=start))


def test_a_code_is_taken_once(store: SqlStore) -> None:
    store.change(lambda change: change.put_phone_code("c" * 64, "house", "aa" * 16, "", NOW + 600))
    take = partial(Change.take_phone_code, code_hash="c" * 64, now=NOW)
    assert store.change(take) == ("house", "aa" * 16)
    assert store.change(take) is None


def test_an_old_code_is_not_taken(store: SqlStore) -> None:
    store.change(lambda change: change.put_phone_code("c" * 64, "house", "aa" * 16, "", NOW + 600))
    assert store.change(lambda change: change.take_phone_code("c" * 64, NOW + 600)) is None


def test_events_are_kept_once_and_remember_how_far_they_are(store: SqlStore) -> None:
    store.change(lambda change: change.put_enrol_code("e", "de-1", NOW + 9))
    store.change(lambda change: change.add_device("d-1", "de-1", "0a" * 32, NOW))
    device = store.read(lambda view: view.device("d-1"))
    assert device is not None
    events = [Event(n=n, type="visit.arrived", at=NOW, member_ref="aa" * 16) for n in (1, 2)]
    for _ in range(2):
        store.change(lambda change: change.save_events(device, "i", events))
    assert store.read(lambda view: view.stream_high("d-1", "i")) == 2
    assert len(store.read(lambda view: view.member_events("aa" * 16))) == 2


def test_an_event_keeps_what_the_stores_own_clocks_said(store: SqlStore) -> None:
    store.change(lambda change: change.add_device("d-2", "de-1", "0b" * 32, NOW))
    device = store.read(lambda view: view.device("d-2"))
    assert device is not None
    boots = [("b1", 10.5), ("b2", 0.25), ("", 0.0)]  # the last as a store before these fields sends it
    events = [Event(n=n, type="visit.help", at=NOW, boot_id=b, mono_s=s) for n, (b, s) in enumerate(boots, 1)]
    store.change(lambda change: change.save_events(device, "i", events))
    query = select(EVENT.c.boot_id, EVENT.c.mono_s).where(EVENT.c.device_id == "d-2").order_by(EVENT.c.n)
    assert [tuple(row) for row in store.read(lambda view: list(view._c.execute(query)))] == boots


def test_what_has_had_its_time_goes(store: SqlStore) -> None:
    command = PhoneCommand(command_id="c-1", member_ref="aa" * 16, kind="help", at=NOW, expires_at=NOW + 120)

    def work(change: Change) -> None:
        change.add_command("house", "de-1", command)
        change.put("house", "command", "c-1", 1, store_id="de-1")

    def purge(change: Change, now: float) -> int:
        change.drop_lapsed_commands(now)
        return sum(change.purge(rule, now, 100) for rule in RETENTION)

    store.change(work)
    assert store.change(partial(purge, now=NOW + 119)) == 0
    assert store.change(partial(purge, now=NOW + 120)) == 1
    assert rows_of(store, "de-1") == ()


def add_shops(change: Change, ids: tuple[str, ...]) -> None:
    for store_id in ids:
        number = change.next_store_number()
        assert change.add_shop(Shop(store_id, "house", number, store_id, "Europe/Berlin", NOW))


def test_the_catalogue_is_read_in_halves_behind_a_place(store: SqlStore) -> None:
    store.change(partial(save_products, ids=("a", "b", "c")))
    store.change(lambda change: change.set_image("house", "b", "5" * 64))

    def read(view: View, place: ShownPlace) -> list[str]:
        return [product.product_id for product in view.products_from("house", place, 2)]

    for place, expected in (
        (ShownPlace(), ["a", "c"]),
        (ShownPlace(product_id="a"), ["c"]),
        (ShownPlace(pictured=True), ["b"]),
        (ShownPlace(pictured=True, product_id="b"), []),
    ):
        assert store.read(partial(read, place=place)) == expected
    assert store.read(lambda view: view.count_products("house", pictured=True)) == 1
    assert store.read(lambda view: view.count_products("house", pictured=False)) == 2


def save_products(change: Change, ids: tuple[str, ...]) -> None:
    products = [
        Product(
            product_id=product_id, merchant_id="house", brand="Elm", category="coat", garment="coat",
            name={"de": "Mantel"}, colour="navy", price_cents=1, variants=(),
        )
        for product_id in ids
    ]  # fmt: skip
    for product_id, rev in change.save_products("house", products).items():
        change.put("house", "product", product_id, rev)


def save_or_fail(change: Change, key: str, *, fail: bool) -> None:
    save_products(change, (key,))
    time.sleep(0.002)  # long enough for others to begin meanwhile
    if fail:
        raise RuntimeError


def member(octet: str) -> Profile:
    receipt = consent.given("house", octet * 16, {Purpose.RECOGNISE}, KEYS, receipt_id=f"r-{octet}", now=NOW - 1)
    return joined(JoinRequest(alias="Anna", adult=True), receipt, f"nr-{octet}", int(NOW))


def save_member(change: Change, member: Profile) -> None:
    change.save_profile(member, NOW)
    change.save_secret(member, b"sealed")
    if member.consent is not None:
        change.save_receipt(member.consent)
        change.put("house", "profile", member.member_ref, member.rev)


def page(view: View, place: Place, limit: int) -> tuple[Place, tuple[ScopeRow, ...]]:
    rows = view.scope_after("de-1", place, limit)
    return next_place(rows, limit, view.counters()["feed"]), rows


def rows_of(store: SqlStore, store_id: str) -> tuple[ScopeRow, ...]:
    return store.read(lambda view: view.scope_after(store_id, Place(0), 1_000))


def tables_naming(store: SqlStore, member_ref: str) -> set[str]:
    def work(view: View) -> set[str]:
        found = {"scope"} if view._c.execute(select(SCOPE.c.key).where(SCOPE.c.key == member_ref)).first() else set()
        for table in METADATA.sorted_tables:
            if (
                "member_ref" in table.c
                and view._c.execute(select(table).where(table.c.member_ref == member_ref)).first()
            ):
                found.add(table.name)
        return found

    return store.read(work)


def test_many_rows_at_once_end_as_they_would_one_by_one(store: SqlStore) -> None:
    ids = [f"{number:032x}" for number in range(400)]

    def save(change: Change, alias: str, some: list[str]) -> None:
        rows = [
            member("aa").model_copy(update={"member_ref": ref, "alias": alias, "loyalty_number": ""}) for ref in some
        ]
        change.save_profiles(rows, NOW)
        for row in rows:
            change.put("house", "profile", row.member_ref, row.rev)

    store.change(partial(save, alias="first", some=ids))
    store.change(partial(save, alias="second", some=ids[100:]))
    found = store.read(lambda view: view.profiles(ids))
    assert [found[ref].alias for ref in ids] == ["first"] * 100 + ["second"] * 300
    rows = rows_of(store, "de-1")
    assert [row.key for row in rows] == ids
    assert [(row.seq, row.rev) for row in rows] == [(1, 1)] * 100 + [(2, 2)] * 300
    assert store.read(lambda view: view.counters()["feed"]) == 2


def test_a_picture_that_no_article_shows_goes_after_its_time(store: SqlStore) -> None:
    def work(change: Change) -> None:
        save_products(change, ("a", "b"))
        for name in ("shown", "unused", "new"):
            change.save_picture("house", name, b"copy", b"small", NOW + (name == "new"))
        assert change.set_image("house", "a", "shown") == 2
        assert change.set_image("house", "nothing", "shown") is None

    store.change(work)
    assert store.change(lambda change: change.drop_unused_pictures(NOW + 1, 10)) == 1
    found = store.read(lambda view: [view.picture("house", name) for name in ("shown", "unused", "new")])
    assert found == [b"copy", None, b"copy"]
    assert store.read(lambda view: (view.small_picture("house", "shown"), view.picture("other", "shown"))) == (
        b"small",
        None,
    )


def test_a_product_without_a_picture_keeps_the_one_it_has(store: SqlStore) -> None:
    name = "f" * 64
    store.change(partial(save_products, ids=("a",)))
    store.change(lambda change: change.set_image("house", "a", name))
    store.change(partial(save_products, ids=("a",)))
    bodies = store.read(lambda view: view.bodies("de-1", "house", view.scope_after("de-1", Place(0), 9)))
    assert Product.model_validate_json(Dictionaries().unpacked(bodies["product", "a"])).image == name
