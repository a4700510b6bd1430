"""Which phase follows which, when something happens by itself, and when each phase to come will begin."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from server.session.floor_queue import floor_drops_ms, floor_free_ms, floor_over_ms
from server.session.here import DROPPED_MS, away_ms, is_here, leaderless_ms, next_here
from server.session.lanes import joins_ms, lane_state
from server.session.pacing import grace_s, length_s, round_lengths_s, slot_s
from server.session.plan import PhasePlan, Plan
from server.session.state import Position, State, phase_at
from server.wire.course import Costs

COUNT_IN_MS = 3_000
LATE_MS = 180_000
AWAY_MS = 120_000
SOON_MS = 10_000
PACE_EVERY_MS = 15_000


class Ahead(msgspec.Struct, frozen=True, kw_only=True):
    """A phase to come. `begins_ms` assumes that each phase takes its time and its grace. `seconds` None: no clock."""

    position: Position
    phase: PhasePlan
    begins_ms: int
    seconds: int | None

    def ends_ms(self, plan: Plan) -> int:
        return self.begins_ms + ((self.seconds or 0) + grace_s(plan, self.phase)) * 1000


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
    """When the clock next has something to say that belongs into the log."""
    drops = (teacher_drops_ms(state), speaker_drops_ms(state), screen_drops_ms(state), floor_drops_ms(state))
    floor = (floor_over_ms(state), floor_free_ms(state))
    lanes = () if state.held else tuple(_lane_deadline_ms(state, key) for key in state.lanes)
    return _earliest(state.starts_ms, resumes_ms(state), *drops, *floor, joins_ms(state), *lanes, state.ends_ms)


def _lane_deadline_ms(state: State, key: str) -> int | None:
    if state.lanes[key].over:
        return None
    seen = lane_state(state, key)
    floor = (floor_drops_ms(seen), floor_over_ms(seen), floor_free_ms(seen))
    return _earliest(speaker_drops_ms(seen), *floor, state.lanes[key].ends_ms)


def view_deadline_ms(state: State, after_ms: int) -> int | None:
    """When, after `after_ms`, pages next have something else to show although nothing is logged."""
    undo_ms = state.undo.until_ms if state.undo and state.undo.decision == state.moves else None
    leaderless = leaderless_ms(state) if state.position.part != "ended" else None
    times_ms = (missing_ms(state), leaderless, undo_ms, _end_moves_ms(state, after_ms), *_soon_ms(state))
    return _earliest(*(time_ms for time_ms in times_ms if time_ms is not None and time_ms > after_ms))


def _soon_ms(state: State) -> Iterable[int]:
    """When whoever is shown large next begins to be sent in full, here and in every lane."""
    parts = [state, *(lane_state(state, lane) for lane in state.lanes)]
    return (seen.ends_ms - SOON_MS for seen in parts if seen.ends_ms is not None and seen.status == "running")


def _end_moves_ms(state: State, after_ms: int) -> int | None:
    """While no clock runs the end of the session moves on, and what everybody keeps gets less. Told on the quarter minute."""
    stands = state.held is not None or state.ends_ms is None
    return (after_ms // PACE_EVERY_MS + 1) * PACE_EVERY_MS if stands and state.position.part != "ended" else None


def resumes_ms(state: State) -> int | None:
    return state.held.resumes_ms if state.held else None


def teacher_drops_ms(state: State) -> int | None:
    """When a running lesson is held because its teacher's line dropped."""
    if state.teacher is None or not lesson_runs(state) or state.ends_ms is None:
        return None
    since_ms = away_ms(state, state.teacher)
    return None if since_ms is None else since_ms + DROPPED_MS


def speaker_drops_ms(state: State) -> int | None:
    """When the turn of somebody who is away goes to the next who is here. With nobody to go to it runs on: they may come back."""
    if state.turn is None or state.status != "running" or state.held or next_here(state, state.turn.waiting) is None:
        return None
    since_ms = away_ms(state, state.turn.seat)
    if since_ms is None or not any(is_here(state, seat) for seat in state.seats):
        return None
    return max(since_ms, state.turn.started_ms) + DROPPED_MS


def screen_drops_ms(state: State) -> int | None:
    """When a shared screen whose owner is away is taken down: not for a line that is back at once."""
    since_ms = None if state.screen is None else away_ms(state, state.screen)
    return None if since_ms is None else since_ms + DROPPED_MS


def missing_ms(state: State) -> int | None:
    """When the teacher of this round, who is away, begins to be missed."""
    since_ms = None if state.teacher is None else away_ms(state, state.teacher)
    if since_ms is None or state.starts_ms is not None:
        return None
    if lesson_waits(state):
        return max(since_ms, state.started_ms or 0) + LATE_MS
    return since_ms + AWAY_MS if lesson_runs(state) else None


def lesson_waits(state: State) -> bool:
    """The teacher's clock has not been started."""
    phase = state.phase
    return phase is not None and phase.starts == "by_teacher" and state.status == "waiting"


def lesson_runs(state: State) -> bool:
    phase = state.phase
    return phase is not None and phase.starts == "by_teacher" and state.status != "waiting"


def turn_s(share_s: int) -> tuple[int, int]:
    """(seconds until the bell, seconds of grace after it) of one turn."""
    grace = min(10, share_s // 4)
    return share_s - grace, grace


def share_of(until_bell_s: int) -> int:
    """The whole turn of which so much is before the bell."""
    return next(until_bell_s + grace for grace in range(10, -1, -1) if turn_s(until_bell_s + grace) == (until_bell_s, grace))


def ahead(state: State, now_ms: int) -> tuple[Ahead, ...]:
    """Everything to come. What is left when the next round begins is shared out alike among all rounds from there on."""
    steps: list[Ahead] = []
    begins_ms = end_of_current_ms(state, now_ms)
    position, shared = state.position, False
    lengths_s = round_lengths_s(state.plan, state.slot_s)
    while True:
        position = following(state.plan, len(state.order), position)
        phase = phase_at(state.plan, position)
        if phase is None:
            return tuple(steps)
        in_round = position.part == "round"
        if in_round and position.index == 0 and not shared:
            lengths_s, shared = round_lengths_s(state.plan, slot_s(state, position.round, begins_ms)), True
        seconds = lengths_s[position.index] if in_round else length_s(state, position)
        steps.append(Ahead(position=position, phase=phase, begins_ms=begins_ms, seconds=seconds))
        begins_ms = steps[-1].ends_ms(state.plan)


def slot_to_come_s(ahead_of: tuple[Ahead, ...], plan: Plan, begun: int) -> int | None:
    """How long the next round lasts with its graces, as all that come; None when there is none. `begun`: the last round that has begun."""
    rounds = [step for step in ahead_of if step.position.part == "round" and step.position.round > begun]
    following_round = [step for step in rounds if step.position.round == rounds[0].position.round]
    return (following_round[-1].ends_ms(plan) - following_round[0].begins_ms) // 1000 if rounds else None


def costs_of(before: State, after: State, now_ms: int) -> Costs | None:
    """What somebody who still teaches would lose; None where nobody would."""
    slots = []
    for state in (before, after):
        to_come = ahead(state, now_ms)
        begun = state.position.round if state.position.part == "round" else -1
        slots.append(slot_to_come_s(to_come, state.plan, begun))
    before_s, after_s = slots
    if before_s is None or after_s is None or after_s >= before_s - 1:
        return None
    return Costs(before_s=before_s, after_s=after_s, ends_ms=to_come[-1].ends_ms(after.plan))


def end_of_current_ms(state: State, now_ms: int) -> int:
    """When this phase is over with its grace, if all goes as planned from now on."""
    phase = state.phase
    if phase is None:
        return now_ms
    grace_ms = grace_s(state.plan, phase) * 1000
    if state.status == "waiting":
        return (state.starts_ms or now_ms) + (length_s(state, state.position) or 0) * 1000 + grace_ms
    if state.held:
        ends_ms = (state.held.resumes_ms or now_ms) + state.held.left_ms
    else:
        ends_ms = max(now_ms, state.ends_ms if state.ends_ms is not None else now_ms)
    if state.turn:
        grace_ms = turn_s(state.turn.share_s)[1] * 1000
        ends_ms += state.turn.share_s * 1000 * len(state.turn.waiting)
    return ends_ms + (grace_ms if state.status == "running" else 0)


def _earliest(*times_ms: int | None) -> int | None:
    return min((time_ms for time_ms in times_ms if time_ms is not None), default=None)
