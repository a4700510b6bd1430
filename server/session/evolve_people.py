"""The state after somebody came, went, took or gave the lead, or the order of teachers changed."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from server.session.events import AnyEvent, ConsultantChanged, HereChanged, LeadChanged, OrderChanged, SeatChanged, SeatSimulated, SeatTaken
from server.session.evolve_acts import without_shown_by
from server.session.folding import Folder
from server.session.state import Seat, State


def _seat_taken(state: State, event: SeatTaken) -> State:
    seat = Seat(seat=event.seat, teaches=event.teaches, leads=event.leads, came_ms=event.at_ms)
    order = (*state.order, event.seat) if event.teaches else state.order
    return replace(state, seats={**state.seats, event.seat: seat}, order=order)


def _seat_changed(state: State, event: SeatChanged) -> State:
    seat = replace(state.seats[event.seat], teaches=event.teaches, leads=event.leads)
    others = tuple(other for other in state.order if other != event.seat)
    order = state.order if event.teaches == (event.seat in state.order) else (*others, event.seat) if event.teaches else others
    changed = replace(state, seats={**state.seats, event.seat: seat}, order=order)
    return changed if event.teaches else without_shown_by(changed, event.seat)


def _seat_simulated(state: State, event: SeatSimulated) -> State:
    seat = replace(state.seats[event.seat], simulated=True)
    return replace(state, seats={**state.seats, event.seat: seat})


def _here_changed(state: State, event: HereChanged) -> State:
    seat = replace(state.seats[event.seat], here=event.here, changed_ms=event.since_ms)
    return replace(
        state,
        seats={**state.seats, event.seat: seat},
        watched_ms=event.at_ms if state.watched_ms is None else state.watched_ms,
    )


def _consultant_changed(state: State, event: ConsultantChanged) -> State:
    """Into a group that was divided otherwise there is no way back."""
    undo = None if state.undo and state.undo.place.lanes else state.undo
    return replace(state, undo=undo, seats={**state.seats, event.seat: replace(state.seats[event.seat], consults=event.on)})


def _lead_changed(state: State, event: LeadChanged) -> State:
    seats = {key: replace(seat, leads=key == event.seat) for key, seat in state.seats.items()}
    return replace(state, seats=seats)


def _given_a_round(seat: Seat) -> Seat:
    return replace(seat, teaches=True, recording=None if seat.recording == "record" else seat.recording)


def _without_what_was_made(state: State, round_: int) -> State:
    """Somebody else teaches in this round now: what the group had made for whom it was goes."""
    return replace(
        state,
        lines=tuple(line for line in state.lines if line.round != round_),
        offers=tuple(offer for offer in state.offers if offer.round != round_),
        tries={key: authors for key, authors in state.tries.items() if key != round_},
        note_taker=None,
    )


def _order_changed(state: State, event: OrderChanged) -> State:
    """Who is in the order teaches, whatever they said when they came; taking the move back takes that back as well.

    Somebody who came to learn allowed their voice in others' recordings; whether their own lesson is recorded they are asked anew.
    """
    added, removed = set(event.order) - set(state.order), set(state.order) - set(event.order)
    seats = {key: _given_a_round(seat) if key in added and not seat.teaches else seat for key, seat in state.seats.items()}
    undo = replace(state.undo, added=state.undo.added | added) if state.undo else None
    changed = replace(state, seats=seats, undo=undo, order=event.order, decision=state.decision + 1)
    if state.position.part == "round" and state.teacher not in event.order[state.position.round : state.position.round + 1]:
        changed = _without_what_was_made(changed, state.position.round)
    for seat in removed:
        changed = without_shown_by(changed, seat)
    return changed


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    SeatTaken: _seat_taken,
    SeatChanged: _seat_changed,
    SeatSimulated: _seat_simulated,
    HereChanged: _here_changed,
    LeadChanged: _lead_changed,
    ConsultantChanged: _consultant_changed,
    OrderChanged: _order_changed,
}
