"""The proxies of deploy/caddy before a real store and a real head office: TLS, the live line, streams, who asks."""

import os
import queue
import re
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx
import pytest
import socketio
from socketio.exceptions import ConnectionError as NotConnected

from tests.flow.hub import Hub, running_hub, stream_events
from tests.flow.live_store import TOKEN, Running
from tests.require import NEEDS

FOLDER: Final = Path(__file__).resolve().parents[2] / "deploy" / "caddy"
START_S: Final = 20.0

pytestmark = pytest.mark.needs("caddy")


@dataclass(frozen=True, slots=True)
class Proxy:
    url: str
    root: Path  # the authority that its certificate is from
    log: Path

    @property
    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.root)


@contextmanager
def proxy(folder: Path, file: str, behind: str, port: int) -> Iterator[Proxy]:
    """Caddy with the file as it stands, but for names, ports and the certificate's source, which a test cannot have."""
    text, tls = (FOLDER / file).read_text(), "" if file == "store.Caddyfile" else "\n\ttls internal"
    for theirs, ours in (
        (r"^https://\S+ \{$", f"https://localhost:{port} {{{tls}"),
        (r"reverse_proxy \S+", f"reverse_proxy {behind.removeprefix('http://')}"),
        (r"^\{$", "{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust"),
    ):
        text, count = re.subn(theirs, ours, text, count=1, flags=re.MULTILINE)
        assert count == 1, theirs
    config = folder / "Caddyfile"
    config.write_text(text)
    home, log = folder / "caddy", folder / "caddy.log"
    program = NEEDS["caddy"].find()
    assert program is not None
    command = [str(program), "run", "--config", str(config), "--adapter", "caddyfile"]
    environment = {**os.environ, "XDG_DATA_HOME": str(home), "XDG_CONFIG_HOME": str(home), "HOME": str(home)}
    with log.open("wb") as out, subprocess.Popen(command, env=environment, stdout=out, stderr=out) as process:
        try:
            root = home / "caddy" / "pki" / "authorities" / "local" / "root.crt"
            _await(process, port, root, log)
            yield Proxy(f"https://localhost:{port}", root, log)
        finally:
            process.terminate()
            process.wait(START_S)


def test_a_tablet_pairs_its_line_through_the_stores_proxy(tmp_path: Path) -> None:
    with (
        Running() as running,
        proxy(tmp_path, "store.Caddyfile", running.url, free_port()) as before,
    ):
        seen: queue.Queue[int] = queue.Queue()
        tablet = socketio.Client(reconnection=False, websocket_extra_options={"sslopt": {"ca_certs": str(before.root)}})
        tablet.on("snapshot", lambda message: seen.put(message["seq"]))
        tablet.connect(before.url, auth={"token": TOKEN, "proto": 1}, transports=["websocket"])
        assert seen.get(timeout=5) == 0
        tablet.disconnect()
        stranger = socketio.Client(
            reconnection=False, websocket_extra_options={"sslopt": {"ca_certs": str(before.root)}}
        )
        with pytest.raises(NotConnected):
            stranger.connect(
                before.url, auth={"token": TOKEN, "proto": 1}, transports=["websocket"],
                headers={"Origin": "https://elsewhere.example"},
            )  # fmt: skip


@contextmanager
def head_office(folder: Path, port: int) -> Iterator[Hub]:
    """With the lines that the proxy's file asks for."""
    state = folder / "state"
    state.mkdir(mode=0o700)
    lines = re.findall(r"^#   (.*)$", (FOLDER / "head-office.Caddyfile").read_text(), re.MULTILINE)
    text = "\n".join(lines).replace("regulars.example", f"localhost:{port}")
    assert "trusted_proxies" in text
    (state / "hq.toml").write_text(f"{text}\n[limits]\nanybody_per_minute = 10\n")
    with running_hub(state) as hub:
        yield hub


def test_head_office_is_itself_behind_its_proxy(tmp_path: Path) -> None:
    port = free_port()
    with (
        head_office(tmp_path, port) as hub,
        proxy(tmp_path, "head-office.Caddyfile", hub.url, port) as before,
        httpx.Client(base_url=before.url, verify=before.trusting, headers={"X-Regulars": "1"}, timeout=30) as outside,
    ):
        reply = outside.post("/v1/join", json={"alias": "Anna", "adult": True, "purposes": ["recognise"]})
        assert reply.status_code == 201, reply.text
        assert reply.json()["phone_url"].startswith(before.url)
        assert reply.headers["Strict-Transport-Security"]
        # A stream comes through as it is written: the first event is there long before the stream ends.
        began = time.monotonic()
        signed = outside.post("/phone/session", json={"code": reply.json()["phone_url"].partition("#code=")[2]})
        assert "Secure" in signed.headers["Set-Cookie"]
        with outside.stream("GET", "/phone/stream") as stream:
            assert next(iter(stream_events(stream.iter_lines()))) is not None
        assert time.monotonic() - began < 10
        # Whoever invents an address is still counted at his own.
        wish = {"alias": "Anna", "adult": False, "purposes": ["recognise"]}
        codes = [
            outside.post("/v1/join", json=wish, headers={"X-Forwarded-For": f"192.0.2.{number}"}).status_code
            for number in range(20)
        ]
        assert 429 in codes


def test_what_goes_wrong_is_logged_without_who_asked(tmp_path: Path) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    with (
        proxy(tmp_path, "store.Caddyfile", nobody, free_port()) as before,
        httpx.Client(base_url=before.url, verify=before.trusting) as outside,
    ):
        asked = outside.get("/staff", headers={"Cookie": "session=5ec2e7"})
        assert asked.status_code == 502
        text = before.log.read_text()
    assert "serving initial configuration" in text
    assert "5ec2e7" not in text
    assert "remote_ip" not in text


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(process: "subprocess.Popen[bytes]", port: int, root: Path, log: Path) -> None:
    end = time.monotonic() + START_S
    while time.monotonic() < end and process.poll() is None:
        with socket.socket() as probe:
            if root.exists() and probe.connect_ex(("127.0.0.1", port)) == 0 and _has_certificate(port, root):
                return
        time.sleep(0.05)
    raise AssertionError(f"Caddy did not start: {log.read_text()[-400:]}")


def _has_certificate(port: int, root: Path) -> bool:
    """It listens before its own authority has signed one."""
    try:
        context = ssl.create_default_context(cafile=root)
        with (
            socket.create_connection(("127.0.0.1", port), 5) as line,
            context.wrap_socket(line, server_hostname="localhost"),
        ):
            return True
    except (OSError, ssl.SSLError):
        return False
