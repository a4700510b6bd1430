"""The state after a move of the session: phases, lessons, turns, the clock, who is here and who leads."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from server.session.events import (
    AnyEvent,
    GraceBegan,
    LessonStarted,
    PhaseEntered,
    RecordingEnded,
    SeatChanged,
    SeatTaken,
    SessionMade,
    TurnBegan,
)
from server.session.evolve_acts import put_down, with_still
from server.session.folding import Folder
from server.session.state import Lesson, Seat, State, Turn


def _session_made(state: State, event: SessionMade) -> State:
    return state


def _seat_taken(state: State, event: SeatTaken) -> State:
    seat = Seat(seat=event.seat, teaches=event.teaches, leads=event.leads)
    order = (*state.order, event.seat) if event.teaches else state.order
    return replace(state, seats={**state.seats, event.seat: seat}, order=order)


def _seat_changed(state: State, event: SeatChanged) -> State:
    seat = replace(state.seats[event.seat], teaches=event.teaches, leads=event.leads)
    others = tuple(other for other in state.order if other != event.seat)
    order = state.order if event.teaches == (event.seat in state.order) else (*others, event.seat) if event.teaches else others
    return replace(state, seats={**state.seats, event.seat: seat}, order=order)


def _phase_entered(state: State, event: PhaseEntered) -> State:
    lessons = state.lessons
    lesson = state.lesson
    if lesson and lesson.ended_ms is None:
        lessons = {**lessons, lesson.round: replace(lesson, ended_ms=event.at_ms)}
    return replace(
        put_down(state, event.position),
        position=event.position,
        status="waiting" if event.ends_ms is None else "running",
        decision=state.decision + 1,
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        turn=None,
        lessons=lessons,
        ready=frozenset(),
    )


def _lesson_started(state: State, event: LessonStarted) -> State:
    round_ = state.position.round
    lesson = Lesson(round=round_, teacher=state.order[round_], started_ms=event.at_ms, take=event.take)
    started = replace(
        put_down(state, state.position),
        status="running",
        decision=state.decision + 1,
        started_ms=event.at_ms,
        ends_ms=event.ends_ms,
        lessons={**state.lessons, round_: lesson},
    )
    return with_still(started, event.at_ms)


def _grace_began(state: State, event: GraceBegan) -> State:
    return replace(state, status="grace", ends_ms=event.ends_ms)


def _turn_began(state: State, event: TurnBegan) -> State:
    return replace(
        state,
        status="running",
        decision=state.decision + 1,
        ends_ms=event.ends_ms,
        turn=Turn(seat=event.seat, started_ms=event.at_ms, waiting=event.waiting),
        spoken=state.spoken | {(state.position.round, event.seat)},
    )


def _recording_ended(state: State, event: RecordingEnded) -> State:
    lessons = {
        round_: replace(lesson, take_ended_ms=event.at_ms) if lesson.take == event.take else lesson
        for round_, lesson in state.lessons.items()
    }
    return replace(state, lessons=lessons)


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    SessionMade: _session_made,
    SeatTaken: _seat_taken,
    SeatChanged: _seat_changed,
    PhaseEntered: _phase_entered,
    LessonStarted: _lesson_started,
    GraceBegan: _grace_began,
    TurnBegan: _turn_began,
    RecordingEnded: _recording_ended,
}
