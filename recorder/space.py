"""How much room the disk still has for recordings: fine, low, or full.

`Space` reads the file system, `judge` decides. A reserve is never recorded into: the ends of takes and the database live on it.
Each limit has a second one above it, so that one file that goes does not make everybody's recording come and go.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

from recorder.control import StorageChanged, StorageState

LOOK_NS = 1_000_000_000
HOUR_BYTES = 1_300_000_000  # an hour of lessons: a camera of 2.5 Mbit/s, six voices and their mix
BACK_BYTES = 50_000_000
RESERVE_MB = 200


class Space:
    """`state` is that of the last look. A disk that cannot be asked has not changed."""

    def __init__(self, folder: Path, reserve_bytes: int, tell: Callable[[StorageChanged], None]) -> None:
        self._folder = folder
        self._reserve_bytes = reserve_bytes
        self._tell = tell
        self._looked_ns = -LOOK_NS
        self._free_bytes = 0
        self.state: StorageState = "fine"

    def storage(self) -> StorageChanged:
        return StorageChanged(state=self.state, free_bytes=self._free_bytes)

    def look(self, now_ns: int) -> None:
        """Once a second. Tells what is new."""
        if now_ns - self._looked_ns < LOOK_NS:
            return
        self._looked_ns = now_ns
        try:
            found = os.statvfs(self._folder)
        except OSError:
            return
        self._free_bytes = found.f_bavail * found.f_frsize
        state = judge(self._free_bytes, self._reserve_bytes, self.state)
        if state != self.state:
            self.state = state
            self._tell(self.storage())


def judge(free_bytes: int, reserve_bytes: int, before: StorageState) -> StorageState:
    """The state after `before`."""
    full_below = reserve_bytes + (BACK_BYTES if before == "full" else 0)
    low_below = reserve_bytes + HOUR_BYTES + (BACK_BYTES if before != "fine" else 0)
    if free_bytes < full_below:
        return "full"
    return "low" if free_bytes < low_below else "fine"
