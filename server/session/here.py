"""Who is here, and since when not: asked by everything that must not wait for somebody who is away.

Logs of releases that did not say who was here have no `watched_ms`: in them everybody counts as here.
"""

from __future__ import annotations

from collections.abc import Iterable

from server.session.state import State

LEADERLESS_MS = 20_000
DROPPED_MS = 5_000


def is_here(state: State, seat: str) -> bool:
    return state.watched_ms is None or state.seats[seat].here


def away_ms(state: State, seat: str) -> int | None:
    """Since when this seat has been away. Somebody whose page was never open has been away since they took their seat."""
    if state.watched_ms is None or state.seats[seat].here:
        return None
    return state.seats[seat].changed_ms or max(state.seats[seat].came_ms, state.watched_ms)


def may_vouch(state: State, seat: str, whose: str) -> bool:
    """Whether this person may say who is in that seat: in one's own, and in that of somebody away if one leads."""
    return seat == whose or (state.seats[seat].leads and not is_here(state, whose))


def next_here(state: State, seats: Iterable[str]) -> str | None:
    """The first of these who is here. When nobody in the whole session is, nobody is passed over: the first."""
    seats = tuple(seats)
    nobody = not any(is_here(state, seat) for seat in state.seats)
    return next((seat for seat in seats if nobody or is_here(state, seat)), None)


def leaderless_ms(state: State) -> int | None:
    """From when anybody may lead, because nobody who leads is here."""
    leaders = [seat.seat for seat in state.seats.values() if seat.leads]
    away = [away_ms(state, seat) for seat in leaders]
    if None in away:
        return None
    return max((since_ms + LEADERLESS_MS for since_ms in away if since_ms is not None), default=state.created_ms)


def runs_by_itself(state: State) -> bool:
    """The one who leads teaches now, and nobody else who leads is here."""
    teacher = state.teacher
    if teacher is None or teacher not in state.seats or not state.seats[teacher].leads:
        return False
    return not any(seat.leads and seat.seat != teacher and is_here(state, seat.seat) for seat in state.seats.values())
