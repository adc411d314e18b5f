"""The store's door for devices: pairing codes, and what a device gets for one."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import urllib3

_TIMEOUT_S: Final = 5.0
_HTTP_OK: Final = 200


class PairingRefused(Exception):
    """The store did not let a device in."""


@dataclass(frozen=True, slots=True)
class StoreDoor:
    """The store's address and the token of its administrator."""

    url: str
    admin_token: str

    def code(self, kind: str, device_id: str) -> str:
        """A single-use pairing code."""
        headers = {"Authorization": f"Bearer {self.admin_token}"}
        return str(self._post("/admin/pairing-codes", {"kind": kind, "id": device_id}, headers)["code"])

    def pair(self, kind: str, device_id: str) -> str:
        """A device's token."""
        return str(self._post("/pair", {"code": self.code(kind, device_id)}, {})["token"])

    def page(self, kind: str, device_id: str) -> str:
        """The address of a page that pairs itself when it opens."""
        path = "staff" if kind == "tablet" else "screen"
        return f"{self.url}/{path}#code={self.code(kind, device_id)}"

    def _post(self, path: str, body: Mapping[str, str], headers: Mapping[str, str]) -> dict[str, object]:
        reply = urllib3.request(
            "POST",
            f"{self.url}{path}",
            json=body,
            headers={**headers, "Origin": self.url},
            timeout=_TIMEOUT_S,
            retries=False,
        )
        if reply.status != _HTTP_OK:
            raise PairingRefused(f"{path}: {reply.status} {reply.data[:200]!r}")
        return dict(json.loads(reply.data))
