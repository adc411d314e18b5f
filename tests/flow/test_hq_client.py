"""The store's client against the real head office, and against what is none."""

import socket
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path

import pytest

from edge.adapters import hq_http
from edge.adapters.clock import Clock
from edge.adapters.enrolment import Enrolment, new_key
from edge.adapters.hq_http import HqClient, Unchanged
from edge.errors import HqRefused, HqUnreachable
from edge.settings import HqSettings
from tests.contract.hq_suite import HqContract, Publish
from tests.core.store import product
from tests.flow.hub import Hub
from wire.sync import EnrolReply

numbers = count(1)


def enrolled(hub: Hub) -> Enrolment:
    store_id = f"de-{next(numbers)}"
    hub.admin.post("/v1/stores", json={"store_id": store_id, "name": store_id}).raise_for_status()
    code = hub.admin.post("/v1/enrol-codes", json={"store_id": store_id}).json()["code"]
    key = new_key()
    return Enrolment(hq_http.enrol(HqSettings(url=hub.url), code, key), key)


class TestRealHq(HqContract):
    @pytest.fixture
    def office(self, hub: Hub) -> Iterator[HqClient]:
        client = HqClient(HqSettings(url=hub.url), enrolled(hub), Clock())
        yield client
        client.close()

    @pytest.fixture
    def publish(self, hub: Hub) -> Publish:
        def publish(ids: Sequence[str]) -> None:
            products = [product(1).model_copy(update={"product_id": name}).model_dump(mode="json") for name in ids]
            hub.admin.put("/v1/products", json={"products": products}).raise_for_status()

        return publish


@pytest.mark.parametrize("wrong_by_s", [-86_400, 86_400])
def test_a_store_whose_clock_is_wrong_learns_the_time_and_goes_on(hub: Hub, wrong_by_s: float) -> None:
    client = HqClient(HqSettings(url=hub.url), enrolled(hub), Clock(system=lambda: time.time() + wrong_by_s))
    assert client.boot().epoch
    assert abs(client.now() - time.time()) < 5
    client.close()


def test_a_key_that_head_office_does_not_know_is_refused(hub: Hub) -> None:
    client = HqClient(HqSettings(url=hub.url), Enrolment(enrolled(hub).store, new_key()), Clock())
    with pytest.raises(HqRefused) as caught:
        client.boot()
    assert (caught.value.status, caught.value.exit_code) == (401, 4)
    client.close()


def _client(port: int) -> HqClient:
    store = EnrolReply(device_id="d", store_id="s", store_number=1, store_name="S", merchant_id="m", hub_keys={})
    settings = HqSettings(url=f"http://127.0.0.1:{port}", timeout_s=0.3)
    return HqClient(settings, Enrolment(store, new_key()), Clock())


def test_nobody_there_is_unreachable() -> None:
    client = _client(9)
    with pytest.raises(HqUnreachable, match="check the line"):
        client.boot()
    client.close()


@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\ntorn", b"not http\r\n\r\n"])
def test_a_line_that_tears_or_answers_nothing_is_unreachable(answer: bytes) -> None:
    with _answering(answer) as client, pytest.raises(HqUnreachable):
        client.boot()


def test_a_cursor_that_the_line_broke_off_is_no_cursor() -> None:
    head = b"HTTP/1.1 204 No Content\r\nX-Regulars-Revoke: 0\r\nX-Regulars-Cursor: 1751880000.1"
    with _answering(head) as client, pytest.raises(ValueError, match="within its head"):
        client.feed("1751880000.12.", 0, 0)


def test_the_answer_to_another_question_is_not_taken() -> None:
    """As a line gives it that holds answers back: after a power cut it would lead past withdrawals the cut took."""
    old = b"HTTP/1.1 204 No Content\r\nX-Regulars-Asked: c=1751880000.12.&r=3\r\nX-Regulars-Cursor: 1751880000.15.\r\n"
    old += b"X-Regulars-Revoke: 3\r\n\r\n"
    for cursor, revoked in (("1751880000.9.", 3), ("1751880000.12.", 2), ("", 3)):
        with _answering(old) as client, pytest.raises(ValueError, match="another question"):
            client.feed(cursor, revoked, 0)
    with _answering(old) as client:
        assert client.feed("1751880000.12.", 3, 0) == Unchanged(cursor="1751880000.15.", revoke_cursor=3)


def test_an_older_head_office_does_not_say_to_what_it_answers() -> None:
    with _answering(b"HTTP/1.1 204 No Content\r\nX-Regulars-Cursor: 1.15.\r\nX-Regulars-Revoke: 3\r\n\r\n") as client:
        assert client.feed("1.9.", 3, 0) == Unchanged(cursor="1.15.", revoke_cursor=3)


@contextmanager
def _answering(answer: bytes) -> Iterator[HqClient]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer_once, args=(server, answer), daemon=True).start()
        client = _client(server.getsockname()[1])
        try:
            yield client
        finally:
            client.close()


def _answer_once(server: socket.socket, answer: bytes) -> None:
    connection, _ = server.accept()
    with connection:
        connection.recv(65_536)
        connection.sendall(answer)
        time.sleep(0.5 if not answer else 0)


def test_the_device_key_never_leaves(hub: Hub, tmp_path: Path) -> None:
    identity = enrolled(hub)
    secret = identity.key.private_bytes_raw()
    kept = b"".join(path.read_bytes() for path in hub.state.iterdir() if path.is_file())
    assert secret not in kept
    assert secret.hex().encode() not in kept
