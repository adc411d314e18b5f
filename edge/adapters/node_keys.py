"""The keys of the scanner nodes, derived from the site's secret in the file secrets.toml beside store.toml."""

import tomllib
from pathlib import Path

from edge.errors import SettingsError
from edge.settings import Settings
from wire import node_key


def node_keys(path: Path, settings: Settings) -> dict[str, str]:
    """Scanner id -> key, for those that are nodes; empty when there are none, or no such file.

    Raises SettingsError.
    """
    nodes = [scanner.id for scanner in settings.scanner if scanner.source.startswith("esphome:")]
    if not nodes or not path.exists():
        return {}
    secret = _site_secret(path)
    return {node: node_key.api_key(secret, settings.store.id, node) for node in nodes}


def _site_secret(path: Path) -> bytes:
    try:
        secret = bytes.fromhex(str(tomllib.loads(path.read_text(encoding="utf-8"))["site"]))
    except OSError as error:
        raise SettingsError(path, [f"cannot be read ({error.strerror}): give it to the service's own user."]) from None
    except (KeyError, ValueError):
        secret = b""
    if len(secret) != node_key.SITE_SECRET_LENGTH:
        # The parser's own words repeat the line.
        raise SettingsError(
            path, ['has no site secret: write site = "64 hexadecimal digits", the one nodes were made with.']
        )
    return secret
