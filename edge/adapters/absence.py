"""Libraries that load another one wherever it is installed are shown a place where it is not."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType


@contextmanager
def absent(*names: str, **stand_ins: ModuleType) -> Iterator[None]:
    """Imports inside do not find modules of these names, and find the `stand_ins` under theirs."""
    shown: dict[str, ModuleType | None] = {**dict.fromkeys(names), **stand_ins}
    before = {name: sys.modules.get(name) for name in shown}
    sys.modules.update(shown)  # type: ignore[arg-type] # None is how an import is made to fail
    try:
        yield
    finally:
        for name, module in before.items():
            del sys.modules[name]
            if module is not None:
                sys.modules[name] = module
