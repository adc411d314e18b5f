"""What is purged all day costs what goes, not what is there."""

from pathlib import Path
from typing import Any

from sqlalchemy import Connection, event

from hq.adapters.store_sql import Change, SqlStore
from hq.core.erasure import RETENTION

NOW = 1_760_000_000.0
LARGE = {"scope", "event", "audit"}


def test_what_is_purged_all_day_is_found_by_an_index(tmp_path: Path) -> None:
    """Twice a minute, on a database of a year: a table that is read through for it keeps writers waiting."""
    store = SqlStore(f"sqlite:///{tmp_path / 'hq.sqlite'}")
    store.migrate()
    read: list[str] = []

    def purge(change: Change) -> None:
        event.listen(change._c, "before_cursor_execute", noted)
        change.drop_lapsed_commands(NOW)
        for rule in RETENTION:
            change.purge(rule, NOW, 100)

    def noted(connection: Connection, cursor: Any, statement: str, parameters: Any, *_: object) -> None:
        plan = cursor.execute(f"EXPLAIN QUERY PLAN {statement}", parameters).fetchall()
        read.extend(step for *_, step in plan)

    store.change(purge)
    store.close()
    assert [step for step in read if step.startswith("SCAN") and step.split()[1] in LARGE] == []
    assert sum("INDEX event_type" in step for step in read) == 1
