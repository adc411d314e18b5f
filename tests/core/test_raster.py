"""What becomes of a file that somebody brought in as a picture, whatever it is."""

from contextlib import suppress
from io import BytesIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from tests.core.pictures import bomb, photograph
from wire.picture import MASTER_PX, SIZES, is_picture_name, picture_name
from wire.raster import Unusable, master, scaled


def opened(octets: bytes) -> Image.Image:
    return Image.open(BytesIO(octets))


def test_the_copy_is_webp_and_no_larger_than_the_largest_size_needs() -> None:
    copy = opened(master(photograph(3000, 2000)))
    assert (copy.format, copy.size) == ("WEBP", (MASTER_PX, 800))


def test_a_small_picture_is_not_made_larger() -> None:
    assert opened(master(photograph(90, 120))).size == (90, 120)
    assert {opened(one).size for one in scaled(master(photograph(90, 120))).values()} == {(90, 120)}


def test_the_sizes_have_the_longest_sides_that_pages_ask_for() -> None:
    sizes = scaled(master(photograph(1200, 1600)))
    assert {size: max(opened(octets).size) for size, octets in sizes.items()} == {size: size for size in SIZES}


def test_what_a_camera_wrote_beside_the_pixels_stays_behind() -> None:
    exif = Image.Exif()
    exif[0x010F] = "Camera of Zyxwvut"
    exif.get_ifd(0x8825)[1] = "N"
    octets = photograph(400, 300, exif=exif.tobytes(), comment=b"Zyxwvut", icc_profile=b"Zyxwvut")
    assert b"Zyxwvut" in octets
    copy = master(octets)
    for kept in (copy, *scaled(copy).values()):
        assert not {b"EXIF", b"XMP ", b"ICCP"} & {kept[at : at + 4] for at in range(12, 60)}
        assert b"Zyxwvut" not in kept


def test_a_picture_that_was_held_on_its_side_stands_up() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert opened(master(photograph(400, 300, exif=exif.tobytes()))).size == (300, 400)


def test_what_is_clear_stays_clear() -> None:
    to = BytesIO()
    Image.new("RGBA", (50, 50), (200, 0, 0, 0)).save(to, "PNG")
    assert opened(master(to.getvalue())).convert("RGBA").getpixel((5, 5))[3] == 0  # type: ignore[index]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "CMYK", "I;16"])
def test_every_kind_of_pixel_is_read(mode: str) -> None:
    to = BytesIO()
    Image.new(mode, (40, 30)).save(to, "JPEG" if mode == "CMYK" else "PNG")
    assert opened(master(to.getvalue())).size == (40, 30)


@pytest.mark.parametrize(
    ("octets", "flaw"),
    [
        (b"", "strange"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "strange"),
        (b"GIF89a" + bytes(40), "strange"),
        (b"\xff\xd8" + bytes(8 * 1024 * 1024), "long"),
        (bomb(50_000, 50_000), "large"),
        (bomb(6_000, 5_000), "large"),
        (bomb(10_000, 10_000), "large"),  # where Pillow itself only warns
        (photograph(300, 300)[:900], "broken"),
    ],
)
def test_what_is_no_picture_for_us_says_why(octets: bytes, flaw: str) -> None:
    with pytest.raises(Unusable) as refused:
        master(octets)
    assert refused.value.flaw == flaw


def test_a_store_takes_only_what_head_office_would_send() -> None:
    for octets in (photograph(100, 100), photograph(1300, 1300, "WEBP"), bytes(1_000_001)):
        with pytest.raises(Unusable):
            scaled(octets)


@settings(max_examples=300, deadline=None)
@given(
    at=st.integers(0, 3_000),
    octet=st.integers(0, 255),
    cut=st.integers(1, 4_000),
    kind=st.sampled_from(["JPEG", "PNG", "WEBP"]),
)
def test_damage_of_any_kind_is_refused_or_read(at: int, octet: int, cut: int, kind: str) -> None:
    octets = bytearray(photograph(60, 40, kind))
    octets[at % len(octets)] = octet
    with suppress(Unusable):
        assert opened(master(bytes(octets[:cut]))).format == "WEBP"


def test_a_name_is_the_digest_of_what_it_names() -> None:
    assert picture_name(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert is_picture_name(picture_name(b"x"))
    assert not any(map(is_picture_name, ("", "../../etc/passwd", "A" * 64, "a" * 64 + "\n")))
