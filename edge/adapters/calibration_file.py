"""A store's calibration as a file: JSON, one spot a line, so that two of them can be compared by eye."""

import json
from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from edge.core.calibration import Calibration, Level, Spot
from edge.core.whereabouts import RadioMap
from edge.errors import UsageError
from edge.settings import Settings

FORMAT: Final = 1

Finite = Annotated[float, Field(allow_inf_nan=False)]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Spot(_Table):
    zone: str
    point: tuple[Finite, Finite] | None
    # scanner id -> mean dBm, deviation in dB, readings per reading of the best scanner there
    levels: dict[str, tuple[Finite, Annotated[Finite, Field(ge=0)], Annotated[Finite, Field(ge=0, le=1)]]]


class _File(_Table):
    format: Literal[1]
    spots: Annotated[list[_Spot], Field(min_length=1)]


class CalibrationMistake(UsageError):
    def __init__(self, path: Path, reason: str) -> None:
        self.path = path
        super().__init__(f"{path} {reason}: make it anew with `regulars edge calibrate`.")


def write_calibration(path: Path, calibration: Calibration) -> None:
    """Raises UsageError where the file cannot be written."""
    spots = ",\n ".join(json.dumps(_written(spot)) for spot in calibration.spots)
    try:
        path.write_text(f'{{"format": {FORMAT}, "spots": [\n {spots}\n]}}\n', encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{path} cannot be written ({error.strerror}): name a writable file with --out.") from None


def read_calibration(path: Path, settings: Settings) -> Calibration:
    """Raises CalibrationMistake for a file of another shape or of another floor plan."""
    try:
        file = _File.model_validate_json(path.read_bytes())
    except OSError as error:
        raise CalibrationMistake(path, f"cannot be read ({error.strerror})") from None
    except ValidationError:
        raise CalibrationMistake(path, "is not a calibration") from None
    spots = tuple(
        Spot(spot.zone, spot.point, {scanner: Level(*level) for scanner, level in spot.levels.items()})
        for spot in file.spots
    )
    if any(spot.levels.keys() != spots[0].levels.keys() for spot in spots):
        raise CalibrationMistake(path, "has not the same scanners at every spot")
    strange = sorted({spot.zone for spot in spots} - {zone.id for zone in settings.zone})
    if strange:
        raise CalibrationMistake(path, f'was made for another floor plan (zone "{strange[0]}" is not in the settings)')
    if not spots[0].levels.keys() & {scanner.id for scanner in settings.scanner}:
        raise CalibrationMistake(path, "knows none of the scanners in the settings")
    return Calibration(spots)


def radio_map(settings: Settings, instead: Path | None = None) -> RadioMap | None:
    """What `instead`, or else [presence] calibration, names, ready for use; None where neither names anything."""
    path = instead or (Path(settings.presence.calibration) if settings.presence.calibration else None)
    return RadioMap(read_calibration(path, settings)) if path else None


def _written(spot: Spot) -> dict[str, object]:
    levels = {scanner: [level.rssi_dbm, level.spread_db, level.share] for scanner, level in sorted(spot.levels.items())}
    return {"zone": spot.zone, "point": spot.point, "levels": levels}
