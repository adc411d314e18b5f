"""`python -m simulator --config STORE.toml`."""

import sys

from simulator.process import main

sys.exit(main())
