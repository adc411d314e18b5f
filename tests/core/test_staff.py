"""What staff ask for: each command once, refused with a sentence where it may not be, and no word of who asked."""

from typing import Any

import pytest

from edge.core.effects import Acknowledge, Record, Send
from edge.core.inputs import Answered, Commanded, Device, FeedApplied
from tests.core.store import ANNA, BEN, TABLET, Store, profile, receipt
from wire.cards import StaffCard
from wire.live import Ack, Command
from wire.profile import Profile
from wire.receipt import Purpose
from wire.views import Mode

OTHER = Device("t2", "tablet")


def ben() -> Profile:
    return profile(BEN, Mode.PHONE, name="Ben Muster", reservations=())


class Shift:
    """A store with Anna at the coats, and tablets that command it."""

    def __init__(self, *profiles: Profile, **tables: Any) -> None:
        self.store = Store(*(profiles or (profile(), ben())), **tables)
        self.asked = 0
        self.effects: list[Any] = []

    def arrive(self, member: str = ANNA) -> None:
        self.store.walk(member)
        self.store.do(Answered(member, 0, self.store.now))

    def do(self, name: str, device: Device = TABLET, **fields: Any) -> Ack:
        self.asked += 1
        command = Command.model_validate({"key": f"key-{self.asked:04d}", "name": name, **fields})
        self.effects = self.store.do(Commanded("c1", device, command))
        return next(one.ack for one in self.effects if isinstance(one, Acknowledge))

    def visit_id(self) -> str:
        return next(iter(self.cards))

    @property
    def cards(self) -> dict[str, StaffCard]:
        return self.store.service._views.rooms.cards

    @property
    def card(self) -> StaffCard:
        (found,) = self.cards.values()
        return found

    def picks(self) -> list[dict[str, Any]]:
        room = self.store.service._views.rooms._rooms["staff"]
        card = next(one for one in room.subscribe("", 0, self.store.now).cards if one["id"] == "picks")  # type: ignore[union-attr]
        return card["lines"]  # type: ignore[return-value]

    @property
    def events(self) -> list[Record]:
        return [one for one in self.effects if isinstance(one, Record)]


def people(ack: Ack) -> list[dict[str, Any]]:
    return ack.body["members"]  # type: ignore[return-value]  # as JSON


def items(ack: Ack) -> list[dict[str, Any]]:
    return ack.body["items"]  # type: ignore[return-value]  # as JSON


@pytest.fixture
def shift() -> Shift:
    found = Shift()
    found.arrive()
    return found


# who serves


def test_a_claim_bears_an_animals_name_and_never_the_tablets(shift: Shift) -> None:
    ack = shift.do("claim", visit_id=shift.visit_id())
    assert shift.card.claimed_by == ack.body["as"]
    assert "t1" not in shift.card.model_dump_json()


def test_two_tablets_have_two_names(shift: Shift) -> None:
    first = shift.do("claim", visit_id=shift.visit_id()).body["as"]
    assert shift.do("claim", OTHER, visit_id=shift.visit_id()).error == "error.claimed"
    assert shift.do("claim", OTHER, visit_id=shift.visit_id(), take_over=True).body["as"] != first


def test_who_hands_over_leaves_a_row_that_says_so(shift: Shift) -> None:
    shift.do("claim", visit_id=shift.visit_id())
    shift.do("hand_over", visit_id=shift.visit_id())
    assert (shift.card.claimed_by, shift.card.reason.key) == ("", "reason.handed_over")
    shift.do("claim", OTHER, visit_id=shift.visit_id())
    assert shift.card.handed_at is None


def test_the_same_command_twice_is_done_once(shift: Shift) -> None:
    command = Command(key="key-same", name="claim", visit_id=shift.visit_id())
    first, second = (shift.store.do(Commanded("c1", TABLET, command)) for _ in range(2))
    assert [one for one in second if isinstance(one, Send | Record)] == []
    assert [one for one in first if isinstance(one, Acknowledge)] == [
        one for one in second if isinstance(one, Acknowledge)
    ]


# who it is


def test_not_this_person_takes_the_name_off_and_an_answer_does_not_bring_it_back(shift: Shift) -> None:
    assert shift.do("not_this", visit_id=shift.visit_id()).ok
    assert (shift.card.alias, shift.card.reservations) == ("", ())
    shift.store.do(Answered(ANNA, 0, shift.store.now))
    assert shift.card.alias == ""
    shift.do("checkin", loyalty="Laa")
    assert shift.card.alias == "Anna"


def test_a_card_checked_in_for_somebody_else_is_gone() -> None:
    shift = Shift()
    found = shift.do("checkin", loyalty="Laa")
    shift.do("not_this", visit_id=found.body["visit_id"])
    assert shift.cards == {}
    assert [(one.type, one.body["reason"]) for one in shift.events] == [("visit.left", "mistaken")]


def test_a_name_that_somebody_says_finds_them_and_checks_them_in() -> None:
    shift = Shift()
    (found,) = people(shift.do("find", text="Beispiel anna"))
    assert (found["name"], found["digits"]) == ("Anna Beispiel", "aa")
    ack = shift.do("checkin", pick=found["pick"])
    assert ack.body["shown"] is True
    assert shift.card.via == "name"


def test_who_is_on_the_phone_only_is_checked_in_without_a_card() -> None:
    shift = Shift(profile(mode=Mode.PHONE))
    assert shift.do("checkin", loyalty="Laa").body["shown"] is False
    assert shift.cards == {}


@pytest.mark.parametrize(
    "hidden_how",
    [
        {"mode": Mode.INVISIBLE},
        {"consent": receipt(ANNA, [Purpose.RECOGNISE])},
        {"consent": None},
        {"hidden": frozenset({"name"})},
    ],
)
def test_a_name_search_finds_nobody_who_kept_the_name_from_staff(hidden_how: dict[str, Any]) -> None:
    assert Shift(profile(**hidden_how)).do("find", text="Anna Beispiel").error == "error.unknown_name"


def test_a_name_search_is_no_directory() -> None:
    people = [profile(f"{number:x}" * 32, name=f"Maria Muster{number}", loyalty_number="") for number in range(6)]
    shift = Shift(*people)
    assert shift.do("find", text="mar").error == "error.name_short"
    assert shift.do("find", text="maria").error == "error.name_many"
    assert shift.do("find", text="maria muster3").ok
    errors = [shift.do("find", text=f"maria muster{number}").error for number in range(10)]
    assert errors[-1] == "error.too_fast"


def test_what_a_search_named_is_forgotten_after_two_minutes() -> None:
    shift = Shift()
    (found,) = people(shift.do("find", text="Anna Beispiel"))
    shift.store.now += 121
    assert shift.do("checkin", pick=found["pick"]).error == "error.unknown_name"


# what is reserved


def test_a_reserved_piece_goes_its_way_to_bought(shift: Shift) -> None:
    for step in ("picked", "fitting", "tried", "bought"):
        assert step in shift.card.reservations[0].moves
        assert shift.do("step", visit_id=shift.visit_id(), reservation_id="res-1", step=step).ok
    assert shift.card.reservations == ()
    assert shift.events[0].body == {"reservation_id": "res-1", "step": "bought"}


def test_a_step_that_does_not_follow_is_refused(shift: Shift) -> None:
    assert shift.do("step", visit_id=shift.visit_id(), reservation_id="res-1", step="tried").error == "error.step"


def test_what_is_not_taken_says_why(shift: Shift) -> None:
    asked: dict[str, Any] = {"visit_id": shift.visit_id(), "reservation_id": "res-1"}
    shift.do("step", **asked, step="picked")
    assert shift.do("step", **asked, step="returned").error == "error.reason"
    assert shift.do("step", **asked, step="returned", reason="fit").ok
    assert shift.events[0].body["reason"] == "fit"


def test_the_pick_list_names_nobody_and_is_the_same_whoever_is_here() -> None:
    shift = Shift(profile(mode=Mode.PHONE))
    shift.store.wait(1)
    before = shift.picks()
    shift.arrive()
    shift.store.walk(ANNA, "s-rooms")
    assert shift.picks() == before
    assert [(line["size"], line["step"], line["moves"]) for line in before] == [("M", "reserved", ["picked"])]


def test_a_step_on_the_pick_list_lasts_over_a_restart_in_its_fact() -> None:
    shift = Shift()
    shift.store.wait(1)
    assert shift.do("step", reservation_id="res-1", step="picked").ok
    assert [fact.step for one in shift.events for fact in one.facts] == ["picked"]  # type: ignore[union-attr]
    assert [line["step"] for line in shift.picks()] == ["picked"]


def test_a_piece_that_lies_ready_after_its_time_is_to_be_put_back() -> None:
    shift = Shift()
    shift.store.wait(1)
    shift.do("step", reservation_id="res-1", step="picked")
    shift.store.now += 90_001
    shift.store.wait(61)
    assert [line["moves"] for line in shift.picks()] == [["returned"]]
    assert shift.do("step", reservation_id="res-1", step="returned").ok
    assert shift.events[0].body["reason"] == "late"
    assert shift.picks() == []


@pytest.mark.parametrize("purposes", [[Purpose.RECOGNISE], [Purpose.STAFF]])
def test_nothing_of_who_refused_staff_is_on_the_pick_list(purposes: list[Purpose]) -> None:
    shift = Shift(profile(consent=receipt(ANNA, purposes)))
    shift.store.wait(1)
    assert shift.picks() == []
    assert shift.do("step", reservation_id="res-1", step="picked").error == "error.gone"


def test_a_reservation_that_arrives_is_on_the_list_at_once() -> None:
    shift = Shift(profile(reservations=()))
    shift.store.wait(1)
    shift.store.replica.profiles[ANNA] = profile()
    shift.store.do(FeedApplied(members=frozenset({ANNA})))
    assert len(shift.picks()) == 1


# what is written


def test_a_note_is_on_the_card_and_its_words_stay_in_the_store(shift: Shift) -> None:
    assert shift.do("note", visit_id=shift.visit_id(), label="gift", text=" for  her sister ").ok
    (note,) = shift.card.written
    assert (note.label, note.text, note.task) == ("gift", "for her sister", False)
    assert "sister" not in str([one.body for one in shift.events])


def test_a_task_is_done_with_one_tap(shift: Shift) -> None:
    shift.do("note", visit_id=shift.visit_id(), text="Shorten the sleeves", reason="task")
    shift.do("note_done", visit_id=shift.visit_id(), note_id=shift.card.written[0].note_id)
    assert shift.card.written[0].done


def test_a_note_is_at_most_two_hundred_characters(shift: Shift) -> None:
    with pytest.raises(ValueError, match="at most 200"):
        shift.do("note", visit_id=shift.visit_id(), text="x" * 201)
    assert shift.do("note", visit_id=shift.visit_id(), text="  ").error == "error.invalid"


def test_nothing_is_written_about_somebody_who_hid_the_notes() -> None:
    shift = Shift(profile(hidden=frozenset({"notes"})))
    shift.arrive()
    assert shift.do("note", visit_id=shift.visit_id(), text="anything").error == "error.no_consent"


# what there is


def test_a_search_finds_words_in_any_of_their_ways() -> None:
    shift = Shift()
    ack = shift.do("search", terms=[["jacke", "coat"], ["3"]])
    assert [one["product_id"] for one in items(ack)] == ["coat-3", "shirt-3"]
    assert items(ack)[0]["stock"] == [{"size": "M", "pieces": 2, "shelf": ""}]
    assert shift.do("search", terms=[["jacke", "trousers"], ["3"]]).body == {"items": [], "count": 0}


def test_in_my_size_knows_only_what_the_card_shows(shift: Shift) -> None:
    shirt = {"category": "shirt", "size": "M"}
    known = profile(sizes=({"value": shirt, "source": "web", "observed_at": int(shift.store.now)},))
    shift.store.replica.profiles[ANNA] = known
    assert shift.do("search", visit_id=shift.visit_id(), in_my_size=True).body["count"] == 5
    assert shift.do("search", in_my_size=True).body["count"] == 0
    shift.store.replica.profiles[ANNA] = known.model_copy(update={"hidden": frozenset({"sizes"})})
    shift.store.do(FeedApplied(members=frozenset({ANNA})))
    assert shift.do("search", visit_id=shift.visit_id(), in_my_size=True).body["count"] == 0


def test_a_screen_commands_nothing() -> None:
    assert Shift().do("search", Device("window", "screen")).error == "error.refused"
