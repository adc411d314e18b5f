"""Every refusal over HTTP has one form: problem+json (RFC 9457) with one sentence, its remedy, and a message key."""

import orjson
from flask import Flask, Response
from werkzeug.exceptions import HTTPException

_SENTENCES = {
    400: "The request cannot be read: send what the page sends.",
    404: "There is nothing at this address: the store's pages are /staff and /screen.",
    405: "This address does not take that kind of request.",
    413: "The request is too large: nothing here takes more than 16 KiB.",
    415: "Send the request as application/json.",
}


class Problem(HTTPException):
    """`error` is a message key of the pages; `detail` one sentence that ends with the remedy."""

    def __init__(self, status: int, error: str, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail)
        self.code = status
        self.error = error
        self.extra = headers or {}


def install(app: Flask) -> None:
    app.register_error_handler(HTTPException, _refused)
    app.register_error_handler(Exception, _failed)


def _refused(error: HTTPException) -> Response:
    if isinstance(error, Problem):
        return _response(error.code or 500, error.error, error.description or "", error.extra)
    status = error.code or 500
    allow = {"Allow": ", ".join(found)} if (found := getattr(error, "valid_methods", None)) else {}
    return _response(status, "error.invalid", _SENTENCES.get(status, error.name), allow)


def _failed(_error: Exception) -> Response:
    # What went wrong is in the log without its data; the page gets nothing that could name anybody.
    return _response(500, "error.busy", "The store's service made a mistake: try again, then look at its log.", {})


def _response(status: int, error: str, detail: str, headers: dict[str, str]) -> Response:
    body = {"type": "about:blank", "title": error, "status": status, "detail": detail, "error": error}
    return Response(orjson.dumps(body), status, headers, content_type="application/problem+json")
