"""Consent at head office: how a receipt is given, changed and withdrawn, and what a join must say.

Nothing is implied and nothing is pre-ticked. A withdrawal is a receipt too: without purposes, one epoch later, so
that no key derived before it opens anything after it.
"""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Final

from hq.core.keys import HubKeys
from wire.profile import Profile
from wire.receipt import RECEIPT_LIFETIME_S, ConsentReceipt, Purpose, signed
from wire.views import Mode, capped

NOTICE: Final = "2026-11"


@dataclass(frozen=True, slots=True)
class Mistake:
    """One reason why a join is refused: the field, a message key of the pages, and the sentence."""

    field: str
    key: str
    sentence: str


_SENTENCES: Final = {
    ("alias", "de"): "Bitte sag uns, wie wir dich nennen dürfen.",
    ("alias", "en"): "Please say what we may call you.",
    ("adult", "de"): "Mitmachen kann nur, wer mindestens 18 Jahre alt ist: bitte bestätige das.",
    ("adult", "en"): "Only adults (18 or over) can join: please confirm it.",
    ("purposes", "de"): "Ohne die Einwilligung „wiedererkennen“ können wir dich nicht wiedererkennen. Es wurde nichts"
    " gespeichert.",
    ("purposes", "en"): "Without the consent “recognise” we cannot recognise you. Nothing was stored.",
}


def join_mistakes(alias: str, *, adult: bool, purposes: AbstractSet[Purpose], language: str) -> tuple[Mistake, ...]:
    """Everything that keeps a join from being valid, at once; empty when it is."""
    wrong = {
        "alias": (not alias.strip(), "error.alias"),
        "adult": (not adult, "error.adult"),
        "purposes": (Purpose.RECOGNISE not in purposes, "error.no_consent"),
    }
    return tuple(
        Mistake(field, key, _SENTENCES[field, "en" if language == "en" else "de"])
        for field, (is_wrong, key) in wrong.items()
        if is_wrong
    )


def given(
    merchant_id: str,
    member_ref: str,
    purposes: AbstractSet[Purpose],
    keys: HubKeys,
    *,
    receipt_id: str,
    now: float,
    epoch: int = 0,
    notice: str = NOTICE,
    channel: str = "join-page",
    adult: bool = True,
) -> ConsentReceipt:
    """A signed receipt for exactly `purposes`, from `now` for two years."""
    return signed(
        ConsentReceipt(
            receipt_id=receipt_id,
            merchant_id=merchant_id,
            member_ref=member_ref,
            purposes=frozenset(purposes),
            given_at=int(now),
            expires_at=int(now) + RECEIPT_LIFETIME_S,
            epoch=epoch,
            notice=notice,
            channel=channel,
            adult=adult,
        ),
        keys.signing,
        keys.key_id,
    )


def changed(
    profile: Profile, purposes: AbstractSet[Purpose], keys: HubKeys, *, receipt_id: str, now: float
) -> ConsentReceipt:
    """The receipt after the member's own choice; giving up recognition raises the epoch, as a withdrawal does."""
    epoch = profile.consent.epoch if profile.consent else 0
    ends_recognition = recognisable(profile, now) and Purpose.RECOGNISE not in purposes
    return given(
        profile.merchant_id,
        profile.member_ref,
        purposes,
        keys,
        receipt_id=receipt_id,
        now=now,
        epoch=next_epoch(epoch) if ends_recognition else epoch,
        channel="phone-page",
    )


def withdrawn(profile: Profile, keys: HubKeys, *, receipt_id: str, now: float, channel: str) -> ConsentReceipt:
    """The receipt of a withdrawal: no purposes, the next epoch."""
    epoch = profile.consent.epoch if profile.consent else 0
    return given(
        profile.merchant_id,
        profile.member_ref,
        frozenset(),
        keys,
        receipt_id=receipt_id,
        now=now,
        epoch=next_epoch(epoch),
        channel=channel,
    )


def recognisable(profile: Profile, now: float) -> bool:
    """Whether any store may hold this profile."""
    return profile.consent is not None and profile.consent.granted(Purpose.RECOGNISE, now)


def lost_withdrawal(profile: Profile, withdrawn_at: float) -> bool:
    """Whether the consent here is one that a withdrawal at that instant ended: only a restore forgets that."""
    return profile.consent is not None and bool(profile.consent.purposes) and profile.consent.given_at <= withdrawn_at


def with_consent(profile: Profile, receipt: ConsentReceipt) -> Profile:
    """The next revision, under `receipt`; the standing mode never stays more open than the purposes carry."""
    mode = profile.standing_mode if not receipt.purposes else capped(profile.standing_mode, receipt.purposes)
    return profile.model_copy(update={"consent": receipt, "standing_mode": mode, "rev": profile.rev + 1})


def chosen_mode(mode: Mode, purposes: AbstractSet[Purpose]) -> Mode:
    """What a member's wish comes to: a purpose granted later must not open a mode by itself."""
    return capped(mode, purposes)


def next_epoch(epoch: int) -> int:
    # u16 on the wire; 65,535 withdrawals of one member do not happen, and wrapping would reuse old keys.
    return min(epoch + 1, 0xFFFF)
