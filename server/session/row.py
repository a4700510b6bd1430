"""The row of a round robin: who speaks, in which order, and how long. Nobody waits for somebody who is away."""

from __future__ import annotations

from server.session.events import TurnBegan
from server.session.evolve_floor import rested
from server.session.here import is_here, next_here
from server.session.schedule import turn_s
from server.session.state import State

LEAST_SHARE_S = 15


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
    until_bell_s, _ = turn_s(_share_s(state, waiting, now_ms))
    return TurnBegan(at_ms=now_ms, seat=seat, waiting=waiting, ends_ms=now_ms + until_bell_s * 1000)


def _share_s(state: State, waiting: tuple[str, ...], now_ms: int) -> int:
    """The same for everybody: what the phase held for each when its first turn began; or, shared out, what it still holds for each.

    Shared out is the time among those who are here.
    """
    if state.phase is not None and state.phase.turns == "shared_out":
        used_ms = sum(rested(state, now_ms).talked_ms.values())
        left_s = (state.planned_s or 0) + (state.added_ms - used_ms) // 1000
        return max(LEAST_SHARE_S, left_s // (1 + sum(is_here(state, seat) for seat in waiting)))
    return state.turn.share_s if state.turn else (state.planned_s or 0) // (1 + len(waiting))
