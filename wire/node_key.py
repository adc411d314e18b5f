"""What a scanner node on the network and the store's service must both know, derived from one secret of the site.

So a lost file costs nothing, a node taken from the wall opens no other node, and no list of keys is kept anywhere.
"""

import base64
import hmac
from typing import Final

SITE_SECRET_LENGTH: Final = 32
# 96 bits: typed by nobody, guessed by nobody over a network.
_PASSWORD_HEX_DIGITS: Final = 24


def api_key(site_secret: bytes, store_id: str, scanner_id: str) -> str:
    """The pre-shared key of a node's encrypted API, 32 bytes in base64 as ESPHome writes it."""
    return base64.b64encode(_derived(site_secret, store_id, scanner_id, "api")).decode()


def update_password(site_secret: bytes, store_id: str, scanner_id: str) -> str:
    """What an update over the air must know."""
    return _derived(site_secret, store_id, scanner_id, "update").hex()[:_PASSWORD_HEX_DIGITS]


def _derived(site_secret: bytes, store_id: str, scanner_id: str, use: str) -> bytes:
    # Ids hold no slash, so no two triples write the same message.
    return hmac.digest(site_secret, f"regulars node/{store_id}/{scanner_id}/{use}".encode(), "sha256")
