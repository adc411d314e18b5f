"""The store's pages and their few requests, over HTTP. State is reached only through what `create_app` is given."""

from edge.adapters.web.app import Health, create_app
from edge.adapters.web.pairing import Pairing

__all__ = ["Health", "Pairing", "create_app"]
