"""A PostgreSQL of the tests' own, unless one is named."""

import os
from collections.abc import Iterator

import pytest

from tests.conftest import ensure
from tests.postgres import running_postgres


@pytest.fixture(scope="package")
def postgres_url() -> Iterator[str]:
    """An SQLAlchemy URL; one that REGULARS_POSTGRES_URL names is taken instead."""
    if named := os.environ.get("REGULARS_POSTGRES_URL"):
        yield named
        return
    with running_postgres(ensure("postgresql").parent) as url:
        yield url
