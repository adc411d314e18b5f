"""The command line, and the one package that joins edge, hq and simulator."""

__version__ = "0.1.0"
