"""Which forms the session asks of whom, and which entries have been handed in."""

from __future__ import annotations

from server.session.plan import PhasePlan, Plan
from server.session.state import State

ON_THE_WAY_MS = 2_000


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
