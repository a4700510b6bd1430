"""How long recordings and sessions are kept: what is due, and who is told before. Pure.

A recording is deleted when its time is over and its teacher has known that for a week. A view that somebody was asked for, and a talk
about it that is still to come, hold it back, for a month at most. A session stays as long as one of its recordings.
"""

from __future__ import annotations

from typing import Literal

import msgspec

DAY_MS = 24 * 3_600_000
WARN_MS = 7 * DAY_MS
HELD_MOST_MS = 30 * DAY_MS


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A recording that is not deleted. `open_until_ms`: until when somebody is expected to look at it, None: nobody is."""

    take: str
    session: str
    teacher: str
    started_ms: int
    warned_ms: int | None = None
    open_until_ms: int | None = None


class Still(msgspec.Struct, frozen=True, kw_only=True):
    """A session in which nothing happens any more since `last_ms`. `recordings`: how many are kept."""

    session: str
    last_ms: int
    recordings: int


def due_ms(kept: Kept, keep_days: int, now_ms: int) -> int | None:
    """When it is deleted; None: never. Whoever was not told yet is told now at the earliest."""
    if not keep_days:
        return None
    over_ms = kept.started_ms + keep_days * DAY_MS
    held_ms = min(kept.open_until_ms or 0, over_ms + HELD_MOST_MS)
    told_ms = (now_ms if kept.warned_ms is None else kept.warned_ms) + WARN_MS
    return max(over_ms, held_ms, told_ms if kept.warned_ms is not None or now_ms >= over_ms - WARN_MS else 0)


def what_to_do(kept: Kept, keep_days: int, now_ms: int) -> Literal["keep", "warn", "delete"]:
    due = due_ms(kept, keep_days, now_ms)
    if due is None or now_ms < due - WARN_MS:
        return "keep"
    if kept.warned_ms is None:
        return "warn"
    return "delete" if now_ms >= due else "keep"


def is_over(still: Still, keep_days: int, now_ms: int) -> bool:
    return bool(keep_days) and not still.recordings and now_ms >= still.last_ms + keep_days * DAY_MS


def lag_ms(kept: Kept, keep_days: int, now_ms: int) -> int:
    """How long it should have been gone already."""
    due = due_ms(kept, keep_days, now_ms)
    return 0 if due is None else max(0, now_ms - due)
