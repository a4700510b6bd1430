"""The state after an event. Total: every event of every release folds, and none is judged here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from server.session import evolve_acts, evolve_clock, evolve_floor, evolve_moves, evolve_people
from server.session.events import AnyEvent, SessionMade
from server.session.folding import Folder
from server.session.state import State

FOLDERS: Mapping[type[AnyEvent], Folder] = {
    **evolve_moves.FOLDERS,
    **evolve_clock.FOLDERS,
    **evolve_floor.FOLDERS,
    **evolve_people.FOLDERS,
    **evolve_acts.FOLDERS,
}


class NotALog(ValueError):
    """The first event of a log makes the session."""


def fold(events: Iterable[AnyEvent]) -> State:
    """Raises NotALog when the first event is not SessionMade."""
    state: State | None = None
    for event in events:
        if state is None:
            if not isinstance(event, SessionMade):
                raise NotALog(type(event).__name__)
            state = State(session=event.session, plan=event.plan, created_ms=event.at_ms)
        else:
            state = evolve(state, event)
    if state is None:
        raise NotALog("empty")
    return state


def evolve(state: State, event: AnyEvent) -> State:
    return FOLDERS[type(event)](state, event)
