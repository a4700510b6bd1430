"""From one phase to another, and the offer to take a move back. Every move that changes the phase goes through here."""

from __future__ import annotations

from functools import reduce

from server.session.answers import Events
from server.session.events import AnyEvent, LaneEnded, MoveOffered, PhaseEntered, RecordingEnded
from server.session.evolve import evolve
from server.session.evolve_moves import UNDO_MS
from server.session.lanes import in_lane, lane_state
from server.session.pacing import length_s
from server.session.row import first_row, turn_of
from server.session.schedule import following
from server.session.state import Position, State, phase_at
from server.wire.pieces import UndoKind


def go_on(state: State, now_ms: int) -> Events:
    """To the next phase; a lane that has finished waits for the others."""
    if state.in_lane:
        return (LaneEnded(at_ms=now_ms, lane=state.in_lane.key),)
    return enter(state, following(state.plan, len(state.order), state.position), now_ms)


def enter(state: State, position: Position, now_ms: int) -> Events:
    """A round robin in which everybody who could speak is away is passed over."""
    events = [*end_recording(state, now_ms), _entered(state, position, now_ms)]
    there = reduce(evolve, events, state)
    if there.phase and there.phase.floor == "round_robin" and (row := first_row(there)):
        turn = turn_of(there, row, now_ms)
        return (*events, turn) if turn else (*events, *go_on(there, now_ms))
    return (*events, *(turn for key in there.lanes for turn in _first_turn(there, key, now_ms)))


def _first_turn(state: State, key: str, now_ms: int) -> Events:
    seen = lane_state(state, key)
    robin = seen.phase is not None and seen.phase.floor == "round_robin"
    turn = turn_of(seen, first_row(seen), now_ms) if robin and first_row(seen) else None
    return in_lane(key, (turn,)) if turn else ()


def then_enter(state: State, before: Events, position: Position, now_ms: int) -> Events:
    """`before` has happened first."""
    return (*before, *enter(reduce(evolve, before, state), position, now_ms))


def end_recording(state: State, now_ms: int) -> Events:
    """Of a lesson. That of a talk goes on through several phases (`talks.with_talk`)."""
    recorded = state.recorded if state.talk is None else None
    return (RecordingEnded(at_ms=now_ms, take=recorded.take),) if recorded and recorded.take else ()


def offered(state: State, seat: str, what: UndoKind, move: Events, now_ms: int) -> Events:
    """The move, which can be taken back for a while if the one who asked for it leads."""
    if not state.seats[seat].leads or state.in_lane:
        return move
    decision = reduce(evolve, move, state).moves
    return (MoveOffered(at_ms=now_ms, what=what, until_ms=now_ms + UNDO_MS, decision=decision), *move)


def _entered(state: State, position: Position, now_ms: int) -> AnyEvent:
    entered = PhaseEntered(at_ms=now_ms, position=position, ends_ms=None)
    phase = phase_at(state.plan, position)
    if phase is None or phase.starts == "by_teacher":
        return entered
    seconds = length_s(evolve(state, entered), position)
    return entered if seconds is None else PhaseEntered(at_ms=now_ms, position=position, ends_ms=now_ms + seconds * 1000)
