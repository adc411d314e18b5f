"""The remote control, route by route."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from quart.typing import TestClientProtocol as Client

from simulator.control import make_control
from simulator.venue import Venue
from simulator.walk import shipped_walk
from tests.simulator.stage import ROOM, SECRET, open_shop

PAGE = "http://127.0.0.1:8080"
ANNA = {"member_ref": "m1", "secret": SECRET.hex(), "label": "Anna"}
Story = Callable[[Client, Venue], Awaitable[None]]


def control(story: Story) -> None:
    async def tell() -> None:
        async with open_shop() as (venue, radios):
            app, remote = make_control(venue, radios, shipped_walk(), [PAGE])
            async with app.test_client() as client:
                await story(client, venue)
            remote.stopped.set()

    asyncio.run(tell())


async def post(client: Client, path: str, body: object) -> dict[str, Any]:
    response = await client.post(path, json=body)
    content: dict[str, Any] = json.loads(await response.get_data())
    return {"status": response.status_code, **content} if response.status_code >= 400 else content


def test_a_phone_is_added_dragged_and_removed() -> None:
    async def story(client: Client, venue: Venue) -> None:
        anna = await post(client, "/phones", ANNA)
        assert (anna["place"], anna["speaking"]) == ("away", False)
        moved = await post(client, f"/phones/{anna['id']}/move", {"x": 5, "y": 5})
        assert (moved["zone"], moved["place"], moved["speaking"]) == ("room", "inside", True)
        outside = await post(client, f"/phones/{anna['id']}/move", {"x": 5, "y": -2})
        assert outside["place"] == "outside"
        assert (await client.delete(f"/phones/{anna['id']}")).status_code == 204
        assert venue.phones == {}

    control(story)


def test_the_secret_never_comes_back() -> None:
    async def story(client: Client, _venue: Venue) -> None:
        added = await post(client, "/phones", ANNA)
        listed = await (await client.get("/phones")).get_data(as_text=True)
        refused = await post(client, "/phones", {**ANNA, "secret": SECRET.hex()[:-1]})
        assert SECRET.hex()[:20] not in json.dumps([added, refused]) + str(listed)

    control(story)


def test_orders_change_what_the_phone_does() -> None:
    async def story(client: Client, venue: Venue) -> None:
        anna = await post(client, "/phones", {**ANNA, "x": 5, "y": 5, "mode": "phone"})
        path = f"/phones/{anna['id']}"
        assert (await post(client, f"{path}/mode", {"mode": "invisible"}))["speaking"] is False
        assert (await post(client, f"{path}/mode", {"mode": "advice"}))["speaking"] is True
        assert (await post(client, f"{path}/lock", {"locked": True}))["locked"] is True
        assert (await post(client, f"{path}/walk", {"path": [[9, 9]]}))["walking"] is True
        await post(client, f"{path}/epoch", {"epoch": 2})
        assert venue.phones[anna["id"]].membership.epoch == 2
        assert (await post(client, f"{path}/trace", {}))["duration_s"] > 30

    control(story)


def test_a_full_stack_phone_says_so() -> None:
    async def story(client: Client, _venue: Venue) -> None:
        assert (await post(client, "/phones", {**ANNA, "kind": "full"}))["kind"] == "full"

    control(story)


def test_the_crowd_is_started_and_its_every_word_is_told() -> None:
    async def story(client: Client, venue: Venue) -> None:
        assert await post(client, "/crowd", {"devices": 20, "adverts_per_s": 400}) == {"devices": 20}
        await asyncio.sleep(0.3)
        assert (await client.delete("/crowd")).status_code == 204
        told = json.loads(await (await client.get("/foreign")).get_data())
        assert told["advertisements"] == sum(venue.crowd.record.values()) > 0
        assert {device["payload"] for device in told["devices"]} == {data.hex() for _, data in venue.crowd.record}

    control(story)


def test_the_floor_is_told_as_drawn() -> None:
    async def story(client: Client, _venue: Venue) -> None:
        floor = json.loads(await (await client.get("/floor")).get_data())
        assert floor["bounds"] == list(ROOM.bounds)
        assert [zone["id"] for zone in floor["zones"]] == ["room", "street"]

    control(story)


def test_pictures_come_five_times_a_second() -> None:
    async def story(client: Client, _venue: Venue) -> None:
        await post(client, "/phones", {**ANNA, "x": 5, "y": 5})
        async with client.request("/stream?crowd=1") as connection:
            await connection.send_complete()
            pictures = [json.loads((await connection.receive()).removeprefix(b"data: ")) for _ in range(3)]
            await connection.disconnect()
        assert 0.3 < pictures[2]["at"] - pictures[0]["at"] < 0.8
        assert pictures[0]["phones"][0]["label"] == "Anna"

    control(story)


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/phones", {**ANNA, "secret": "00"}, "secret"),
        ("/phones", {**ANNA, "colour": "red"}, "colour"),
        ("/phones", {**ANNA, "x": 1}, "x and y"),
        ("/phones", {**ANNA, "interval_s": 0}, "interval_s"),
        ("/phones", {**ANNA, "carrier": "smoke"}, "carrier"),
        ("/phones", [], "body"),
        ("/crowd", {"devices": 0}, "devices"),
    ],
)
def test_bad_input_is_answered_with_one_sentence_that_names_it(path: str, body: object, named: str) -> None:
    async def story(client: Client, _venue: Venue) -> None:
        problem = await post(client, path, body)
        assert problem["status"] == 400
        assert named in problem["detail"]

    control(story)


def test_an_unknown_phone_is_not_found() -> None:
    async def story(client: Client, _venue: Venue) -> None:
        assert (await post(client, "/phones/nobody/move", {"x": 1, "y": 1}))["status"] == 404

    control(story)


def test_only_the_named_page_may_control_the_shop() -> None:
    async def story(client: Client, _venue: Venue) -> None:
        allowed = await client.get("/phones", headers={"Origin": PAGE})
        assert allowed.headers["Access-Control-Allow-Origin"] == PAGE
        assert (await client.get("/phones", headers={"Origin": "http://elsewhere.example"})).status_code == 403
        assert (await client.get("/phones", headers={"Host": "rebound.example"})).status_code == 403

    control(story)
