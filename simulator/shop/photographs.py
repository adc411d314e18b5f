"""Pictures of the demo's articles, drawn: cloth with a weave, light from the upper left, a shadow on nothing.

The same article gives the same picture every time. What lies around it is clear, as in a catalogue's cut-outs, so that
it stands on a light page and on a dark one.
"""

from collections.abc import Sequence
from functools import cache
from io import BytesIO
from typing import Final

from PIL import Image, ImageChops, ImageDraw, ImageFilter

from simulator.shop.outlines import FRAME, Line, lines, outlines
from wire.product import Product

# Pillow draws without smoothing, so it is drawn large and made smaller.
_SCALE: Final = 5.4
_SIZE: Final = (round(FRAME[0] * _SCALE), round(FRAME[1] * _SCALE))
_KEPT: Final = (600, 672)
_LIGHT_SCALE: Final = 3
Colour = tuple[int, int, int]
_HANGING: Final = frozenset(
    {"coat", "jacket", "blazer", "dress", "shirt", "blouse", "t-shirt", "sweater", "cardigan", "hoodie"}
)
# Of a role: colour as (towards, share) of the cloth, width of a line in units of the frame; 0: an area.
_DARK, _LIGHT, _WOOD, _METAL = (18, 13, 10), (255, 252, 246), (58, 42, 34), (203, 170, 104)
_AREAS: Final[dict[str, tuple[Colour, float]]] = {
    "shade": (_DARK, 0.2), "light": (_LIGHT, 0.16), "panel": (_DARK, 0.1), "rib": (_DARK, 0.14), "back": (_DARK, 0.34),
    "lining": (_DARK, 0.5), "gap": (_DARK, 0.35), "shirt": (_LIGHT, 0.96), "fade": (_LIGHT, 0.2), "band": (_DARK, 0.62),
    "button": (_DARK, 0.55), "metal": (_METAL, 1.0), "sole": (_WOOD, 0.95), "rubber": ((244, 239, 230), 0.97),
    "fur": ((216, 196, 160), 0.95),
}  # fmt: skip
_LINES: Final[dict[str, tuple[Colour, float, float]]] = {
    "line": (_DARK, 0.5, 1.2), "fold": (_DARK, 0.26, 3.4), "stitch": (_DARK, 0.36, 0.7), "seam": (_DARK, 0.5, 1.0),
    "zip": ((196, 190, 180), 0.9, 1.8), "hook": (_DARK, 0.4, 7.0), "strap": (_DARK, 0.3, 6.4),
    "fringe": (_DARK, 0.2, 2.6),
}  # fmt: skip
_BROKEN_LINES: Final = frozenset({"stitch"})
_SOFT: Final = {"fold": 7.0, "shade": 12.0, "fade": 12.0, "gap": 2.0}  # pixels of blur
_SEE_THROUGH: Final = frozenset({*_SOFT, "line", "stitch", "panel", "rib", "light"})
_ROUND: Final = frozenset({"fur", "sole", "rubber", "back", "metal", "band", "lining"})
_HANGER: Final[Sequence[tuple[str, float, Colour]]] = (
    ("M74 36C84 30 94 27 100 26C106 27 116 30 126 36", 6.4, (150, 108, 66)),
    ("M75 35C84 29 94 26 100 25C106 26 116 29 125 35", 1.6, (196, 154, 108)),
    ("M100 26L100 20C100 15 107 16 107 10C107 3 94 3 94 11", 2.6, (118, 118, 122)),
    ("M100 26L100 20C100 15 107 16 107 10C107 3 94 3 94 11", 0.9, (220, 220, 224)),
)
_BEHIND: Final = frozenset({"back", "strap", "hook", "fringe"})


def photograph(product: Product) -> bytes:
    """A WebP with clear surroundings, 600 pixels wide."""
    layers = outlines().get(product.garment, outlines()["other"])
    cloth = _rgb(product.colour_hex)
    body = _mask([part for role, parts in layers if role == "body" for part in parts])
    picture = Image.new("RGBA", _SIZE)
    if product.garment in _HANGING:
        _hang(picture)
    for role, parts in layers:
        if role in _BEHIND:
            _lay(picture, role, parts, cloth)
    if body.getbbox():
        picture.paste(_lit(_woven(cloth, product.pattern), body), mask=body)
    for role, parts in layers:
        if role not in _BEHIND and role != "body":
            _lay(picture, role, parts, cloth, within=None if role in {"fur", "metal", "sole", "rubber"} else body)
    whole = _on_shadow(picture).resize(_KEPT, Image.Resampling.LANCZOS)
    to = BytesIO()
    whole.save(to, "WEBP", quality=86, method=2)
    return to.getvalue()


def _woven(cloth: Colour, pattern: str) -> Image.Image:
    """A sheet of it: its colour, and what is woven or printed in."""
    sheet = Image.new("RGB", _SIZE, cloth)
    motif = _motif(pattern)
    if motif is not None:
        is_pale = sum(cloth) > 3 * 165
        other = _towards(cloth, (36, 44, 74) if is_pale else _LIGHT, 0.62)
        if pattern in {"knit", "denim", "herringbone"}:
            other = _towards(cloth, _DARK if is_pale or pattern == "knit" else _LIGHT, 0.3)
        sheet.paste(Image.new("RGB", _SIZE, other), mask=motif)
    return sheet


def _lit(sheet: Image.Image, body: Image.Image) -> Image.Image:
    """As if it were filled: where its edge turns away from the lamp it is darker, where it turns to it, lighter."""
    lit, small = sheet, body.reduce(_LIGHT_SCALE)  # light is soft: a ninth of the pixels shows the same
    for blur, reach, share in ((34, 30, 0.75), (10, 9, 0.6)):
        height = small.filter(ImageFilter.GaussianBlur(blur / _LIGHT_SCALE))
        step = reach // _LIGHT_SCALE
        towards = ImageChops.offset(height, step, step)
        away = ImageChops.offset(height, -step, -step)
        glow = ImageChops.subtract(height, towards).point(lambda value, s=share: round(value * s * 0.4))
        gloom = ImageChops.subtract(height, away).point(lambda value, s=share: round(value * s * 0.82))
        for colour, mask in ((_LIGHT, glow), (_DARK, gloom)):
            lit.paste(colour, (0, 0, *_SIZE), mask.resize(_SIZE, Image.Resampling.BILINEAR))
    return lit


def _lay(
    picture: Image.Image, role: str, parts: Sequence[Line], cloth: Colour, within: Image.Image | None = None
) -> None:
    """One layer, and under a line its light: a seam is a valley."""
    if role in _AREAS:
        towards, share = _AREAS[role]
        mask = _mask(parts)
    else:
        towards, share, width = _LINES[role]
        mask = _strokes(parts, width, is_broken=role in _BROKEN_LINES)
    if role in _SOFT:
        mask = _blurred(mask, _SOFT[role])
    if within is not None:
        mask = ImageChops.multiply(mask, within)
    if role in _SEE_THROUGH:
        if role in {"line", "seam"} and within is not None:
            light = ImageChops.offset(mask, 4, 4).point(lambda value: value // 7)
            _paint(picture, _LIGHT, ImageChops.multiply(light, within))
        _paint(picture, towards, mask.point(lambda value: round(value * share)))
        return
    if role in {"button", "metal"}:
        _drop(picture, mask, 3, 0.4)
    flat = _towards(cloth, towards, share)
    if role in _ROUND:
        picture.paste(_lit(Image.new("RGB", _SIZE, flat), mask), mask=mask)
    else:
        _paint(picture, flat, mask)


def _paint(picture: Image.Image, colour: Colour, mask: Image.Image) -> None:
    """Where the mask has anything: most layers are small."""
    box = mask.getbbox()
    if box is not None:
        picture.paste(colour, box, mask.crop(box))


def _hang(picture: Image.Image) -> None:
    """A wooden hanger: seen in the neck and above it."""
    for path, width, colour in _HANGER:
        _paint(picture, colour, _strokes(tuple(lines(path)), width))


def _on_shadow(picture: Image.Image) -> Image.Image:
    ground = Image.new("RGBA", _SIZE)
    _drop(ground, picture.getchannel("A"), 12, 0.34)
    ground.alpha_composite(picture)
    return ground


def _drop(picture: Image.Image, mask: Image.Image, reach: int, share: float) -> None:
    fallen = _blurred(ImageChops.offset(mask, reach // 2, reach), reach)
    box = fallen.getbbox()
    if box is not None:
        part = fallen.crop(box)
        shadow = Image.new("RGBA", part.size, (*_DARK, 0))
        shadow.putalpha(part.point(lambda value: round(value * share)))
        picture.alpha_composite(shadow, box[:2])


def _blurred(mask: Image.Image, radius: float) -> Image.Image:
    """Only where there is something: a button's shadow would cost as much as a coat's."""
    box = mask.getbbox()
    if box is None:
        return mask
    grown = round(3 * radius) + 1
    left, top, right, bottom = (max(0, box[0] - grown), max(0, box[1] - grown), box[2] + grown, box[3] + grown)
    there = (left, top, min(_SIZE[0], right), min(_SIZE[1], bottom))
    whole = Image.new("L", _SIZE)
    whole.paste(mask.crop(there).filter(ImageFilter.GaussianBlur(radius)), there[:2])
    return whole


@cache
def _motif(pattern: str) -> Image.Image | None:
    """Where the second thread lies: one repeat, tiled."""
    tile = _TILES.get(pattern)
    if tile is None:
        return None
    (width, height), strokes = tile
    one = Image.new("L", (width, height))
    draw = ImageDraw.Draw(one)
    for box, strength in strokes:
        if len(box) == 4:  # noqa: PLR2004 - a rectangle; more points are a line
            draw.rectangle(box, fill=strength)
        elif len(box) == 3:  # noqa: PLR2004 - a dot: its middle and radius
            draw.circle(box[:2], box[2], fill=strength)
        else:
            draw.line(box, fill=strength, width=4)
    sheet = Image.new("L", _SIZE)
    for x in range(0, _SIZE[0], width):
        for y in range(0, _SIZE[1], height):
            sheet.paste(one, (x, y))
    return sheet


_TILES: Final[dict[str, tuple[tuple[int, int], Sequence[tuple[Sequence[int], int]]]]] = {
    "stripe": ((72, 72), [((0, 0, 72, 26), 235)]),
    "pinstripe": ((46, 46), [((0, 0, 3, 46), 190)]),
    "check": ((126, 126), [
        ((0, 0, 46, 126), 95), ((0, 0, 126, 46), 95), ((84, 0, 89, 126), 200), ((0, 84, 126, 89), 200),
    ]),
    "dots": ((84, 84), [((21, 21, 11), 240), ((63, 63, 11), 240)]),
    "herringbone": ((54, 36), [((0, 36, 27, 9, 54, 36), 150), ((0, 18, 27, -9, 54, 18), 150)]),
    "denim": ((15, 15), [((-3, 18, 18, -3, 21, -6), 110)]),
    "knit": ((38, 34), [((0, 3, 19, 25, 38, 3), 150)]),
    "floral": ((158, 158), [
        ((42, 32, 15), 225), ((27, 53, 15), 225), ((57, 53, 15), 225), ((120, 110, 15), 225), ((105, 131, 15), 225),
        ((135, 131, 15), 225), ((42, 46, 7), 60), ((120, 124, 7), 60),
    ]),
}  # fmt: skip


def _mask(parts: Sequence[Line]) -> Image.Image:
    mask = Image.new("L", _SIZE)
    draw = ImageDraw.Draw(mask)
    for part in parts:
        if len(part) > 2:  # noqa: PLR2004 - an area has three corners
            draw.polygon(_pixels(part), fill=255)
    return mask


def _strokes(parts: Sequence[Line], width: float, *, is_broken: bool = False) -> Image.Image:
    mask = Image.new("L", _SIZE)
    draw = ImageDraw.Draw(mask)
    for part in parts:
        points = _pixels(part)
        pieces = [points[at : at + 2] for at in range(0, len(points) - 1, 2)] if is_broken else [points]
        for piece in pieces:
            draw.line(piece, fill=255, width=max(2, round(width * _SCALE)), joint="curve")
    return mask


def _pixels(part: Line) -> list[tuple[float, float]]:
    return [(x * _SCALE, y * _SCALE) for x, y in part]


def _towards(colour: Colour, other: Colour, share: float) -> Colour:
    red, green, blue = (round(one + (two - one) * share) for one, two in zip(colour, other, strict=True))
    return red, green, blue


def _rgb(text: str) -> Colour:
    red, green, blue = bytes.fromhex(text.removeprefix("#"))
    return red, green, blue
