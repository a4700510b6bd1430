"""The clock: what it does by itself when its time has come, and how people hold it and move it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import reduce

from server.session.answers import Answer, Events, Handler, Refused
from server.session.commands import AddTime, AnyCommand, Hold, Resume, Tick
from server.session.events import AnyEvent, ClockHeld, ClockMoved, ClockResumed, ClockResuming, GraceBegan
from server.session.evolve import evolve
from server.session.floor_queue import floor_drops_ms, floor_free_ms, floor_over_ms
from server.session.floors import free_floor, give_floor
from server.session.here import is_here, runs_by_itself
from server.session.lanes import in_lane, joins_ms, lane_state
from server.session.lessons import count_in_over, teacher_dropped
from server.session.pacing import least_s, most_s
from server.session.schedule import COUNT_IN_MS, lesson_runs, resumes_ms, screen_drops_ms, speaker_drops_ms, teacher_drops_ms, turn_s
from server.session.showing import screen_dropped
from server.session.state import State
from server.session.steps import go_on, offered
from server.session.turns import next_turn, speaker_dropped


def _zero(state: State, now_ms: int) -> Events:
    """The bell, then the grace, then on."""
    phase = state.phase
    assert phase
    assert state.ends_ms is not None
    if state.status == "running":
        if phase.at_zero == "ask" and not state.turn and not runs_by_itself(state):
            return (GraceBegan(at_ms=now_ms, ends_ms=None),)
        grace_s = turn_s(state.turn.share_s)[1] if state.turn else state.plan.grace_of(phase)
        if grace_s:
            return (GraceBegan(at_ms=now_ms, ends_ms=state.ends_ms + grace_s * 1000),)
    return next_turn(state, now_ms) if state.turn else go_on(state, now_ms)


def _count_over(state: State, now_ms: int) -> Events:
    assert state.held
    if lesson_runs(state) and state.teacher and not is_here(state, state.teacher):
        return (ClockHeld(at_ms=now_ms, left_ms=state.held.left_ms, reason="teacher_away", by=None),)
    return (ClockResumed(at_ms=now_ms, ends_ms=now_ms + state.held.left_ms),)


DUE: tuple[tuple[Callable[[State], int | None], Callable[[State, int], Events]], ...] = (
    (lambda state: state.starts_ms, count_in_over),
    (resumes_ms, _count_over),
    (teacher_drops_ms, teacher_dropped),
    (speaker_drops_ms, speaker_dropped),
    (screen_drops_ms, screen_dropped),
    (floor_drops_ms, free_floor),
    (floor_over_ms, free_floor),
    (floor_free_ms, give_floor),
    (joins_ms, go_on),
    (lambda state: state.ends_ms, _zero),
)
"""When something happens by itself, and what. `schedule.next_deadline_ms` is the earliest of these times, here and in every lane."""

DUE_IN_LANE = (
    (speaker_drops_ms, speaker_dropped),
    (floor_drops_ms, free_floor),
    (floor_over_ms, free_floor),
    (floor_free_ms, give_floor),
)


def _tick(state: State, command: Tick, now_ms: int) -> Answer:
    """Everything whose time has come, the earliest first."""
    events: list[AnyEvent] = []
    while due := _due(state, now_ms):
        events += due
        state = reduce(evolve, due, state)
    return tuple(events)


def _due(state: State, now_ms: int) -> Events:
    times = [(time_ms, act) for when, act in DUE if (time_ms := when(state)) is not None and time_ms <= now_ms]
    lanes = [] if state.held else [key for key, lane in state.lanes.items() if not lane.over]
    for key in lanes:
        times += _times_in(state, key, now_ms)
    if not times:
        return ()
    _, act = min(times, key=lambda entry: entry[0])
    return act(state, now_ms)


def _times_in(state: State, key: str, now_ms: int) -> list[tuple[int, Callable[[State, int], Events]]]:
    """A lane without a clock of its own ends with the phase."""
    seen, own = lane_state(state, key), state.lanes[key].ends_ms is not None
    rules = (*DUE_IN_LANE, (lambda lane: lane.ends_ms, _zero)) if own else DUE_IN_LANE

    def within(act: Callable[[State, int], Events]) -> Callable[[State, int], Events]:
        return lambda whole, at_ms: in_lane(key, act(lane_state(whole, key), at_ms))

    return [(time_ms, within(act)) for when, act in rules if (time_ms := when(seen)) is not None and time_ms <= now_ms]


def _hold(state: State, command: Hold, now_ms: int) -> Answer:
    if state.held:
        return (ClockHeld(at_ms=now_ms, left_ms=state.held.left_ms, reason="asked", by=command.seat),)
    assert state.ends_ms is not None
    held = ClockHeld(at_ms=now_ms, left_ms=max(0, state.ends_ms - now_ms), reason="asked", by=command.seat)
    return offered(state, command.seat, "hold", (held,), now_ms)


def _resume(state: State, command: Resume, now_ms: int) -> Answer:
    assert state.held
    if lesson_runs(state):
        return (ClockResuming(at_ms=now_ms, resumes_ms=now_ms + COUNT_IN_MS),)
    return (ClockResumed(at_ms=now_ms, ends_ms=now_ms + state.held.left_ms),)


def _add_time(state: State, command: AddTime, now_ms: int) -> Answer:
    """Within the bounds of the whole phase. In the grace, more time counts from now, and what has gone by of it counts too."""
    minutes = state.phase.minutes if state.phase else None
    zero_ms = state.ends_ms if state.status == "running" else state.runs_ms
    assert minutes
    assert zero_ms is not None
    assert state.planned_s is not None
    latest_ms = zero_ms + (most_s(minutes) - state.planned_s) * 1000 - state.added_ms
    soonest_ms = zero_ms + (least_s(minutes) - state.planned_s) * 1000 - state.added_ms
    wanted_ms = max(now_ms, (zero_ms if state.status == "running" else now_ms) + command.seconds * 1000)
    ends_ms = min(wanted_ms, latest_ms) if command.seconds > 0 else max(wanted_ms, soonest_ms)
    fits = ends_ms > max(zero_ms, now_ms) if command.seconds > 0 else state.status == "running" and ends_ms < zero_ms
    if not fits:
        return Refused("no_time", "The format leaves no room for that.")
    return offered(state, command.seat, "time", (ClockMoved(at_ms=now_ms, ends_ms=ends_ms),), now_ms)


HANDLERS: Mapping[type[AnyCommand], Handler] = {Tick: _tick, Hold: _hold, Resume: _resume, AddTime: _add_time}
