"""What comes of a command: events, or a refusal that changes nothing. Pure; the time is an argument.

Two people who press at once name the same decision: the first moves the session, the other is told that it has moved.
A tap, a text or a choice is never stale.
"""

from __future__ import annotations

from collections.abc import Mapping

from server.session import acts, clock, lessons, moves, seating, turns
from server.session.answers import NO_SEAT, NOT_YOURS, STALE, Answer, Handler, Refused
from server.session.commands import AnyCommand, Command, SeatCommand, SetHere, TakeSeat
from server.session.rights import may
from server.session.state import State

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
    if isinstance(command, Command) and not isinstance(command, TakeSeat | SetHere):
        refused = _check_rights(state, command, now_ms)
        if refused:
            return refused
    return HANDLERS[type(command)](state, command, now_ms)


def _check_rights(state: State, command: SeatCommand, now_ms: int) -> Refused | None:
    if command.seat not in state.seats:
        return NO_SEAT
    if getattr(command, "decision", state.decision) != state.decision:
        return STALE
    return None if may(state, command.seat, type(command), now_ms) else NOT_YOURS
