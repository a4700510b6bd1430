"""Who has a seat, who is here, and who leads. It must not know what a phase or a turn does with that."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import NO_SEAT, Answer, Handler, Refused
from server.session.commands import AnyCommand, HandOver, SetHere, TakeLead, TakeSeat
from server.session.events import AnyEvent, ClockResuming, HereChanged, LeadChanged, SeatChanged, SeatSimulated, SeatTaken
from server.session.here import is_here
from server.session.schedule import COUNT_IN_MS
from server.session.state import State

MOST_SEATS = 30


def places_taken(state: State) -> bool:
    """As many teach as can: who comes now learns. The one who leads may still let somebody teach."""
    return len(state.order) >= state.plan.places


def _take_seat(state: State, command: TakeSeat, now_ms: int) -> Answer:
    known = state.seats.get(command.seat)
    if known:
        taught = command.seat in state.order
        teaches = command.teaches and (taught or not places_taken(state)) if state.position.part == "before" else taught
        leads = known.leads or command.leads
        if (teaches, leads) == (taught, known.leads):
            return ()
        return (SeatChanged(at_ms=now_ms, seat=command.seat, teaches=teaches, leads=leads),)
    if len(state.seats) >= MOST_SEATS:
        return Refused("room_full", "All seats of this session are taken.")
    if state.position.part == "ended":
        return Refused("session_ended", "This session is over.")
    teaches = command.teaches and state.position.part in ("before", "round") and not places_taken(state)
    taken = SeatTaken(at_ms=now_ms, seat=command.seat, teaches=teaches, leads=command.leads)
    return (taken, SeatSimulated(at_ms=now_ms, seat=command.seat)) if command.simulated else (taken,)


def _set_here(state: State, command: SetHere, now_ms: int) -> Answer:
    seat = state.seats.get(command.seat)
    if seat is None:
        return NO_SEAT
    if is_here(state, command.seat) == command.here and (seat.here or not command.here):
        return ()
    since_ms = max(min(command.since_ms, now_ms), seat.changed_ms)
    events: list[AnyEvent] = [HereChanged(at_ms=now_ms, seat=command.seat, here=command.here, since_ms=since_ms)]
    held = state.held
    if command.here and command.seat == state.teacher and held and held.reason == "teacher_away" and held.resumes_ms is None:
        events.append(ClockResuming(at_ms=now_ms, resumes_ms=now_ms + COUNT_IN_MS))
    return tuple(events)


def _hand_over(state: State, command: HandOver, now_ms: int) -> Answer:
    to = state.seats.get(command.to)
    if to is None or to.simulated or command.to == command.seat:
        return Refused("cannot_lead", "Choose somebody else to lead.")
    if not is_here(state, command.to):
        return Refused("not_here", "This person is not here now.")
    return (LeadChanged(at_ms=now_ms, seat=command.to),)


def _take_lead(state: State, command: TakeLead, now_ms: int) -> Answer:
    return (LeadChanged(at_ms=now_ms, seat=command.seat),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {TakeSeat: _take_seat, SetHere: _set_here, HandOver: _hand_over, TakeLead: _take_lead}
