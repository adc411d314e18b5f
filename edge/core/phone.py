"""The shopper's own page during a visit: the controls, what is mine here, and what the shop sees of me.

The mirror is the staff card itself, handed in and passed on unchanged but for one word: who serves is "colleague",
since the phone's view leaves the store and the name of a tablet's day must not. A tag that was only heard shows the
controls and nothing else: it may be somebody else's phone that repeats it.
"""

from edge.core.card import reservation_lines, seen_items
from edge.core.consent import Scope, redacted
from edge.core.rank import Reasons, fits
from edge.core.shop import Shop, Wearer, item, wearer
from edge.core.visit import Visit
from wire.cards import Item, Line, PhoneView, StaffCard, Theme
from wire.profile import Profile
from wire.views import Audience, Fact

MEMBER_PRICES_LENGTH = 6


def phone_view(
    visit: Visit,
    profile: Profile,
    scope: Scope,
    shop: Shop,
    now: float,
    *,
    card: StaffCard | None,
    theme: Theme | None,
) -> PhoneView | None:
    """`card` is what staff see of this visit now, `theme` what the screen nearest to the shopper shows.

    None when not even the controls may show: no consent, so nobody is here.
    """
    allowed = scope.facts[Audience.PHONE]
    if Fact.MODE not in allowed:
        return None
    own = redacted(profile, allowed)
    mine = wearer(own, now)
    return PhoneView(
        visit_id=visit.visit_id,
        store_id=shop.store_id,
        store_name=shop.store_name,
        mode=scope.mode,
        standing_mode=profile.standing_mode,
        modes_open=scope.modes_open,
        assurance=scope.assurance,
        state=visit.state,
        arrived_at=visit.arrived_at,
        help_asked_at=visit.help_asked_at,
        reservations=reservation_lines(own, mine, shop, now),
        list=seen_items(own, mine, shop, now),
        member_prices=_member_prices(own, mine, shop, now),
        mirror=mirrored(card) if Fact.MIRROR in allowed else None,
        screen_theme=theme if scope.allows(Audience.SCREEN, Fact.THEME) else None,
        access_log=visit.access_log if Fact.ACCESS_LOG in allowed else (),
        hidden=tuple(sorted(profile.hidden)),
        decided_at=now,
        offline_since=shop.offline_since,
    )


def mirrored(card: StaffCard | None) -> StaffCard | None:
    if card is None or not card.claimed_by:
        return card
    return card.model_copy(update={"claimed_by": "colleague"})


def _member_prices(own: Profile, mine: Wearer, shop: Shop, now: float) -> tuple[Item, ...]:
    """What is better for this member and here to be bought, in the member's size where that is known."""
    offers = (shop.products.get(product_id) for product_id in mine.prices_cents)
    reasons = Reasons(own, shop, now)
    here = [product for product in offers if product is not None and fits(product, reasons, mine, shop)]
    better = [product for product in here if mine.price_cents_of(product) is not None]
    reason = Line(key="why.member_price")
    return tuple(item(shop, product, mine, reason) for product in better[:MEMBER_PRICES_LENGTH])
