"""What a shopper's pages are answered, as models: the OpenAPI document is made of them."""

from io import BytesIO
from typing import Literal

import segno

from hq.adapters.web.replies import Reply
from hq.core.visits import PhoneState
from wire.cards import PhoneView
from wire.profile import Size
from wire.receipt import ConsentReceipt, Purpose
from wire.views import Mode, capped


class JoinReply(Reply):
    """`secret` is Kc in hex: the app keeps it, and head office says it here only."""

    member_ref: str
    receipt: ConsentReceipt
    loyalty_number: str
    loyalty_qr_svg: str
    secret: str
    phone_url: str
    standing_mode: Mode


class LinkReply(Reply):
    code: str
    phone_url: str


class VisitReply(Reply):
    """The store has the member until then."""

    store_id: str
    until: float


class CommandReply(Reply):
    """The store fetches it until `expires_at`, or it is void."""

    command_id: str
    expires_at: float


class PreferencesState(Reply):
    sizes: tuple[Size, ...]
    brands_liked: tuple[str, ...]
    brands_disliked: tuple[str, ...]
    colours: tuple[str, ...]
    categories_liked: tuple[str, ...]


class MemberState(Reply):
    """What a member's own page shows of her; receipts newest first."""

    member_ref: str
    alias: str
    name: str
    language: Literal["de", "en"]
    standing_mode: Mode
    modes_open: tuple[Mode, ...]
    purposes: tuple[Purpose, ...]
    recognised: bool
    loyalty_number: str
    loyalty_qr_svg: str
    receipts: tuple[ConsentReceipt, ...]
    hidden: tuple[str, ...]
    preferences: PreferencesState

    @classmethod
    def of(cls, state: PhoneState) -> "MemberState":
        profile = state.profile
        purposes = profile.consent.purposes if profile.consent is not None and state.recognised else frozenset()
        return cls(
            member_ref=profile.member_ref,
            alias=profile.alias,
            name=profile.name,
            language=profile.language,
            standing_mode=profile.standing_mode,
            modes_open=tuple(mode for mode in Mode if capped(mode, purposes) is mode),
            purposes=tuple(sorted(purposes)),
            recognised=state.recognised,
            loyalty_number=profile.loyalty_number,
            loyalty_qr_svg=qr_svg(profile.loyalty_number),
            receipts=tuple(reversed(state.receipts)),
            hidden=tuple(sorted(profile.hidden)),
            preferences=PreferencesState(
                sizes=tuple(size.value for size in profile.sizes),
                brands_liked=tuple(brand.value for brand in profile.brands_liked),
                brands_disliked=tuple(brand.value for brand in profile.brands_disliked),
                colours=tuple(colour.value for colour in profile.colours),
                categories_liked=tuple(category.value for category in profile.categories_liked),
            ),
        )


class MemberReply(Reply):
    member: MemberState


class StoreName(Reply):
    store_id: str
    name: str


class StateReply(Reply):
    """`visit` null: no store vouches for one now."""

    member: MemberState
    visit: PhoneView | None
    stores: tuple[StoreName, ...]

    @classmethod
    def of(cls, state: PhoneState) -> "StateReply":
        return cls(
            member=MemberState.of(state),
            visit=None if state.visit is None else state.visit.view,
            stores=tuple(StoreName(store_id=shop.store_id, name=shop.name) for shop in state.shops),
        )


def qr_svg(text: str) -> str:
    """An SVG without a fixed size: the page decides how large it is. Dark on white, whatever the page's colours."""
    out = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, light="#fff", dark="#000")
    return out.getvalue().decode()
