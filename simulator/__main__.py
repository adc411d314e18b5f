"""`python -m simulator --config STORE.toml`."""

import os
import sys
from contextlib import suppress

from simulator.process import main

code = main()
with suppress(BrokenPipeError):
    sys.stdout.flush()
    sys.stderr.flush()
# Everything is closed by now; taking Bumble's modules apart would cost another 0.3 s of the second a stop may take.
os._exit(code)
