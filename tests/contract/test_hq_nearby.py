"""What a store hears of its neighbours' stock, on SQLite and on PostgreSQL."""

from collections.abc import Callable, Mapping

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from hq.adapters.store_sql import Change, SqlStore
from hq.core.keys import HubKeys
from hq.core.registry import Device, Shop
from hq.service import nearby as nearby_desk
from hq.service.nearby import NearbyDesk
from hq.service.office import Office
from tests.postgres import emptied
from wire.nearby import NearbyAsk, NearbyReply
from wire.product import Stock

KEYS = HubKeys(Ed25519PrivateKey.from_private_bytes(bytes(range(32))), b"s" * 32)
Ask = Callable[..., NearbyReply]


@pytest.fixture
def store(store: SqlStore) -> SqlStore:
    store.change(emptied)
    store.change(_open)
    return store


def _open(change: Change) -> None:
    """de-1 with two neighbours of its merchant and one of another, and de-4 that is nobody's neighbour."""
    for number, store_id in enumerate(("de-1", "de-2", "de-3", "de-4", "other-1"), start=1):
        merchant_id = "other" if store_id.startswith("other") else "house"
        change.add_merchant(merchant_id, merchant_id)
        change.add_shop(Shop(store_id, merchant_id, number, f"Store {store_id}", "Europe/Berlin", 0.0))
    change.set_neighbours("house", "de-1", ["de-2", "de-3", "other-1"])


@pytest.fixture
def office(store: SqlStore) -> Office:
    return Office(store=store, keys=KEYS, random_octets=bytes, public_url="http://hq", epoch="e1")


@pytest.fixture
def ask(office: Office) -> Ask:
    def asked(after: Mapping[str, str] | None = None, of: Device | None = None) -> NearbyReply:
        return NearbyDesk(office).nearby(of or device("de-1", "house"), NearbyAsk(after=dict(after or {})))

    return asked


def device(store_id: str, merchant_id: str) -> Device:
    return Device(
        device_id=f"d-{store_id}", store_id=store_id, merchant_id=merchant_id, store_number=1, public_key="00" * 32,
        enrolled_at=0.0, revoked_at=None, seen_at=0.0, cursor="", revoke_seq=0,
    )  # fmt: skip


def put(store: SqlStore, store_id: str, *variants: str, pieces: int = 2, merchant_id: str = "house") -> None:
    def work(change: Change) -> None:
        lines = [Stock(store_id=store_id, variant_id=one, pieces=pieces, counted_at=7) for one in variants]
        for (_, variant_id), rev in change.save_stock(merchant_id, lines).items():
            change.put(merchant_id, "stock", variant_id, rev, store_id=store_id)

    store.change(work)


def lines(reply: NearbyReply) -> dict[str, dict[str, int]]:
    return {one.store_id: {variant: pieces for variant, pieces, _ in one.lines} for one in reply.stores}


def cursors(reply: NearbyReply) -> dict[str, str]:
    return {one.store_id: one.cursor for one in reply.stores}


def test_a_store_hears_what_its_neighbours_have(store: SqlStore, ask: Ask) -> None:
    put(store, "de-2", "a", "b")
    put(store, "de-3", "b", pieces=1)
    put(store, "de-4", "a")
    put(store, "de-1", "a")
    reply = ask()
    assert reply.near == ("de-2", "de-3")
    assert lines(reply) == {"de-2": {"a": 2, "b": 2}, "de-3": {"b": 1}}
    assert reply.stores[0].name == "Store de-2"
    assert all(one.anew for one in reply.stores)
    assert reply.stores[0].lines[0] == ("a", 2, 7)


def test_another_merchants_stock_is_never_told_whoever_is_named_a_neighbour(store: SqlStore, ask: Ask) -> None:
    put(store, "other-1", "a", merchant_id="other")
    put(store, "de-2", "a")
    reply = ask()
    assert "other-1" not in reply.model_dump_json()
    store.change(lambda change: change.set_neighbours("other", "other-1", ["de-2"]))
    assert ask(of=device("other-1", "other")) == NearbyReply(near=())


def test_after_its_cursors_a_store_hears_only_what_changed(store: SqlStore, ask: Ask) -> None:
    put(store, "de-2", "a", "b")
    after = cursors(ask())
    assert lines(ask(after)) == {"de-2": {}, "de-3": {}}
    put(store, "de-2", "b", pieces=0)
    reply = ask(after)
    assert lines(reply) == {"de-2": {"b": 0}, "de-3": {}}
    assert not any(one.anew for one in reply.stores)


def test_a_new_neighbour_is_told_from_its_beginning(store: SqlStore, ask: Ask) -> None:
    put(store, "de-4", "a")
    after = cursors(ask())
    store.change(lambda change: change.set_neighbours("house", "de-1", ["de-2", "de-4"]))
    reply = ask(after)
    assert reply.near == ("de-2", "de-4")
    assert {one.store_id: one.anew for one in reply.stores} == {"de-2": False, "de-4": True}
    assert lines(reply)["de-4"] == {"a": 2}


@pytest.mark.parametrize("strange", ["", "x", "e2.1.", "e1.999999.", "e1.1.stock:"])
def test_a_cursor_of_another_life_begins_anew(store: SqlStore, ask: Ask, strange: str) -> None:
    put(store, "de-2", "a")
    reply = ask({"de-2": strange, "gone": "e1.1."})
    assert (reply.stores[0].anew, lines(reply)["de-2"]) == (True, {"a": 2})


def test_answers_are_bounded_and_nothing_is_lost_between_them(
    store: SqlStore, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(nearby_desk, "LINES", 3)
    put(store, "de-2", *"abcdefg")
    put(store, "de-3", *"hijk")
    put(store, "de-2", "a", pieces=9)
    found: dict[str, dict[str, int]] = {"de-2": {}, "de-3": {}}
    after: dict[str, str] = {}
    for _ in range(20):
        reply = ask(after)
        assert sum(len(one.lines) for one in reply.stores) <= 3
        for store_id, some in lines(reply).items():
            found[store_id] |= some
        after |= cursors(reply)
        if not reply.more:
            break
    assert found == {"de-2": dict.fromkeys("bcdefg", 2) | {"a": 9}, "de-3": dict.fromkeys("hijk", 2)}


def test_a_merchant_of_many_stores_writes_one_row_for_one_count(store: SqlStore, ask: Ask) -> None:
    store.change(lambda change: change.set_neighbours("house", "de-4", ["de-2"]))
    put(store, "de-2", "a")
    rows = store.read(lambda view: [view.changed_after(0, 100)])
    assert len(rows[0]) == 1
