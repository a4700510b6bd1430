"""Who may do what, when: one table. Everything that asks about rights asks here.

A row gives, for a command, the roles that may give it and the condition under which each may. Rows of what people do
without moving the session stand in `rights_acts`.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.session import rights_acts
from server.session.commands import (
    AddTime,
    AddTurn,
    Advance,
    Back,
    EndTurn,
    GoWithout,
    HandOver,
    Hold,
    LowerHand,
    PassTurn,
    RaiseHand,
    RestartLesson,
    Resume,
    SeatCommand,
    SetOrder,
    StartLesson,
    TakeBack,
    TakeLead,
    TeachLater,
)
from server.session.here import is_here, leaderless_ms, next_here, runs_by_itself
from server.session.lanes import state_of
from server.session.lessons import can_swap
from server.session.roles import Rows, going_on, roles
from server.session.schedule import lesson_runs, lesson_waits
from server.session.state import State


def may(state: State, seat: str, command: type[SeatCommand], now_ms: int) -> bool:
    """While the group is divided, what happens in a lane is asked of that lane."""
    return command in taken(state, seat, now_ms, (command,))


def taken(state: State, seat: str, now_ms: int, commands: Iterable[type[SeatCommand]]) -> list[type[SeatCommand]]:
    """Which of these this seat may give now."""
    held, seen = roles(state, seat), state_of(state, seat)

    def allowed(command: type[SeatCommand]) -> bool:
        asked = seen if command in IN_LANES else state
        return any(role in held and condition(asked, seat, now_ms) for role, condition in RIGHTS.get(command, ()))

    return [command for command in commands if allowed(command)]


def _can_go_on(state: State, seat: str, now_ms: int) -> bool:
    """A lesson that waits is not passed over, unless it was taught before the session went back to it."""
    untaught = lesson_waits(state) and (not _was_taught(state) or state.starts_ms is not None)
    return going_on(state, seat, now_ms) and not untaught


def _can_go_back(state: State, seat: str, now_ms: int) -> bool:
    return state.position.part == "round" and state.position.index > 0 and state.starts_ms is None


def _lesson_runs(state: State, seat: str, now_ms: int) -> bool:
    return lesson_runs(state)


def _lesson_can_start(state: State, seat: str, now_ms: int) -> bool:
    return lesson_waits(state) and state.starts_ms is None and not _teacher_away(state)


def _teacher_away(state: State) -> bool:
    return state.teacher is not None and not is_here(state, state.teacher)


def _lesson_lacks_teacher(state: State, seat: str, now_ms: int) -> bool:
    return _teacher_away(state) and (lesson_runs(state) or (lesson_waits(state) and state.starts_ms is None))


def _can_teach_later(state: State, seat: str, now_ms: int) -> bool:
    taught = lesson_waits(state) and _was_taught(state)
    return _lesson_lacks_teacher(state, seat, now_ms) and not taught and can_swap(state)


def _was_taught(state: State) -> bool:
    """The lesson that is this phase, not another one of the round."""
    return (state.position.round, state.position.index) in state.lessons


def _a_turn_runs(state: State, seat: str, now_ms: int) -> bool:
    return (state.turn is not None or state.speaking is not None) and not _turn_waits(state)


def _own_turn(state: State, seat: str, now_ms: int) -> bool:
    has_it = state.turn or state.speaking
    return has_it is not None and has_it.seat == seat and not _turn_waits(state)


def _turn_waits(state: State) -> bool:
    """The next turn lets a held clock go, which one lane cannot do for all."""
    return state.in_lane is not None and state.held is not None and state.speaking is None


def _somebody_speaks_with_permission(state: State, seat: str, now_ms: int) -> bool:
    return state.phase is not None and state.phase.floor == "permission" and state.speaking is not None


def _can_pass(state: State, seat: str, now_ms: int) -> bool:
    """Once in a round, while it has not rung, and only to somebody."""
    unused = (state.position.round, state.position.index, seat) not in state.passed
    own = state.turn is not None and state.turn.seat == seat
    return own and unused and state.status == "running" and _somebody_waits(state) and not _turn_waits(state)


def _speaker_away(state: State, seat: str, now_ms: int) -> bool:
    away = state.turn is not None and not is_here(state, state.turn.seat)
    return away and _somebody_waits(state) and not _turn_waits(state)


def _somebody_waits(state: State) -> bool:
    return state.turn is not None and next_here(state, state.turn.waiting) is not None


def _somebody_is_not_in_the_row(state: State, seat: str, now_ms: int) -> bool:
    phase = state.phase
    if phase is None or phase.floor != "round_robin" or _turn_waits(state):
        return False
    here = (state.position.round, state.position.index)
    row = {state.turn.seat, *state.turn.waiting} if state.turn else set()
    unheard = (other for other in state.colleagues if other not in row and (*here, other) not in state.spoken)
    return any(state.turn or is_here(state, other) for other in unheard)


def _clock_runs(state: State, seat: str, now_ms: int) -> bool:
    """Or is about to."""
    return state.held.resumes_ms is not None if state.held else state.ends_ms is not None


def _clock_is_held(state: State, seat: str, now_ms: int) -> bool:
    """The clock of a lesson stays held while its teacher is away."""
    held = state.held is not None and state.held.resumes_ms is None
    return held and not (lesson_runs(state) and _teacher_away(state))


def _without_leader_clock_runs(state: State, seat: str, now_ms: int) -> bool:
    return runs_by_itself(state) and _clock_runs(state, seat, now_ms)


def _without_leader_clock_is_held(state: State, seat: str, now_ms: int) -> bool:
    return runs_by_itself(state) and _clock_is_held(state, seat, now_ms)


def _time_can_change(state: State, seat: str, now_ms: int) -> bool:
    clock = state.ends_ms is not None or state.status == "grace"
    return clock and state.held is None and state.planned_s is not None


def _can_take_back(state: State, seat: str, now_ms: int) -> bool:
    undo = state.undo
    return undo is not None and undo.decision == state.moves and now_ms <= undo.until_ms


def _teachers_to_come(state: State, seat: str, now_ms: int) -> bool:
    return state.position.part in ("before", "round")


def _can_hand_over(state: State, seat: str, now_ms: int) -> bool:
    others = (other for other in state.seats.values() if other.seat != seat and not other.simulated)
    return going_on(state, seat, now_ms) and any(is_here(state, other.seat) for other in others)


def _nobody_leads(state: State, seat: str, now_ms: int) -> bool:
    own = state.seats[seat]
    leaderless = leaderless_ms(state)
    can_lead = is_here(state, seat) and not own.simulated and not own.leads
    return can_lead and leaderless is not None and now_ms >= leaderless


MOVES: Rows = {
    Advance: (("leader", _can_go_on), ("teacher", _lesson_runs)),
    Back: (("leader", _can_go_back),),
    TakeBack: (("leader", _can_take_back),),
    StartLesson: (("teacher", _lesson_can_start), ("leader", _lesson_can_start)),
    RestartLesson: (("leader", _lesson_runs),),
    TeachLater: (("leader", _can_teach_later),),
    GoWithout: (("leader", _lesson_lacks_teacher),),
    SetOrder: (("leader", _teachers_to_come),),
    EndTurn: (("leader", _a_turn_runs), ("colleague", _own_turn), ("teacher", _somebody_speaks_with_permission)),
    PassTurn: (("leader", _speaker_away), ("colleague", _can_pass)),
    AddTurn: (("leader", _somebody_is_not_in_the_row),),
    AddTime: (("leader", _time_can_change),),
    Hold: (("leader", _clock_runs), ("colleague", _without_leader_clock_runs)),
    Resume: (("leader", _clock_is_held), ("colleague", _without_leader_clock_is_held)),
    HandOver: (("leader", _can_hand_over),),
    TakeLead: (("teacher", _nobody_leads), ("colleague", _nobody_leads)),
}

IN_LANES = frozenset({EndTurn, PassTurn, AddTurn, RaiseHand, LowerHand})
"""Commands that concern only the lane of whoever gives them."""

RIGHTS: Rows = {**MOVES, **rights_acts.RIGHTS}
