"""`python -m regulars.solo.leash PARENT PROGRAM ARGUMENT...`: becomes the program, and ends when the parent does.

Linux forgets nothing on exec here: the signal asked for with prctl survives it. Elsewhere the leash is only the
process group, which the parent ends itself.
"""

import ctypes
import os
import signal
import sys
from typing import Final

_PR_SET_PDEATHSIG: Final = 1


def main(arguments: list[str]) -> None:
    """Never returns."""
    parent, program, *rest = arguments
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != int(parent):  # it died before the leash held
        sys.exit(0)
    os.execv(program, [program, *rest])  # noqa: S606 - exactly what the supervisor asked for


if __name__ == "__main__":
    main(sys.argv[1:])
