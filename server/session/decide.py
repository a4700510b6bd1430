"""What comes of a command: events, or a refusal that changes nothing. Pure; the time is an argument.

Two people who press at once name the same decision: the first moves the session, the other is told that it has moved.
A tap, a text or a choice is never stale.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import reduce

from server.session import acts, clock, lessons, moves, seating, turns
from server.session.answers import NO_SEAT, NOT_YOURS, STALE, Answer, Events, Handler, Refused
from server.session.commands import AnyCommand, Command, SeatCommand, SetHere, TakeSeat
from server.session.evolve import evolve
from server.session.lanes import in_lane, lane_of, lane_state, state_of
from server.session.rights import IN_LANES, may
from server.session.schedule import costs_of
from server.session.state import State
from server.session.talks import with_talk

__all__ = ["Refused", "decide"]

HANDLERS: Mapping[type[AnyCommand], Handler] = {
    **moves.HANDLERS,
    **lessons.HANDLERS,
    **turns.HANDLERS,
    **clock.HANDLERS,
    **seating.HANDLERS,
    **acts.HANDLERS,
}


def decide(state: State, command: AnyCommand, now_ms: int) -> Answer:
    answer = _decide(state, command, now_ms)
    return answer if isinstance(answer, Refused) else with_talk(state, answer, now_ms)


def _decide(state: State, command: AnyCommand, now_ms: int) -> Answer:
    handler = HANDLERS[type(command)]
    if not isinstance(command, Command) or isinstance(command, TakeSeat | SetHere):
        return handler(state, command, now_ms)
    if refused := _check_rights(state, command, now_ms):
        return refused
    lane = lane_of(state, command.seat) if type(command) in IN_LANES else None
    if lane is not None:
        answer = handler(lane_state(state, lane), command, now_ms)
        return answer if isinstance(answer, Refused) else in_lane(lane, answer)
    answer = handler(state, command, now_ms)
    return answer if isinstance(answer, Refused) or getattr(command, "agreed", True) else _unless_it_costs(state, answer, now_ms)


def _unless_it_costs(state: State, events: Events, now_ms: int) -> Answer:
    """What would take minutes from somebody who still teaches is asked once more, in figures."""
    costs = costs_of(state, reduce(evolve, events, state), now_ms)
    return events if costs is None else Refused("costs_minutes", "Those who still teach would lose minutes.", costs)


def _check_rights(state: State, command: SeatCommand, now_ms: int) -> Refused | None:
    if command.seat not in state.seats:
        return NO_SEAT
    decision = state_of(state, command.seat).decision
    if getattr(command, "decision", decision) != decision:
        return STALE
    return None if may(state, command.seat, type(command), now_ms) else NOT_YOURS
