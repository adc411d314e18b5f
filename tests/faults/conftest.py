"""One spawner for all fault tests, and the figures that `make faults` puts on its last line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.spawner import Spawner
from tests.faults.world import World

LONG = bool(os.environ.get("LONG"))


@pytest.fixture(scope="session")
def spawner() -> Iterator[Spawner]:
    with Spawner() as one:
        yield one


@pytest.fixture
def world(spawner: Spawner, tmp_path: Path) -> Iterator[World]:
    made = World(spawner, tmp_path, seed=int(os.environ.get("SEED", "4711")))
    try:
        yield made
    finally:
        made.close()


@pytest.fixture
def note(record_property: Callable[[str, object], None]) -> Callable[..., None]:
    """Figures by name; those of one name are added up over all tests."""

    def write(**figures: int) -> None:
        for name, value in figures.items():
            record_property(name, value)

    return write
