"""A PostgreSQL of one's own: made in a new folder, heard on a socket in it alone, and gone afterwards."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from hq.adapters.store_sql import Change
from hq.adapters.store_sql.tables import METADATA

START_S: Final = 20.0
OWNER: Final = "postgres"  # PostgreSQL refuses to run as root; Debian's package brings this user
# Nothing of a test outlives its run, so nothing has to survive a power cut.
FORGETFUL: Final = ("-c", "fsync=off")


@contextmanager
def running_postgres(programs: Path, settings: Sequence[str] = FORGETFUL) -> Iterator[str]:
    """An SQLAlchemy URL; `programs` is the folder of initdb, `settings` go to the server's command line."""
    folder = Path(tempfile.mkdtemp(prefix="regulars-pg-"))
    owner = OWNER if os.geteuid() == 0 else None
    if owner:
        shutil.chown(folder, owner)
    cluster = folder / "cluster"
    initdb: list[str | Path] = [programs / "initdb", "--pgdata", cluster, "--auth=trust", "--username=hq", "--no-sync"]
    subprocess.run(initdb, check=True, capture_output=True, user=owner, timeout=3 * START_S, cwd=folder)
    server: list[str | Path] = [
        programs / "postgres",
        "-D",
        cluster,
        "-k",
        folder,
        "-c",
        "listen_addresses=",
        *settings,
    ]
    with subprocess.Popen(server, user=owner, cwd=folder, stderr=subprocess.DEVNULL) as process:
        try:
            _await(programs / "pg_isready", folder)
            yield f"postgresql+psycopg://hq@/postgres?host={folder}"
        finally:
            process.send_signal(signal.SIGINT)  # fast shutdown: sessions are cut, nothing is left
            process.wait(START_S)
            shutil.rmtree(folder)


def _await(pg_isready: Path, folder: Path) -> None:
    end = time.monotonic() + START_S
    while subprocess.run([pg_isready, "-q", "-h", folder], check=False, timeout=START_S).returncode:
        assert time.monotonic() < end, "PostgreSQL did not start in time"
        time.sleep(0.05)


def emptied(change: Change) -> None:
    """A PostgreSQL database is used by one test after the other."""
    for table in METADATA.sorted_tables:
        if table.name == "counter":
            change._c.execute(table.update().values(seq=0))
        elif table.name != "audit":  # which lets nobody empty it
            change._c.execute(table.delete())
