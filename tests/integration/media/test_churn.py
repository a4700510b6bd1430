"""A room whose people come and go all day, while one stays: the one who stays hears each of them, and nothing is left of those who went.

`MT_CHURN=1000` for the whole of it; each comes with two real connections and talks.
"""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

import pytest

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.worker import MediaWorker
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker
from tests.fakes.light_peer import LightPeer
from tests.integration.media.test_leaving import memory_kb, remains

pytestmark = pytest.mark.full

JOINS: Final = int(os.environ.get("MT_CHURN", "100"))
SEATS: Final = 5  # guests take turns on them, so lines are used again by somebody else
WARM: Final = 40
SOURCES: Final[tuple[control.Source, ...]] = ("microphone", "camera")
NAMES: Final = ("anna", *(f"guest{number}" for number in range(SEATS)))
OPEN: Final = PersonPolicy(microphone=True, camera=True, camera_shown="large", hears=NAMES, sees=NAMES)
# Of a worker and of both ends' OpenSSL: until the allocator has what it needs, and what one visit may leave behind at most.
WARM_KB: Final = 6_000
KB_EACH: Final = 12


async def visit(server: ControlClient, anna: LightPeer, number: int) -> None:
    """Somebody comes, is heard and seen by Anna, hears Anna, and goes."""
    anna.check()
    guest = LightPeer(server, NAMES[1 + number % SEATS], f"visit{number}")
    await guest.publish()
    await anna.hears_of((guest.name, "microphone"), (guest.name, "camera"))
    await guest.hears_of(("anna", "microphone"))
    for source in SOURCES:
        await anna.gets((guest.name, source), 2, guest)
    await guest.gets(("anna", "microphone"), 2, anna)
    await guest.leave()
    anna.lines = {ssrc: key for ssrc, key in anna.lines.items() if key[0] != guest.name}
    anna.came.clear()
    if number % 10 == 0:
        server.heard[:] = [message for message in server.heard if isinstance(message, control.SubscribeOffer)]


@pytest.mark.timeout(1_200)
async def test_coming_and_going_leaves_nothing(tmp_path: Path) -> None:
    async with running_worker(tmp_path) as worker:
        server = await ControlClient.connect(tmp_path / "control")
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people=dict.fromkeys(NAMES, OPEN))))
        anna = LightPeer(server, "anna", "anna")
        await anna.publish()
        for number in range(WARM):
            await visit(server, anna, number)
        before, began_s, sizes_kb = await remains(worker), time.monotonic(), [memory_kb()]
        for number in range(WARM, WARM + JOINS):
            await visit(server, anna, number)
            if (number - WARM + 1) % (JOINS // 5) == 0:
                sizes_kb.append(memory_kb())
        took_s, after = time.monotonic() - began_s, await remains(worker)
        print(f"\n{JOINS} visits in {took_s:.0f} s, kB after each fifth of them: {sizes_kb}\nbefore {before}\nafter  {after}")
        lines = lines_of_anna(worker)
        await anna.close()
        await server.close()
    assert {name: count for name, count in after.items() if count > before[name] + 2} == {}
    assert sizes_kb[-1] - sizes_kb[0] < WARM_KB + KB_EACH * JOINS
    assert lines <= 2 * SEATS, "lines are used again"


def lines_of_anna(worker: MediaWorker) -> int:
    return len(worker._rooms[ROOM]._peers["anna"].subscriber.lines)
