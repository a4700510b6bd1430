"""A divided group: each lane is a small session of its own, seen through `lane_state`, and goes back into the whole with `embed`.

Who is in which lane follows from the roles, so whoever comes later finds their place. What happens in one lane concerns no other:
its moves count in the lane, and its events are wrapped into `InLane`.
"""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from server.session.answers import Events
from server.session.events import AnyEvent, InLane, LaneEvent
from server.session.here import is_here
from server.session.plan import LanePlan, PhasePlan, Step
from server.session.state import Lane, State

SHARED = tuple(name for name in Step.__struct_fields__ if name not in ("minutes", "floor"))
TURNS = ("round_robin", "queue")


def lane_of(state: State, seat: str) -> str | None:
    """The lane of this seat; None while the group is together."""
    phase = state.phase
    if not state.lanes or phase is None:
        return None
    return lane_for(state, phase, seat, state.position.round).key


def lane_for(state: State, phase: PhasePlan, seat: str, round_: int) -> LanePlan:
    """Where this seat is in a phase with lanes."""
    if seat == state.order[round_]:
        return next(lane for lane in phase.lanes if "teacher" in lane.who)
    now = seat in state.seats and state.seats[seat].consults
    consults = now if phase is state.phase else seat in state.advised.get((round_, phase.key), ())
    advised = next((lane for lane in phase.lanes if "consultant" in lane.who), None) if consults else None
    return advised or next(lane for lane in phase.lanes if "colleague" in lane.who)


def step_for(state: State, phase: PhasePlan, seat: str, round_: int) -> Step:
    """What this phase is for this seat: a lane of it, or the phase itself."""
    return lane_for(state, phase, seat, round_) if phase.lanes and round_ < len(state.order) else phase


def members(state: State, key: str) -> tuple[str, ...]:
    return tuple(seat for seat in state.seats if lane_of(state, seat) == key)


def state_of(state: State, seat: str) -> State:
    """The session as this seat is in it: its own lane, or the whole."""
    lane = lane_of(state, seat)
    return state if lane is None else lane_state(state, lane)


def lane_state(state: State, key: str) -> State:
    """The session as this lane sees it: its own people, phase, clock and floor. Those whose turns are over talk while they wait."""
    if key not in state.seen_in:
        state.seen_in[key] = _seen_in(state, key)
    return state.seen_in[key]


def _seen_in(state: State, key: str) -> State:
    lane, phase = state.lanes[key], state.phase
    assert phase
    plan = next(plan for plan in phase.lanes if plan.key == key)
    follows = lane.ends_ms is None
    held = state.held
    if held and lane.ends_ms is not None:
        held = replace(held, left_ms=max(0, lane.ends_ms - held.since_ms))
    return replace(
        state,
        lanes={},
        in_lane=replace(
            phase,
            lanes=(),
            at_zero="go_on",
            minutes=plan.minutes or phase.minutes,
            floor="open" if lane.over and plan.floor in TURNS else plan.floor,
            **{name: getattr(plan, name) for name in SHARED},
        ),
        seats={seat: state.seats[seat] for seat in members(state, key)},
        status=state.status if follows else lane.status,
        started_ms=lane.started_ms,
        planned_s=lane.planned_s,
        ends_ms=state.ends_ms if follows else None if held else lane.ends_ms,
        held=held,
        added_ms=0 if plan.minutes else state.added_ms,
        runs_ms=state.runs_ms if follows else lane.runs_ms,
        turn=lane.turn,
        speaking=lane.speaking,
        decision=state.decision + lane.moves,
        undo=None,
    )


def embed(state: State, key: str, seen: State) -> State:
    """The whole after something has happened in this lane. One that followed the clock of the phase goes on to, unless it got its own."""
    lane = state.lanes[key]
    moved = seen.ends_ms != lane_state(state, key).ends_ms
    own = moved or lane.ends_ms is not None
    after = replace(
        lane,
        status=seen.status if own else lane.status,
        ends_ms=seen.ends_ms if moved else lane.ends_ms,
        runs_ms=seen.runs_ms if own else lane.runs_ms,
        turn=seen.turn,
        speaking=seen.speaking,
        moves=seen.decision - state.decision,
    )
    return replace(
        state,
        lanes={**state.lanes, key: after},
        seats={**state.seats, **seen.seats},
        spoken=seen.spoken,
        passed=seen.passed,
        talked_ms=seen.talked_ms,
    )


def in_lane(key: str, events: Iterable[AnyEvent]) -> Events:
    """What happens in a lane, as the log says it; what concerns everybody is said as it is."""
    return tuple(InLane(at_ms=event.at_ms, lane=key, event=event) if isinstance(event, LaneEvent) else event for event in events)


def lanes_at(phase: PhasePlan, at_ms: int, planned_s: int) -> dict[str, Lane]:
    """When a phase with lanes begins. Where it was shortened its lanes are shortened alike."""
    return {plan.key: _lane_at(phase, plan, at_ms, planned_s) for plan in phase.lanes}


def _lane_at(phase: PhasePlan, plan: LanePlan, at_ms: int, planned_s: int) -> Lane:
    assert phase.minutes
    seconds = plan.minutes.default_s * planned_s // max(1, phase.minutes.default_s) if plan.minutes else planned_s
    ends_ms = at_ms + seconds * 1000 if plan.minutes else None
    return Lane(key=plan.key, status="running", started_ms=at_ms, planned_s=seconds, ends_ms=ends_ms, runs_ms=at_ms)


def moved_on(lane: Lane, by_ms: int) -> Lane:
    """The clock stood still for so long."""
    turn = replace(lane.turn, paused_ms=lane.turn.paused_ms + by_ms) if lane.turn else None
    return replace(lane, ends_ms=None if lane.ends_ms is None else lane.ends_ms + by_ms, turn=turn)


def joins_ms(state: State) -> int | None:
    """Since when all could meet again, because nobody in any lane needs more time. Nobody waits for a lane in which nobody is here."""
    phase = state.phase
    if not state.lanes or phase is None or phase.join != "when_ready" or state.held:
        return None
    here = [seat for seat in state.seats if is_here(state, seat)]
    busy = any(seat not in state.ready and not state.lanes[lane_of(state, seat) or ""].over for seat in here)
    return None if busy or not here else state.started_ms
