"""The shapes that the pages draw articles from, for whoever draws them here: `outlines.json`.

`display/shared/garment_shapes.js` makes them; a test lets it make them again and compares. A layer is a role and its
lines; all lie in a frame of 200 x 224, as there.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from math import cos, pi, sin
from typing import Final

from simulator.shop import shelf

FRAME: Final = (200, 224)
Point = tuple[float, float]
Line = tuple[Point, ...]
# Of a curve: at 1,500 pixels a side none is seen to have corners.
_STEPS: Final = 16
_TOKEN: Final = re.compile(r"([MLCZa])|(-?\d*\.?\d+)")


@cache
def outlines() -> Mapping[str, Sequence[tuple[str, tuple[Line, ...]]]]:
    """Kind of article -> its layers from back to front."""
    found: dict[str, list[list[str]]] = json.loads(shelf("outlines.json").read_text("utf-8"))
    return {kind: [(role, tuple(lines(path))) for role, path in layers] for kind, layers in found.items()}


def lines(path: str) -> Iterator[Line]:
    """The parts of an SVG path of M, L, C, Z and circles, as points."""
    here: list[Point] = []
    for command, numbers in _commands(path):
        if command == "M":
            if len(here) > 1:
                yield tuple(here)
            here = [(numbers[0], numbers[1])]
        elif command == "L":
            here += _pairs(numbers)
        elif command == "C":
            for at in range(0, len(numbers), 6):
                here += _curve(here[-1], *_pairs(numbers[at : at + 6]))
        elif command == "a" and numbers[5] > 0:  # the first half of a circle says it all
            here = list(_circle(here[0], numbers[0]))
        elif command == "Z":
            here.append(here[0])
    if len(here) > 1:
        yield tuple(here)


def _commands(path: str) -> Iterator[tuple[str, list[float]]]:
    command, numbers = "", list[float]()
    for letter, number in _TOKEN.findall(path):
        if letter:
            if command:
                yield command, numbers
            command, numbers = letter, []
        else:
            numbers.append(float(number))
    yield command, numbers


def _pairs(numbers: Sequence[float]) -> list[Point]:
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def _curve(start: Point, first: Point, second: Point, end: Point) -> Iterator[Point]:
    for step in range(1, _STEPS + 1):
        t = step / _STEPS
        a, b, c, d = (1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3
        yield (
            a * start[0] + b * first[0] + c * second[0] + d * end[0],
            a * start[1] + b * first[1] + c * second[1] + d * end[1],
        )


def _circle(left: Point, radius: float) -> Iterator[Point]:
    for step in range(2 * _STEPS + 1):
        angle = pi + step * pi / _STEPS
        yield left[0] + radius + radius * cos(angle), left[1] + radius * sin(angle)
