"""The air of a shop at its scanner nodes: strangers, and members who come, walk about and go, at a steady rate.

In: one line of JSON (`Air`). Out: one line with the nodes' ports; then it speaks until its input ends. The nodes speak
ESPHome's encrypted API and pass reports on as ESPHome does: sixteen in a message, what there is ten times a second.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterator
from random import Random
from typing import Any, Final

from simulator.payloads import invent_payload
from tests.contract.esphome_node import FakeNode, Report
from wire import node_key, rst1

FLUSH_S: Final = 0.1
IN_A_MESSAGE: Final = 16
# A phone in a hand is heard so often by the scanner of its zone, and half as often by the next.
NEAR_PER_S: Final = 2.0
FAR_PER_S: Final = 1.0
ZONE_S: Final = 40.0
_STRANGERS: Final = 600
_SEED: Final = 4_711
_RANDOM_STATIC: Final = 0xC0 << 40


class Air:
    """`stay_s` after one came to a place in the shop, the next one does; those before have then gone silent."""

    def __init__(self, asked: dict[str, Any]) -> None:
        self._number, self._reports_per_s = int(asked["number"]), float(asked["reports_per_s"])
        self._present, self._stay_s = int(asked["present"]), float(asked["stay_s"])
        self._secrets = [bytes.fromhex(secret) for secret in asked["secrets"]]
        self._chance = Random(_SEED)
        self._keys: dict[tuple[int, int], bytes] = {}
        self._strangers = [(self._address(), invent_payload(self._chance)) for _ in range(_STRANGERS)]
        site = bytes.fromhex(asked["site"])
        self.nodes = [FakeNode(node_key.api_key(site, asked["store"], scanner)) for scanner in asked["scanners"]]

    def heard(self, began_at: float, now: float, passed_s: float) -> list[list[Report]]:
        """What each node heard in the time that passed."""
        heard: list[list[Report]] = [[] for _ in self.nodes]
        for place in range(self._present):
            self._walk(place, began_at, now, passed_s, heard)
        missing = round(self._reports_per_s * passed_s) - sum(map(len, heard))
        for _ in range(missing):
            number = self._chance.randrange(_STRANGERS)
            address, payload = self._strangers[number]
            self._chance.choice(heard).append((address, self._chance.randint(-95, -60), payload))
        for spoken in heard:
            self._chance.shuffle(spoken)
        return heard

    def _walk(self, place: int, began_at: float, now: float, passed_s: float, heard: list[list[Report]]) -> None:
        since_s = now - began_at + self._stay_s * place / self._present
        turn, into_s = divmod(since_s, self._stay_s)
        member = (int(turn) * self._present + place) % len(self._secrets)
        near = (place + int(into_s / ZONE_S)) % len(self.nodes)
        for node, per_s, rssi_dbm in ((near, NEAR_PER_S, -55), ((near + 1) % len(self.nodes), FAR_PER_S, -75)):
            if self._chance.random() < per_s * passed_s:
                payload = rst1.service_data_128(rst1.body_at(self._key(member, int(now)), int(now)))
                heard[node].append((_RANDOM_STATIC | member, rssi_dbm + self._chance.randint(-4, 4), payload))

    def _key(self, member: int, now: int) -> bytes:
        day = now // rst1.DAY_S
        if (member, day) not in self._keys:
            self._keys[member, day] = rst1.day_key(self._secrets[member], self._number, day)
        return self._keys[member, day]

    def _address(self) -> int:
        return _RANDOM_STATIC | self._chance.getrandbits(46)

    async def speak(self, ended: asyncio.Event) -> None:
        began_at = before = time.time()
        while not ended.is_set():
            await asyncio.sleep(FLUSH_S)
            now = time.time()
            for node, spoken in zip(self.nodes, self.heard(began_at, now, now - before), strict=True):
                for reports in _messages(spoken):
                    node.pass_on(reports)
            before = now


def _messages(reports: list[Report]) -> Iterator[list[Report]]:
    for at in range(0, len(reports), IN_A_MESSAGE):
        yield reports[at : at + IN_A_MESSAGE]


async def main() -> None:
    air, ended = Air(json.loads(sys.stdin.readline())), asyncio.Event()
    for node in air.nodes:
        await node.switch_on()
    print(json.dumps([node.port for node in air.nodes]), flush=True)
    speaking = asyncio.create_task(air.speak(ended))
    await asyncio.to_thread(sys.stdin.read)
    ended.set()
    await speaking
    for node in air.nodes:
        await node.switch_off()


if __name__ == "__main__":
    asyncio.run(main())
