"""The OpenAPI document, made of the same models that are validated: what a route takes, answers, and who may ask.

One line above a route says all of it; `Provider` adds the refusals that follow from it. A test asks every operation
without credentials and with too few, so that the document cannot promise another door than there is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final, Literal, TypeVar

from pydantic import BaseModel
from quart import Quart
from quart_schema import Info, QuartSchema, Tag, document_querystring, document_request, tag
from quart_schema.conversion import model_schema
from quart_schema.openapi import APIKeySecurityScheme, HttpSecurityScheme, OpenAPIProvider
from werkzeug.routing.rules import Rule

from hq.adapters.web.replies import Problem
from hq.core.accounts import Right

Route = TypeVar("Route", bound=Callable[..., Any])
Who = Literal["anybody", "member", "device", "office", "session"]

BINARY_TYPE: Final = "application/octet-stream"
_ATTRIBUTE: Final = "_regulars_operation"
_PROBLEM: Final = "application/problem+json"
_SECURITY: Final[dict[Who, list[dict[str, list[str]]]]] = {
    "anybody": [],
    "member": [{"phone": []}],
    "device": [{"device": []}],
    "office": [{"key": []}, {"office": []}],
    "session": [{"office": []}],
}
_SCHEMES: Final = {
    "device": HttpSecurityScheme("bearer", "Ed25519 device token, good for five minutes; see wire/sync.py"),
    "key": HttpSecurityScheme("bearer", "rk_..., a program's key; what it opens are its scopes (x-right)"),
    "office": APIKeySecurityScheme("regulars_office", "cookie"),
    "phone": APIKeySecurityScheme("regulars_phone", "cookie"),
}
_TAGS: Final = {
    "store": "What a store's machine asks and reports.",
    "partner": "What other systems of the merchant write: profiles, articles, stock.",
    "office": "What people and programs at head office do.",
    "account": "Signing in, accounts and keys.",
    "shopper": "Joining, and a member's own page.",
}
_REFUSALS: Final = {
    400: "Not JSON, or a field is missing or wrong: `errors` names each with its path.",
    401: "Not signed in. `now` is head office's time.",
    403: "Signed in, and this right is missing; or a write that does not come from our own page.",
    404: "Not known here, or not the caller's to know.",
    405: "Another method than this address has.",
    408: "The body did not arrive in time.",
    409: "It contradicts what is there, or the same Idempotency-Key is at work.",
    410: "Start again: this cursor is of another life of the database, or none at all.",
    413: "The body is too large; it was not read.",
    415: "The body is not application/json.",
    422: "The same Idempotency-Key came with another body.",
    429: "Too fast; Retry-After says how long to wait.",
    503: "The database did not answer in time; Retry-After.",
}
_ALWAYS: Final = (400, 404, 405, 429, 503)
_WITH_BODY: Final = (408, 409, 413, 415, 422)


@dataclass(frozen=True, slots=True)
class Operation:
    """`reply` None: no content. `also` are refusals beyond those that follow from the rest; `or_page`: or html.

    `takes` is the type of a body that is no JSON.
    """

    who: Who
    right: Right | None
    reply: type[BaseModel] | None
    status: int
    content_type: str
    also: tuple[int, ...]
    may_be_empty: bool
    or_page: bool
    takes: str


def operation(
    about: str,
    who: Who,
    *,
    right: Right | None = None,
    query: type[BaseModel] | None = None,
    request: type[BaseModel] | None = None,
    reply: type[BaseModel] | None = None,
    status: int = 200,
    content_type: str = "application/json",
    also: tuple[int, ...] = (),
    may_be_empty: bool = False,
    or_page: bool = False,
    takes: str = "",
) -> Callable[[Route], Route]:
    """Says what this route is; stands below its `@routes.get(...)`."""

    def with_operation(route: Route) -> Route:
        described = Operation(who, right, reply, status, content_type, also, may_be_empty, or_page, takes)
        setattr(route, _ATTRIBUTE, described)
        if query is not None:
            route = document_querystring(query)(route)
        if request is not None:
            route = document_request(request)(route)
        return tag([about])(route)

    return with_operation


def operation_of(route: object) -> Operation | None:
    """What stands above it; None: a page or a file."""
    found: Operation | None = getattr(route, _ATTRIBUTE, None)
    return found


def serve_document(app: Quart, version: str) -> None:
    """At /openapi.json. No viewer: those of quart-schema load their scripts from elsewhere."""
    QuartSchema(
        app,
        openapi_path="/openapi.json",
        redoc_ui_path=None,
        scalar_ui_path=None,
        swagger_ui_path=None,
        info=Info(title="Regulars head office", version=version),
        tags=[Tag(name, description) for name, description in _TAGS.items()],
        security_schemes=dict(_SCHEMES),
        openapi_provider_class=_Provider,
    )


class _Provider(OpenAPIProvider):
    def build_paths(self, rule: Rule) -> tuple[dict[str, Any], dict[str, Any]]:
        paths, components = super().build_paths(rule)
        described = operation_of(self._app.view_functions[rule.endpoint])
        for by_method in paths.values():
            for method, entry in by_method.items():
                if described is None:
                    raise TypeError(f"{method} {rule.rule} does not say what it is: put @operation above it")
                self._describe(method, entry, described, components)
        return paths, components

    def operation_id(self, method: str, path: str, func: Callable[..., Any]) -> str:  # noqa: ARG002 - quart-schema names it
        words = path.replace("{", "").replace("}", "").replace("-", "_").strip("/").split("/")
        return "_".join([method.lower(), *words])

    def _describe(self, method: str, entry: dict[str, Any], described: Operation, components: dict[str, Any]) -> None:
        entry["security"] = _SECURITY[described.who]
        if described.right is not None:
            entry["x-right"] = described.right.value
        for parameter in entry["parameters"]:
            if parameter["in"] == "path" and parameter["schema"] == {"type": "integer"}:
                parameter["schema"] = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}
        writes = method in {"post", "put", "delete"}
        if writes and described.who in {"member", "session"}:
            entry["parameters"] = [*entry["parameters"], _OWN_PAGE]
        if method == "post":
            entry["parameters"] = [*entry["parameters"], _ONCE]
        if described.takes:
            content = {described.takes: {"schema": {"type": "string", "format": "binary"}}}
            entry["requestBody"] = {"required": True, "content": content}
        if "requestBody" in entry:
            entry["requestBody"]["required"] = True
        entry["responses"] = self._responses(method, entry, described, components)

    def _responses(
        self, method: str, entry: dict[str, Any], described: Operation, components: dict[str, Any]
    ) -> dict[str, Any]:
        good: dict[str, Any] = {"description": "Done."}
        if described.reply is not None:
            schema = model_schema(described.reply, preference="pydantic", schema_mode="serialization")
            components.update(schema.pop("$defs", {}))
            good["content"] = {described.content_type: {"schema": schema}}
            good["description"] = (described.reply.__doc__ or "Done.").strip()
        elif described.status != HTTPStatus.NO_CONTENT:
            good["content"] = {described.content_type: {"schema": {"type": "string"}}}
        if described.or_page:
            good["content"]["text/html"] = {"schema": {"type": "string"}}
        responses = {str(described.status): good}
        if described.may_be_empty:
            responses["204"] = {"description": "Nothing new."}
        problem = model_schema(Problem, preference="pydantic", schema_mode="serialization")
        components.update(problem.pop("$defs", {}))
        components["Problem"] = problem
        for status in sorted(_refusals(method, entry, described)):
            content = {_PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            responses[str(status)] = {"description": _REFUSALS[status], "content": content}
        return responses


_OWN_PAGE: Final = {
    "name": "X-Regulars",
    "in": "header",
    "required": True,
    "description": "1: browsers do not let another site's page send it.",
    "schema": {"type": "string", "enum": ["1"]},
}
_ONCE: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key with the same body is done once, and answered as the first time, for a day.",
    "schema": {"type": "string", "minLength": 1, "maxLength": 128, "pattern": "^[!-~]+$"},
}


def _refusals(method: str, entry: dict[str, Any], described: Operation) -> set[int]:
    statuses = {*_ALWAYS, *described.also}
    if described.who != "anybody":
        statuses |= {401}
    if described.who in {"office", "session", "member"}:
        statuses |= {403}
    if method in {"post", "put"} or "requestBody" in entry:
        statuses |= {*_WITH_BODY}
    return statuses
