"""A head office in its own process and the clients that tests speak to it with: a store's Pi, a shopper's phone."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from wire.dictionary import Dictionaries
from wire.page import Page, Put, unpack_page
from wire.sync import device_token

START_S = 60.0  # three seconds of work, for which a crowded machine may take a while


@dataclass
class Hub:
    """A running head office; `admin` writes as the people there do."""

    url: str
    state: Path
    process: subprocess.Popen[bytes]
    admin: httpx.Client = field(init=False)
    closing: ExitStack = field(default_factory=ExitStack)

    def __post_init__(self) -> None:
        token = (self.state / "admin.token").read_text().strip()
        self.admin = httpx.Client(base_url=self.url, headers={"Authorization": f"Bearer {token}"}, timeout=30)
        self.closing.callback(self.admin.close)

    def add_store(self, store_id: str) -> "StoreClient":
        self.admin.post("/v1/stores", json={"store_id": store_id, "name": f"Store {store_id}"}).raise_for_status()
        return self.enrol(store_id)

    def enrol(self, store_id: str) -> "StoreClient":
        code = self.admin.post("/v1/enrol-codes", json={"store_id": store_id}).json()["code"]
        store = enrolled_client(self.url, code)
        self.closing.callback(store.http.close)
        return store

    def phone(self, phone_url: str) -> "Phone":
        phone = Phone(self.url, phone_url)
        self.closing.callback(phone.close)
        return phone

    def person(self, role: str, name: str, password: str) -> "Person":
        """Somebody new at head office, signed in."""
        link = self.admin.post("/v1/accounts", json={"role": role}).raise_for_status().json()["setup_url"]
        person = Person(self.url)
        self.closing.callback(person.close)
        person.set_up(link, name, password).raise_for_status()
        return person

    def join(self, **wish: Any) -> dict[str, Any]:
        body = {"alias": "Anna", "adult": True, "purposes": ["recognise"], **wish}
        reply = httpx.post(f"{self.url}/v1/join", json=body, headers={"X-Regulars": "1"})
        assert reply.status_code == 201, reply.text
        joined: dict[str, Any] = reply.json()
        return joined

    def withdraw(self, member_ref: str, kind: str = "withdraw") -> int:
        reply = self.admin.post("/v1/withdraw", json={"member_ref": member_ref, "kind": kind})
        return int(reply.raise_for_status().json()["seq"])

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return regulars("hq", *arguments, "--state", str(self.state))


@dataclass
class StoreClient:
    """What a Pi does: signs its requests, keeps its cursors and a copy of what the feed gave it."""

    url: str
    enrolled: dict[str, Any]
    key: Ed25519PrivateKey
    cursor: str | None = None
    revoked: int = 0
    replica: dict[tuple[str, str], tuple[int, Any]] = field(default_factory=dict)
    revocations: list[Any] = field(default_factory=list)
    boot_id: str = ""
    ahead_s: float = 0.0

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=self.url, timeout=40)

    @property
    def headers(self) -> dict[str, str]:
        token = device_token(self.enrolled["device_id"], self.key, time.time() + self.ahead_s, self.boot_id)
        return {"Authorization": f"Bearer {token}"}

    def get(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(path, params=params or None, headers=self.headers)

    def post(self, path: str, body: Any) -> httpx.Response:
        return self.http.post(path, json=body, headers=self.headers)

    def poll(self, wait: float = 0, limit: int = 2_000) -> Page | None:
        """One feed request, applied; None for an empty one."""
        params: dict[str, Any] = {"r": self.revoked, "wait": wait, "limit": limit}
        reply = self.get("/v1/feed", **params, **({"c": self.cursor} if self.cursor else {}))
        if reply.status_code == 204:
            self.cursor = reply.headers["X-Regulars-Cursor"]
            self.revoked = int(reply.headers["X-Regulars-Revoke"])
            return None
        assert reply.status_code == 200, reply.text
        page = unpack_page(reply.content)
        self.cursor, self.revoked = page.header.cursor, page.header.revoke_cursor
        self.revocations += page.header.revocations
        for record in page.records:
            body = json.loads(Dictionaries().unpacked(record.body)) if isinstance(record, Put) else None
            self.replica[record.kind, record.key] = (record.rev, body)
        return page

    def catch_up(self, limit: int = 2_000) -> None:
        while self.poll(limit=limit) is not None:
            pass

    def here(self, kind: str) -> dict[str, Any]:
        """What of this kind is in the replica and not gone."""
        return {key: body for (k, key), (_, body) in self.replica.items() if k == kind and body is not None}

    def day_keys(self, days: int = 1) -> dict[str, dict[str, str]]:
        today = int(time.time() // 86_400)
        found: dict[str, dict[str, str]] = self.get("/v1/daykeys", **{"from": today, "days": days}).json()["days"]
        return found

    def receipt(self, seq: int, member_ref: str) -> httpx.Response:
        signature = self.key.sign(f"{self.enrolled['device_id']}:{seq}:{member_ref}".encode()).hex()
        body = {"seq": seq, "member_ref": member_ref, "applied_at": time.time(), "signature": signature}
        return self.post("/v1/receipts", body)


def enrolled_client(url: str, code: str) -> StoreClient:
    """A new device of the store that head office made `code` for."""
    key = Ed25519PrivateKey.generate()
    body = {"code": code, "public_key": key.public_key().public_bytes_raw().hex()}
    reply = httpx.post(f"{url}/v1/enrol", json=body)
    return StoreClient(url, reply.raise_for_status().json(), key)


class Phone(httpx.Client):
    """A shopper's browser, signed in by the code of a phone address. Raises httpx.HTTPStatusError."""

    def __init__(self, url: str, phone_url: str) -> None:
        super().__init__(base_url=url, headers={"X-Regulars": "1"}, timeout=20)
        try:
            self.sign_in(phone_url.partition("#code=")[2]).raise_for_status()
        except httpx.HTTPError:
            self.close()
            raise

    def sign_in(self, code: str) -> httpx.Response:
        return self.post("/phone/session", json={"code": code})

    def state(self) -> dict[str, Any]:
        found: dict[str, Any] = self.get("/phone/state").raise_for_status().json()
        return found


class Person(httpx.Client):
    """A browser at head office; after signing in it sends what our page sends."""

    signed: httpx.Response

    def __init__(self, url: str) -> None:
        super().__init__(base_url=url, headers={"X-Regulars": "1"}, timeout=20)

    @property
    def account_id(self) -> str:
        return str(self.signed.json()["account_id"])

    @property
    def token(self) -> str:
        return self.signed.headers["Set-Cookie"].partition("=")[2].partition(";")[0]

    def set_up(self, link: str, name: str, password: str) -> httpx.Response:
        body = {"token": link.partition("#setup=")[2], "name": name, "password": password}
        return self._signed(self.post("/v1/office/setup", json=body))

    def sign_in(self, name: str, password: str) -> httpx.Response:
        return self._signed(self.post("/v1/office/session", json={"name": name, "password": password}))

    def _signed(self, reply: httpx.Response) -> httpx.Response:
        if reply.is_success:
            self.signed = reply
            self.headers["X-CSRF"] = reply.json()["csrf"]
        return reply


@contextmanager
def running_hub(state: Path, *options: str) -> Iterator[Hub]:
    """Ends with the process gone, and fails when it did not stop by itself."""
    arguments = [sys.executable, "-m", "regulars", "hq", "run", "--state", str(state), "--port", "0", *options]
    with (state.parent / f"{state.name}.log").open("ab") as log, subprocess.Popen(arguments, stderr=log) as process:
        try:
            hub = Hub(_ready_url(state, process), state, process)
            with hub.closing:
                yield hub
        finally:
            process.terminate()
            assert process.wait(10) == 0


def regulars(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "regulars", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)


def stream_events(lines: Iterator[str]) -> Iterator[tuple[str, Any]]:
    """(event, data) of a text/event-stream."""
    name = ""
    for line in lines:
        if line.startswith("event: "):
            name = line.removeprefix("event: ")
        elif line.startswith("data: "):
            yield name, json.loads(line.removeprefix("data: "))


def _ready_url(state: Path, process: "subprocess.Popen[bytes]") -> str:
    until = time.monotonic() + START_S
    while time.monotonic() < until and process.poll() is None:
        try:
            url = (state / "hq.url").read_text().strip()
            if url and httpx.get(f"{url}/readyz").status_code == 200:
                return url
        except (OSError, httpx.TransportError):
            time.sleep(0.05)
    raise AssertionError("head office did not become ready")
