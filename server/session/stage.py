"""Who is shown large, and who will be next: pictures that are to be sharp at once are sent in full a little before.

A pure function of the state and the time, so it outlives every restart.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import reduce
from typing import Literal

from server.session.evolve import evolve
from server.session.floor_queue import queue_of
from server.session.here import is_here, next_here
from server.session.lanes import lane_state
from server.session.schedule import SOON_MS, lesson_waits
from server.session.state import State
from server.session.steps import go_on

Shown = Literal["small", "soon", "large"]


def stage(state: State) -> tuple[str, ...]:
    """The seats shown large, the most important first."""
    phase = state.phase
    if phase is None or phase.stage == "everyone":
        return ()
    speaking = state.turn or state.speaking
    if phase.stage == "speaker" and phase.floor == "spokesperson":
        keeper = state.note_taker
        speaker: tuple[str, ...] = (keeper,) if keeper in state.seats and keeper and is_here(state, keeper) else ()
    else:
        speaker = (speaking.seat,) if phase.stage == "speaker" and speaking else ()
    return speaker + ((state.teacher,) if state.teacher in state.seats and state.teacher else ())


def shown(state: State, now_ms: int) -> dict[str, Shown]:
    """How everybody's face is shown, each in their own lane."""
    large = {seat for seen in _parts(state) for seat in stage(seen)}
    soon = _soon(state, now_ms)
    return {seat: "large" if seat in large else "soon" if seat in soon else "small" for seat in state.seats}


def _soon(state: State, now_ms: int) -> set[str]:
    """Whoever speaks next, and whoever the next phase puts on the stage."""
    if state.phase is None:
        return set()
    found = {seat for seen in _parts(state) if (seat := _next_speaker(seen, now_ms)) is not None}
    last_turn = state.turn is None or next_here(state, state.turn.waiting) is None
    if last_turn and is_near(state, now_ms):
        there = reduce(evolve, go_on(state, now_ms), state)
        found.update(seat for seen in _parts(there) for seat in stage(seen))
    return found


def _next_speaker(state: State, now_ms: int) -> str | None:
    if state.phase is None or state.phase.stage != "speaker":
        return None
    if state.turn is not None:
        return next_here(state, state.turn.waiting) if is_near(state, now_ms) else None
    return next(iter(queue_of(state)), None)


def is_near(state: State, now_ms: int) -> bool:
    """Whether this turn or phase may be over at any moment: soon, by its clock; or because there is none, and somebody just goes on."""
    if state.held:
        return state.held.left_ms <= SOON_MS
    if state.ends_ms is None:
        return not lesson_waits(state)
    return state.status == "grace" or now_ms >= state.ends_ms - SOON_MS


def _parts(state: State) -> Iterable[State]:
    return [lane_state(state, lane) for lane in state.lanes] or [state]
