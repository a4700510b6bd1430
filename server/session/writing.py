"""Which forms the session asks of whom, and which entries have been handed in.

What is asked before the rounds and after them counts to round 0. Words that nobody wrote in time may still come for some time.
"""

from __future__ import annotations

import msgspec

from server.session.commands import Write
from server.session.lanes import state_of, step_for
from server.session.plan import PhaseForms, PhasePlan, Plan
from server.session.state import State

ON_THE_WAY_MS = 2_000
MOMENT_FIELD = "m-"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    round: int
    form: str


def asked_of(state: State, seat: str, now_ms: int) -> Asked | None:
    """What this seat is asked to write now, or still may write once the session is over."""
    form = form_of(state, seat)
    return Asked(round=state.position.round, form=form) if form else _owed(state, seat, now_ms)


def form_of(state: State, seat: str) -> str | None:
    """The form that this phase asks this seat to fill in. Who has no microphone says in writing what others say aloud."""
    phase = state.phase
    if phase is None or seat not in state.seats:
        return None
    seen = state_of(state, seat)
    if seen.turn and seen.turn.seat == seat and has_no_voice(state, seat):
        return form_of_turn(seen)
    return _asks(state, phase, seat, state.position.round, outside=state.position.part != "round")


def form_of_turn(state: State) -> str | None:
    """The note that everybody reads while its author, who has no microphone, has the turn."""
    if state.turn is None or not has_no_voice(state, state.turn.seat):
        return None
    round_, seat = state.position.round, state.turn.seat
    asked = (_asks(state, phase, seat, round_, outside=False) for phase in state.plan.round[: state.position.index + 1])
    forms = [form for form in asked if form]
    return forms[-1] if forms else None


def forms_so_far(state: State, seat: str, round_: int) -> tuple[str, ...]:
    """The forms that the session has asked this seat to fill in in this round up to now, the latest last."""
    phases: list[tuple[PhasePlan, bool]] = [(state.plan.before, True)] if round_ == 0 else []
    over = state.position.part in ("closing", "ended")
    if round_ < len(state.order) and (over or (state.position.part == "round" and round_ <= state.position.round)):
        index = state.position.index if round_ == state.position.round and not over else len(state.plan.round)
        phases += [(phase, False) for phase in state.plan.round[: index + 1]]
    if over and round_ == 0:
        phases.append((state.plan.closing, True))
    forms = (_asks(state, phase, seat, round_, outside=outside) for phase, outside in phases)
    return tuple(form for form in forms if form)


def _asks(state: State, phase: PhasePlan, seat: str, round_: int, *, outside: bool) -> str | None:
    """`outside` of the rounds everybody who teaches in one is asked as a teacher."""
    if outside:
        return phase.forms.teacher if seat in state.order else phase.forms.colleague
    forms = step_for(state, phase, seat, round_).forms
    if seat == state.order[round_]:
        return forms.teacher
    return forms.suggester if forms.suggester and seat in state.tries.get(round_, ()) else forms.colleague


def asked_to_write(state: State, seat: str) -> bool:
    """Whether the session waits until this seat is ready. Nobody is waited for while others have the floor."""
    phase = state.phase
    if phase is None or seat not in state.seats:
        return False
    step = step_for(state, phase, seat, state.position.round)
    return step.floor in ("open", "silent", "teacher") and form_of(state, seat) is not None


def handed_in(state: State, seat: str, form: str, round_: int, now_ms: int) -> bool:
    """Whether it can no longer be changed because the teacher may have read it. One's own texts stay open.

    Who had written nothing when the others' words were handed in may write until a day after the session.
    """
    index = state.plan.asking(form)
    if index is None:
        return False
    key = (round_, form, seat)
    if key in state.begun and key not in state.begun_late:
        return is_closed(state, seat, round_, form, now_ms)
    return _long_over(state, now_ms)


def is_line_on_moment(state: State, command: Write) -> bool:
    """Each moment of one's own has a field for one line, in the form that goes to the teacher."""
    moment = state.moments.get(command.field.removeprefix(MOMENT_FIELD)) if command.field.startswith(MOMENT_FIELD) else None
    own = moment is not None and moment.seat == command.seat and moment.round == command.round
    return own and moment is not None and takes_moments(state.plan, command.form, moment.index)


def takes_moments(plan: Plan, form: str, lesson: int) -> bool:
    """Whether this form, which goes to the teacher, is about the lesson that is this phase of a round."""
    index = plan.asking(form)
    return index is not None and index > lesson and not any(lesson < other < index for other in plan.lessons)


def attempt_of(plan: Plan, form: str) -> int:
    """Which try of a round this form, which goes to the teacher, is about; without a lesson before it the first."""
    index = plan.asking(form)
    return 0 if index is None else max(0, plan.attempt(index) - 1)


def is_closed(state: State, seat: str, round_: int, form: str, now_ms: int) -> bool:
    """Whether the teacher may have read what this colleague wrote in this form. What was typed at the last moment still arrives."""
    in_round = state.position.part == "round" and state.position.round == round_
    seen, read_from, index = state_of(state, seat), forms_of(state.plan, form).read_from, state.plan.asking(form) or 0
    turn, floor = seen.turn, seen.speaking
    since_ms = max(state.started_ms or 0, turn.started_ms if turn else 0, floor.since_ms or 0 if floor else 0)
    on_the_way = now_ms - since_ms <= ON_THE_WAY_MS
    typed = in_round and has_no_voice(state, seat)
    heard = state.phase is not None and in_round and _hears(state, state.phase, seat, round_)
    if read_from == "turn" and heard and turn and turn.seat == seat and state.position.index >= index:
        return not typed and not on_the_way
    if read_from == "turn" and has_spoken(state, seat, round_, index):
        speaks = in_round and floor is not None and floor.seat == seat
        return not ((typed or speaks) and on_the_way)
    left = in_round and state.position.index > index and read_from == "phase_end"
    return (left or is_over(state, round_)) and not on_the_way


def is_released(state: State, author: str, round_: int, form: str) -> bool:
    """Whether those who are to read what colleagues write may read this."""
    index = state.plan.asking(form)
    if index is None:
        return False
    in_round = state.position.part == "round" and state.position.round == round_
    read_from = forms_of(state.plan, form).read_from
    if is_over(state, round_) or read_from == "at_once":
        return True
    if read_from == "phase_end":
        return in_round and state.position.index > index
    return read_from == "turn" and has_spoken(state, author, round_, index)


def has_spoken(state: State, seat: str, round_: int, index: int) -> bool:
    """Before the teacher, in the phase `index` of this round or a later one; among colleagues alone does not count."""
    later = ((place, phase) for place, phase in enumerate(state.plan.round[index:], index) if (round_, place, seat) in state.spoken)
    return any(_hears(state, phase, seat, round_) for _, phase in later)


def _hears(state: State, phase: PhasePlan, seat: str, round_: int) -> bool:
    if not phase.lanes or round_ >= len(state.order):
        return True
    return step_for(state, phase, seat, round_) is step_for(state, phase, state.order[round_], round_)


def forms_of(plan: Plan, form: str) -> PhaseForms:
    """What the step that asks colleagues for this form says about it. Others have the default."""
    index = plan.asking(form)
    return (plan.round[index].asks_colleagues(form) if index is not None else None) or PhaseForms()


def is_over(state: State, round_: int) -> bool:
    return state.position.part in ("closing", "ended") or (state.position.part == "round" and state.position.round > round_)


def has_no_voice(state: State, seat: str) -> bool:
    """Or uses the microphone of somebody who is in another part of the divided group."""
    own = state.seats[seat]
    return own.microphone == "none" or (own.microphone == "shared" and own.shares not in state_of(state, seat).seats)


def _owed(state: State, seat: str, now_ms: int) -> Asked | None:
    """The first note that this colleague has not written to a teacher, for as long after the session as the format says."""
    own = state.seats.get(seat)
    if own is None or own.simulated or state.position.part != "ended" or _long_over(state, now_ms):
        return None
    for (round_, index), lesson in sorted(state.lessons.items()):
        if lesson.teacher != seat and own.came_ms <= (lesson.ended_ms or own.came_ms):
            for form in forms_so_far(state, seat, round_):
                key = (round_, form, seat)
                if takes_moments(state.plan, form, index) and (key not in state.begun or key in state.begun_late):
                    return Asked(round=round_, form=form)
    return None


def _long_over(state: State, now_ms: int) -> bool:
    return state.position.part == "ended" and now_ms - (state.started_ms or 0) > state.plan.later_h * 3_600_000
