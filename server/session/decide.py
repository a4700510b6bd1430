"""What comes of a command: events, or a refusal that changes nothing. Pure; the time is an argument.

Two people who press at once name the same decision: the first moves the session, the other is told that it has moved.
A tap, a text or a choice is never stale.
"""

from __future__ import annotations

from functools import reduce, singledispatch

import msgspec

from server.session.commands import (
    Advance,
    AnyCommand,
    ChooseRecording,
    Command,
    EndTurn,
    SeatCommand,
    SetHere,
    SetReady,
    StartLesson,
    TakeSeat,
    Tap,
    Tick,
    Untap,
    Write,
)
from server.session.events import (
    AnyEvent,
    GraceBegan,
    LessonStarted,
    MomentRemoved,
    MomentTapped,
    PhaseEntered,
    ReadyChanged,
    RecordingChosen,
    RecordingEnded,
    SeatChanged,
    SeatTaken,
    TurnBegan,
)
from server.session.evolve import evolve
from server.session.rights import ON_THE_WAY_MS, colleague_forms, forms_so_far, handed_in, may
from server.session.schedule import following, turn_s
from server.session.state import Lesson, State, phase_at

MOST_SEATS = 30
MOST_MOMENTS_OF_ONE = 200
Events = tuple[AnyEvent, ...]


class Refused(msgspec.Struct, frozen=True):
    """`code` is stable, `message` is for the person who asked."""

    code: str
    message: str


def decide(state: State, command: AnyCommand, now_ms: int) -> Events | Refused:
    if isinstance(command, Command) and not isinstance(command, TakeSeat | SetHere):
        refused = _check_rights(state, command)
        if refused:
            return refused
    return _decide(command, state, now_ms)


STALE = Refused("stale_decision", "The session has already moved on.")
NOT_YOURS = Refused("not_allowed", "This is not yours to do now.")
HANDED_IN = Refused("handed_in", "This has been handed in and can no longer be changed.")


def _check_rights(state: State, command: SeatCommand) -> Refused | None:
    if command.seat not in state.seats:
        return Refused("no_seat", "You have no seat in this session.")
    if isinstance(command, Advance | StartLesson | EndTurn | SetReady) and command.decision != state.decision:
        return STALE
    return None if may(state, command.seat, type(command)) else NOT_YOURS


@singledispatch
def _decide(command: object, state: State, now_ms: int) -> Events | Refused:
    raise TypeError(f"no command: {type(command).__name__}")


@_decide.register
def _(command: TakeSeat, state: State, now_ms: int) -> Events | Refused:
    known = state.seats.get(command.seat)
    if known:
        teaches = command.teaches if state.position.part == "before" else known.teaches
        leads = known.leads or command.leads
        if (teaches, leads) == (known.teaches, known.leads):
            return ()
        return (SeatChanged(at_ms=now_ms, seat=command.seat, teaches=teaches, leads=leads),)
    if len(state.seats) >= MOST_SEATS:
        return Refused("room_full", "All seats of this session are taken.")
    if state.position.part == "ended":
        return Refused("session_ended", "This session is over.")
    teaches = command.teaches and state.position.part in ("before", "round")
    return (SeatTaken(at_ms=now_ms, seat=command.seat, teaches=teaches, leads=command.leads),)


@_decide.register
def _(command: ChooseRecording, state: State, now_ms: int) -> Events | Refused:
    if state.seats[command.seat].recording == command.choice:
        return ()
    chosen = RecordingChosen(at_ms=now_ms, seat=command.seat, choice=command.choice)
    recorded = state.recorded
    if command.choice == "leave_out" and recorded and recorded.take and recorded.teacher == command.seat:
        return (chosen, RecordingEnded(at_ms=now_ms, take=recorded.take))
    return (chosen,)


@_decide.register
def _(command: Advance, state: State, now_ms: int) -> Events | Refused:
    if state.position.part == "before" and not state.order:
        return Refused("no_teacher", "Nobody has said yet that they will teach.")
    return _go_on(state, now_ms)


@_decide.register
def _(command: StartLesson, state: State, now_ms: int) -> Events | Refused:
    phase = state.phase
    assert phase
    assert phase.minutes
    assert state.teacher
    recorded = phase.record and state.seats[state.teacher].recording == "record"
    ends_ms = now_ms + phase.minutes.default_s * 1000
    return (LessonStarted(at_ms=now_ms, ends_ms=ends_ms, take=command.take if recorded else None),)


@_decide.register
def _(command: EndTurn, state: State, now_ms: int) -> Events | Refused:
    return _next_turn(state, now_ms)


@_decide.register
def _(command: Tap, state: State, now_ms: int) -> Events | Refused:
    known = state.moments.get(command.moment)
    if known:
        return () if known.seat == command.seat else Refused("not_allowed", "This moment is somebody else's.")
    if command.mark not in {mark.key for phase in state.plan.round for mark in phase.marks}:
        return Refused("unknown_mark", "This format has no such moment.")
    if sum(moment.seat == command.seat for moment in state.moments.values()) >= MOST_MOMENTS_OF_ONE:
        return Refused("too_many", "These are more moments than anybody can look at.")
    lesson = _lesson_at(state, command.seat, command.at_ms)
    latest_ms = now_ms if lesson.ended_ms is None else lesson.ended_ms
    at_ms = min(max(command.at_ms, lesson.started_ms), latest_ms)
    return (MomentTapped(at_ms=at_ms, moment=command.moment, seat=command.seat, round=lesson.round, mark=command.mark),)


def _lesson_at(state: State, learner: str, at_ms: int) -> Lesson:
    """The lesson that this learner was in then: the last one that had begun, else the first."""
    lessons = [lesson for lesson in state.lessons.values() if lesson.teacher != learner]
    begun = [lesson for lesson in lessons if lesson.started_ms <= at_ms + ON_THE_WAY_MS]
    return begun[-1] if begun else lessons[0]


@_decide.register
def _(command: Untap, state: State, now_ms: int) -> Events | Refused:
    known = state.moments.get(command.moment)
    if known is None:
        return ()
    if known.seat != command.seat:
        return NOT_YOURS
    if any(handed_in(state, command.seat, form, known.round, now_ms) for form in colleague_forms(state.plan)):
        return HANDED_IN
    return (MomentRemoved(at_ms=now_ms, moment=command.moment),)


@_decide.register
def _(command: Write, state: State, now_ms: int) -> Events | Refused:
    form = state.plan.forms.get(command.form)
    if form is None or command.field not in {field.key for field in form.fields}:
        return Refused("unknown_field", "This format has no such field.")
    if command.form not in forms_so_far(state, command.seat, command.round):
        return NOT_YOURS
    return HANDED_IN if handed_in(state, command.seat, command.form, command.round, now_ms) else ()


@_decide.register
def _(command: SetReady, state: State, now_ms: int) -> Events | Refused:
    if command.ready == (command.seat in state.ready):
        return ()
    return (ReadyChanged(at_ms=now_ms, seat=command.seat, ready=command.ready),)


@_decide.register
def _(command: Tick, state: State, now_ms: int) -> Events | Refused:
    events: list[AnyEvent] = []
    while due := _due(state, now_ms):
        events += due
        state = reduce(evolve, due, state)
    return tuple(events)


def _due(state: State, now_ms: int) -> Events:
    """What the clock does next, if its time has come."""
    phase = state.phase
    if phase is None or state.ends_ms is None or now_ms < state.ends_ms:
        return ()
    if state.status == "running":
        if phase.at_zero == "ask" and not state.turn:
            return (GraceBegan(at_ms=now_ms, ends_ms=None),)
        grace_s = turn_s(phase, len(state.colleagues))[1] if state.turn else state.plan.grace_of(phase)
        if grace_s:
            return (GraceBegan(at_ms=now_ms, ends_ms=state.ends_ms + grace_s * 1000),)
    return _next_turn(state, now_ms) if state.turn else _go_on(state, now_ms)


def _next_turn(state: State, now_ms: int) -> Events:
    if not state.turn or not state.turn.waiting:
        return _go_on(state, now_ms)
    return (_turn(state, state.turn.waiting, now_ms),)


def _turn(state: State, speakers: tuple[str, ...], now_ms: int) -> TurnBegan:
    assert state.phase
    until_bell_s, _ = turn_s(state.phase, len(state.colleagues))
    return TurnBegan(at_ms=now_ms, seat=speakers[0], waiting=speakers[1:], ends_ms=now_ms + until_bell_s * 1000)


def _go_on(state: State, now_ms: int) -> Events:
    events: list[AnyEvent] = []
    recorded = state.recorded
    if recorded and recorded.take:
        events.append(RecordingEnded(at_ms=now_ms, take=recorded.take))
    position = following(state.plan, len(state.order), state.position)
    phase = phase_at(state.plan, position)
    clock = phase is not None and phase.minutes is not None and phase.starts == "at_once"
    ends_ms = now_ms + phase.minutes.default_s * 1000 if clock and phase and phase.minutes else None
    entered = PhaseEntered(at_ms=now_ms, position=position, ends_ms=ends_ms)
    events.append(entered)
    if phase and phase.floor == "round_robin":
        there = evolve(state, entered)
        if there.colleagues:
            events.append(_turn(there, there.colleagues, now_ms))
    return tuple(events)
