"""A file that does nothing but take up room, so that what people write can still be saved when the disk is full.

The store gives it up when the database finds no room, and makes it again when there is room for both. It must not know what is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
from pathlib import Path

log = logging.getLogger(__name__)

SPARE_BYTES = 20_000_000
LEAST_FREE_BYTES = 20_000_000
LOOK_S = 10.0


class Spare:
    def __init__(self, path: Path) -> None:
        self._path = path

    async def keep(self) -> None:
        """Runs beside the store."""
        while True:
            await asyncio.to_thread(self.make)
            await asyncio.sleep(LOOK_S)

    def make(self) -> None:
        """Where there is none, if the disk has room for it and for more."""
        try:
            if not self._is_whole() and self._free_bytes() >= SPARE_BYTES + LEAST_FREE_BYTES:
                _take_up(self._path)
        except OSError as error:
            log.warning("no room could be set aside: %s", error.strerror)
            with contextlib.suppress(OSError):
                self._path.unlink()

    def give_up(self) -> bool:
        """Whether there is more room now: only where the disk is full, and there was something to give up."""
        try:
            if self._free_bytes() >= LEAST_FREE_BYTES:
                return False
            self._path.unlink()
        except OSError:
            return False
        log.error("the disk is full: what was set aside is used now")
        return True

    def _is_whole(self) -> bool:
        with contextlib.suppress(FileNotFoundError):
            return self._path.stat().st_blocks * 512 >= SPARE_BYTES
        return False

    def _free_bytes(self) -> int:
        found = os.statvfs(self._path.parent)
        return found.f_bavail * found.f_frsize


def _take_up(path: Path) -> None:
    """By blocks that are really the file's: a hole would take up nothing."""
    handle = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(handle, 0, SPARE_BYTES)
            return
        for at in range(0, SPARE_BYTES, 1_000_000):
            os.pwrite(handle, bytes(1_000_000), at)
    finally:
        os.close(handle)
