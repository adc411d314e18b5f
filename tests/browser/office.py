"""Head office as the page is told of it: an owner, three stores, a withdrawal that a store has not proved, articles."""

import time
from typing import Any

from flask import Flask, Response, jsonify, request

ALL = [
    "accounts.write", "audit.read", "catalogue.write", "members.end", "members.read", "profiles.write", "stores.read",
    "stores.write",
]  # fmt: skip
NOW = time.time()
OWNER = {
    "account_id": "a-1", "name": "maria", "role": "owner", "rights": ALL, "session_id": "s-1", "csrf": "mark",
}  # fmt: skip
REF = "5f0c3a9d2b7e41c8a6d4f1e07b93c25d"
PENDING = {
    "store_id": "de-0043", "name": "Halm & Hede Osnabrück", "device_id": "d-2", "seen_at": NOW - 7_200,
    "lease_ends_at": NOW + 597_600, "revoked": False,
}  # fmt: skip
WITHDRAWAL = {
    "seq": 41, "member_ref": REF, "kind": "erase", "at": NOW - 3_600, "done": False, "pending": [PENDING],
    "applied": [{"store_id": "de-0042", "name": "Halm & Hede Münster", "device_id": "d-1", "applied_at": NOW - 3_599}],
}  # fmt: skip


ALARM = {
    "device_id": "d-1f0c3a9d2b7e41c8", "store_id": "de-0042", "name": "Halm & Hede Münster", "kind": "processes",
    "at": NOW - 900,
}  # fmt: skip
IMAGE = "5" * 64


class StagedOffice:
    """What head office answers; a test changes it, and reads what was asked in `asked`."""

    def __init__(self, app: Flask) -> None:
        self.clear()
        for method, path, said in (
            ("GET", "/v1/office/session", self._session),
            ("POST", "/v1/office/session", self._sign_in),
            ("POST", "/v1/office/setup", self._sign_in),
            ("DELETE", "/v1/office/session", self._sign_out),
            ("GET", "/v1/office/sessions", lambda: {"sessions": self.sessions}),
            ("PUT", "/v1/office/password", dict),
            ("GET", "/v1/overview", lambda: self.overview),
            ("POST", "/v1/members/find", self._find),
            ("POST", "/v1/withdraw", lambda: {"seq": 41}),
            ("GET", "/v1/withdraw/41", lambda: WITHDRAWAL),
            ("POST", f"/v1/devices/{ALARM['device_id']}/settle", self._settle),
            ("GET", "/v1/products", self._products),
            ("PUT", "/v1/pictures", self._put_picture),
            ("DELETE", "/v1/pictures", dict),
            ("GET", "/v1/audit", lambda: {"entries": self.entries, "next": None}),
            ("GET", "/v1/accounts", lambda: {"accounts": self.accounts}),
            (
                "POST",
                "/v1/accounts",
                lambda: {"setup_url": "http://hq.test/hq#setup=0123456789abcdef", "expires_at": 0},
            ),
            ("GET", "/v1/keys", lambda: {"keys": self.keys}),
        ):
            app.add_url_rule(path, f"{method} {path}", self._answering(said), methods=[method])

    def clear(self) -> None:
        self.asked: list[tuple[str, str, Any]] = []
        self.me: dict[str, Any] | None = dict(OWNER)
        self.overview = {
            "alarms": [], "now": NOW, "lease_s": 604_800, "members": 12_480, "recognised": 11_902, "open": [WITHDRAWAL],
            "stores": [
                _store("de-0042", "Halm & Hede Münster", NOW - 4, events=1_840),
                _store("de-0043", "Halm & Hede Osnabrück", NOW - 7_200, events=310, still_open=1),
                _store("de-0044", "Halm & Hede Bad Oeynhausen", 0, devices=0),
            ],
        }  # fmt: skip
        self.articles = [
            _article("coat-lene-camel", "Wollmantel Lene", "Lene wool coat", "coat"),
            _article("scarf/7", "Wollschal Bror", "Bror wool scarf", "scarf"),
            _article("dress-wanda-burgundy", "Kleid Wanda", "Wanda dress", "dress", image=IMAGE),
        ]
        self.empty_pages = 0  # of the list of articles, each with a place to go on from
        self.refusals: list[tuple[str, int]] = []  # of pictures, before one is taken
        self.files: list[bytes] = []
        self.entries = [
            _entry(9, "member.erase", "account", "a-1", role="owner", member_ref=REF),
            _entry(8, "accounts.write.denied", "account", "a-2", role="support", outcome="refused"),
            _entry(7, "member.export", "member", REF, member_ref=REF),
            _entry(6, "store.enrol", "device", "d-1f0c3a9d2b7e41c8", object_id="de-0042"),
        ]
        self.accounts = [
            {"account_id": "a-1", "name": "maria", "role": "owner", "created_at": NOW - 9e6, "disabled_at": None},
            {"account_id": "a-2", "name": "sam", "role": "support", "created_at": NOW - 5e6, "disabled_at": None},
        ]
        self.keys = [
            {
                "key_id": "0f3a9d2b7e41c8a6", "name": "Webshop", "scopes": ["catalogue.write", "profiles.write"],
                "created_at": NOW - 4e6, "expires_at": NOW + 2e7, "revoked_at": None,
            }
        ]  # fmt: skip
        self.sessions = [
            {"session_id": "s-1", "created_at": NOW, "seen_at": NOW, "expires_at": NOW + 9, "is_this": True},
            {"session_id": "s-2", "created_at": NOW, "seen_at": NOW - 600, "expires_at": NOW + 9, "is_this": False},
        ]
        self.member: dict[str, Any] | None = {
            "member_ref": REF, "loyalty_number": "482913507765", "recognised": True,
            "purposes": ["recognise", "staff"], "given_at": 1_750_000_000, "expires_at": 1_850_000_000,
            "stores": ["de-0042", "de-0043"],
        }  # fmt: skip

    def _answering(self, said: Any) -> Any:
        def answer() -> Response | tuple[Response, int]:
            body = request.get_json(silent=True) or request.args.to_dict() or None
            self.asked.append((request.method, request.path, body))
            if request.method != "GET" and request.headers.get("X-Regulars") != "1":
                return jsonify(error="error.refused"), 403
            found = said()
            return (jsonify(error=found[0]), found[1]) if isinstance(found, tuple) else jsonify(found)

        return answer

    def _session(self) -> Any:
        return self.me if self.me is not None else ("error.signed_out", 401)

    def _sign_in(self) -> Any:
        if request.get_json()["password"] != "korb voller birnen":
            return "error.password_wrong", 401
        self.me = dict(OWNER)
        return self.me

    def _sign_out(self) -> dict[str, Any]:
        self.me = None
        return {}

    def _settle(self) -> dict[str, Any]:
        self.overview["alarms"] = []
        return {}

    def _products(self) -> dict[str, Any]:
        if self.empty_pages:
            self.empty_pages -= 1
            return {"articles": [], "next": f"0:{self.empty_pages}", "count": 3, "without": 2, "largest": 8 << 20}
        words = request.args["words"].casefold()
        found = [one for one in self.articles if words in str(one["name"]).casefold()]
        first = [] if request.args["after"] else [one for one in found if one["product_id"] != "scarf/7"]
        then = [one for one in found if one not in first]
        return {
            "articles": first or then, "next": "0:coat-lene-camel" if first and then else None, "count": 3,
            "without": sum(one["image"] is None for one in self.articles), "largest": 8 << 20,
        }  # fmt: skip

    def _put_picture(self) -> Any:
        if self.refusals:
            return self.refusals.pop(0)
        self.files.append(request.get_data())
        return {"product_id": request.args["product_id"], "image": IMAGE}

    def _find(self) -> Any:
        return self.member if self.member is not None else ("error.refused", 404)


def _article(product_id: str, german: str, english: str, kind: str, *, image: str | None = None) -> dict[str, Any]:
    return {
        "product_id": product_id, "brand": "Halm & Hede", "name": {"de": german, "en": english}, "category": kind,
        "garment": kind, "colour": "camel", "colour_hex": "#b98d58", "pattern": "plain", "image": image,
    }  # fmt: skip


def _store(
    store_id: str, name: str, seen_at: float, *, devices: int = 1, events: int = 0, still_open: int = 0
) -> dict[str, Any]:
    number = int(store_id.rpartition("-")[2])
    return {
        "store_id": store_id, "name": name, "number": number, "devices": devices, "seen_at": seen_at, "events": events,
        "open": still_open,
    }  # fmt: skip


def _entry(
    n: int, action: str, kind: str, actor: str, *, role: str = "", member_ref: str = "", object_id: str = "",
    outcome: str = "done",
) -> dict[str, Any]:  # fmt: skip
    return {
        "n": n, "at": NOW - 60 * (10 - n), "actor_kind": kind, "actor": actor, "role": role, "action": action,
        "object": object_id, "member_ref": member_ref, "outcome": outcome,
    }  # fmt: skip
