"""A PostgreSQL of the tests' own: made in a new folder, heard on a socket in it alone, and gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.conftest import ensure

START_S: Final = 20.0
OWNER: Final = "postgres"  # PostgreSQL refuses to run as root; Debian's package brings this user


@pytest.fixture(scope="package")
def postgres_url() -> Iterator[str]:
    """An SQLAlchemy URL; one that REGULARS_POSTGRES_URL names is taken instead."""
    if named := os.environ.get("REGULARS_POSTGRES_URL"):
        yield named
        return
    programs = ensure("postgresql").parent
    folder = Path(tempfile.mkdtemp(prefix="regulars-pg-"))
    owner = OWNER if os.geteuid() == 0 else None
    if owner:
        shutil.chown(folder, owner)
    cluster = folder / "cluster"
    initdb: list[str | Path] = [programs / "initdb", "--pgdata", cluster, "--auth=trust", "--username=hq", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, user=owner, timeout=START_S, cwd=folder)
    # Nothing here outlives the run, so nothing has to survive a power cut.
    options: list[str | Path] = ["-k", folder, "-c", "listen_addresses=", "-c", "fsync=off"]
    with subprocess.Popen(
        [programs / "postgres", "-D", cluster, *options], user=owner, cwd=folder, stderr=subprocess.DEVNULL
    ) as server:
        try:
            _await(programs / "pg_isready", folder)
            yield f"postgresql+psycopg://hq@/postgres?host={folder}"
        finally:
            server.send_signal(signal.SIGINT)  # fast shutdown: sessions are cut, nothing is left
            server.wait(START_S)
            shutil.rmtree(folder)


def _await(pg_isready: Path, folder: Path) -> None:
    end = time.monotonic() + START_S
    while subprocess.run([pg_isready, "-q", "-h", folder], check=False, timeout=START_S).returncode:
        assert time.monotonic() < end, "PostgreSQL did not start in time"
        time.sleep(0.05)
