"""Who has asked for the floor and comes next, and what each has left of the time that is shared out. Only asks; `floors` decides.

Whoever has spoken least comes first. What each has left is reckoned anew whenever somebody has spoken, comes or goes.
"""

from __future__ import annotations

from server.session.here import DROPPED_MS, away_ms, is_here
from server.session.state import Offer, State

LEAST_MS = 15_000
GRACE_MS = 10_000


def queue_of(state: State) -> tuple[str, ...]:
    """Who comes next, in order, without those who are away."""
    phase = state.phase
    if phase is None or phase.floor not in ("queue", "permission"):
        return ()
    if phase.floor == "permission":
        return tuple(dict.fromkeys(offer.seat for offer in offers_now(state) if offer.state == "yes" and is_here(state, offer.seat)))
    asking = [(talked_ms(state, seat.seat), seat.hand_ms, seat.seat) for seat in state.seats.values() if seat.hand_ms is not None]
    return tuple(seat for _, _, seat in sorted(asking) if is_here(state, seat) and seat != state.teacher)


def offers_now(state: State) -> tuple[Offer, ...]:
    """Those of this phase."""
    here = (state.position.round, state.position.index)
    return tuple(offer for offer in state.offers if state.position.part == "round" and (offer.round, offer.index) == here)


def talked_ms(state: State, seat: str) -> int:
    """How long this seat has had the floor in this phase, without what runs now."""
    return state.talked_ms.get(seat, 0)


def left_ms(state: State, seat: str) -> int | None:
    """What this seat has left of the time that is shared out; None where it is not shared out, and for those who are away."""
    phase = state.phase
    if phase is None or phase.turns != "shared_out" or state.planned_s is None:
        return None
    speaks = state.speaking.seat if state.speaking else None
    sharing = [other for other in state.seats if other != state.teacher and (other == speaks or is_here(state, other))]
    if seat not in sharing:
        return None
    unused_ms = state.planned_s * 1000 + state.added_ms - sum(talked_ms(state, other) for other in state.seats)
    return max(0, _alike_ms(max(0, unused_ms), [talked_ms(state, other) for other in sharing]) - talked_ms(state, seat))


def _alike_ms(unused_ms: int, talked: list[int]) -> int:
    """How long each may have spoken in the end, so that nobody is promised what somebody else has used already."""
    least_first = sorted(talked)
    for count in range(len(least_first), 1, -1):
        alike_ms = (unused_ms + sum(least_first[:count])) // count
        if alike_ms >= least_first[count - 1]:
            return alike_ms
    return unused_ms + least_first[0]


def floor_free_ms(state: State) -> int | None:
    """Since when the floor could be given: it is free, and whoever had asked for it is back."""
    return state.started_ms if can_be_given(state) and not state.held else None


def can_be_given(state: State) -> bool:
    """The floor is free and somebody waits; not while all finish their sentences."""
    return state.speaking is None and state.status != "grace" and bool(queue_of(state))


def speaking_ends_ms(state: State) -> int | None:
    """When the time of whoever has the floor is over; None where it has no end, or the clock stands still."""
    now = state.speaking
    if now is None or now.since_ms is None:
        return None
    left = left_ms(state, now.seat)
    return None if left is None else now.since_ms + max(LEAST_MS, left)


def floor_over_ms(state: State) -> int | None:
    """When the floor goes on by itself: the time is over and somebody waits."""
    ends_ms = speaking_ends_ms(state)
    return None if ends_ms is None or state.held or not queue_of(state) else ends_ms + GRACE_MS


def floor_drops_ms(state: State) -> int | None:
    """When the floor of somebody whose line dropped is free again."""
    since_ms = away_ms(state, state.speaking.seat) if state.speaking and not state.held else None
    return None if since_ms is None else since_ms + DROPPED_MS
