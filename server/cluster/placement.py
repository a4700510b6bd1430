"""Which node gets a new session. Pure.

Of two drawn by what they have free, the less loaded one; this node itself if it is about as free. What nodes know of each other is up to a
beat old, so several that always chose the least loaded one would all choose the same.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Final

from server.cluster.coordination import Member

ABOUT_EQUAL: Final = 0.1
LEAST_WEIGHT: Final = 0.01


def place(members: Iterable[Member], me: Member, draw: random.Random) -> Member | None:
    """None: all that live are full or draining. `me` is how this node is now, whatever `members` says of it."""
    others = sorted((one for one in members if one.node != me.node and _takes_more(one)), key=lambda one: one.node)
    if not others:
        return me if _takes_more(me) else None
    weights = [max(LEAST_WEIGHT, 1 - one.load) for one in others]
    best = min(draw.choices(others, weights, k=2), key=lambda one: one.load)
    return me if _takes_more(me) and me.load <= best.load + ABOUT_EQUAL else best


def _takes_more(member: Member) -> bool:
    return not (member.full or member.draining)
