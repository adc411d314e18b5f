"""The disk that the other tests trust: what is read after a cut is what was written before it, never the dead disk."""

import subprocess
from pathlib import Path

import pytest

from tests.deploy.container import _STAGE
from tests.faults.disk import loop_disk

pytestmark = pytest.mark.needs("loop")
HOLD = "echo held; exec sleep 60"


def test_a_disk_that_another_mount_namespace_holds_is_not_plugged_in_again(tmp_path: Path) -> None:
    with loop_disk(tmp_path, 16) as disk:
        with subprocess.Popen(["unshare", "--mount", "sh", "-c", HOLD], stdout=subprocess.PIPE) as other:
            try:
                assert other.stdout is not None
                assert other.stdout.readline() == b"held\n"
                with pytest.raises(AssertionError, match="another mount namespace"):
                    disk.take_out(0.3)
            finally:
                other.kill()
        disk.take_out()
        disk.plug_in()
        (disk.mount / "store.key").write_text("whole")
        disk.cut()
        disk.plug_in()
        assert list(disk.mount.glob("store.key")) == []


def test_a_container_lets_go_of_a_disk_that_was_there_before_it(tmp_path: Path) -> None:
    """`make test-deploy` may run beside the power cuts."""
    stage = "\n".join(line for line in _STAGE.splitlines() if line.startswith(("mount", "sed")))
    with loop_disk(tmp_path, 16) as disk:
        with subprocess.Popen(["unshare", "--mount", "sh", "-c", f"{stage}\n{HOLD}"], stdout=subprocess.PIPE) as other:
            try:
                assert other.stdout is not None
                assert other.stdout.readline() == b"held\n"
                disk.take_out(5)
            finally:
                other.kill()
        disk.plug_in()
