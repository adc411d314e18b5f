"""The tour's steps are ticked by what the system shows."""

from typing import Any

from regulars.demo.tour import Seen, Tour

CARD: dict[str, Any] = {
    "id": "v1", "kind": "visit", "alias": "Anna B.", "reservations": [{"item": {"product_id": "coat-1"}}],
}  # fmt: skip
COATS: dict[str, Any] = {"id": "screen", "themed": [{"category": "coat"}]}
OFFLINE: dict[str, Any] = {"id": "status", "kind": "status", "offline_since": 5.0}


def seen(
    staff: tuple[dict[str, Any], ...] = (),
    *,
    screen: dict[str, Any] | None = None,
    phone: dict[str, Any] | None = None,
    inside: bool = True,
    plugged: bool = True,
) -> Seen:
    return Seen(staff, [screen or {"id": "screen", "themed": []}], phone or {}, inside, plugged)


def ticked(*looks: Seen) -> set[str]:
    tour = Tour("Anna B.", "coat-1", "coat")
    for at, look in enumerate(looks):
        tour.look(look, float(at))
    return set(tour.done)


def test_nothing_is_ticked_while_anna_is_outside() -> None:
    assert ticked(seen(inside=False)) == set()


def test_her_card_ticks_the_arrival_and_her_coat_the_tablet() -> None:
    assert ticked(seen(({**CARD, "reservations": []},))) == {"arrive"}
    assert ticked(seen((CARD,))) == {"arrive", "tablet"}


def test_somebody_elses_card_ticks_nothing() -> None:
    assert ticked(seen(({**CARD, "alias": "Ben"},))) == set()


def test_coats_and_only_coats_after_her_arrival_tick_the_screen() -> None:
    assert "screen" in ticked(seen((CARD,)), seen((CARD,), screen=COATS))
    assert "screen" not in ticked(seen((CARD,), screen={"themed": [{"category": "coat"}, {"category": "bag"}]}))
    assert ticked(seen(screen=COATS)) == set()


def test_a_card_that_outlives_her_leaving_ticks_nothing() -> None:
    assert ticked(seen((CARD,), screen=COATS, phone={"mirror": CARD}, inside=False)) == set()


def test_the_mirror_ticks_the_phone() -> None:
    assert "phone" in ticked(seen((CARD,), phone={"mirror": CARD}))


def test_forgotten_by_both_while_still_inside_ticks_invisible() -> None:
    shown = seen((CARD,), screen=COATS)
    assert "invisible" in ticked(shown, seen())
    assert "invisible" not in ticked(shown, seen(screen=COATS))
    assert "invisible" not in ticked(shown, seen(inside=False))
    assert "invisible" not in ticked(seen())


def test_a_newcomer_who_prefers_to_be_alone_ticks_the_plug_too() -> None:
    quiet = {"kind": "quiet", "id": "quiet", "count": 2}
    before = seen((CARD, quiet, OFFLINE), plugged=False)
    assert "plug" in ticked(before, seen((CARD, {**quiet, "count": 3}, OFFLINE), plugged=False))
    assert "plug" not in ticked(before, seen((CARD, {**quiet, "count": 1}, OFFLINE), plugged=False))


def test_a_newcomer_while_the_plug_is_out_ticks_the_plug() -> None:
    before = seen((CARD, OFFLINE), plugged=False)
    assert "plug" in ticked(before, seen((CARD, {**CARD, "id": "v2", "alias": "Ben"}, OFFLINE), plugged=False))
    assert "plug" not in ticked(before, before)
    assert "plug" not in ticked(seen((CARD, OFFLINE)), seen((CARD, {**CARD, "id": "v2"}, OFFLINE)))
