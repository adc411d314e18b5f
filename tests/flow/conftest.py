"""A head office for all tests of a file; a file that needs it prepared has a `hub` of its own."""

from collections.abc import Iterator

import pytest

from tests.flow.hub import Hub, running_hub


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    with running_hub(tmp_path_factory.mktemp("hub") / "state") as hub:
        yield hub
