"""Which forms the session asks of whom, and which entries have been handed in.

What is asked before the rounds and after them counts to round 0. Words that nobody wrote in time may still come for a day.
"""

from __future__ import annotations

import msgspec

from server.session.commands import Write
from server.session.plan import PhasePlan, Plan
from server.session.state import State

ON_THE_WAY_MS = 2_000
LATER_MS = 24 * 3600 * 1000
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
    if state.turn and state.turn.seat == seat and has_no_voice(state, seat):
        return form_of_turn(state)
    return _asks(phase, teaches=seat == state.teacher if state.position.part == "round" else seat in state.order)


def form_of_turn(state: State) -> str | None:
    """The note that everybody reads while its author, who has no microphone, has the turn."""
    if state.turn is None or not has_no_voice(state, state.turn.seat):
        return None
    forms = [phase.forms.colleague for phase in state.plan.round[: state.position.index + 1] if phase.forms.colleague]
    return forms[-1] if forms else None


def forms_so_far(state: State, seat: str, round_: int) -> tuple[str, ...]:
    """The forms that the session has asked this seat to fill in in this round up to now, the latest last."""
    elsewhere = seat in state.order
    phases: list[tuple[PhasePlan, bool]] = [(state.plan.before, elsewhere)] if round_ == 0 else []
    over = state.position.part in ("closing", "ended")
    if round_ < len(state.order) and (over or (state.position.part == "round" and round_ <= state.position.round)):
        index = state.position.index if round_ == state.position.round and not over else len(state.plan.round)
        phases += [(phase, seat == state.order[round_]) for phase in state.plan.round[: index + 1]]
    if over and round_ == 0:
        phases.append((state.plan.closing, elsewhere))
    forms = (_asks(phase, teaches=teaches) for phase, teaches in phases)
    return tuple(form for form in forms if form)


def _asks(phase: PhasePlan, *, teaches: bool) -> str | None:
    return phase.forms.teacher if teaches else phase.forms.colleague


def asked_to_write(state: State, seat: str) -> bool:
    """Whether the session waits until this seat is ready. Nobody is waited for while others speak."""
    phase = state.phase
    return phase is not None and phase.floor != "round_robin" and form_of(state, seat) is not None


def handed_in(state: State, seat: str, form: str, round_: int, now_ms: int) -> bool:
    """Whether it can no longer be changed because the teacher may have read it. One's own texts stay open.

    Who had written nothing when the others' words were handed in may write until a day after the session.
    """
    if form not in colleague_forms(state.plan):
        return False
    key = (round_, form, seat)
    if key in state.begun and key not in state.begun_late:
        return is_closed(state, seat, round_, now_ms)
    return _long_over(state, now_ms)


def is_line_on_moment(state: State, command: Write) -> bool:
    """Each moment of one's own has a field for one line, in the form that goes to the teacher."""
    moment = state.moments.get(command.field.removeprefix(MOMENT_FIELD)) if command.field.startswith(MOMENT_FIELD) else None
    own = moment is not None and moment.seat == command.seat and moment.round == command.round
    return own and command.form in colleague_forms(state.plan)


def is_closed(state: State, seat: str, round_: int, now_ms: int) -> bool:
    """Whether the teacher may have read this colleague's part. What was typed at the last moment still arrives."""
    in_round = state.position.part == "round" and state.position.round == round_
    since_ms = max(state.started_ms or 0, state.turn.started_ms if state.turn else 0)
    on_the_way = now_ms - since_ms <= ON_THE_WAY_MS
    typed = in_round and has_no_voice(state, seat)
    if in_round and state.turn and state.turn.seat == seat:
        return not typed and not on_the_way
    if (round_, seat) in state.spoken:
        return not (typed and on_the_way)
    return is_over(state, round_) and not on_the_way


def is_over(state: State, round_: int) -> bool:
    return state.position.part in ("closing", "ended") or (state.position.part == "round" and state.position.round > round_)


def has_no_voice(state: State, seat: str) -> bool:
    return state.seats[seat].microphone == "none"


def colleague_forms(plan: Plan) -> frozenset[str]:
    """The forms whose entries go to the teacher of their round."""
    return frozenset(phase.forms.colleague for phase in plan.round if phase.forms.colleague)


def _owed(state: State, seat: str, now_ms: int) -> Asked | None:
    """The first note that this colleague has not written to a teacher, for a day after the session."""
    own = state.seats.get(seat)
    if own is None or own.simulated or state.position.part != "ended" or _long_over(state, now_ms):
        return None
    for round_, lesson in sorted(state.lessons.items()):
        if lesson.teacher != seat and own.came_ms <= (lesson.ended_ms or own.came_ms):
            for form in forms_so_far(state, seat, round_):
                key = (round_, form, seat)
                if form in colleague_forms(state.plan) and (key not in state.begun or key in state.begun_late):
                    return Asked(round=round_, form=form)
    return None


def _long_over(state: State, now_ms: int) -> bool:
    return state.position.part == "ended" and now_ms - (state.started_ms or 0) > LATER_MS
