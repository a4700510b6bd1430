"""Entries of one line on their way into the journal."""

from __future__ import annotations

from dataclasses import dataclass, field

from recorder.assembler import Frame
from recorder.frame_log import FrameLog
from recorder.journal import Entry, EntryKind
from recorder.keys import KeyName

_ENTRY_OVERHEAD_BYTES = 200


@dataclass(slots=True, eq=False)
class Track:
    """One line of entries into the journal; `unwritten` until `flush` says where they are."""

    name: KeyName
    log: FrameLog
    worker: str = ""
    handle: int = 0
    clock_rate_hz: int = 48_000
    unwritten: list[Entry] = field(default_factory=list)


def entry_of(frame: Frame) -> Entry:
    packets = frame.sequence_end - frame.sequence_begin
    return Entry(
        EntryKind.FRAME, frame.sequence_end, frame.timestamp, frame.arrival_ns, frame.payload, frame.key, frame.level, max(packets, 1)
    )


def cost(entry: Entry) -> int:
    return len(entry.payload) + _ENTRY_OVERHEAD_BYTES


def first_bytes(entries: list[Entry], limit: int) -> list[Entry]:
    """At least one, if there is any."""
    total = 0
    for count, entry in enumerate(entries):
        total += cost(entry)
        if count and total > limit:
            return entries[:count]
    return entries[:]
