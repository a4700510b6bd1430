"""The lesson of a round: 3-2-1, taught again, its teacher late or gone, and who teaches when."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import Answer, Events, Handler, Refused
from server.session.commands import AnyCommand, GoWithout, RestartLesson, SetOrder, StartLesson, TeachLater
from server.session.events import ClockHeld, LessonCountedIn, LessonDropped, LessonStarted, OrderChanged, PhaseEntered
from server.session.here import away_ms, is_here
from server.session.pacing import length_s
from server.session.plan import MOST_TEACHERS
from server.session.schedule import COUNT_IN_MS, lesson_runs
from server.session.state import Position, State
from server.session.steps import end_recording, enter, offered, then_enter


def count_in_over(state: State, now_ms: int) -> Events:
    """A teacher who has gone meanwhile is waited for again; a yes to the recording that was taken back meanwhile counts."""
    seconds = length_s(state, state.position)
    assert state.teacher
    assert seconds
    if not is_here(state, state.teacher):
        return (PhaseEntered(at_ms=now_ms, position=state.position, ends_ms=None),)
    take = state.counted_in if state.seats[state.teacher].recording == "record" else None
    return (LessonStarted(at_ms=now_ms, ends_ms=now_ms + seconds * 1000, take=take),)


def teacher_dropped(state: State, now_ms: int) -> Events:
    """The time since the line dropped is the teacher's: it stays on the clock."""
    assert state.teacher
    assert state.ends_ms is not None
    since_ms = max(away_ms(state, state.teacher) or 0, state.runs_ms or 0)
    return (ClockHeld(at_ms=now_ms, left_ms=max(0, state.ends_ms - since_ms), reason="teacher_away", by=None),)


def can_swap(state: State) -> bool:
    """It is the first try, nothing has been written in this round, and somebody who teaches later is here."""
    first = state.plan.attempt(state.position.index) == 0
    return first and not _written(state) and _next_teacher(state) is not None


def _written(state: State) -> bool:
    forms = {form for phase in state.plan.round for step in phase.steps for form in step.forms.names}
    return any(round_ == state.position.round and form in forms for round_, form, _ in state.begun)


def _next_teacher(state: State) -> int | None:
    """The number of the first round to come whose teacher is here."""
    later = range(state.position.round + 1, len(state.order))
    return next((round_ for round_ in later if is_here(state, state.order[round_])), None)


def _start_lesson(state: State, command: StartLesson, now_ms: int) -> Answer:
    phase = state.phase
    assert phase
    assert state.teacher
    recorded = phase.record and state.seats[state.teacher].recording == "record"
    take = command.take if recorded else None
    return (LessonCountedIn(at_ms=now_ms, starts_ms=now_ms + COUNT_IN_MS, take=take),)


def _restart_lesson(state: State, command: RestartLesson, now_ms: int) -> Answer:
    return then_enter(state, _break_off(state, now_ms), state.position, now_ms)


def _teach_later(state: State, command: TeachLater, now_ms: int) -> Answer:
    round_, other = state.position.round, _next_teacher(state)
    assert other is not None
    order = list(state.order)
    order[round_], order[other] = order[other], order[round_]
    changed = OrderChanged(at_ms=now_ms, order=tuple(order))
    begin = Position(part="round", round=round_)
    if lesson_runs(state):
        return then_enter(state, (*_break_off(state, now_ms), changed), begin, now_ms)
    return offered(state, command.seat, "order", then_enter(state, (changed,), begin, now_ms), now_ms)


def _break_off(state: State, now_ms: int) -> Events:
    return (*end_recording(state, now_ms), LessonDropped(at_ms=now_ms, round=state.position.round))


def _go_without(state: State, command: GoWithout, now_ms: int) -> Answer:
    """A round in which nothing has happened yet leaves the order, so that its teacher can be put back into it later."""
    round_ = state.position.round
    last = round_ + 1 == len(state.order)
    if state.lesson is not None or _written(state) or any(spoken_in == round_ for spoken_in, _, _ in state.spoken):
        return enter(state, Position(part="closing") if last else Position(part="round", round=round_ + 1), now_ms)
    changed = OrderChanged(at_ms=now_ms, order=state.order[:round_] + state.order[round_ + 1 :])
    if last:
        move = (*enter(state, Position(part="closing"), now_ms), changed)
    else:
        move = then_enter(state, (changed,), Position(part="round", round=round_), now_ms)
    return offered(state, command.seat, "order", move, now_ms)


def _set_order(state: State, command: SetOrder, now_ms: int) -> Answer:
    """Rounds that have begun stay as they are. Whoever is in the session can be given a round to come, or lose it."""
    if command.order == state.order:
        return ()
    begun = state.position.round + 1 if state.position.part == "round" else 0
    can_teach = {seat.seat for seat in state.seats.values() if seat.teaches or not seat.simulated}
    kept = command.order[:begun] == state.order[:begun]
    if not kept or len(set(command.order)) != len(command.order) or not set(command.order) <= can_teach:
        return Refused("order_wrong", "This order changes a round that has begun, or names somebody who cannot teach.")
    if len(command.order) > max(MOST_TEACHERS, len(state.order)):
        return Refused("too_many_teachers", "Twelve people can teach in one session.")
    return offered(state, command.seat, "order", (OrderChanged(at_ms=now_ms, order=command.order),), now_ms)


HANDLERS: Mapping[type[AnyCommand], Handler] = {
    StartLesson: _start_lesson,
    RestartLesson: _restart_lesson,
    TeachLater: _teach_later,
    GoWithout: _go_without,
    SetOrder: _set_order,
}
