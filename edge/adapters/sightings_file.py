"""Recorded sightings and calibration walks: JSON lines.

    {"t": 1760000000.25, "scanner": "s1", "device": "d1", "rssi_dbm": -71}        a sighting; sorted by t, UTC seconds
    {"scanner": "s1", "rssi_dbm": -71, "zone": "coats", "x": 3.5, "y": 2, "count": 9}     a reading of a walk, any order

More fields than these are passed over, so a recorded walk can be replayed too.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from edge.core.calibration import Reading
from edge.core.presence import LOUDEST_DBM
from edge.core.replay import Heard
from edge.errors import UsageError
from edge.settings import Settings

# What Bluetooth's one byte can say; levels that nobody can have measured are passed over, here as in the store.
Dbm = Annotated[float, Field(ge=-128, le=127, allow_inf_nan=False)]
Metres = Annotated[float, Field(allow_inf_nan=False)]
# Receivers hand on at slightly different speeds, so recordings of several are seldom in perfect order (a recorded walk
# is not). A late line is heard when it comes, as in the store.
_LATE_S: Final = 1.0
_REMEDY: Final = "correct or remove that line."


class _Line(BaseModel):
    model_config = ConfigDict(frozen=True)

    scanner: str
    rssi_dbm: Dbm


class _Sighting(_Line):
    # Beyond 2200 it is milliseconds.
    t: Annotated[float, Field(ge=0, le=7_258_118_400, allow_inf_nan=False)]
    device: Annotated[str, Field(min_length=1)]


class _Reading(_Line):
    zone: str
    x: Metres | None = None
    y: Metres | None = None
    count: Annotated[float, Field(gt=0, allow_inf_nan=False)] = 1.0


Line = TypeVar("Line", bound=_Line)


class LineMistake(UsageError):
    """One sentence that names the file, the line and the remedy."""

    def __init__(self, path: Path, line: int, reason: str, remedy: str = _REMEDY) -> None:
        self.line = line
        super().__init__(f"{path}, line {line}: {reason}: {remedy}")


def read_sightings(path: Path, settings: Settings) -> Iterator[Heard]:
    """Raises LineMistake at the first broken line and UsageError when the file cannot be read."""
    last_at = 0.0
    for number, line in _lines(path, settings, _Sighting):
        if line.t < last_at - _LATE_S:
            raise LineMistake(path, number, "t is earlier than in the line before", "sort the file by t.")
        last_at = max(last_at, line.t)
        yield Heard(line.device, line.scanner, round(line.rssi_dbm), line.t)


def read_walk(path: Path, settings: Settings) -> list[Reading]:
    """Raises as `read_sightings` does, and for a file without any reading."""
    zones = {zone.id for zone in settings.zone}
    readings = []
    for number, line in _lines(path, settings, _Reading):
        if line.zone not in zones:
            raise LineMistake(path, number, f'zone "{line.zone}" is not in the settings', _one_of(zones))
        if (line.x is None) != (line.y is None):
            raise LineMistake(path, number, "x and y belong together", "give both or neither.")
        if line.rssi_dbm > LOUDEST_DBM:
            continue
        point = () if line.x is None or line.y is None else (line.x, line.y)
        readings.append(Reading(line.zone, line.scanner, line.rssi_dbm, line.count, point))
    if not readings:
        raise UsageError(f"{path} holds no reading: walk through every zone with a phone and record it.")
    return readings


def _lines(path: Path, settings: Settings, kind: type[Line]) -> Iterator[tuple[int, Line]]:
    scanners = {scanner.id for scanner in settings.scanner}
    try:
        with path.open(encoding="utf-8") as file:
            for number, text in enumerate(file, 1):
                if not text.strip():
                    continue
                line = _parsed(path, number, text, kind)
                if line.scanner not in scanners:
                    reason = f'scanner "{line.scanner}" is not in the settings'
                    raise LineMistake(path, number, reason, _one_of(scanners))
                yield number, line
    except OSError as error:
        raise UsageError(f"{path} cannot be read ({error.strerror}): name a recording that exists.") from None
    except UnicodeDecodeError:
        raise UsageError(f"{path} is not text in UTF-8: name a recording of JSON lines.") from None


def _parsed(path: Path, number: int, text: str, kind: type[Line]) -> Line:
    try:
        return kind.model_validate_json(text)
    except ValidationError as error:
        raise LineMistake(path, number, _reason(error.errors()[0])) from None


def _reason(details: ErrorDetails) -> str:
    place = ".".join(str(part) for part in details["loc"])
    match details["type"]:
        case "json_invalid":
            return "it is not JSON"
        case "model_type":
            return "it is not a JSON object"
        case "missing":
            return f'"{place}" is missing'
    return f'"{place}" is wrong ({details["msg"]})'


def _one_of(ids: set[str]) -> str:
    return f"use one of {', '.join(sorted(ids))}, or add it to the settings." if ids else "add it to the settings."
