"""One spawner for all fault tests, and the figures that `make faults` puts on its last line."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.faults.spawner import Spawner
from tests.faults.world import World

LONG = bool(os.environ.get("LONG"))
_HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """websocket-client forgets its socket when the store dies in the middle of the handshake."""
    for item in items:
        if item.path.is_relative_to(_HERE):
            item.add_marker(pytest.mark.filterwarnings("ignore:.*unclosed.*socket:ResourceWarning"))
            item.add_marker(
                pytest.mark.filterwarnings("ignore:.*socket.socket.*:pytest.PytestUnraisableExceptionWarning")
            )


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
