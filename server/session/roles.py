"""What a seat is in the session now, and what a row in the table of rights is made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

from server.session.commands import SeatCommand
from server.session.state import State

Role = Literal["leader", "teacher", "colleague"]
Condition = Callable[[State, str, int], bool]
"""(state, seat that asks, now_ms)"""
Rows = Mapping[type[SeatCommand], tuple[tuple[Role, Condition], ...]]


def roles(state: State, seat: str) -> frozenset[Role]:
    """Leading comes on top of what one is in this round."""
    own = state.seats.get(seat)
    if own is None:
        return frozenset()
    part: Role = "teacher" if seat == state.teacher else "colleague"
    return frozenset({part, "leader"}) if own.leads else frozenset({part})


def always(state: State, seat: str, now_ms: int) -> bool:
    return True


def going_on(state: State, seat: str, now_ms: int) -> bool:
    return state.position.part != "ended"
