"""The state after an event. Total: every event of every release folds, and none is judged here."""

from __future__ import annotations

from collections.abc import Iterable
from functools import singledispatch
from typing import Any

import msgspec

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
    SessionMade,
    TurnBegan,
)
from server.session.state import Lesson, Moment, Seat, State, Turn


class NotALog(ValueError):
    """The first event of a log makes the session."""


def fold(events: Iterable[AnyEvent]) -> State:
    """Raises NotALog when the first event is not SessionMade."""
    state: State | None = None
    for event in events:
        if state is None:
            if not isinstance(event, SessionMade):
                raise NotALog(type(event).__name__)
            state = State(session=event.session, plan=event.plan, created_ms=event.at_ms)
        else:
            state = evolve(state, event)
    if state is None:
        raise NotALog("empty")
    return state


def evolve(state: State, event: AnyEvent) -> State:
    return _evolve(event, state)


def _but(state: State, **changes: Any) -> State:
    return msgspec.structs.replace(state, **changes)


@singledispatch
def _evolve(event: object, state: State) -> State:
    raise TypeError(f"no event: {type(event).__name__}")


@_evolve.register
def _(event: SessionMade, state: State) -> State:
    return state


@_evolve.register
def _(event: SeatTaken, state: State) -> State:
    seat = Seat(seat=event.seat, teaches=event.teaches, leads=event.leads)
    order = (*state.order, event.seat) if event.teaches else state.order
    return _but(state, seats={**state.seats, event.seat: seat}, order=order)


@_evolve.register
def _(event: SeatChanged, state: State) -> State:
    seat = msgspec.structs.replace(state.seats[event.seat], teaches=event.teaches, leads=event.leads)
    others = tuple(other for other in state.order if other != event.seat)
    order = state.order if event.teaches == (event.seat in state.order) else (*others, event.seat) if event.teaches else others
    return _but(state, seats={**state.seats, event.seat: seat}, order=order)


@_evolve.register
def _(event: RecordingChosen, state: State) -> State:
    seat = msgspec.structs.replace(state.seats[event.seat], recording=event.choice)
    return _but(state, seats={**state.seats, event.seat: seat})


@_evolve.register
def _(event: PhaseEntered, state: State) -> State:
    lessons = state.lessons
    lesson = state.lesson
    if lesson and lesson.ended_ms is None:
        lessons = {**lessons, lesson.round: msgspec.structs.replace(lesson, ended_ms=event.at_ms)}
    return _but(
        state,
        position=event.position,
        status="waiting" if event.ends_ms is None else "running",
        decision=state.decision + 1,
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        turn=None,
        lessons=lessons,
        ready=frozenset(),
    )


@_evolve.register
def _(event: LessonStarted, state: State) -> State:
    round_ = state.position.round
    lesson = Lesson(round=round_, teacher=state.order[round_], started_ms=event.at_ms, take=event.take)
    return _but(
        state,
        status="running",
        decision=state.decision + 1,
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        lessons={**state.lessons, round_: lesson},
    )


@_evolve.register
def _(event: GraceBegan, state: State) -> State:
    return _but(state, status="grace", ends_ms=event.ends_ms)


@_evolve.register
def _(event: TurnBegan, state: State) -> State:
    return _but(
        state,
        status="running",
        decision=state.decision + 1,
        ends_ms=event.ends_ms,
        turn=Turn(seat=event.seat, started_ms=event.at_ms, waiting=event.waiting),
        spoken=state.spoken | {(state.position.round, event.seat)},
    )


@_evolve.register
def _(event: RecordingEnded, state: State) -> State:
    lessons = {
        round_: msgspec.structs.replace(lesson, take_ended_ms=event.at_ms) if lesson.take == event.take else lesson
        for round_, lesson in state.lessons.items()
    }
    return _but(state, lessons=lessons)


@_evolve.register
def _(event: MomentTapped, state: State) -> State:
    moment = Moment(moment=event.moment, seat=event.seat, round=event.round, mark=event.mark, at_ms=event.at_ms)
    return _but(state, moments={**state.moments, event.moment: moment})


@_evolve.register
def _(event: MomentRemoved, state: State) -> State:
    return _but(state, moments={key: moment for key, moment in state.moments.items() if key != event.moment})


@_evolve.register
def _(event: ReadyChanged, state: State) -> State:
    return _but(state, ready=state.ready | {event.seat} if event.ready else state.ready - {event.seat})
