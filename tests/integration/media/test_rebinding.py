"""Address translation gives somebody another port: they are heard and hear from there before the next check, which may take 5 s."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker
from tests.fakes.light_peer import LightPeer

NAMES: Final = ("anna", "ben")
OPEN: Final = PersonPolicy(microphone=True, camera=True, camera_shown="large", hears=NAMES, sees=NAMES)
MOST_LOST: Final = 60  # 50 packets a second


async def test_whoever_has_another_port_is_heard_and_hears_without_a_check(tmp_path: Path) -> None:
    voice: tuple[str, control.Source] = ("anna", "microphone")
    async with running_worker(tmp_path):
        server = await ControlClient.connect(tmp_path / "control")
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people=dict.fromkeys(NAMES, OPEN))))
        anna, ben = (LightPeer(server, name, name) for name in NAMES)
        await anna.publish()
        await ben.hears_of(voice)
        before = (await ben.gets(voice, 10, anna))[-1]
        ben.came[voice] = []
        anna.rebind()
        ben.rebind()
        for _ in range(2 * MOST_LOST):
            anna.speak()
            ben.report()
            ben.take()
            await asyncio.sleep(0.02)
        lost = (ben.came[voice][0].sequence - before.sequence) & 0xFFFF if ben.came[voice] else None
        print(f"\n{lost} packets were lost, {len(ben.came[voice])} came")
        await anna.close()
        await ben.close()
        await server.close()
    assert lost is not None and lost < MOST_LOST
