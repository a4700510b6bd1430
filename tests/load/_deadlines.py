"""How late the server's word to the worker leaves after a deadline: real rooms on a real store, whose phases end by themselves."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from server.clock import SystemClock
from server.media.control import RoomPolicy
from server.rooms.registry import Rooms
from server.rooms.room import Outside, Room
from server.session.commands import Advance, SetDevices, TakeSeat
from server.session.plan import Minutes, PhasePlan, Plan
from server.store.engine import Store

PHASE_MIN = 0.02


async def measure(rooms_count: int, edges: int) -> list[float]:
    """Milliseconds from each deadline to `SetRoom`, over all rooms."""
    late_ms: list[float] = []
    due_ms: dict[str, int | None] = {}

    def told(session: str, policy: RoomPolicy) -> None:
        now_ms = time.time() * 1000
        room = rooms.present(session)
        due = due_ms.get(session)
        if room is None:
            return
        if due is not None and room.state.ends_ms != due:
            late_ms.append(now_ms - due)
        due_ms[session] = room.state.ends_ms

    with tempfile.TemporaryDirectory() as folder:
        async with Store(Path(folder) / "microteach.db") as store:
            rooms = Rooms(store, SystemClock(), Outside(set_media=told, close_media=_nothing, stop_peer=_nothing_of, delete_take=_nothing))
            made = [await rooms.make(plan(edges), f"room {number}") for number in range(rooms_count)]
            await asyncio.gather(*(_begin(room) for room in made))
            await asyncio.sleep(PHASE_MIN * 60 * edges + 1)
            await rooms.close()
    return late_ms


async def _begin(room: Room) -> None:
    for number in range(6):
        seat = f"seat{number}"
        await room.ask(TakeSeat(seat=seat, teaches=number == 0, leads=number == 0))
        await room.ask(SetDevices(seat=seat, microphone="own", camera=True, shares=None))
    refused = await room.ask(Advance(seat="seat0", decision=room.state.decision))
    assert refused is None, refused


def plan(edges: int) -> Plan:
    """Everybody is heard in one phase and nobody in the next."""
    minutes = Minutes(default=PHASE_MIN, least=PHASE_MIN, most=1)
    phases = tuple(
        PhasePlan(key=f"phase-{number}", title="Phase", minutes=minutes, floor="silent" if number % 2 else "open")
        for number in range(min(20, edges))
    )
    before, closing = (PhasePlan(key=key, title=key.title()) for key in ("before", "closing"))
    return Plan(id="edges", version=1, title="Edges", summary="", grace_s=0, before=before, round=phases, closing=closing)


def _nothing(_: str) -> None:
    pass


def _nothing_of(_: str, __: str) -> None:
    pass
