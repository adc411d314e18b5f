"""A store's outbox, written as fast as it goes; one line for each event that it took. `writer STATE FULL|NORMAL`.

Only here can the sync mode be chosen: the weaker one is to be seen losing, so that the test of the other can fail.
"""

import os
import sys
from pathlib import Path
from typing import Any
from unittest import mock

from edge.adapters import store_sqlite
from edge.core.effects import Record
from tests.faults.records import open_outbox


def main(state: Path, synchronous: str) -> None:
    def weaker(*arguments: Any) -> Any:
        opened: Any = store_sqlite.opened
        return opened(*(synchronous if one == "FULL" else one for one in arguments))

    with mock.patch("edge.adapters.outbox_sqlite.opened", weaker):
        box = open_outbox(state)
    number = 0
    while True:
        number += 1
        box.write([Record("visit.help", 0.0, f"v{number}", body={"padding": "x" * 400})])
        os.write(1, b"%d\n" % number)


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
