"""Whoever leaves a worker is gone at once: it looks for cycles so seldom that what points in a circle stays for hours."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from OpenSSL.SSL import _VerifyHelper

from server.media import control
from server.media.control import RoomPolicy
from server.media.egress import History
from server.media.srtp import Srtp
from server.media.worker import MediaWorker
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker
from tests.fakes.light_peer import LightPeer
from tests.integration.media.test_churn import NAMES, OPEN, visit
from tests.integration.media.test_leaving import KINDS

VISITS = 6
WATCHED = (*KINDS, History, Srtp, _VerifyHelper)
SLACK: dict[type, int] = {History: 2}  # what Anna has not yet left behind


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def there(kinds: tuple[type, ...]) -> Counter[type]:
    found = Counter(type(one) for one in gc.get_objects())
    return Counter({kind: found[kind] for kind in kinds})


async def settled(worker: MediaWorker) -> None:
    await asyncio.sleep(0.3)
    await asyncio.gather(*worker._network.ending)


@pytest.mark.usefixtures("no_collector")
async def test_nothing_of_those_who_left_waits_for_the_collector(tmp_path: Path) -> None:
    async with running_worker(tmp_path) as worker:
        server = await ControlClient.connect(tmp_path / "control")
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people=dict.fromkeys(NAMES, OPEN))))
        anna = LightPeer(server, "anna", "anna")
        await anna.publish()
        for number in range(2):
            await visit(server, anna, number)
        await settled(worker)
        before = there(WATCHED)
        for number in range(2, 2 + VISITS):
            await visit(server, anna, number)
        await settled(worker)
        after = there(WATCHED)
        await anna.close()
        await server.close()
    assert {kind.__name__: count for kind, count in after.items() if count > before[kind] + SLACK.get(kind, 0)} == {}
