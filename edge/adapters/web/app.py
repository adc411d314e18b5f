"""The Flask application of a store: pages, pairing, health and metrics, each answer with its security headers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

from edge.adapters.web.pages import page_routes
from edge.adapters.web.pairing import Pairing, pairing_routes
from edge.adapters.web.pictures import picture_routes
from edge.adapters.web.problem import install

# The largest request is a pairing code in JSON; what is longer is not for us.
REQUEST_LIMIT = 16 * 1024


@dataclass(frozen=True, slots=True)
class Health:
    """`ready` once the store can show what it knows; `missing` says in words what it waits for."""

    ready: bool
    missing: tuple[str, ...] = ()


def create_app(
    pairing: Pairing,
    health: Callable[[], Health],
    metrics: CollectorRegistry,
    *,
    frame_ancestors: Sequence[str] = (),
    picture: Callable[[str, int], bytes | None] = lambda _name, _size: None,
) -> Flask:
    """`frame_ancestors` are the origins that may show the pages in a frame; the socket is added by `Live`.

    `picture` gives one size of a picture of an article; None for what is not here.
    """
    app = Flask(__name__, static_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = REQUEST_LIMIT
    install(app)
    app.register_blueprint(page_routes(frame_ancestors))
    app.register_blueprint(picture_routes(picture))
    app.register_blueprint(pairing_routes(pairing))
    _health_routes(app, health, metrics)
    app.after_request(_secured)
    return app


def _health_routes(app: Flask, health: Callable[[], Health], metrics: CollectorRegistry) -> None:
    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz")
    def readyz() -> tuple[dict[str, object], int]:
        found = health()
        return {"ready": found.ready, "missing": found.missing}, 200 if found.ready else 503

    @app.get("/metrics")
    def measured() -> Response:
        return Response(generate_latest(metrics), content_type=CONTENT_TYPE_LATEST)


def _secured(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
    headers.setdefault("Cache-Control", "no-store")
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Referrer-Policy"] = "no-referrer"
    headers["Cross-Origin-Opener-Policy"] = "same-origin"
    headers["Cross-Origin-Resource-Policy"] = "same-origin"
    # The tablet's camera reads loyalty cards; nothing else of the device is ours to use.
    headers["Permissions-Policy"] = "camera=(self), microphone=(), geolocation=(), usb=()"
    return response
