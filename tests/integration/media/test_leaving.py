"""Whoever leaves takes everything with them: a worker that runs for months must not grow."""

from __future__ import annotations

import asyncio
import gc
import os
from pathlib import Path

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.dtls import DtlsServer
from server.media.ice import Endpoint
from server.media.ingress import Ingress
from server.media.publisher import Publisher
from server.media.subscriber import Subscriber
from server.media.transport import Transport
from server.media.worker import MediaWorker
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, running_worker
from tests.unit.media.test_sdp import FOUR, NAMED

JOINS = 200
CONNECTED = 8  # of them with a handshake, which costs far more than the rest
OPEN = PersonPolicy(microphone=True, camera=True, screen=True, hears=("anna", "guest"), sees=("anna", "guest"))
KINDS = (Transport, Endpoint, DtlsServer, Publisher, Subscriber, Ingress)


async def come_and_go(server: ControlClient, number: int, *, connect: bool) -> None:
    session = f"s{number}"
    if connect:
        guest = AiortcPeer(server, "guest", session)
        guest.start()
        await guest.publish()
        await guest.answer()
        await guest.decoded("audio", 1)
        server.send(control.StopPeer(room=ROOM, peer="guest"))
        await guest.close()
        return
    server.send(control.StartPeer(room=ROOM, peer="guest", session=session))
    server.send(control.PublishOffer(room=ROOM, peer="guest", session=session, offer=1, sdp=FOUR, sources=NAMED))
    await server.take(control.PublishAnswer, lambda answer: answer.session == session)
    server.send(control.StopPeer(room=ROOM, peer="guest"))


async def remains(worker: MediaWorker) -> dict[str, int]:
    """What is left once every goodbye is out."""
    await asyncio.sleep(0.3)
    await asyncio.gather(*worker._network.ending)
    gc.collect()
    timers = [timer for timer in asyncio.get_running_loop()._scheduled if not timer.cancelled()]  # type: ignore[attr-defined]
    return {
        **{kind.__name__: sum(isinstance(one, kind) for one in gc.get_objects()) for kind in KINDS},
        "names": len(worker._ice._by_ufrag),
        "paths": len(worker._ice._by_path),
        "files": len(list(Path("/proc/self/fd").iterdir())),
        "tasks": len(asyncio.all_tasks()),
        "timers": len([timer for timer in timers if "_run_until_complete_cb" not in repr(timer)]),
    }


def memory_kb() -> int:
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") // 1024


async def test_two_hundred_joins_and_leaves_leave_nothing(tmp_path: Path) -> None:
    async with running_worker(tmp_path) as worker:
        server = await ControlClient.connect(tmp_path / "control")
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "guest": OPEN})))
        anna = AiortcPeer(server, "anna")
        anna.start()
        await anna.publish()
        anna.keep_answering()
        for number in range(10):
            await come_and_go(server, number, connect=number % 5 == 0)
        before = await remains(worker)
        for number in range(10, 10 + CONNECTED):
            await come_and_go(server, number, connect=True)
        before_kb = memory_kb()  # of both ends; aiortc's does grow with each connection
        for number in range(100, 100 + JOINS - CONNECTED):
            await come_and_go(server, number, connect=False)
        server.heard.clear()
        growth_kb = memory_kb() - before_kb
        after = await remains(worker)
        await anna.close()
        await server.close()
    slack = {"files": 2, "tasks": 4, "timers": 4}  # aiortc's own, of the peers of this test
    assert {name: count for name, count in after.items() if count > before[name] + slack.get(name, 0)} == {}
    assert growth_kb < 4_000
