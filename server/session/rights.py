"""Who may do what, when: one table. Everything that asks about rights asks here.

A row gives, for a command, the roles that may give it and the condition under which each may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from server.session.commands import Advance, ChooseRecording, EndTurn, SeatCommand, SetReady, StartLesson, Tap, Untap, Write
from server.session.state import State

Role = Literal["leader", "teacher", "colleague"]
Condition = Callable[[State, str], bool]


def roles(state: State, seat: str) -> frozenset[Role]:
    """Leading comes on top of what one is in this round."""
    own = state.seats.get(seat)
    if own is None:
        return frozenset()
    part: Role = "teacher" if seat == state.teacher else "colleague"
    return frozenset({part, "leader"}) if own.leads else frozenset({part})


def may(state: State, seat: str, command: type[SeatCommand]) -> bool:
    held = roles(state, seat)
    return any(role in held and condition(state, seat) for role, condition in RIGHTS[command])


def _going_on(state: State, seat: str) -> bool:
    return state.position.part != "ended"


def _lesson_waits(state: State, seat: str) -> bool:
    phase = state.phase
    return phase is not None and phase.starts == "by_teacher" and state.status == "waiting"


def _lesson_runs(state: State, seat: str) -> bool:
    phase = state.phase
    return phase is not None and phase.starts == "by_teacher" and state.status != "waiting"


def _not_before_lesson(state: State, seat: str) -> bool:
    return _going_on(state, seat) and not _lesson_waits(state, seat)


def _a_turn_runs(state: State, seat: str) -> bool:
    return state.turn is not None


def _own_turn(state: State, seat: str) -> bool:
    return state.turn is not None and state.turn.seat == seat


def _moments_wanted(state: State, seat: str) -> bool:
    phase = state.phase
    return phase is not None and bool(phase.marks) and state.lesson is not None


def _moments_were_wanted(state: State, seat: str) -> bool:
    return state.lesson is not None


def _has_form(state: State, seat: str) -> bool:
    return form_of(state, seat) is not None


def form_of(state: State, seat: str) -> str | None:
    """The form that this phase asks this seat to fill in."""
    phase = state.phase
    if phase is None or seat not in state.seats:
        return None
    return phase.forms.teacher if seat == state.teacher else phase.forms.colleague


def forms_so_far(state: State, seat: str) -> tuple[str, ...]:
    """The forms that phases of this round up to now have asked this seat to fill in, the latest last."""
    if state.position.part == "round":
        phases = state.plan.round[: state.position.index + 1]
    else:
        phases = tuple(phase for phase in (state.phase,) if phase)
    forms = (phase.forms.teacher if seat == state.teacher else phase.forms.colleague for phase in phases)
    return tuple(form for form in forms if form)


RIGHTS: dict[type[SeatCommand], tuple[tuple[Role, Condition], ...]] = {
    Advance: (("leader", _not_before_lesson), ("teacher", _lesson_runs)),
    StartLesson: (("teacher", _lesson_waits), ("leader", _lesson_waits)),
    EndTurn: (("leader", _a_turn_runs), ("colleague", _own_turn)),
    Tap: (("colleague", _moments_were_wanted),),
    Untap: (("colleague", _moments_were_wanted),),
    Write: (("teacher", _going_on), ("colleague", _going_on)),
    SetReady: (("teacher", _has_form), ("colleague", _has_form)),
    ChooseRecording: (("teacher", _going_on), ("colleague", _going_on)),
}

SHOWN_ONLY_WHEN: dict[type[SeatCommand], Condition] = {Tap: _moments_wanted, Write: _has_form}
"""Commands that arrive late and are still taken, but that a page should offer only under this condition."""
