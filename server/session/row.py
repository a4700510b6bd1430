"""The row of a round robin: who speaks, in which order, and how long. Nobody waits for somebody who is away."""

from __future__ import annotations

from server.session.events import TurnBegan
from server.session.here import is_here, next_here
from server.session.schedule import turn_s
from server.session.state import State


def came_late(state: State, seat: str) -> bool:
    """After half of this round's lesson: listens in this round, and is not asked to speak."""
    lesson = state.lesson
    if lesson is None:
        return False
    ends_ms = lesson.ended_ms
    if ends_ms is None:
        ends_ms = lesson.started_ms + (state.planned_s or 0) * 1000
    return state.seats[seat].came_ms > lesson.started_ms + (ends_ms - lesson.started_ms) // 2


def first_row(state: State) -> tuple[str, ...]:
    """Everybody who is asked to speak in this phase, those who are away at the end."""
    asked = [seat for seat in state.colleagues if not came_late(state, seat)]
    return tuple(sorted(asked, key=lambda seat: not is_here(state, seat)))


def turn_of(state: State, row: tuple[str, ...], now_ms: int, *, behind: tuple[str, ...] = ()) -> TurnBegan | None:
    """The turn of the first in the row who is here; None when nobody is. `behind` come after everybody else."""
    seat = next_here(state, row)
    if seat is None:
        return None
    waiting = tuple(other for other in row if other != seat) + behind
    until_bell_s, _ = turn_s(share_s(state, len(waiting) + 1))
    return TurnBegan(at_ms=now_ms, seat=seat, waiting=waiting, ends_ms=now_ms + until_bell_s * 1000)


def share_s(state: State, speakers: int) -> int:
    """The same for everybody: what the phase held for each when its first turn began."""
    return state.turn.share_s if state.turn else (state.planned_s or 0) // max(1, speakers)
