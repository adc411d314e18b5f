"""`make faults`: everything that can break under a store and head office, broken on purpose. LONG=1 for the long form.

Last line: `faults: PASS|FAIL key=value`, the figures added up over all tests; exit 1 on any miss. What this machine
cannot do (loop devices, root) is skipped and named on that line, or a failure under REGULARS_REQUIRE.
"""

import os
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Final

import click
import pytest

ROOT: Final = Path(__file__).resolve().parents[2]
# The state machines run with the other tests of the core too; here they look further when the form is long.
PATHS: Final = (
    ROOT / "tests" / "faults",
    ROOT / "tests" / "core" / "test_feed_machine.py",
    ROOT / "tests" / "core" / "test_outbox_machine.py",
)


class Figures:
    """A pytest plugin: what the tests noted, and how they ended."""

    def __init__(self) -> None:
        self.noted: Counter[str] = Counter()
        self.ended: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.ended[report.outcome] += 1
        if report.when == "call":
            for name, value in report.user_properties:
                self.noted[name] += int(str(value))


def main(arguments: list[str]) -> int:
    began = time.monotonic()
    figures = Figures()
    paths = [] if any(not one.startswith("-") for one in arguments) else [str(one) for one in PATHS if one.exists()]
    # By signal: a test that hangs fails and cleans up behind it, where a thread would end the process as it stands.
    # websocket-client leaves sockets to the garbage collector when the store dies in the middle of a handshake.
    options = ["--quiet", "--durations=8", "-o", "timeout_method=signal", "-W", "ignore::ResourceWarning"]
    code = pytest.main([*options, *paths, *arguments], plugins=[figures])
    good = code == pytest.ExitCode.OK
    counted = {
        "form": "long" if os.environ.get("LONG") else "short",
        "tests": figures.ended["passed"],
        "failed": figures.ended["failed"],
        "skipped": figures.ended["skipped"],
        **figures.noted,
        "seconds": round(time.monotonic() - began),
    }
    words = " ".join(f"{name}={value}" for name, value in counted.items())
    click.echo(f"faults: {'PASS' if good else 'FAIL'} {words}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
