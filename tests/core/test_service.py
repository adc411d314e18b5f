"""The flow of one store: inputs in, effects out, no files and no clock."""

from typing import Any

import pytest

from edge.core.approach import APPROACH_S
from edge.core.effects import (
    Acknowledge,
    Alive,
    Confirm,
    DropVisit,
    Erase,
    Keep,
    KeepVisit,
    PostPhone,
    PostPhoneCode,
    Pull,
    Record,
    Reply,
    Restriction,
    Send,
)
from edge.core.floor import Past
from edge.core.inputs import (
    Answered,
    Commanded,
    Contested,
    FeedApplied,
    Heard,
    LineChanged,
    PullRefused,
    ScannerChanged,
    Subscribed,
    Tick,
)
from edge.service import ALIVE_IN_QUIET_S, ALIVE_S, FORGET_EVERY_S
from tests.core.store import ANNA, BEN, NOW, SCREEN, TABLET, Store, profile, receipt
from wire.live import Ack, Command, Hello, Patch
from wire.receipt import Purpose
from wire.sync import PhoneCommand, Revocation
from wire.views import Mode


def records(effects: list[Any], kind: str = "") -> list[Record]:
    return [one for one in effects if isinstance(one, Record) and (not kind or one.type == kind)]


def staff(effects: list[Any]) -> list[Any]:
    return [one.message for one in effects if isinstance(one, Send) and one.room == "staff"]


def removed(effects: list[Any]) -> list[str]:
    return [message.id for message in staff(effects) if message.event == "remove"]


def cards(effects: list[Any]) -> list[dict[str, Any]]:
    found = [message.card for message in staff(effects) if message.event == "upsert"]
    return [card for card in found if card["kind"] == "visit"]


def here(store: Store, member: str = ANNA) -> list[Any]:
    """The member answered the challenge and is among the coats."""
    return [*store.do(Answered(member, 0, store.now)), *store.walk(member)]


def say(store: Store, name: str, key: str = "key-00001", device: Any = TABLET, **fields: Any) -> Ack:
    command = Command.model_validate({"key": key, "name": name, **fields})
    effects = store.do(Commanded("c1", device, command))
    return next(one.ack for one in effects if isinstance(one, Acknowledge))


def ask(store: Store, kind: str, member: str = ANNA, number: int = 1, **fields: Any) -> list[Any]:
    given = {"command_id": f"command-{number}", "member_ref": member, "kind": kind, "at": store.now}
    command = PhoneCommand.model_validate({**given, "expires_at": store.now + 120, **fields})
    return store.do(FeedApplied(commands=(command,)))


def withdraw(store: Store, member: str = ANNA) -> list[Any]:
    store.replica.profiles.pop(member, None)
    revocation = Revocation(seq=1, member_ref=member, kind="withdraw", at=store.now)
    return store.do(FeedApplied(members=frozenset({member}), revoked=(revocation,)))


@pytest.fixture
def store() -> Store:
    return Store(profile(), profile(BEN, mode=Mode.PHONE))


# arriving


def test_a_member_in_a_zone_arrives_once(store: Store) -> None:
    assert len(records(here(store) + store.walk(ANNA), "visit.arrived")) == 1


def test_a_tablet_does_not_wait_for_the_disk_and_head_office_waits_for_both(store: Store) -> None:
    effects = here(store)
    arrived = effects.index(records(effects, "visit.arrived")[0])
    assert next(number for number, one in enumerate(effects) if cards([one])) < arrived
    assert next(number for number, one in enumerate(effects) if isinstance(one, PostPhone)) > arrived


def test_a_card_says_when_it_was_decided(store: Store) -> None:
    effects = here(store)
    assert cards(effects)[0]["decided_at"] == records(effects, "visit.arrived")[0].at


def test_who_passes_the_door_does_not_arrive(store: Store) -> None:
    assert not records(store.walk(ANNA, "s-door", 30), "visit.arrived")


def test_somebody_without_a_profile_leaves_no_trace(store: Store) -> None:
    effects = store.walk("f" * 32, seconds=20)
    assert not records(effects)
    assert store.service.visits == 0


def test_an_expired_receipt_makes_no_visit() -> None:
    expired = receipt(ANNA).model_copy(update={"expires_at": int(NOW)})
    assert not records(here(Store(profile(consent=expired))))


def test_a_consent_that_runs_out_ends_the_visit() -> None:
    short = receipt(ANNA).model_copy(update={"expires_at": int(NOW) + 30})
    store = Store(profile(consent=short))
    here(store)
    left = records(store.walk(ANNA, seconds=40), "visit.left")
    assert [one.body["reason"] for one in left] == ["consent"]


def test_an_invisible_member_is_silent() -> None:
    store = Store(profile(mode=Mode.INVISIBLE))
    assert not records(here(store))
    assert not [one for one in here(store) if isinstance(one, PostPhone)]


def test_a_member_who_was_only_heard_has_no_name(store: Store) -> None:
    card = cards(store.walk(ANNA))[0]
    assert (card["alias"], card["name"]) == ("", "")


def test_an_answer_before_the_first_sighting_counts(store: Store) -> None:
    assert cards(here(store))[0]["alias"] == "Anna"


def test_an_iphone_in_a_pocket_gets_the_same_card_by_answering(store: Store) -> None:
    effects: list[Any] = []
    for _ in range(2):
        effects += store.do(Answered(ANNA, 0, store.now, "s-coats"), Tick())
        store.now += 9
    assert cards(effects)[-1]["name"] == "Anna Beispiel"
    assert len(records(effects, "visit.arrived")) == 1


def test_a_contested_member_loses_the_name_until_answered(store: Store) -> None:
    here(store)
    patch = staff(store.do(Contested(ANNA, store.now)))
    assert any(message.event == "patch" and message.set.get("alias") == "" for message in patch)
    again = staff(store.do(Answered(ANNA, 0, store.now)))
    assert any(message.event == "patch" and message.set.get("alias") == "Anna" for message in again)


def test_a_quiet_member_is_only_a_number(store: Store) -> None:
    effects = here(store, BEN)
    assert not cards(effects)
    assert any(m.event == "patch" and m.id == "quiet" and m.set["count"] == 1 for m in staff(effects)) or any(
        m.event == "upsert" and m.card.get("count") == 1 for m in staff(effects)
    )


# leaving


def test_silence_ends_the_visit_once(store: Store) -> None:
    here(store)
    effects = store.wait(120)
    assert [one.body["reason"] for one in records(effects, "visit.left")] == ["silent"]
    assert len(removed(effects)) == 1


def test_what_was_kept_of_a_visit_goes_when_it_ends(store: Store) -> None:
    here(store)
    left = records(store.wait(120), "visit.left")[0]
    assert any(isinstance(fact, DropVisit) for fact in left.facts)


def test_a_phone_page_hears_of_the_end(store: Store) -> None:
    here(store)
    assert [one.post.view for one in store.wait(120) if isinstance(one, PostPhone)][-1] is None


# modes


def test_invisible_on_the_phone_removes_the_card_in_the_same_step(store: Store) -> None:
    here(store)
    effects = ask(store, "mode", mode="invisible")
    assert len(removed(effects)) == 1
    assert records(effects, "visit.left")[0].body["reason"] == "invisible"


def test_after_invisible_the_radio_brings_nobody_back(store: Store) -> None:
    here(store)
    ask(store, "mode", mode="invisible")
    assert not records(here(store))


def test_another_mode_lifts_the_veil_and_holds_for_the_next_visit(store: Store) -> None:
    here(store)
    ask(store, "mode", mode="invisible")
    ask(store, "mode", number=2, mode="phone")
    effects = here(store)
    assert records(effects, "visit.arrived")
    assert not cards(effects)


def test_the_veil_survives_a_restart(store: Store) -> None:
    here(store)
    left = records(ask(store, "mode", mode="invisible"), "visit.left")[0]
    veils = tuple(fact for fact in left.facts if isinstance(fact, Restriction))
    again = Store(profile(), past=Past(restrictions=veils, alive_at=NOW))
    assert not records(here(again))


def test_a_more_private_wish_on_air_holds_at_once(store: Store) -> None:
    here(store)
    assert removed(store.do(Heard(ANNA, "s-coats", -55, 1, store.now)))


def test_a_more_open_wish_on_air_holds_only_when_answered() -> None:
    store = Store(profile(mode=Mode.PHONE))
    assert not cards(store.walk(ANNA, mode_bits=3))
    assert cards(store.do(Answered(ANNA, 3, store.now)))


def test_bits_that_only_radio_claims_do_not_open_an_answered_visit() -> None:
    store = Store(profile(mode=Mode.PHONE))
    here(store)
    assert not cards(store.walk(ANNA, mode_bits=2) + store.walk(ANNA, mode_bits=3))


def test_a_mode_without_the_consent_for_it_stays_closed() -> None:
    store = Store(profile(consent=receipt(ANNA, [Purpose.RECOGNISE])))
    effects = here(store) + ask(store, "mode", mode="advice")
    assert not cards(effects)


# withdrawal


def test_a_member_who_withdrew_is_gone_in_the_same_step(store: Store) -> None:
    here(store)
    effects = withdraw(store)
    assert len(removed(effects)) == 1
    assert records(effects, "visit.left")[0].body["reason"] == "withdrawn"
    assert any(isinstance(fact, Erase) for fact in records(effects, "visit.left")[0].facts)


def test_a_member_who_withdrew_is_never_shown_again(store: Store) -> None:
    here(store)
    withdraw(store)
    effects = store.do(Subscribed("c9", TABLET, Hello(token="t"))) + store.walk(ANNA, seconds=40)
    assert "Anna" not in str(effects)


def test_the_receipt_goes_after_the_removal(store: Store) -> None:
    here(store)
    effects = withdraw(store)
    assert isinstance(effects[-1], Confirm)


def test_a_withdrawal_of_somebody_who_is_not_here_is_erased_and_confirmed(store: Store) -> None:
    effects = withdraw(store)
    assert [type(one) for one in effects if isinstance(one, Keep | Confirm)] == [Keep, Confirm]


def test_a_late_tablet_is_not_sent_the_withdrawn(store: Store) -> None:
    store.do(Subscribed("c1", TABLET, Hello(token="t")))
    here(store)
    seq = max(message.seq for message in staff(store.do(ScannerChanged("s-coats", "ok"))))
    withdraw(store)
    hello = Hello(token="t", epoch="e1", seq={"staff": seq - 1})
    effects = store.do(Subscribed("c2", TABLET, hello))
    assert "Anna" not in str([one for one in effects if isinstance(one, Reply)])


# without head office


def test_past_the_lease_nobody_is_recognised(store: Store) -> None:
    store.replica.confirmed_at = NOW - 8 * 86_400
    assert not records(here(store))


def test_the_line_going_down_is_told_to_every_device(store: Store) -> None:
    store.do(Tick())
    effects = store.do(LineChanged(online=False))
    told = [one for one in effects if isinstance(one, Send)]
    assert {one.room for one in told} == {"staff", "screen:window"}
    assert all(one.message.set["offline_since"] == NOW for one in told if isinstance(one.message, Patch))


# staff


def test_the_first_to_claim_has_the_customer(store: Store) -> None:
    visit_id = cards(here(store))[0]["id"]
    other = TABLET.__class__("t2", "tablet")
    assert say(store, "claim", visit_id=visit_id).ok
    assert say(store, "claim", device=other, visit_id=visit_id).error == "error.claimed"


def test_the_same_command_twice_is_one(store: Store) -> None:
    visit_id = cards(here(store))[0]["id"]
    say(store, "claim", visit_id=visit_id)
    effects = store.do(Commanded("c1", TABLET, Command(key="key-00001", name="claim", visit_id=visit_id)))
    assert not records(effects)


def test_no_event_and_no_fact_says_who_claimed(store: Store) -> None:
    visit_id = cards(here(store))[0]["id"]
    command = Command(key="key-00001", name="claim", visit_id=visit_id)
    effects = records(store.do(Commanded("c1", TABLET, command)))
    written = [fact.visit for record in effects for fact in record.facts if isinstance(fact, KeepVisit)]
    assert "t1" not in str([(record.type, record.body, record.visit_id) for record in effects])
    assert written  # kept by the store; `visit.kept` strips the claim, tested with outbox.db


def test_a_screen_may_ask_for_nothing(store: Store) -> None:
    assert say(store, "claim", device=SCREEN, visit_id="v").error == "error.refused"


def test_a_visit_that_ended_is_told(store: Store) -> None:
    assert say(store, "claim", visit_id="never").error == "error.gone"


def test_staff_can_end_a_visit(store: Store) -> None:
    visit_id = cards(here(store))[0]["id"]
    assert say(store, "state", visit_id=visit_id, state="left").ok
    assert store.service.visits == 0


def test_a_loyalty_card_is_a_visit_and_the_same_one_on_radio(store: Store) -> None:
    first = say(store, "checkin", loyalty="Laa").body["visit_id"]
    effects = here(store)
    assert not records(effects, "visit.arrived")
    assert say(store, "checkin", key="key-00002", loyalty="Laa").body["visit_id"] == first


def test_an_unknown_card_and_an_unwilling_member_are_told_apart(store: Store) -> None:
    assert pulled(store, "nobody", PullRefused("nobody", "error.unknown_loyalty")).error == "error.unknown_loyalty"
    ask(store, "mode", mode="invisible")
    assert say(store, "checkin", key="key-00002", loyalty="Laa").error == "error.no_consent"


def pulled(store: Store, loyalty: str, *then: Any) -> Ack:
    """A card whose member is not here; what happens `then` brings the answer."""
    command = Command.model_validate({"key": "key-00001", "name": "checkin", "loyalty": loyalty})
    effects = store.do(Commanded("c1", TABLET, command))
    assert Pull(loyalty) in effects
    assert not [one for one in effects if isinstance(one, Acknowledge)]
    return next(one.ack for one in store.do(*then) if isinstance(one, Acknowledge))


def test_a_card_from_elsewhere_is_checked_in_as_soon_as_the_feed_brings_its_member(store: Store) -> None:
    anna = store.replica.profiles.pop(ANNA)
    command = Command.model_validate({"key": "key-00001", "name": "checkin", "loyalty": "Laa"})
    assert Pull("Laa") in store.do(Commanded("c1", TABLET, command))
    store.replica.profiles[ANNA] = anna
    effects = store.do(FeedApplied(members=frozenset({ANNA})))
    ack = next(one.ack for one in effects if isinstance(one, Acknowledge))
    assert ack.ok
    assert [card["id"] for card in cards(effects)] == [ack.body["visit_id"]]


def test_staff_do_not_wait_long_for_a_card_from_elsewhere(store: Store) -> None:
    command = Command.model_validate({"key": "key-00001", "name": "checkin", "loyalty": "L-elsewhere"})
    store.do(Commanded("c1", TABLET, command))
    acks = [one.ack for one in store.wait(3) if isinstance(one, Acknowledge)]
    assert [ack.error for ack in acks] == ["error.card_offline"]


def test_without_head_office_a_card_from_elsewhere_is_refused_at_once(store: Store) -> None:
    store.do(LineChanged(online=False))
    assert say(store, "checkin", loyalty="L-elsewhere").error == "error.card_offline"


def test_a_phone_code_needs_a_proved_member(store: Store) -> None:
    visit_id = cards(store.walk(ANNA))[0]["id"]
    assert say(store, "phone_code", visit_id=visit_id).error == "error.refused"


def test_a_phone_code_travels_as_a_hash(store: Store) -> None:
    visit_id = str(say(store, "checkin", loyalty="Laa").body["visit_id"])
    command = Command(key="key-00002", name="phone_code", visit_id=visit_id)
    effects = store.do(Commanded("c1", TABLET, command))
    post = next(one.post for one in effects if isinstance(one, PostPhoneCode))
    assert "ABCDEFGH" not in post.model_dump_json()
    assert post.visit_id == visit_id


def test_opening_a_card_is_in_the_shoppers_log_by_role(store: Store) -> None:
    visit_id = cards(here(store))[0]["id"]
    effects = store.do(Commanded("c1", TABLET, Command(key="key-00001", name="open_card", visit_id=visit_id)))
    view = next(one.post.view for one in effects if isinstance(one, PostPhone))
    assert view is not None
    assert view["access_log"] == [{"at": store.now, "role": "staff", "what": "card"}]


# the shopper's phone


def test_asking_for_help_is_on_the_list_and_in_the_outbox(store: Store) -> None:
    here(store)
    effects = ask(store, "help")
    assert records(effects, "visit.help")
    assert any(m.event == "patch" and m.set.get("reason", {}).get("key") == "reason.help" for m in staff(effects))


def test_a_request_that_comes_twice_is_served_once(store: Store) -> None:
    here(store)
    assert records(ask(store, "help"))
    assert not records(ask(store, "help"))


def test_a_hidden_fact_leaves_the_card_at_once(store: Store) -> None:
    here(store)
    effects = ask(store, "hide", fact="name")
    assert any(message.event == "patch" and message.set.get("name") == "" for message in staff(effects))


def test_a_fact_hidden_at_head_office_may_be_shown_by_head_office(store: Store) -> None:
    here(store)
    ask(store, "hide", fact="name")
    store.replica.profiles[ANNA] = profile(hidden=frozenset({"name"}))
    store.do(FeedApplied(members=frozenset({ANNA})))
    store.replica.profiles[ANNA] = profile()
    effects = store.do(FeedApplied(members=frozenset({ANNA})))
    assert any(message.event == "patch" and message.set.get("name") for message in staff(effects))


def test_forget_today_ends_veils_and_erases(store: Store) -> None:
    here(store)
    left = records(ask(store, "forget"), "visit.left")[0]
    assert left.body["reason"] == "forget"
    assert [type(fact) for fact in left.facts if isinstance(fact, Erase | Restriction)] == [Erase, Restriction]
    assert not records(here(store))


def test_a_check_in_on_the_phone_is_a_visit(store: Store) -> None:
    assert records(ask(store, "checkin"), "visit.arrived")[0].body["via"] == "phone"


# what events say


def test_an_event_names_a_member_only_who_let_it_be_measured() -> None:
    measured = Store(profile())
    assert records(here(measured), "visit.arrived")[0].member_ref == ANNA
    unmeasured = Store(profile(consent=receipt(ANNA, [Purpose.RECOGNISE, Purpose.STAFF])))
    assert records(here(unmeasured), "visit.arrived")[0].member_ref == ""


# a restart


def test_a_visit_goes_on_over_a_short_restart(store: Store) -> None:
    arrived = records(here(store), "visit.arrived")[0].facts[0]
    assert isinstance(arrived, KeepVisit)
    again = Store(profile(), now=store.now + 5, past=Past(visits=(arrived.visit,), alive_at=store.now))
    assert cards(again.do(Tick()))[0]["id"] == arrived.visit.visit_id
    assert not records(again.walk(ANNA), "visit.arrived")


def test_a_visit_ends_over_a_long_one(store: Store) -> None:
    arrived = records(here(store), "visit.arrived")[0].facts[0]
    assert isinstance(arrived, KeepVisit)
    again = Store(profile(), now=store.now + 5000, past=Past(visits=(arrived.visit,), alive_at=store.now))
    assert records(again.do(Tick()), "visit.left")[0].at == store.now


def beats(effects: list[Any]) -> int:
    return sum(isinstance(fact, Alive) for effect in effects if isinstance(effect, Keep) for fact in effect.facts)


def test_a_store_with_nobody_in_it_writes_that_it_runs_less_often(store: Store) -> None:
    assert beats(store.wait(600)) == 600 / ALIVE_IN_QUIET_S


def test_who_only_passed_by_is_forgotten_no_later_in_an_empty_store(store: Store) -> None:
    store.wait(5)
    store.do(Heard(ANNA, "s-coats", -95, 0, store.now))
    approaches = store.service._floor.approaches
    assert len(approaches) == 1
    store.wait(APPROACH_S + FORGET_EVERY_S + 1)
    assert len(approaches) == 0


def test_a_visit_that_begins_after_a_quiet_hour_is_not_taken_for_a_silent_one(store: Store) -> None:
    """A power cut may follow at once, and then only what was written tells how long the store was away."""
    store.wait(3600 + ALIVE_IN_QUIET_S / 2)
    effects = here(store)
    assert beats(effects) == 1
    assert beats(store.walk(ANNA, seconds=120)) == 120 / ALIVE_S


# load


def test_a_sighting_that_changes_nothing_does_nothing(store: Store) -> None:
    here(store)
    assert store.do(Heard(ANNA, "s-coats", -55, 0, store.now)) == []
