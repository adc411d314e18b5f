"""What deploy/install.sh does with a machine's keys, with a TPM (in software: swtpm) and without one."""

import os
import re
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pytest

from edge.adapters.outbox_sqlite import Outbox
from edge.adapters.store_key import KEY_FILE, store_key
from hq.errors import Misconfigured
from hq.main import open_office
from hq.settings import Settings

INSTALLER: Final = Path(__file__).resolve().parents[2] / "deploy" / "install.sh"
FUNCTIONS: Final = (
    "keys", "key_folder", "key_names", "has_key", "has_keys", "made_and_opens", "kept_key", "has_tpm", "sealed",
)  # fmt: skip
START_S: Final = 10.0

pytestmark = pytest.mark.needs("root")


class Machine:
    """Folders that stand for the machine's own, and a chip that keeps its seeds over every restart."""

    def __init__(self, folder: Path, unit: str = "regulars-edge.service") -> None:
        self.unit = unit
        self.state, self.etc, self.units = folder / "state", folder / "etc", folder / "units"
        self.chip = folder / "chip"
        for each in (self.state, self.etc, self.chip):
            each.mkdir()

    @property
    def kept(self) -> Path:
        return self.etc / "key"

    @property
    def outbox(self) -> Path:
        return self.state / "solo" / "store" / "outbox.db"

    @property
    def head_office(self) -> Path:
        return self.state / "solo" / "head-office"

    def install(self, environment: Mapping[str, str] = {}, *, code: int = 0) -> str:
        """The installer's part that is about the key; what it said."""
        text = INSTALLER.read_text()
        parts = [re.search(rf"^{name}\(\) {{.*?}}$", text, re.MULTILINE | re.DOTALL) for name in FUNCTIONS]
        assert all(parts)
        script = "\n".join(part[0] for part in parts if part)
        for theirs, ours in (
            ("/var/lib/regulars", self.state), ("/etc/regulars", self.etc), ("/etc/systemd/system", self.units),
            ("/dev/tpmrm0", self.chip / "none"),
        ):  # fmt: skip
            script = script.replace(theirs, str(ours))
        head = f'set -euo pipefail; unit={self.unit}; say() {{ echo "$*" >&2; }}; stop() {{ say "$2"; exit "$1"; }}\n'
        done = subprocess.run(
            ["bash", "-c", f"{head}{script}\nkeys"],
            capture_output=True, text=True, timeout=60, check=False, env=_plain(environment),
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stderr

    @property
    def dropin(self) -> str:
        return (self.units / f"{self.unit}.d" / "keys.conf").read_text()


@contextmanager
def running_chip(state: Path) -> Iterator[dict[str, str]]:
    """One life of the machine; the variable by which systemd finds its TPM."""
    port = _free_ports()
    command = [
        "swtpm", "socket", "--tpm2", "--tpmstate", f"dir={state}", "--flags", "not-need-init,startup-clear",
        "--server", f"type=tcp,port={port},bindaddr=127.0.0.1",
        "--ctrl", f"type=tcp,port={port + 1},bindaddr=127.0.0.1",
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            _await(port + 1)
            yield {"SYSTEMD_TPM2_DEVICE": f"swtpm:host=127.0.0.1,port={port}"}
        finally:
            process.terminate()


def opened(sealed: Path, environment: Mapping[str, str]) -> str | None:
    """As systemd opens it for the service; None when the TPM does not."""
    command = ["systemd-creds", "decrypt", f"--name={sealed.name}", str(sealed), "-"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, env=_plain(environment))
    return done.stdout if done.returncode == 0 else None


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.mark.needs("swtpm")
def test_a_key_is_sealed_to_the_tpm_and_opens_the_same_outbox_after_every_start(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    before = store_key(machine.state, machine.state / "outbox.db")
    Outbox(machine.state / "outbox.db", before.of("outbox")).close()
    with running_chip(machine.chip) as tpm:
        machine.install(tpm)
    assert [each.name for each in machine.kept.iterdir()] == ["store.key.tpm"]
    assert not (machine.state / KEY_FILE).exists()
    assert before.octets.hex() not in (machine.kept / "store.key.tpm").read_text()
    assert f"LoadCredentialEncrypted=store.key.tpm:{machine.kept}/store.key.tpm" in machine.dropin
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    for _ in range(2):
        with running_chip(machine.chip) as tpm:
            (credentials / "store.key.tpm").write_text(opened(machine.kept / "store.key.tpm", tpm) or "")
        monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
        key = store_key(machine.state, machine.state / "outbox.db")
        assert (key.octets, key.source) == (before.octets, "tpm")
        Outbox(machine.state / "outbox.db", key.of("outbox")).close()


@pytest.mark.needs("swtpm")
def test_a_sealed_key_is_nothing_on_another_machine_and_an_upgrade_leaves_it(machine: Machine, tmp_path: Path) -> None:
    with running_chip(machine.chip) as tpm:
        machine.install(tpm)
        sealed = (machine.kept / "store.key.tpm").read_bytes()
        machine.install(tpm)
    assert (machine.kept / "store.key.tpm").read_bytes() == sealed
    (tmp_path / "other").mkdir()
    with running_chip(tmp_path / "other") as other:
        assert opened(machine.kept / "store.key.tpm", other) is None
    with running_chip(machine.chip) as tpm:
        assert len(bytes.fromhex(opened(machine.kept / "store.key.tpm", tpm) or "")) == 32


@pytest.mark.needs("swtpm")
def test_a_tpm_that_does_not_answer_leaves_the_key_to_root(machine: Machine) -> None:
    before = store_key(machine.state, machine.state / "outbox.db")
    said = machine.install({"SYSTEMD_TPM2_DEVICE": "swtpm:host=127.0.0.1,port=9"})
    assert "The TPM did not take the key" in said
    assert [each.name for each in machine.kept.iterdir()] == ["store.key.root"]
    assert (machine.kept / "store.key.root").read_text() == before.octets.hex()


def test_without_a_tpm_only_root_may_read_the_key(machine: Machine) -> None:
    assert machine.install() == ""
    kept = machine.kept / "store.key.root"
    assert len(bytes.fromhex(kept.read_text())) == 32
    assert (kept.stat().st_mode & 0o077, machine.kept.stat().st_mode & 0o077) == (0, 0)
    assert f"LoadCredential=store.key.root:{kept}" in machine.dropin


@pytest.fixture
def shop(tmp_path: Path) -> Machine:
    """A single shop that ran before its keys had another place, with a member."""
    machine = Machine(tmp_path, "regulars-solo.service")
    (machine.state / "solo" / "store").mkdir(parents=True)
    key = store_key(machine.state / "solo" / "store", machine.outbox)
    Outbox(machine.outbox, key.of("outbox")).close()
    with open_office(Settings(), machine.head_office):
        pass
    return machine


@pytest.mark.needs("swtpm")
def test_a_single_shop_seals_what_opens_its_members_keys_too(
    shop: Machine, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made = [shop.head_office / "seal.key", shop.outbox.with_name(KEY_FILE)]
    before = [each.read_text().strip() for each in made]
    with running_chip(shop.chip) as tpm:
        shop.install(tpm)
    assert {each.name for each in (shop.kept / "solo").iterdir()} == {"seal.key.tpm", "store.key.tpm"}
    assert not any(each.exists() for each in made)
    with pytest.raises(Misconfigured, match="start the service first"), open_office(Settings(), shop.head_office):
        pass
    credentials = tmp_path / "credentials"
    credentials.mkdir()
    with running_chip(shop.chip) as tpm:
        for name in ("seal.key.tpm", "store.key.tpm"):
            assert f"LoadCredentialEncrypted={name}:{shop.kept}/solo/{name}" in shop.dropin
            (credentials / name).write_text(opened(shop.kept / "solo" / name, tpm) or "")
    assert [(credentials / f"{each.name}.tpm").read_text() for each in made] == before
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", str(credentials))
    with open_office(Settings(), shop.head_office) as office:
        assert office.office.keys.seal.hex() == before[0]
    Outbox(shop.outbox, store_key(shop.outbox.parent, shop.outbox).of("outbox")).close()


def test_without_a_tpm_a_single_shops_keys_are_roots_and_stay_as_they_were(shop: Machine) -> None:
    before = (shop.head_office / "seal.key").read_text().strip()
    shop.install()
    shop.install()
    kept = shop.kept / "solo" / "seal.key.root"
    assert (kept.read_text(), kept.stat().st_mode & 0o077) == (before, 0)
    assert f"LoadCredential=seal.key.root:{kept}" in shop.dropin
    assert not (shop.head_office / "seal.key").exists()


def test_a_lost_key_is_told_and_no_other_is_made_in_its_place(shop: Machine) -> None:
    (shop.head_office / "seal.key").unlink()
    assert "seal.key.root back from the backup" in shop.install(code=3)
    assert not (shop.kept / "solo" / "seal.key.root").exists()


def test_one_machine_may_be_one_store_of_many_and_then_a_single_shop(machine: Machine) -> None:
    machine.install()
    before = (machine.kept / "store.key.root").read_text()
    machine.unit = "regulars-solo.service"
    machine.install()
    assert (machine.kept / "store.key.root").read_text() == before
    assert (machine.kept / "solo" / "store.key.root").read_text() != before


def _plain(more: Mapping[str, str]) -> dict[str, str]:
    """Our own environment without what it may say of a TPM, and with `more`."""
    ours = {name: value for name, value in os.environ.items() if name != "SYSTEMD_TPM2_DEVICE"}
    return {**ours, **more}


def _free_ports() -> int:
    """The first of two: systemd's side takes the one behind it for the chip's controls."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _await(port: int) -> None:
    """Of the controls, which many may ask; the chip itself speaks to one at a time."""
    end = time.monotonic() + START_S
    while time.monotonic() < end:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("swtpm did not start")
