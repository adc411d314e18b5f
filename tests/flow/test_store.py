"""A member walks in, end to end: advertisement bytes in, frames on paired devices out, head office beside it."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from edge.adapters import remnants
from edge.adapters.store_key import store_key
from edge.adapters.store_sqlite import Damaged, connected, opened, put_meta
from tests.flow.hub import Hub
from tests.flow.shop import Shop, Tablet, eventually, open_shop
from wire import rst1

# A visit is not over while a store on a busy machine starts again.
PATIENT = {"arrive_after_s": 1, "left_after_s": 60, "assurance": "heard"}


@pytest.fixture
def shop(hub: Hub, tmp_path: Path) -> Iterator[Shop]:
    with open_shop(hub, tmp_path / "edge") as shop:
        yield shop


@pytest.fixture
def tablet(shop: Shop) -> Tablet:
    return shop.pair("tablet", "t1")


def test_a_member_who_walks_in_is_on_the_tablet(shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna")
    with shop.inside(anna):
        card = eventually(lambda: tablet.visit("Anna"))
    assert (card["zone_name"], card["state"], card["via"]) == ("Coats", "arriving", "radio")


def test_a_card_from_another_store_is_on_the_tablet_in_about_a_second(hub: Hub, shop: Shop, tablet: Tablet) -> None:
    hub.admin.post("/v1/stores", json={"store_id": "de-elsewhere", "name": "Elsewhere", "number": 9})
    joined = hub.join(alias="Edda", home_store="de-elsewhere", purposes=["recognise", "staff"], standing_mode="advice")
    asked_at = time.monotonic()
    ack = tablet.say("checkin", loyalty=joined["loyalty_number"])
    assert ack["ok"], ack
    eventually(lambda: tablet.visit("Edda"))
    assert time.monotonic() - asked_at < 2.5
    assert tablet.say("checkin", loyalty="no such number")["error"] == "error.unknown_loyalty"


def test_a_card_from_another_store_says_when_head_office_is_away(hub: Hub, shop: Shop, tablet: Tablet) -> None:
    hub.admin.post("/v1/stores", json={"store_id": "de-elsewhere", "name": "Elsewhere", "number": 9})
    joined = hub.join(alias="Emil", home_store="de-elsewhere", purposes=["recognise", "staff"], standing_mode="advice")
    shop.plug.pull()
    refused = tablet.say("checkin", loyalty=joined["loyalty_number"])
    assert refused["error"] == "error.card_offline"


def test_the_card_is_on_the_tablet_within_100_ms_of_the_decision(shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna")
    with shop.inside(anna):
        eventually(lambda: tablet.visit("Anna"))
        assert time.time() - tablet.visit("Anna")["decided_at"] < 0.1  # type: ignore[index]


def test_a_member_who_only_wants_the_phone_is_a_number_on_the_tablet(shop: Shop, tablet: Tablet) -> None:
    ben = shop.join("Ben", mode="phone")
    with shop.inside(ben):
        eventually(lambda: tablet.cards.get("quiet", {}).get("count") == 1)
    assert "Ben" not in json.dumps(tablet.frames)


def test_an_invisible_member_changes_nothing(shop: Shop, tablet: Tablet) -> None:
    ina = shop.join("Ina", mode="invisible")
    with shop.inside(ina):
        time.sleep(1.5)
    assert tablet.cards["quiet"]["count"] == 0 if "quiet" in tablet.cards else True
    assert ina.ref.encode() not in _outbox(shop)


def test_setting_invisible_on_the_phone_takes_the_card_away_within_a_second(
    hub: Hub, shop: Shop, tablet: Tablet
) -> None:
    anna = shop.join("Anna")
    phone = hub.phone(anna.phone_url)
    with shop.inside(anna):
        eventually(lambda: tablet.visit("Anna"))
        eventually(lambda: phone.state()["visit"])
        asked_at = time.monotonic()
        command = {"command_id": "c-invisible-1", "kind": "mode", "mode": "invisible", "store_id": shop.store_id}
        phone.post("/phone/commands", json=command).raise_for_status()
        eventually(lambda: not tablet.visit("Anna"))
        assert time.monotonic() - asked_at < 1.0
        time.sleep(1.5)  # the phone goes on speaking
        assert tablet.visit("Anna") is None
    assert eventually(lambda: phone.state()["visit"] is None)


def test_a_withdrawal_takes_the_card_away_and_nothing_names_her_again(hub: Hub, shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Annabella")
    with shop.inside(anna):
        eventually(lambda: tablet.visit("Annabella"))
        asked_at = time.monotonic()
        seq = hub.withdraw(anna.ref)
        eventually(lambda: not tablet.visit("Annabella"))
        assert time.monotonic() - asked_at < 1.0
        seen = len(tablet.frames)
        time.sleep(1.5)
    assert "Annabella" not in json.dumps(tablet.frames[seen:])
    eventually(lambda: shop.store_id in json.dumps(hub.admin.get(f"/v1/withdraw/{seq}").json()["applied"]))


def test_after_a_withdrawal_no_file_of_the_store_names_her(hub: Hub, shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Annabella")
    with shop.inside(anna):
        eventually(lambda: tablet.visit("Annabella"))
        assert anna.ref.encode() in shop.bytes_on_disk()
        hub.withdraw(anna.ref)
        eventually(lambda: not tablet.visit("Annabella"))
    eventually(lambda: anna.ref.encode() not in _outbox(shop))
    assert anna.loyalty.encode() not in shop.bytes_on_disk()
    # The tombstone keeps the pseudonym, so that an old page cannot bring the profile back; nothing else does.
    assert shop.edge._cache.profile(anna.ref) is None
    today = int(time.time()) // rst1.DAY_S
    assert anna.ref not in [member for member, _, _ in shop.edge._cache.day_keys(range(today - 2, today + 30))]


def test_two_phones_and_both_tablets_agree_who_was_first_to_claim(shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna")
    other = shop.pair("tablet", "t2")
    with shop.inside(anna):
        card = eventually(lambda: tablet.visit("Anna"))
        eventually(lambda: other.visit("Anna"))
        name = tablet.say("claim", visit_id=card["id"])["body"]["as"]
        answer = other.say("claim", visit_id=card["id"])
        assert (answer["ok"], answer["error"]) == (False, "error.claimed")
        assert eventually(lambda: other.visit("Anna")["claimed_by"] == name)  # type: ignore[index]


def test_a_loyalty_card_and_the_radio_make_one_visit(shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna")
    with shop.inside(anna):
        card = eventually(lambda: tablet.visit("Anna"))
        answer = tablet.say("checkin", loyalty=anna.loyalty)
        assert answer["body"]["visit_id"] == card["id"]
        assert eventually(lambda: tablet.visit("Anna")["via"] == "loyalty")  # type: ignore[index]


def test_a_code_from_staff_opens_the_visit_on_a_phone(hub: Hub, shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna", mode="phone")
    visit_id = tablet.say("checkin", loyalty=anna.loyalty)["body"]["visit_id"]
    code = tablet.say("phone_code", visit_id=visit_id)["body"]
    assert "<svg" in code["qr_svg"]
    time.sleep(0.5)
    phone = hub.phone(code["url"])
    view = eventually(lambda: phone.state()["visit"])
    assert (view["visit_id"], view["mode"]) == (visit_id, "phone")


def test_an_unknown_loyalty_card_is_told(tablet: Tablet) -> None:
    assert tablet.say("checkin", loyalty="000")["error"] == "error.unknown_loyalty"


def test_a_restart_goes_on_with_the_same_visit(shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna")
    with shop.inside(anna):
        before = eventually(lambda: tablet.visit("Anna"))
    token = shop.token
    shop.stop()
    shop.start()
    again = shop.connect(token)
    with shop.inside(anna):
        assert eventually(lambda: again.visit("Anna"))["id"] == before["id"]


def test_a_store_that_kept_half_a_cursor_is_whole_again_by_itself(hub: Hub, shop: Shop) -> None:
    """As older software left it; what was withdrawn meanwhile is gone, and proved."""
    anna, ben = shop.join("Anna"), shop.join("Ben")
    shop.stop()
    key = store_key(shop.state, shop.state / "outbox.db").of("cache")
    replica = connected(shop.state / "cache.db", key, "NORMAL")
    cursor = replica.execute("SELECT v FROM meta WHERE k = 'cursor'").fetchone()[0]
    with replica.atomic():
        put_meta(replica, cursor=cursor.rstrip("."))
    replica.close()
    seq = hub.withdraw(anna.ref)
    shop.start()
    eventually(lambda: shop.edge._cache.cursor()[1].endswith("."), within_s=10)
    eventually(lambda: shop.edge._cache.profile(ben.ref))
    assert shop.edge._cache.profile(anna.ref) is None
    ours = shop.enrolled.store.device_id

    def applied() -> set[str]:
        return {one["device_id"] for one in hub.admin.get(f"/v1/withdraw/{seq}").json()["applied"]}

    eventually(lambda: ours in applied(), within_s=10)


def test_a_strict_store_has_its_replicas_key_from_head_office_alone(hub: Hub, tmp_path: Path) -> None:
    with open_shop(hub, tmp_path / "edge", offline={"policy": "strict"}, presence=PATIENT) as shop:
        tablet, anna = shop.pair("tablet", "t1"), shop.join("Anna")
        with shop.inside(anna):
            before = eventually(lambda: tablet.visit("Anna"))
        token = shop.token
        shop.stop()
        machine = store_key(shop.state, shop.state / "outbox.db")
        with pytest.raises(Damaged, match="its key does not fit"):
            opened(shop.state / "cache.db", machine.of("cache"), "NORMAL", "", "1")
        shop.start()
        again = shop.connect(token)
        with shop.inside(anna):
            assert eventually(lambda: again.visit("Anna"))["id"] == before["id"]


def test_a_strict_store_that_starts_without_head_office_knows_nobody_until_it_answers(hub: Hub, tmp_path: Path) -> None:
    with open_shop(hub, tmp_path / "edge", offline={"policy": "strict"}) as shop:
        anna = shop.join("Anna")
        shop.stop()
        shop.plug.pull()
        shop.start()
        tablet = shop.pair("tablet", "t1")
        assert shop.edge._cache.is_locked
        shop.plug.put_in()
        eventually(lambda: not shop.edge._cache.is_locked, within_s=10)
        with shop.inside(anna):
            eventually(lambda: tablet.visit("Anna"), within_s=10)


def test_without_head_office_everything_goes_on_and_is_made_up_for(hub: Hub, shop: Shop, tablet: Tablet) -> None:
    anna, ben = shop.join("Anna"), shop.join("Ben")
    shop.plug.pull()
    eventually(lambda: tablet.cards["status"]["offline_since"])
    with shop.inside(anna, ben):
        eventually(lambda: tablet.visit("Anna") and tablet.visit("Ben"))
        hub.withdraw(ben.ref)
        shop.plug.put_in()
        eventually(lambda: not tablet.visit("Ben"))
        eventually(lambda: tablet.cards["status"]["offline_since"] is None)
        eventually(lambda: shop.edge._outbox.waiting() == 0)
        assert tablet.visit("Anna")


def test_who_leaves_leaves_once(shop: Shop, tablet: Tablet) -> None:
    anna = shop.join("Anna")
    with shop.inside(anna):
        card = eventually(lambda: tablet.visit("Anna"))
    eventually(lambda: not tablet.visit("Anna"), within_s=8)
    removals = [message for event, message in tablet.frames if event == "remove"]
    assert [removal["id"] for removal in removals] == [card["id"]]


def test_the_screen_shifts_to_coats_after_a_while_and_names_nobody(hub: Hub, shop: Shop) -> None:
    shop.stock_articles()
    screen = shop.pair("screen", "window")
    eventually(lambda: screen.cards["screen"]["general"])
    anna = shop.join("Annabella")
    with shop.inside(anna):
        shop.answer(anna)
        eventually(lambda: screen.cards["screen"]["theme"] == {"kind": "category", "value": "coat"}, within_s=12)
    assert "Annabella" not in json.dumps(screen.frames)
    assert anna.ref not in json.dumps(screen.frames)


def _outbox(shop: Shop) -> bytes:
    key = store_key(shop.state, shop.state / "outbox.db").of("outbox")
    return b"".join(remnants.pages(shop.state / "outbox.db", key))
