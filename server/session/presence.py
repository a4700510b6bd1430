"""Who has a seat, who is here, and who leads."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import Answer, Handler, Refused
from server.session.commands import AnyCommand, TakeSeat
from server.session.events import SeatChanged, SeatTaken
from server.session.state import State

MOST_SEATS = 30


def _take_seat(state: State, command: TakeSeat, now_ms: int) -> Answer:
    known = state.seats.get(command.seat)
    if known:
        teaches = command.teaches if state.position.part == "before" else known.teaches
        leads = known.leads or command.leads
        if (teaches, leads) == (known.teaches, known.leads):
            return ()
        return (SeatChanged(at_ms=now_ms, seat=command.seat, teaches=teaches, leads=leads),)
    if len(state.seats) >= MOST_SEATS:
        return Refused("room_full", "All seats of this session are taken.")
    if state.position.part == "ended":
        return Refused("session_ended", "This session is over.")
    teaches = command.teaches and state.position.part in ("before", "round")
    return (SeatTaken(at_ms=now_ms, seat=command.seat, teaches=teaches, leads=command.leads),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {TakeSeat: _take_seat}
