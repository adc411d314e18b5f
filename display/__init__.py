"""The pages a shop's browsers run, read from inside the package; both web servers hand them out under `/display/`.

Two rules about what may live here. Nothing is built, rewritten or fetched: what is in the tree is what the browser
gets. And nothing personal: pages are the same for everybody, so they may be cached; what differs comes over the socket.
"""

import hashlib
import json
import re
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Final

LANGUAGES: Final = ("de", "en")
PAGES: Final = ("demo", "gallery", "hq", "join", "leave", "phone", "screen", "staff")

# Bare names that modules import; everything else in the import map only adds a digest to an address.
_LIBRARIES: Final = {
    "@lit/reactive-element": "vendor/reactive-element/reactive-element.js",
    "lit": "vendor/lit/index.js",
    "lit-element/lit-element.js": "vendor/lit-element/lit-element.js",
    "lit-html": "vendor/lit-html/lit-html.js",
    "lit-html/directives/keyed.js": "vendor/lit-html/directives/keyed.js",
    "lit-html/directives/live.js": "vendor/lit-html/directives/live.js",
    "lit-html/directives/repeat.js": "vendor/lit-html/directives/repeat.js",
    "lit-html/is-server.js": "vendor/lit-html/is-server.js",
    "socket.io-client": "vendor/socket.io-client/socket.io.esm.min.js",
}
_CONTENT_TYPES: Final = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "json": "application/json",
    "png": "image/png",
    "svg": "image/svg+xml",
    "wasm": "application/wasm",
    "webmanifest": "application/manifest+json",
}
# The one script that a browser may run for more than its own folder, and for what.
_WORKERS: Final = {"staff/worker.js": "/staff"}
# WebAssembly of our own address, where a camera reads codes (`shared/codes.js`); text never becomes a script by this.
_COMPILING: Final = {"staff": ("'wasm-unsafe-eval'",)}
_SAFE_PATH: Final = re.compile(r"[a-z0-9_.-]+(/[a-z0-9_.-]+)*")
_IMPORT: Final = re.compile(r"""(?:\bfrom\s*|\bimport\s*)["']([^"']+)["']""")


class UnknownAsset(LookupError):
    """No page or file of that name; answer 404."""


@dataclass(frozen=True, slots=True)
class Page:
    """`html` as sent; `import_map_hash` is the CSP source of its one inline script, `'sha256-…'` with its quotes."""

    name: str
    html: str
    import_map_hash: str

    @property
    def digest(self) -> str:
        """Changes with any byte of the page; fit for an ETag."""
        return _digest(self.html.encode())


@dataclass(frozen=True, slots=True)
class Asset:
    """`digest` is fit for an ETag; an address that carries it as `?v=` may be cached for ever."""

    body: bytes
    content_type: str
    digest: str


def page(name: str, lang: str | None = None) -> Page:
    """The page for a server to send; without `lang` the browser's own language decides. Raises UnknownAsset."""
    if name not in PAGES:
        raise UnknownAsset(name)
    return _page(name, lang if lang in LANGUAGES else None)


def asset(path: str) -> tuple[bytes, str]:
    """Body and content type of `/display/<path>`. Raises UnknownAsset, also for paths that try to climb out."""
    found = stored_asset(path)
    return found.body, found.content_type


@cache
def stored_asset(path: str) -> Asset:
    """As `asset`, with the digest that `cache_control` asks for."""
    suffix = path.rpartition(".")[2]
    if suffix not in _CONTENT_TYPES or not _SAFE_PATH.fullmatch(path) or ".." in path:
        raise UnknownAsset(path)
    file = files(__name__).joinpath(*path.split("/"))
    if not file.is_file():
        raise UnknownAsset(path)
    body = file.read_bytes()
    return Asset(body, _CONTENT_TYPES[suffix], _digest(body))


def cache_control(path: str, version: str | None) -> str:
    """Header for `/display/<path>?v=<version>`: for ever when the version is the present one, else ask each time."""
    if version == stored_asset(path).digest:
        return "public, max-age=31536000, immutable"
    return "no-cache"


def worker_scope(path: str) -> str | None:
    """Value of the header `Service-Worker-Allowed` for `/display/<path>`; None for what is no worker."""
    return _WORKERS.get(path)


def asset_policy(path: str) -> str:
    """Value of Content-Security-Policy for `/display/<path>`; what a worker may ask follows from its own file's."""
    asks = "connect-src 'self'; " if path in _WORKERS else ""
    return f"default-src 'none'; {asks}frame-ancestors 'none'"


def content_security_policy(
    shown: Page,
    *,
    connect: Sequence[str] = (),
    frame_ancestors: Sequence[str] = ("'none'",),
    frames: Sequence[str] = (),
) -> str:
    """Header value. `connect` adds origins for sockets and fetches, `frames` the origins that the demo page embeds."""
    policy: Mapping[str, Sequence[str]] = {
        "default-src": ("'none'",),
        "script-src": ("'self'", shown.import_map_hash, *_COMPILING.get(shown.name, ())),
        "style-src": ("'self'",),
        "img-src": ("'self'", "data:"),
        "connect-src": ("'self'", *connect),
        "manifest-src": ("'self'",),
        "worker-src": ("'self'",),
        "frame-src": tuple(frames) or ("'none'",),
        "frame-ancestors": frame_ancestors,
        "base-uri": ("'none'",),
        "form-action": ("'none'",),
        # lit registers one policy, the staff page another for its worker's address; any other way from a string to
        # markup or script is refused by the browser itself.
        "require-trusted-types-for": ("'script'",),
        "trusted-types": ("lit-html", "regulars-worker"),
    }
    return "; ".join(f"{directive} {' '.join(sources)}" for directive, sources in policy.items())


@cache
def messages(lang: str) -> Mapping[str, str]:
    """The one catalogue, as the pages read it; server texts take theirs from here too. Raises UnknownAsset."""
    catalogue: dict[str, str] = json.loads(stored_asset(f"shared/messages.{lang}.json").body)
    return catalogue


@cache
def _page(name: str, lang: str | None) -> Page:
    import_map = _import_map()
    title = messages(lang or LANGUAGES[0])[f"{name}.title"]
    preloads = "\n".join(
        f'<link rel="modulepreload" href="{_url(path)}">' for path in sorted(_graph(f"{name}/page.js"))
    )
    html = f"""<!doctype html>
<html lang="{lang or LANGUAGES[0]}" data-lang="{lang or "auto"}" data-page="{name}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1, viewport-fit=cover">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<link rel="icon" href="{_url("shared/icon.svg")}" type="image/svg+xml">
{_manifest(name, lang)}<link rel="stylesheet" href="{_url("shared/tokens.css")}">
<script type="importmap">{import_map}</script>
{preloads}
<script type="module" src="{_url(f"{name}/page.js")}"></script>
</head>
<body>
<regulars-{name}></regulars-{name}>
<noscript>JavaScript.</noscript>
</body>
</html>
"""
    sha256 = b64encode(hashlib.sha256(import_map.encode()).digest()).decode()
    return Page(name, html, f"'sha256-{sha256}'")


def _manifest(name: str, lang: str | None) -> str:
    path = f"{name}/manifest.{lang or LANGUAGES[0]}.webmanifest"
    if path not in _paths():
        return ""
    return f'<meta name="theme-color" content="#1e5649">\n<link rel="manifest" href="{_url(path)}">\n'


@cache
def _import_map() -> str:
    imports = {name: _url(path) for name, path in _LIBRARIES.items()}
    imports |= {f"/display/{path}": _url(path) for path in _paths() if path.endswith((".js", ".json"))}
    return json.dumps({"imports": imports}, sort_keys=True, separators=(",", ":"))


@cache
def _graph(path: str) -> frozenset[str]:
    """Every module that `path` imports, itself left out: preloading them saves one round trip per level."""
    seen: set[str] = set()
    waiting = [path]
    while waiting:
        importer = waiting.pop()
        for target in _imported(importer):
            if target not in seen:
                seen.add(target)
                waiting.append(target)
    return frozenset(seen - {path})


def _imported(path: str) -> Iterator[str]:
    for name in _IMPORT.findall(stored_asset(path).body.decode()):
        if name in _LIBRARIES:
            yield _LIBRARIES[name]
        elif name.startswith("/display/"):
            yield name.removeprefix("/display/")
        elif name.startswith("."):
            yield _joined(path, name)


def _joined(importer: str, relative: str) -> str:
    folders = importer.split("/")[:-1]
    for part in relative.split("/"):
        if part == "..":
            folders.pop()
        elif part != ".":
            folders.append(part)
    return "/".join(folders)


@cache
def _paths() -> tuple[str, ...]:
    return tuple(sorted(_walk(files(__name__), "")))


def _walk(folder: Traversable, prefix: str) -> Iterator[str]:
    for entry in folder.iterdir():
        path = f"{prefix}{entry.name}"
        if entry.is_dir():
            yield from _walk(entry, f"{path}/")
        elif _SAFE_PATH.fullmatch(entry.name) and entry.name.rpartition(".")[2] in _CONTENT_TYPES:
            yield path


def _url(path: str) -> str:
    return f"/display/{path}?v={stored_asset(path).digest}"


def _digest(body: bytes) -> str:
    # 96 bits: far beyond chance for a few hundred files, and short enough to read in a log.
    return hashlib.sha256(body).hexdigest()[:24]
