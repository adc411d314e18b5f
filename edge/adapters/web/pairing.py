"""`POST /pair` and the administrator's two requests: make a code, end a pairing."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable, Mapping
from typing import TypeVar

from flask import Blueprint, request
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.adapters.web.problem import Problem
from edge.adapters.websocket import Bucket
from edge.core.pairing import (
    CODE_LIFETIME_S,
    CODES,
    DeviceKind,
    Paired,
    PairingStore,
    Tries,
    code_of,
    hashed,
    is_code,
)

Model = TypeVar("Model", bound=BaseModel)


class _Asked(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str = Field(max_length=20)


class _CodeFor(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: DeviceKind
    id: str = Field(max_length=80)


class Pairing:
    """`devices` are those of store.toml, with their names. `unpaired` hears of a device whose old token has ended."""

    def __init__(
        self,
        store: PairingStore,
        devices: Mapping[Paired, str],
        admin_token: str,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._devices = devices
        self._admin_token = admin_token
        self._clock = clock
        self._lock = threading.Lock()
        self._tries = Tries()
        self._pace = Bucket(per_s=1, at_once=10)
        self.unpaired: Callable[[str], None] = lambda _device_id: None

    def device_of(self, token: str) -> Paired | None:
        """The paired device that holds this token and still stands in store.toml."""
        found = self._store.device_by_token_hash(hashed(token)) if token else None
        return found if found in self._devices else None

    def create_code(self, kind: DeviceKind, device_id: str) -> tuple[str, float]:
        """A new code and when it runs out. Raises Problem when store.toml has no such device."""
        if Paired(kind, device_id) not in self._devices:
            known = ", ".join(sorted(one.id for one in self._devices if one.kind == kind)) or "none"
            raise Problem(404, "error.invalid", f"store.toml has no {kind} of that id; it has: {known}.")
        code, expires_at = code_of(secrets.randbelow(CODES)), self._clock() + CODE_LIFETIME_S
        with self._lock:
            self._store.create_code(kind, device_id, hashed(code), expires_at)
            self._tries.forgive()
        return code, expires_at

    def pair(self, code: str) -> dict[str, str]:
        """The token, once, with what the device is. Raises Problem."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            found = self._redeem(code, hashed(token))
        self.unpaired(found.id)
        return {"token": token, "kind": found.kind, "id": found.id, "name": self._devices.get(found, found.id)}

    def revoke(self, kind: DeviceKind, device_id: str) -> None:
        self._store.revoke(kind, device_id)
        self.unpaired(device_id)

    def require_admin(self) -> None:
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        with self._lock:
            paced = self._pace.take()
        if not paced:
            raise _too_fast()
        if scheme != "Bearer" or not hmac.compare_digest(token.encode(), self._admin_token.encode()):
            raise Problem(
                401,
                "error.refused",
                "Send the administrator's token (admin.token in the state folder) as a bearer token.",
                {"WWW-Authenticate": "Bearer"},
            )

    def _redeem(self, code: str, token_hash: str) -> Paired:
        if self._tries.locked:
            raise _locked()
        if not self._pace.take():
            raise _too_fast()
        found = self._store.redeem(hashed(code), token_hash, self._clock()) if is_code(code) else None
        if found is not None:
            self._tries.forgive()
            return found
        if self._tries.wrong():
            self._store.burn_codes()
            raise _locked()
        raise Problem(403, "error.code_wrong", "This code is wrong or has run out: get a new one at the till computer.")


def pairing_routes(pairing: Pairing) -> Blueprint:
    routes = Blueprint("pairing", __name__)

    @routes.post("/pair")
    def pair() -> dict[str, str]:
        return pairing.pair(_body(_Asked).code.replace(" ", ""))

    @routes.post("/admin/pairing-codes")
    def create_code() -> dict[str, object]:
        pairing.require_admin()
        asked = _body(_CodeFor)
        code, expires_at = pairing.create_code(asked.kind, asked.id)
        return {"code": code, "expires_at": expires_at}

    @routes.post("/admin/revoke-pairing")
    def revoke() -> dict[str, object]:
        pairing.require_admin()
        asked = _body(_CodeFor)
        pairing.revoke(asked.kind, asked.id)
        return {}

    return routes


def _locked() -> Problem:
    sentence = "Too many wrong codes: every open code was withdrawn; get a new one at the till computer."
    return Problem(423, "error.locked", sentence)


def _too_fast() -> Problem:
    return Problem(429, "error.too_fast", "Too many tries at once: wait a few seconds.", {"Retry-After": "5"})


def _body(model: type[Model]) -> Model:
    try:
        return model.model_validate(request.get_json())
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(map(str, first["loc"])) or "the request"
        raise Problem(400, "error.invalid", f"{place}: {first['msg']}.") from None
