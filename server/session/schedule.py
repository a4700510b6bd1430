"""Which phase follows which, when the next deadline is, and when each phase to come will begin."""

from __future__ import annotations

import msgspec

from server.session.plan import PhasePlan, Plan
from server.session.state import Position, State, phase_at


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """A phase to come. `begins_ms` assumes that each phase takes its planned time and its grace."""

    position: Position
    phase: PhasePlan
    begins_ms: int


def following(plan: Plan, teachers: int, position: Position) -> Position:
    """Where the session goes from here. Rounds without teachers do not happen."""
    if position.part == "before" and teachers:
        return Position(part="round")
    if position.part == "round":
        if position.index + 1 < len(plan.round):
            return Position(part="round", round=position.round, index=position.index + 1)
        if position.round + 1 < teachers:
            return Position(part="round", round=position.round + 1)
    if position.part in ("closing", "ended"):
        return Position(part="ended")
    return Position(part="closing")


def next_deadline_ms(state: State) -> int | None:
    return state.ends_ms


def turn_s(phase: PhasePlan, speakers: int) -> tuple[int, int]:
    """(seconds until the bell, seconds of grace after it) of one turn, so that all turns fill the phase."""
    assert phase.minutes
    share = phase.minutes.default_s // max(1, speakers)
    grace = min(10, share // 4)
    return share - grace, grace


def ahead(state: State, now_ms: int) -> tuple[Ahead, ...]:
    steps: list[Ahead] = []
    begins_ms = _end_of_current(state, now_ms)
    position = state.position
    while True:
        position = following(state.plan, len(state.order), position)
        phase = phase_at(state.plan, position)
        if phase is None:
            return tuple(steps)
        steps.append(Ahead(position=position, phase=phase, begins_ms=begins_ms))
        begins_ms += _length_ms(state, phase)


def _length_ms(state: State, phase: PhasePlan) -> int:
    if phase.minutes is None:
        return 0
    grace_s = 0 if phase.floor == "round_robin" else state.plan.grace_of(phase)
    return (phase.minutes.default_s + grace_s) * 1000


def _end_of_current(state: State, now_ms: int) -> int:
    phase = state.phase
    if phase is None:
        return now_ms
    if state.status == "waiting":
        return now_ms + _length_ms(state, phase)
    ends_ms = max(now_ms, state.ends_ms if state.ends_ms is not None else now_ms)
    if state.turn and phase.minutes:
        until_bell_s, grace_s = turn_s(phase, len(state.colleagues))
        ends_ms += (until_bell_s + grace_s) * 1000 * len(state.turn.waiting)
        return ends_ms + (grace_s * 1000 if state.status == "running" else 0)
    return ends_ms + (state.plan.grace_of(phase) * 1000 if state.status == "running" else 0)
