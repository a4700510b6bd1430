"""Whether the recorder falls behind the ring: then pictures are let go, so that voices are not overwritten unread.

A backlog that gets less is no reason, however long it is: a recorder that was started again reads what waits and loses nothing. Pure.
"""

from __future__ import annotations

LOOK_NS = 1_000_000_000
FALLS_BEHIND = 0.7
CAUGHT_UP = 0.3


class Backlog:
    def __init__(self) -> None:
        self.falls_behind = False
        self._looked_ns = 0
        self._unread_bytes = 0

    def look(self, unread_bytes: int, capacity_bytes: int, now_ns: int) -> bool:
        """Once a second. Whether that has changed."""
        if now_ns - self._looked_ns < LOOK_NS:
            return False
        grows = unread_bytes >= self._unread_bytes > 0
        self._looked_ns, self._unread_bytes = now_ns, unread_bytes
        limit = CAUGHT_UP if self.falls_behind else FALLS_BEHIND
        behind = unread_bytes > limit * capacity_bytes and (grows or self.falls_behind)
        changed = behind != self.falls_behind
        self.falls_behind = behind
        return changed
