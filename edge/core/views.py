"""What each audience is shown of the floor, recomputed for what changed and for nothing else.

Staff: a card for each visit that the matrix opens, a count of the others. Screens: a theme. Phones: the visit's own
page. Nothing is decided here that `consent` and the matrix have not allowed.
"""

from collections.abc import Mapping
from dataclasses import replace
from itertools import islice
from typing import Final

from pydantic import JsonValue

from edge.core import screen
from edge.core.card import staff_card
from edge.core.effects import PostPhone, Record
from edge.core.floor import Floor
from edge.core.inputs import ScannerHealth
from edge.core.live import QUIET_FIELDS
from edge.core.phone import phone_view
from edge.core.rooms import Rooms
from edge.core.shop import Shop
from edge.core.visit import Visit
from wire.cards import PickCard, StaffCard, StatusCard, Theme
from wire.profile import Profile
from wire.sync import PhoneViewPost
from wire.views import Audience, Fact

# A page whose store falls silent forgets after this long; half of it is the renewal.
PHONE_TTL_S: Final = 90
# Minutes on a card, an expiring consent and an unserved row are looked at again this often.
REVIEW_S: Final = 15.0
# What runs out on the pick list runs out in hours: a minute late is soon enough.
PICKS_S: Final = 60.0
# A card takes about a millisecond: all of a full store at once would hold up an arrival, these do not.
REVIEWED_AT_ONCE: Final = 8


class Views:
    def __init__(self, floor: Floor) -> None:
        self._floor = floor
        self._settings = floor.settings
        self.rooms = Rooms(floor.chance.epoch, [one.id for one in self._settings.screen])
        self.offline_since: float | None = None
        self._scanners: dict[str, ScannerHealth] = {one.id: "away" for one in self._settings.scanner}
        self._status_changed = True
        self._profiles: dict[str, Profile] = {}
        self._looked_at: dict[str, float] = {}
        self._near: dict[str, tuple[str, screen.Shopper | None]] = {}  # visit id -> zone, what it brings to a screen
        self._screens = {one.id: screen.ScreenState() for one in self._settings.screen}
        self._dirty_screens = set(self._screens)
        self._picked_at = 0.0
        self._posted: dict[str, tuple[dict[str, JsonValue], float]] = {}

    def see(self, here: Visit, profile: Profile, now: float) -> None:
        """A visit that consent admitted, as it is now."""
        self._profiles[here.visit_id] = profile
        self._looked_at[here.visit_id] = now
        self._stand(here.visit_id, here.zone, screen.shopper(profile, self._floor.scopes[here.visit_id], now))

    def scanner(self, scanner: str, health: ScannerHealth) -> None:
        self._scanners[scanner] = health
        self._status_changed = True

    def line(self, now: float, *, online: bool) -> None:
        """Every page says since when head office is away; back again, every phone is told anew."""
        if online != (self.offline_since is None):
            self.offline_since = None if online else now
            self._status_changed = True
            self._posted.clear()
            self.catalogue()

    def catalogue(self) -> None:
        self._dirty_screens |= self._screens.keys()
        self._floor.dirty |= self._floor.visits.keys()
        self._floor.picks_changed = True

    def review(self, now: float) -> None:
        """What changes by time alone."""
        due = (one for one in self._floor.visits if now - self._looked_at.get(one, 0.0) >= REVIEW_S)
        self._floor.dirty.update(islice(due, REVIEWED_AT_ONCE))
        if now - self._picked_at >= PICKS_S:
            self._floor.picks_changed = True
        for screen_id, state in self._screens.items():
            if state.due_at is not None and now >= state.due_at:
                self._dirty_screens.add(screen_id)
        self._floor.out += self.rooms.renewals(now)

    def show(self, now: float) -> None:
        """Messages for all that changed; those who left are forgotten first."""
        floor = self._floor
        if not (floor.dirty or floor.gone or self._dirty_screens or self._status_changed or floor.picks_changed):
            return
        self._forget_gone()
        shop = self.shop()
        self._show_staff(shop, now)
        self._show_screens(shop, now)
        self._show_phones(shop, now)
        floor.dirty.clear()
        floor.gone.clear()

    def _forget_gone(self) -> None:
        for visit_id, ended in self._floor.gone.items():
            self._stand(visit_id, "", None)
            self._near.pop(visit_id, None)
            self._profiles.pop(visit_id, None)
            self._looked_at.pop(visit_id, None)
            if self._posted.pop(visit_id, None) is not None:
                self._floor.out.append(PostPhone(_post(ended, None)))

    def _stand(self, visit_id: str, zone: str, shopper: screen.Shopper | None) -> None:
        before = self._near.get(visit_id)
        if before != (zone, shopper):
            self._near[visit_id] = (zone, shopper)
            zones = {zone, before[0] if before else zone}
            self._dirty_screens |= {one.id for one in self._settings.screen if one.zone in zones}

    def _show_staff(self, shop: Shop, now: float) -> None:
        floor = self._floor
        if self._status_changed:
            self._status_changed = False
            floor.out += self.rooms.status(self._status(), now)
        if floor.picks_changed:
            floor.picks_changed, self._picked_at = False, now
            floor.out += self.rooms.picks(floor.picks.card(shop, now) if floor.is_leased(now) else PickCard(), now)
        if not floor.dirty and not floor.gone:
            return
        cards = {visit_id: self._card(visit_id, shop, now) for visit_id in floor.dirty}
        shown = {visit_id: card for visit_id, card in cards.items() if card is not None}
        unnamed = cards.keys() - shown.keys()
        quiet = {one for one in unnamed if floor.scopes[one].allows(Audience.STAFF, Fact.PRESENCE)}
        floor.out += self.rooms.staff(shown, quiet, floor.gone.keys() | (unnamed - quiet), now)

    def _card(self, visit_id: str, shop: Shop, now: float) -> StaffCard | None:
        floor, here = self._floor, self._floor.visits[visit_id]
        heard_at = floor.presence.last_heard(here.member_ref)
        if heard_at is not None and heard_at > here.last_heard_at:
            here = floor.visits[visit_id] = replace(here, last_heard_at=heard_at)
        return staff_card(
            here,
            self._profiles[visit_id],
            floor.scopes[visit_id],
            shop,
            now,
            escalate_after_s=self._settings.presence.escalate_after_s,
            choice=self._settings.card.facts,
        )

    def _show_screens(self, shop: Shop, now: float) -> None:
        for drawn in self._settings.screen:
            if drawn.id not in self._dirty_screens:
                continue
            before = self._screens[drawn.id]
            near = {one: shopper for one, (zone, shopper) in self._near.items() if shopper and zone == drawn.zone}
            after = screen.advance(before, near, shop, now, self._floor.chance.delay_s())
            self._screens[drawn.id] = after
            view = screen.screen_view(after, drawn.id, shop, self._settings.hq.phone_page, now)
            self._floor.out += self.rooms.screen(view, now)
            if after.theme != before.theme:
                self._floor.dirty |= near.keys()  # their phones say what the screen shows
                body: dict[str, JsonValue] = {"screen": drawn.id, "theme": after.theme.kind}
                self._floor.out.append(Record("screen.changed", now, body=body))
        self._dirty_screens.clear()

    def _show_phones(self, shop: Shop, now: float) -> None:
        """Each page's view when it changed, and again before it runs out."""
        for visit_id in self._floor.dirty:
            body = self._phone(visit_id, shop, now)
            if body is None:
                continue
            lasting = _lasting(body)
            before, at = self._posted.get(visit_id, ({}, 0.0))
            if lasting != before or now - at >= PHONE_TTL_S / 2:
                self._posted[visit_id] = (lasting, now)
                self._floor.out.append(PostPhone(_post(self._floor.visits[visit_id], body)))

    def _phone(self, visit_id: str, shop: Shop, now: float) -> dict[str, JsonValue] | None:
        here = self._floor.visits[visit_id]
        themes = (self._screens[one.id].theme for one in self._settings.screen if one.zone == here.zone)
        theme: Theme | None = next(themes, None)
        card = self.rooms.cards.get(visit_id)
        view = phone_view(
            here, self._profiles[visit_id], self._floor.scopes[visit_id], shop, now, card=card, theme=theme
        )
        return None if view is None else view.model_dump(mode="json")

    def shop(self) -> Shop:
        """The shop as every view shows it."""
        store, replica = self._settings.store, self._floor.replica
        return Shop(
            store_id=store.id,
            store_name=store.name,
            products=replica.products(),
            stock=replica.stock(),
            as_of=replica.as_of(),
            zone_names=self._floor.zone_names,
            offline_since=self.offline_since,
            pictures=self._floor.pictures.names(),
            nearby=self._floor.nearby,
        )

    def _status(self) -> StatusCard:
        store = self._settings.store
        return StatusCard(
            store_id=store.id,
            store_name=store.name,
            offline_since=self.offline_since,
            scanners=dict(self._scanners),
        )


def _post(here: Visit, view: dict[str, JsonValue] | None) -> PhoneViewPost:
    return PhoneViewPost(visit_id=here.visit_id, member_ref=here.member_ref, ttl_s=PHONE_TTL_S, view=view)


def _lasting(view: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """The view without what changes by itself: a page is not told every second that nothing happened."""
    lasting = {name: value for name, value in view.items() if name not in QUIET_FIELDS}
    mirror = view["mirror"]
    if isinstance(mirror, dict):
        lasting["mirror"] = {name: value for name, value in mirror.items() if name not in QUIET_FIELDS}
    return lasting
