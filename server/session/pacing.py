"""How the time is shared out: every round to come is as long as every other, and the closing keeps its time.

When a round begins its phases are shortened alike, each no further than the format allows and never made longer than planned.
"""

from __future__ import annotations

from msgspec.structs import replace

from server.session.plan import Minutes, PhasePlan, Plan
from server.session.state import Position, State, phase_at


def least_s(minutes: Minutes) -> int:
    return round(minutes.least * 60)


def most_s(minutes: Minutes) -> int:
    return round(minutes.most * 60)


def grace_s(plan: Plan, phase: PhasePlan) -> int:
    """What the grace adds to the phase. A turn's grace is part of the turn."""
    return plan.grace_of(phase) if phase.minutes and phase.floor != "round_robin" else 0


def round_lengths_s(plan: Plan, slot_s: int | None) -> tuple[int | None, ...]:
    """The length of each phase of a round that may last `slot_s` with its graces; None for a phase without a clock."""
    clocks = [phase.minutes for phase in plan.round if phase.minutes]
    planned_s, shortest_s = sum(clock.default_s for clock in clocks), sum(map(least_s, clocks))
    wanted_s = planned_s if slot_s is None else slot_s - sum(grace_s(plan, phase) for phase in plan.round)
    share_s, of_s = min(max(wanted_s - shortest_s, 0), planned_s - shortest_s), planned_s - shortest_s
    return tuple(
        _between(least_s(phase.minutes), phase.minutes.default_s, share_s, of_s) if phase.minutes else None for phase in plan.round
    )


def length_s(state: State, position: Position) -> int | None:
    """How long this phase is to be, by what is known now; None without a clock."""
    if position.part == "round":
        return round_lengths_s(state.plan, state.slot_s)[position.index]
    phase = phase_at(state.plan, position)
    return phase.minutes.default_s if phase and phase.minutes else None


def round_s(plan: Plan, slot_s: int | None = None) -> int:
    """A whole round with its graces."""
    return sum(length or 0 for length in round_lengths_s(plan, slot_s)) + sum(grace_s(plan, phase) for phase in plan.round)


def closing_s(plan: Plan) -> int:
    return (plan.closing.minutes.default_s if plan.closing.minutes else 0) + grace_s(plan, plan.closing)


def session_s(plan: Plan, teachers: int) -> int:
    return teachers * round_s(plan) + closing_s(plan)


def slot_s(state: State, round_: int, begins_ms: int) -> int | None:
    """What this round and each after it can last if the session is to end when it was meant to. None: nothing was promised yet."""
    left = len(state.order) - round_
    if state.planned_ends_ms is None or left <= 0:
        return None
    return ((state.planned_ends_ms - begins_ms) // 1000 - closing_s(state.plan)) // left


def fit(plan: Plan, teachers: int, minutes_available: float) -> Plan:
    """The plan with the phases of its rounds made shorter, within their bounds, so that the session fits the time."""
    wanted_s = (round(minutes_available * 60) - closing_s(plan)) // max(1, teachers)
    lengths_s = round_lengths_s(plan, wanted_s)
    phases = (_lasting(phase, length) for phase, length in zip(plan.round, lengths_s, strict=True))
    return replace(plan, round=tuple(phases))


def _lasting(phase: PhasePlan, seconds: int | None) -> PhasePlan:
    """Its lanes shortened alike."""
    if not phase.minutes or not seconds:
        return phase
    default = max(seconds / 60, phase.minutes.least)
    part = default / phase.minutes.default
    lanes = tuple(
        replace(lane, minutes=replace(lane.minutes, default=lane.minutes.default * part)) if lane.minutes else lane for lane in phase.lanes
    )
    return replace(phase, minutes=replace(phase.minutes, default=default), lanes=lanes)


def _between(least: int, most: int, share: int, of: int) -> int:
    """From `least` when the share is nothing to `most` when it is all."""
    return most if share >= of else least + (most - least) * share // of
