"""The demo's shop: what it sells, where it lies, who its members are. All of it invented by us.

`products.json`, `stock.json` and `members.json` are written by `python -m simulator.shop.generate` and committed; a
test writes them again and compares. Instants are ages in hours, so that the shop is never out of season.
"""

from importlib.resources import files
from pathlib import Path


def shelf(name: str) -> Path:
    """The path of one of this folder's files: `products.json`, `stock.json`, `members.json`, `store.toml`."""
    return Path(str(files(__package__).joinpath(name)))
