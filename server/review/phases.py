"""Which phases of a round are in a recording, and where: for its time line, the chapters of its film, and exports."""

from __future__ import annotations

import msgspec

from recorder.control import Take
from server.people.watching import Recording
from server.rooms.room import Room
from server.session.beside import Translate
from server.session.state import phase_at

LEAST_PHASE_MS = 2_000  # a recording ends a moment after its lesson does


class RecordedPhase(msgspec.Struct, frozen=True, kw_only=True):
    """Times are counted from the beginning of the recording. `key` is empty for the whole."""

    key: str
    title: str
    at_ms: int
    end_ms: int


def phases_in(room: Room, recording: Recording, take: Take, translate: Translate) -> tuple[RecordedPhase, ...]:
    """Those of this round; at least the whole as one."""
    begin_ms, end_ms = take.started_ms, take.started_ms + take.duration_ms
    found = []
    for spent in room.state.spent:
        phase = phase_at(room.state.plan, spent.position)
        of_round = spent.position.part == "round" and spent.position.round == recording.round
        from_ms, to_ms = max(begin_ms, spent.started_ms), min(end_ms, spent.ended_ms)
        if phase and of_round and to_ms - from_ms >= LEAST_PHASE_MS:
            title = translate(phase.title)
            found.append(RecordedPhase(key=phase.key, title=title, at_ms=from_ms - begin_ms, end_ms=to_ms - begin_ms))
    title = room.memory.title or translate(room.state.plan.title)
    return tuple(found) or (RecordedPhase(key="", title=title, at_ms=0, end_ms=take.duration_ms),)
