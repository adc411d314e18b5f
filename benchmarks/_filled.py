"""A head office with a store's members and goods in it, and the folder of that store: enrolled, its tablets paired.

Written past head office's web, through its own tables and desks: what is measured begins with the store. Every member
has a consent that this head office signed and a secret that it sealed, so a store takes any of them for real.
"""

import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from edge.adapters.enrolment import Enrolment, new_key, save
from edge.adapters.hq_http import enrol
from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_key import store_key
from edge.adapters.store_sqlite import connected, make_state_dir
from edge.core.pairing import hashed
from edge.main import CACHE_FILE, OUTBOX_FILE
from edge.settings import HqSettings
from hq.core.keys import NONCE_LENGTH, SECRET_LENGTH, seal_secret
from hq.main import open_office
from hq.service import HeadOffice
from hq.settings import Settings
from simulator.shop.people import goods, people
from wire import dictionary
from wire.page import sum8
from wire.product import Product, Stock
from wire.profile import Profile
from wire.receipt import RECEIPT_LIFETIME_S, Purpose, signed
from wire.views import Mode

STORE: Final = "de-1"
NUMBER: Final = 4711
SITE: Final = bytes(32)
SEED: Final = 4_711
# So many are made one by one; the others are the same with their own names, numbers, secrets and signed consents.
MODELS: Final = 2_000
# Put in so many at a time, as head office's own imports are.
AT_ONCE: Final = 2_000
PAIR_WITHIN_S: Final = 600.0

_PROFILE: Final = """
INSERT INTO profile (member_ref, merchant_id, rev, loyalty_number, recognise_until, body, sum8, created_at, updated_at)
VALUES (?, ?, 1, ?, ?, ?, ?, 0, 0)
"""
_SCOPE: Final = "INSERT INTO scope (store_id, kind, key, rev, seq, gone) VALUES (?, 'profile', ?, 1, ?, false)"
_SEALED: Final = "INSERT INTO member_secret (member_ref, merchant_id, sealed) VALUES (?, ?, ?)"


@dataclass(frozen=True, slots=True)
class Walker:
    """A member who may come: welcomes advice, and carries a phone with this secret."""

    member_ref: str
    secret: bytes


def fill(state: Path, members: int, articles: int) -> tuple[str, list[Walker]]:
    """(enrolment code, those who may come)"""
    with open_office(Settings(), state, "http://hq.test") as office:
        now = time.time()
        office.registry.add_shop(STORE, "Eins", NUMBER, "Europe/Berlin", now)
        products = _stocked(office, articles, int(now))
        seq = office.office.store.read(lambda view: view.counters()["feed"]) + 1
        walkers: list[Walker] = []
        with closing(sqlite3.connect(state / "hq.sqlite")) as db, db:
            for profile, secret, sealed in _members(office, members, products, int(now)):
                body = dictionary.packed(profile.model_dump_json().encode())
                until = float(profile.consent.expires_at) if profile.consent else 0.0
                ref, merchant = profile.member_ref, profile.merchant_id
                db.execute(_PROFILE, (ref, merchant, profile.loyalty_number, until, body, sum8(ref, body)))
                db.execute(_SCOPE, (STORE, ref, seq))
                db.execute(_SEALED, (ref, merchant, sealed))
                if profile.standing_mode is Mode.ADVICE:
                    walkers.append(Walker(ref, secret))
            db.execute("UPDATE counter SET seq = ? WHERE k = 'feed'", (seq,))
        return office.registry.enrol_code(STORE, now).code, walkers


def _stocked(office: HeadOffice, articles: int, now: int) -> list[str]:
    """The ids of the articles; each lies here in each of its sizes."""
    products = [one.model_copy(update={"merchant_id": office.office.merchant_id}) for one in goods(SEED, articles)]
    for at in range(0, len(products), AT_ONCE):
        office.registry.put_products(products[at : at + AT_ONCE])
    pieces = list(_pieces(products, now))
    for at in range(0, len(pieces), AT_ONCE):
        office.registry.put_stock(pieces[at : at + AT_ONCE])
    return [one.product_id for one in products]


def _pieces(products: Sequence[Product], now: int) -> Iterator[Stock]:
    chance = Random(SEED)
    for variant_id in dict.fromkeys(variant.variant_id for product in products for variant in product.variants):
        shelf = f"{chance.choice('ABCM')}{chance.randint(1, 9)}-{chance.randint(1, 9)}"
        yield Stock(
            store_id=STORE, variant_id=variant_id, pieces=chance.randint(0, 9), shelf=shelf, counted_at=now - 3_600
        )


def _members(
    office: HeadOffice, count: int, products: Sequence[str], now: int
) -> Iterator[tuple[Profile, bytes, bytes]]:
    """(profile, secret, sealed secret); what they looked at are articles of this store."""
    chance, keys, merchant = Random(SEED), office.office.keys, office.office.merchant_id
    models = [_at_home(one, products, chance) for one in people(SEED, MODELS)]
    for number in range(count):
        model, ref, secret = models[number % MODELS], chance.randbytes(16).hex(), chance.randbytes(SECRET_LENGTH)
        if model.consent is None:
            raise RuntimeError("made-up members have a consent")
        given_at = now - chance.randrange(86_400, 300 * 86_400)
        wanted = {
            "receipt_id": chance.randbytes(16).hex(), "merchant_id": merchant, "member_ref": ref, "epoch": 0,
            "purposes": frozenset(Purpose), "given_at": given_at, "expires_at": given_at + RECEIPT_LIFETIME_S,
        }  # fmt: skip
        consent = signed(model.consent.model_copy(update=wanted), keys.signing, keys.key_id)
        own = {"member_ref": ref, "merchant_id": merchant, "loyalty_number": f"{number:011}", "consent": consent}
        sealed = seal_secret(secret, ref, keys.seal, chance.randbytes(NONCE_LENGTH))
        yield model.model_copy(update=own), secret, sealed


def _at_home(model: Profile, products: Sequence[str], chance: Random) -> Profile:
    seen = {
        name: tuple(one.model_copy(update={"value": chance.choice(products)}) for one in getattr(model, name))
        for name in ("viewed", "wishlist", "owned")
    }
    return model.model_copy(update=seen)


def open_store(folder: Path, hq_url: str, code: str, tablets: int, scanners: Sequence[tuple[str, int]]) -> list[str]:
    """Writes store.toml, secrets.toml and the state of a store that is enrolled; the tablets' tokens.

    `scanners`: (id, port) of each node. A zone each, and one at the door.
    """
    (folder / "store.toml").write_text(_settings(hq_url, tablets, scanners))
    (folder / "secrets.toml").write_text(f'site = "{SITE.hex()}"\n')
    state, key = folder / "state", new_key()
    make_state_dir(state)
    save(state, Enrolment(enrol(HqSettings(url=hq_url), code, key), key))
    outbox = Outbox(state / OUTBOX_FILE, store_key(state, state / OUTBOX_FILE).of("outbox"))
    tokens = [f"token-{number}" for number in range(tablets)]
    for number, token in enumerate(tokens):
        outbox.create_code("tablet", f"t{number}", hashed(token), time.time() + PAIR_WITHIN_S)
        outbox.redeem(hashed(token), hashed(token), time.time())
    outbox.close()
    return tokens


def forget_last_keys(state: Path) -> None:
    """As it is at midnight: the keys of the last day that may be here have not come yet."""
    key = store_key(state, state / OUTBOX_FILE).of("cache")
    db = connected(state / CACHE_FILE, key, "NORMAL")
    with db.atomic():
        db.execute("DELETE FROM day_key WHERE day = (SELECT max(day) FROM day_key)")
    db.close()


# A visit ends after 20 s of silence instead of 180, so that some end while it is measured; without BlueZ there is no
# challenge, so a tag that is heard is enough.
_SETTINGS: Final = """
[store]
number = {number}
id = "{store}"
name = "Eins"
[presence]
assurance = "heard"
left_after_s = 20
[hq]
url = "{url}"
"""


def _settings(hq_url: str, tablets: int, scanners: Sequence[tuple[str, int]]) -> str:
    text = _SETTINGS.format(number=NUMBER, store=STORE, url=hq_url)
    for place, (scanner, port) in enumerate(scanners):
        text += f'[[zone]]\nid = "z{place}"\nrect = [{10 * place}, 0, {10 * place + 10}, 10]\n'
        text += f'[[scanner]]\nid = "{scanner}"\nposition = [{10 * place + 5}, 5, 2.6]\nzone = "z{place}"\n'
        text += f'source = "esphome:127.0.0.1:{port}"\n'
    for number in range(tablets):
        text += f"[[tablet]]\nid = {json.dumps(f't{number}')}\n"
    return text
