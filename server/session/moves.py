"""On to the next phase, back to the one before, and what the one who leads did last taken back."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import Answer, Handler, Refused
from server.session.commands import Advance, AnyCommand, Back, TakeBack
from server.session.events import MoveTakenBack
from server.session.evolve_moves import UNDO_MS
from server.session.schedule import following, lesson_runs
from server.session.state import Position, State
from server.session.steps import enter, go_on, offered


def _advance(state: State, command: Advance, now_ms: int) -> Answer:
    if state.position.part == "before" and not state.order:
        return Refused("no_teacher", "Nobody has said yet that they will teach.")
    move = go_on(state, now_ms)
    ends = following(state.plan, len(state.order), state.position).part == "ended"
    return move if lesson_runs(state) or ends else offered(state, command.seat, "step", move, now_ms)


def _back(state: State, command: Back, now_ms: int) -> Answer:
    position = Position(part="round", round=state.position.round, index=state.position.index - 1)
    return enter(state, position, now_ms)


def _take_back(state: State, command: TakeBack, now_ms: int) -> Answer:
    """What was left on the clock before the move is left again; where the clock ran through it, that goes on."""
    undo = state.undo
    assert undo
    ends_ms = undo.place.ends_ms
    if ends_ms is not None and undo.what in ("turn", "step", "hold"):
        ends_ms = max(0, ends_ms - (undo.until_ms - UNDO_MS)) + now_ms
    return (MoveTakenBack(at_ms=now_ms, ends_ms=None if ends_ms is None else max(ends_ms, now_ms)),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {Advance: _advance, Back: _back, TakeBack: _take_back}
