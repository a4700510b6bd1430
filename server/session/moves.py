"""The moves of a session: on to the next phase, the lesson's start, the next turn, and what the clock does."""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from server.session.answers import Answer, Events, Handler, Refused
from server.session.commands import Advance, AnyCommand, EndTurn, StartLesson, Tick
from server.session.events import AnyEvent, GraceBegan, LessonStarted, PhaseEntered, RecordingEnded, TurnBegan
from server.session.evolve import evolve
from server.session.schedule import following, turn_s
from server.session.state import State, phase_at


def _advance(state: State, command: Advance, now_ms: int) -> Answer:
    if state.position.part == "before" and not state.order:
        return Refused("no_teacher", "Nobody has said yet that they will teach.")
    return _go_on(state, now_ms)


def _start_lesson(state: State, command: StartLesson, now_ms: int) -> Answer:
    phase = state.phase
    assert phase
    assert phase.minutes
    assert state.teacher
    recorded = phase.record and state.seats[state.teacher].recording == "record"
    ends_ms = now_ms + phase.minutes.default_s * 1000
    return (LessonStarted(at_ms=now_ms, ends_ms=ends_ms, take=command.take if recorded else None),)


def _end_turn(state: State, command: EndTurn, now_ms: int) -> Answer:
    return _next_turn(state, now_ms)


def _tick(state: State, command: Tick, now_ms: int) -> Answer:
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


HANDLERS: Mapping[type[AnyCommand], Handler] = {
    Advance: _advance,
    StartLesson: _start_lesson,
    EndTurn: _end_turn,
    Tick: _tick,
}
