"""Pages as bytes: what is handed out, what is refused, and the policy that goes with it."""

import base64
import gzip
import hashlib
import json
import re

import pytest

import display


@pytest.mark.parametrize("name", display.PAGES)
def test_a_page_holds_one_inline_script_and_the_policy_names_its_hash(name: str) -> None:
    page = display.page(name, "en")
    inline = re.findall(r"<script(?![^>]*src=)[^>]*>(.*?)</script>", page.html, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(inline[0].encode()).digest()).decode()
    assert len(inline) == 1
    assert page.import_map_hash == f"'sha256-{digest}'"
    # WebAssembly for the camera on the staff page; text becomes a script on none.
    compiles = " 'wasm-unsafe-eval'" if name == "staff" else ""
    assert f"script-src 'self' {page.import_map_hash}{compiles};" in display.content_security_policy(page)


@pytest.mark.parametrize("name", display.PAGES)
def test_every_address_in_a_page_can_be_fetched(name: str) -> None:
    page = display.page(name)
    addresses = set(re.findall(r"/display/([^\"?]+)\?v=([0-9a-f]+)", page.html))
    assert len(addresses) > 10
    for path, version in addresses:
        assert display.stored_asset(path).digest == version


@pytest.mark.parametrize("name", display.PAGES)
def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere(name: str) -> None:
    policy = display.content_security_policy(display.page(name))
    assert "default-src 'none'" in policy
    assert not {"'unsafe-inline'", "'unsafe-eval'", "'unsafe-hashes'"} & set(re.split(r"[ ;]+", policy))
    assert "http" not in policy
    assert "frame-ancestors 'none'" in policy


def test_the_policy_adds_only_what_the_server_asked_for() -> None:
    policy = display.content_security_policy(
        display.page("demo"),
        connect=("wss://store.example",),
        frame_ancestors=("'self'",),
        frames=("https://store.example",),
    )
    assert "connect-src 'self' wss://store.example;" in policy
    assert "frame-src https://store.example;" in policy
    assert "frame-ancestors 'self';" in policy


@pytest.mark.parametrize(
    "path",
    [
        "../wire/views.py",
        "shared/../../wire/views.py",
        "/etc/passwd",
        "shared//tokens.css",
        "__init__.py",
        "vendor/VENDORED.json",
        "shared/tokens.css/",
        "",
        "shared",
        "shared/%2e%2e/tokens.css",
        "shared\\tokens.css",
        "shared/none.js",
    ],
)
def test_a_path_that_is_no_asset_is_refused(path: str) -> None:
    with pytest.raises(display.UnknownAsset):
        display.asset(path)


def test_an_unknown_page_is_refused() -> None:
    with pytest.raises(display.UnknownAsset):
        display.page("admin")


def test_only_the_present_version_may_be_kept_for_ever() -> None:
    digest = display.stored_asset("shared/tokens.css").digest
    assert "immutable" in display.cache_control("shared/tokens.css", digest)
    assert display.cache_control("shared/tokens.css", "old") == "no-cache"
    assert display.cache_control("shared/tokens.css", None) == "no-cache"


def test_the_language_is_the_servers_choice_or_left_to_the_browser() -> None:
    assert '<html lang="en" data-lang="en"' in display.page("staff", "en").html
    assert 'data-lang="auto"' in display.page("staff").html
    assert 'data-lang="auto"' in display.page("staff", "fr").html


def test_no_page_reaches_beyond_its_own_server() -> None:
    for name in display.PAGES:
        imports: dict[str, str] = json.loads(re.findall(r'importmap">(.*?)</script>', display.page(name).html)[0])[
            "imports"
        ]
        assert all(address.startswith("/display/") for address in imports.values())


@pytest.mark.parametrize("name", sorted(set(display.PAGES) - {"demo"}))
def test_the_first_load_of_a_page_stays_small(name: str) -> None:
    page = display.page(name)
    paths = set(re.findall(r'(?:href|src)="/display/([^"?]+)', page.html)) | {"shared/messages.de.json"}
    size = len(gzip.compress(page.html.encode())) + sum(len(gzip.compress(display.asset(path)[0])) for path in paths)
    assert size <= 120_000
