"""The command line, and the one package that joins edge, hq and simulator."""

from typing import Final

__version__: Final = "0.1.0"
