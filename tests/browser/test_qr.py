"""Our QR codes are those of another encoder, cell by cell."""

import pytest
import segno

from tests.browser.conftest import Open

pytestmark = pytest.mark.needs("chromium")

# Texts that fill versions 1 to 6 to the last byte: how the rest would be padded is where the other encoder goes its own
# way (it adds a zero byte after an aligned terminator), and readers ignore padding.
TEXTS = tuple(
    ("https://hede.example/phone?store=de-0042&lang=de&from=" + "ü" * 40).encode()[:length].decode()
    for length in (14, 26, 42, 62, 84, 106)
)


def test_every_size_equals_the_other_encoders_symbol(open_page: Open) -> None:
    page = open_page("/leave")
    for text in TEXTS:
        ours = page.evaluate("async (text) => (await import('/display/shared/qr.js')).encode(text)", text)
        theirs = segno.make_qr(
            text.encode(), error="m", mode="byte", version=ours["version"], mask=ours["mask"], boost_error=False
        )
        assert [[bool(cell) for cell in row] for row in theirs.matrix] == ours["rows"], text


def test_a_text_that_is_too_long_draws_nothing(open_page: Open) -> None:
    page = open_page("/leave")
    assert page.evaluate("async () => (await import('/display/shared/qr.js')).encode('z'.repeat(107))") is None
