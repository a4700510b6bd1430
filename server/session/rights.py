"""Who may do what, when: one table. Everything that asks about rights asks here.

A row gives, for a command, the roles that may give it and the condition under which each may.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

from server.session.commands import Advance, ChooseRecording, EndTurn, SeatCommand, SetReady, StartLesson, Tap, Untap, Write
from server.session.plan import PhasePlan, Plan
from server.session.state import State

ON_THE_WAY_MS = 2_000
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


def _always(state: State, seat: str) -> bool:
    return True


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
    return phase is not None and bool(phase.marks) and state.lesson is not None and seat != state.teacher


def _was_a_learner(state: State, seat: str) -> bool:
    return any(lesson.teacher != seat for lesson in state.lessons.values())


def _has_form(state: State, seat: str) -> bool:
    return form_of(state, seat) is not None


def form_of(state: State, seat: str) -> str | None:
    """The form that this phase asks this seat to fill in."""
    phase = state.phase
    if phase is None or seat not in state.seats:
        return None
    return phase.forms.teacher if seat == state.teacher else phase.forms.colleague


def forms_so_far(state: State, seat: str, round_: int) -> tuple[str, ...]:
    """The forms that the session has asked this seat to fill in in this round up to now, the latest last.

    What is asked before the rounds and after them counts to round 0.
    """
    phases: list[tuple[PhasePlan, str | None]] = [(state.plan.before, None)] if round_ == 0 else []
    over = state.position.part in ("closing", "ended")
    if round_ < len(state.order) and (over or (state.position.part == "round" and round_ <= state.position.round)):
        index = state.position.index if round_ == state.position.round and not over else len(state.plan.round)
        phases += [(phase, state.order[round_]) for phase in state.plan.round[: index + 1]]
    if over and round_ == 0:
        phases.append((state.plan.closing, None))
    forms = (phase.forms.teacher if seat == teacher else phase.forms.colleague for phase, teacher in phases)
    return tuple(form for form in forms if form)


def handed_in(state: State, seat: str, form: str, round_: int, now_ms: int) -> bool:
    """Whether the teacher may have read it. What was typed at the last moment still arrives; one's own texts stay open."""
    if form not in colleague_forms(state.plan):
        return False
    if state.turn and state.turn.seat == seat and state.position.round == round_:
        return now_ms - state.turn.started_ms > ON_THE_WAY_MS
    if (round_, seat) in state.spoken:
        return True
    over = state.position.part != "round" or state.position.round > round_
    return over and now_ms - (state.started_ms or 0) > ON_THE_WAY_MS


def colleague_forms(plan: Plan) -> frozenset[str]:
    """The forms whose entries go to the teacher of their round."""
    return frozenset(phase.forms.colleague for phase in plan.round if phase.forms.colleague)


RIGHTS: dict[type[SeatCommand], tuple[tuple[Role, Condition], ...]] = {
    Advance: (("leader", _not_before_lesson), ("teacher", _lesson_runs)),
    StartLesson: (("teacher", _lesson_waits), ("leader", _lesson_waits)),
    EndTurn: (("leader", _a_turn_runs), ("colleague", _own_turn)),
    Tap: (("teacher", _was_a_learner), ("colleague", _was_a_learner)),
    Untap: (("teacher", _was_a_learner), ("colleague", _was_a_learner)),
    Write: (("teacher", _always), ("colleague", _always)),
    SetReady: (("teacher", _has_form), ("colleague", _has_form)),
    ChooseRecording: (("teacher", _going_on), ("colleague", _going_on)),
}

SHOWN_ONLY_WHEN: dict[type[SeatCommand], Condition] = {Tap: _moments_wanted, Untap: _moments_wanted, Write: _has_form}
"""Commands that arrive late and are still taken, but that a page should offer only under this condition."""
