"""Who may do what, when: one table. Everything that asks about rights asks here.

A row gives, for a command, the roles that may give it and the condition under which each may. Rows of what people do
without moving the session stand in `rights_acts`.
"""

from __future__ import annotations

from server.session import rights_acts
from server.session.commands import Advance, EndTurn, SeatCommand, StartLesson
from server.session.roles import Rows, going_on, roles
from server.session.state import State


def may(state: State, seat: str, command: type[SeatCommand], now_ms: int) -> bool:
    held = roles(state, seat)
    return any(role in held and condition(state, seat, now_ms) for role, condition in RIGHTS.get(command, ()))


def _lesson_waits(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    return phase is not None and phase.starts == "by_teacher" and state.status == "waiting"


def _lesson_runs(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    return phase is not None and phase.starts == "by_teacher" and state.status != "waiting"


def _not_before_lesson(state: State, seat: str, now_ms: int) -> bool:
    return going_on(state, seat, now_ms) and not _lesson_waits(state, seat, now_ms)


def _a_turn_runs(state: State, seat: str, now_ms: int) -> bool:
    return state.turn is not None


def _own_turn(state: State, seat: str, now_ms: int) -> bool:
    return state.turn is not None and state.turn.seat == seat


MOVES: Rows = {
    Advance: (("leader", _not_before_lesson), ("teacher", _lesson_runs)),
    StartLesson: (("teacher", _lesson_waits), ("leader", _lesson_waits)),
    EndTurn: (("leader", _a_turn_runs), ("colleague", _own_turn)),
}

RIGHTS: Rows = {**MOVES, **rights_acts.RIGHTS}
