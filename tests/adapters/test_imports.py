"""What a store's process loads: every library costs a small Pi's memory, whether it is used or not."""

import subprocess
import sys

# Each is installed with something else, and was loaded by a library that only looked whether it is there.
USELESS = ("numpy", "pygments", "rich", "sqlalchemy", "uvicorn", "quart", "PIL", "bumble")


def test_the_service_loads_no_library_that_it_has_no_use_for() -> None:
    loads = "import sys, regulars.commands.edge, edge.main; from edge.adapters import radio_esphome"
    asks = f"print([name for name in {USELESS!r} if name in sys.modules])"
    ended = subprocess.run([sys.executable, "-c", f"{loads}; {asks}"], capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == "[]"
