"""Head office's database on both: SQLite, and a PostgreSQL of the tests' own, unless one is named."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hq.adapters.store_sql import SqlStore
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


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[SqlStore]:
    """With its tables; on PostgreSQL also with what the test before left."""
    is_postgres = request.param == "postgresql"
    store = SqlStore(request.getfixturevalue("postgres_url") if is_postgres else f"sqlite:///{tmp_path / 'hq.sqlite'}")
    try:
        store.migrate()
        yield store
    finally:
        store.close()
