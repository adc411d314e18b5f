"""Head office's admin interface, as far as a shop on one machine needs it."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

import urllib3

_TIMEOUT_S: Final = 10.0
_HTTP_OK: Final = range(200, 300)


class OfficeRefused(Exception):
    """Head office answered, and not with yes. `status` 0: it did not answer."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status = status


@dataclass(frozen=True, slots=True)
class Office:
    """`url` without a trailing slash; `token` is the admin token."""

    url: str
    token: str = ""

    def add_store(self, store_id: str, number: int, name: str, timezone: str) -> None:
        """Registers the store; a store that is registered already stays as it is."""
        body = {"store_id": store_id, "number": number, "name": name, "timezone": timezone}
        try:
            self.send("POST", "/v1/stores", body)
        except OfficeRefused as refusal:
            if refusal.status != 409:  # noqa: PLR2004 - known already
                raise

    def enrol_code(self, store_id: str) -> str:
        """A one-time code with which the store's machine enrols."""
        return str(self.send("POST", "/v1/enrol-codes", {"store_id": store_id})["code"])

    def withdraw(self, member_ref: str) -> int:
        """The number of the withdrawal, which every store must acknowledge."""
        return int(str(self.send("POST", "/v1/withdraw", {"member_ref": member_ref, "kind": "withdraw"})["seq"]))

    def put_picture(self, product_id: str, octets: bytes) -> None:
        """The article's picture from now on. Raises OfficeRefused."""
        self._answer("PUT", f"/v1/pictures?{urlencode({'product_id': product_id})}", {}, body=octets)

    def send(
        self, method: str, path: str, body: Mapping[str, object] | Sequence[object] | None = None, *, cookie: str = ""
    ) -> dict[str, object]:
        """The JSON that head office answers. Raises OfficeRefused."""
        headers = {"X-Regulars": "1"} | ({"Cookie": cookie} if cookie else {})
        return self._answer(method, path, headers, json=body)

    def _answer(self, method: str, path: str, headers: dict[str, str], **content: Any) -> dict[str, object]:  # noqa: ANN401 - urllib3's own
        if self.token and "Cookie" not in headers:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            reply = urllib3.request(
                method, f"{self.url}{path}", headers=headers, timeout=_TIMEOUT_S, retries=False, **content
            )
        except urllib3.exceptions.HTTPError as error:
            raise OfficeRefused(0, f"Head office at {self.url} does not answer: {type(error).__name__}.") from None
        if reply.status not in _HTTP_OK:
            raise OfficeRefused(
                reply.status, f"{method} {path.partition('?')[0]}: {reply.status} {_detail(reply.data)}"
            )
        found = json.loads(reply.data) if reply.data else {}
        return found if isinstance(found, dict) else {"items": found}


def _detail(body: bytes) -> str:
    try:
        problem = json.loads(body)
    except ValueError:
        return ""
    if not isinstance(problem, dict):
        return ""
    return " ".join(str(problem[key]) for key in ("detail", "errors") if problem.get(key))[:600]
