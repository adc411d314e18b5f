"""The view matrix and its hand-written copy agree in every case there is, in both directions."""

from collections.abc import Iterator
from itertools import product

from edge.core.consent import scope
from tests.core import truth_table
from tests.core.members import NOW, anna, consent
from tests.core.truth_table import Situation
from wire.profile import Profile
from wire.receipt import Purpose
from wire.views import Assurance, Audience, Mode

AIR = (None, Mode.PHONE, Mode.SCREEN, Mode.ADVICE)
# Likes are what a theme is made of; the matrix knows the theme only.
MADE_OF = {"likes"}


def members() -> Iterator[Profile]:
    """One of each: every set of purposes, every standing mode."""
    for granted in product((False, True), repeat=len(Purpose)):
        purposes = frozenset(purpose for purpose, yes in zip(Purpose, granted, strict=True) if yes)
        for standing in Mode:
            yield anna(standing_mode=standing, consent=consent(purposes=purposes))


def test_the_matrix_allows_exactly_what_the_promises_say() -> None:
    cases = 0
    for member in members():
        ways = product((None, *Mode), AIR, Assurance, Assurance, (False, True))
        for choice, air, assurance, policy, contested in ways:
            found = scope(member, choice, air, assurance=assurance, policy=policy, now=NOW, contested=contested)
            assert member.consent is not None
            case = Situation(
                purposes={str(purpose) for purpose in member.consent.purposes},
                consent_is_valid=True,
                standing_mode=str(member.standing_mode),
                choice=None if choice is None else str(choice),
                on_air=None if air is None else str(air),
                proven=assurance is Assurance.ANSWERED,
                store_trusts_tags=policy is Assurance.HEARD,
                contested=contested,
                hidden=frozenset(),
            )
            cases += 1
            assert found.facts[Audience.STAFF] == truth_table.staff_may_see(case), case
            assert found.facts[Audience.SCREEN] == truth_table.screen_may_see(case) - MADE_OF, case
            assert found.facts[Audience.PHONE] == truth_table.phone_may_see(case), case
            assert found.here == truth_table.somebody_is_here(case), case
    assert cases == 32 * 4 * 5 * 4 * 2 * 2 * 2
