"""Every refusal as application/problem+json (RFC 9457), also those of the framework, which would answer in HTML.

What was sent is never repeated: it may hold a name or a key.
"""

import json
import time
from collections.abc import Mapping
from typing import Final

import structlog
from pydantic import ValidationError
from quart import Quart, Response
from sqlalchemy.exc import DatabaseError, DataError, OperationalError
from werkzeug.exceptions import HTTPException, MethodNotAllowed

from hq.adapters.store_sql.connection import ailment
from hq.errors import HqError, NotSignedIn, TooFast

_log: Final = structlog.get_logger("hq.web")
CONTENT_TYPE: Final = "application/problem+json"
_REMEDIES: Final = {
    404: "Check the address; /openapi.json lists them all.",
    405: "Use one of the methods in Allow.",
    408: "Send the whole body at once.",
    413: "Send less at once: more goes through `regulars hq import`, and a picture has at most 8 MiB.",
    415: "Send JSON as application/json.",
}


def problem(status: int, title: str, detail: str, *, error: str = "error.refused", **more: object) -> Response:
    body = {"type": "about:blank", "title": title, "status": status, "detail": detail, "error": error, **more}
    return Response(json.dumps(body), status=status, content_type=CONTENT_TYPE, headers={"Cache-Control": "no-store"})


def answer_problems(app: Quart) -> None:
    """Registers the answers to everything that can go wrong."""
    app.register_error_handler(HqError, _refused)
    app.register_error_handler(HTTPException, _http)

    @app.errorhandler(ValidationError)
    async def _invalid(error: ValidationError) -> Response:
        return problem(
            400, "The request is not right", "Some fields are missing or wrong.", error="error.invalid",
            remedy="Mend what `errors` names; /openapi.json says what each field takes.",
            errors=[_field(fault) for fault in error.errors(include_url=False, include_input=False)],
        )  # fmt: skip

    @app.errorhandler(DataError)
    @app.errorhandler(OverflowError)
    async def _unkeepable(_error: Exception) -> Response:
        # A NUL in a text or a number beyond 64 bits: valid JSON, and nothing that a database can keep.
        return problem(400, "The request is not right", "A value cannot be stored.", error="error.invalid")

    app.register_error_handler(DatabaseError, _database_failed)
    app.register_error_handler(Exception, _failed)


async def _refused(error: HqError) -> Response:
    more: dict[str, object] = {"remedy": error.remedy} if error.remedy else {}
    if error.fields:
        more["errors"] = [{"field": field, "error": key, "detail": text} for field, key, text in error.fields]
    headers: dict[str, str] = {}
    if isinstance(error, NotSignedIn):
        more["now"] = time.time()  # a device whose clock is wrong learns it here
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TooFast):
        headers["Retry-After"] = str(error.retry_after_s)
    response = problem(error.status, error.title, error.detail, error=error.key, **more)
    response.headers.update(headers)
    return response


async def _http(error: HTTPException) -> Response:
    status = error.code or 500
    remedy = _REMEDIES.get(status, "Compare the request with /openapi.json.")
    response = problem(status, error.name, error.description or error.name, error="error.invalid", remedy=remedy)
    if isinstance(error, MethodNotAllowed) and error.valid_methods:
        response.headers["Allow"] = ", ".join(sorted(error.valid_methods))
    return response


async def _database_failed(error: DatabaseError) -> Response:
    """503 for what passes by itself or by an operator's hand, who finds the remedy in the log."""
    sentence = ailment(error)
    if not sentence and not isinstance(error, OperationalError):
        return await _failed(error)
    _log.error(sentence or "the database did not answer", error=type(error.orig).__name__)
    response = problem(503, "Head office is busy", "The database did not answer in time.", error="error.busy")
    response.headers["Retry-After"] = "2"
    return response


async def _failed(error: Exception) -> Response:
    # The type only: a database error's text may quote a row.
    _log.error("a request failed", error=type(error).__name__, where=_where(error))
    return problem(500, "Head office failed", "The request could not be answered.", remedy="Try again.")


def _field(fault: Mapping[str, object]) -> dict[str, str]:
    location = fault["loc"]
    path = ".".join(str(part) for part in location) if isinstance(location, tuple) else ""
    return {"field": path, "error": "error.invalid", "detail": str(fault["msg"])}


def _where(error: BaseException) -> str:
    trace, place = error.__traceback__, ""
    while trace is not None:
        code = trace.tb_frame.f_code
        if "/hq/" in code.co_filename:
            place = f"{code.co_filename.rpartition('/hq/')[2]}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
