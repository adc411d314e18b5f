"""A store's key made for one folder after another; one line for each that was made. `key_maker STATE synced|careless`.

Only here can it be made carelessly: without its fsyncs it is to be seen lost, so that the test of the other can fail.
"""

import itertools
import os
import sys
from contextlib import nullcontext
from pathlib import Path
from unittest import mock

from edge.adapters.store_key import store_key


def main(state: Path, manner: str) -> None:
    with mock.patch("os.fsync") if manner == "careless" else nullcontext():
        for number in itertools.count():
            folder = state / str(number)
            folder.mkdir()
            key = store_key(folder, folder / "outbox.db")
            os.write(1, f"{number} {key.octets.hex()}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
