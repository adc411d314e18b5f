"""schemathesis over the whole OpenAPI document, against the real service on SQLite: nothing is answered with a 5xx.

Every operation gets requests that fit its description and requests that do not, from somebody who may, from somebody
who is not signed in, and, where there is one, from the wrong kind of caller. `REGULARS_SCHEMATHESIS=200` is the long
form: that many of each, instead of a few that fit a CI run.
"""

import os
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import nullcontext, suppress
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.core.result import Ok
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from tests.flow.hub import Hub, Person, StoreClient, running_hub

EXAMPLES: Final = int(os.environ.get("REGULARS_SCHEMATHESIS", "6"))
LONG: Final = 50
MEMBERS: Final = 30  # one for each time that a member asks: some of them leave
CHECKS: Final = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
PASSWORD: Final = "korb voller birnen"
# A poll that parks for as long as it may would only measure patience.
LONGEST_WAIT_S: Final = 0.05


@dataclass
class Stand:
    """The service with everybody who may ask: credentials are made anew for each operation, some end their own."""

    hub: Hub
    store: StoreClient
    person: Person
    support: Person
    phones: list[str]
    asked: Counter[str] = field(default_factory=Counter)

    def credentials(self, who: str) -> dict[str, str]:
        match who:
            case "device":
                return self.store.headers
            case "office":
                return {"Authorization": self.hub.admin.headers["Authorization"]}
            case "session":
                self.person.sign_in("maria", PASSWORD).raise_for_status()
                return {
                    "Cookie": f"regulars_office={self.person.token}",
                    "X-CSRF": self.person.headers["X-CSRF"],
                    "X-Regulars": "1",
                }
            case "member":
                return {"Cookie": f"regulars_phone={self.phones.pop()}", "X-Regulars": "1"}
            case _:
                return {"X-Regulars": "1"}


@pytest.fixture(scope="module")
def stand(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    state = tmp_path_factory.mktemp("hub") / "state"
    state.mkdir(mode=0o700)
    limits = ("anybody", "refused", "callers", "devices")
    (state / "hq.toml").write_text("[limits]\n" + "".join(f"{name}_per_minute = 10000000\n" for name in limits))
    with running_hub(state) as hub:
        # Beforehand: the wrong codes that are tried lock this address, as they should.
        phones = [hub.phone(hub.join()["phone_url"]).cookies["regulars_phone"] for _ in range(MEMBERS)]
        owner, support = hub.person("owner", "maria", PASSWORD), hub.person("support", "sam", PASSWORD)
        stand = Stand(hub, hub.add_store("de-0001"), owner, support, phones)
        yield stand
        sys.stderr.write(f"\nschemathesis: {len(stand.asked)} operations, {stand.asked.total()} cases\n")


@pytest.fixture(scope="module")
def document(stand: Stand) -> dict[str, Any]:
    found: dict[str, Any] = httpx.get(f"{stand.hub.url}/openapi.json").json()
    return found


@pytest.mark.timeout(300 if EXAMPLES < LONG else 0)  # some 50 s on a machine that does nothing else
def test_no_operation_answers_with_a_5xx(stand: Stand, document: dict[str, Any]) -> None:
    schema = schemathesis.openapi.from_dict(document)
    schema.config.update(base_url=stand.hub.url)
    operations = [each.ok() for each in schema.get_all_operations() if isinstance(each, Ok)]
    assert len(operations) == sum(len(methods) for methods in document["paths"].values())
    found: list[str] = []
    for operation in operations:
        described = document["paths"][operation.path][operation.method]
        for who in _callers(described):
            for mode in GenerationMode.POSITIVE, GenerationMode.NEGATIVE:
                try:
                    _ask(stand, operation, stand.credentials(who), mode)
                except FailureGroup as failures:
                    found += [f"{operation.label} as {who}: {failure}" for failure in failures.exceptions]
    assert found == []
    assert "a request failed" not in (stand.hub.state.parent / "state.log").read_text()


def test_every_operation_is_closed_to_whoever_may_not(stand: Stand, document: dict[str, Any]) -> None:
    """The document says who may ask; the service agrees."""
    support = stand.support
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            address = stand.hub.url + path.replace("{seq}", "1").replace("{", "").replace("}", "")
            if described["security"]:
                stranger = httpx.request(method, address, headers={"X-Regulars": "1"})
                assert stranger.status_code == 401, f"{method} {path}"
            right = described.get("x-right")
            if right is not None and right not in support.signed.json()["rights"]:
                assert support.request(method, address).status_code == 403, f"{method} {path}"


def test_the_document_covers_every_route_and_names_its_refusals(document: dict[str, Any]) -> None:
    assert len(document["paths"]) >= 30
    for path, methods in document["paths"].items():
        for method, described in methods.items():
            assert {"400", "404", "405", "429", "503"} <= set(described["responses"]), f"{method} {path}"
            assert described["tags"], f"{method} {path}"
    assert set(document["components"]["securitySchemes"]) == {"device", "key", "office", "phone"}


def test_the_document_loads_nothing_from_elsewhere(stand: Stand) -> None:
    for viewer in ("/docs", "/redocs", "/scalar"):
        assert httpx.get(f"{stand.hub.url}{viewer}").status_code == 404


def _callers(described: Mapping[str, Any]) -> tuple[str, ...]:
    names = {name for scheme in described["security"] for name in scheme}
    if not names:
        return ("anybody",)
    if names == {"office"}:
        return "session", "anybody"
    if "key" in names:
        return "office", "session", "anybody"
    return ("device" if "device" in names else "member"), "office", "anybody"


def _ask(stand: Stand, operation: Any, credentials: dict[str, str], mode: GenerationMode) -> None:
    @settings(
        max_examples=EXAMPLES, deadline=None, database=None, derandomize=EXAMPLES < LONG,
        phases=(Phase.explicit, Phase.generate), suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def asked(case: Any) -> None:
        stand.asked[operation.label] += 1
        if case.query and isinstance(case.query.get("wait"), int | float):
            case.query["wait"] = min(case.query["wait"], LONGEST_WAIT_S)
        wanted = case.as_transport_kwargs(base_url=stand.hub.url, headers=credentials)
        with requests.request(**wanted, stream=True, timeout=30) as reply:
            if reply.headers.get("Content-Type", "").startswith("text/event-stream"):
                assert reply.status_code == 200
                return
            found = schemathesis.Response.from_requests(reply, verify=False)
        case.validate_response(found, checks=CHECKS)

    # An operation without parameters cannot be asked wrongly.
    with suppress(Unsatisfiable) if mode is GenerationMode.NEGATIVE else nullcontext():
        asked()
