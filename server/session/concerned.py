"""Whose views may change by an event. Most concern everybody; what one person does for oneself does not."""

from __future__ import annotations

from collections.abc import Iterable

from server.session.events import AnyEvent, ChatSaid, EntryBegun, MomentTapped
from server.session.lanes import state_of
from server.session.state import State
from server.session.writing import forms_of


def concerned(state: State, events: Iterable[AnyEvent]) -> frozenset[str] | None:
    """The seats, or None for everybody. `state` is the one after the events."""
    seats: set[str] = set()
    for event in events:
        found = _concerned(state, event)
        if found is None:
            return None
        seats |= found
    return frozenset(seats)


def _concerned(state: State, event: AnyEvent) -> set[str] | None:
    """A moment and the first words of a note stay with their author until a teacher reads them; the one who leads sees a card written."""
    match event:
        case MomentTapped(seat=seat, round=round_) | EntryBegun(seat=seat, round=round_):
            turn = state_of(state, seat).turn
            everybody = any(forms_of(state.plan, form).read_by == "everybody" for form in state.plan.for_the_teacher)
            if everybody or (turn and turn.seat == seat):
                return None
            leads = {own.seat for own in state.seats.values() if own.leads}
            return {seat, *state.order[round_ : round_ + 1], *leads}
        case ChatSaid(seat=seat, to=str(to)):
            return {seat, to}
    return None
