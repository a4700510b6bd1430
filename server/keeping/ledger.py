"""What was deleted for good, as lines of ids in a file beside the keys: a backup that is older than a deletion must not undo it.

Invariant: a line is on disk before what it tells of is destroyed, and is never taken out. Its folder is in no backup of the data.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from recorder.control import WithdrawTracks

log = logging.getLogger(__name__)

NAME = "erased.jsonl"
Key = tuple[str, str, str, str, int]


class Gone(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """`id` of the recording, person, session or note. Of something taken out of a recording also whose and what; of a note the `version`
    that was deleted: its author may write it anew, and that one stays."""

    what: Literal["take", "person", "session", "track", "note"]
    id: str
    at_ms: int
    peer: str = ""
    source: str = ""
    version: int = 0

    @property
    def key(self) -> Key:
        return self.what, self.id, self.peer, self.source, self.version


def gone_tracks(wish: WithdrawTracks, now_ms: int) -> list[Gone]:
    return [Gone(what="track", id=wish.take, peer=wish.peer, source=source, at_ms=now_ms) for source in wish.sources]


class Ledger:
    """`add` returns when it is on disk; twice is once. `note` is for those who go on all the same where the disk refuses."""

    def __init__(self, keys: Path) -> None:
        self._path = keys / NAME
        self._known: set[Key] | None = None

    def note(self, *gone: Gone) -> None:
        try:
            self.add(*gone)
        except OSError as error:
            log.error("a deletion could not be noted beside the keys, a backup from before would undo it: %s", error.strerror)

    def all(self) -> list[Gone]:
        return list(read_ledger(self._path))

    def add(self, *gone: Gone) -> None:
        """Raises OSError."""
        if self._known is None:
            self._known = {each.key for each in read_ledger(self._path)}
        new = [each for each in gone if each.key not in self._known]
        if not new:
            return
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = b"".join(msgspec.json.encode(each) + b"\n" for each in new)
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            if (size := os.fstat(handle).st_size) and os.pread(handle, 1, size - 1) != b"\n":  # whoever wrote it was killed
                lines = b"\n" + lines
            os.write(handle, lines)
            os.fsync(handle)
        finally:
            os.close(handle)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        self._known |= {each.key for each in new}


def read_ledger(path: Path) -> Iterator[Gone]:
    """Whatever can be read of it: nothing where there is none; a torn line is passed over."""
    with contextlib.suppress(FileNotFoundError):
        for line in path.read_bytes().splitlines():
            with contextlib.suppress(msgspec.MsgspecError):
                yield msgspec.json.decode(line, type=Gone)
