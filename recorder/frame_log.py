"""What the journal holds of each live track, one row per frame: numbers, times and places, never a payload.

Rows may come in any order and twice; `frames` gives them in sending order, each once. Which of them can be shown follows from
their sequence numbers. Pure; arrivals are nanoseconds from the take's start.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recorder.journal import Entry
from recorder.timeline import Delay, Report, Times, delay_of, map_times

FRAME = np.dtype(
    [
        ("begin", "<i8"),  # sequence numbers, unwrapped: the first, and the one behind the last
        ("end", "<i8"),
        ("timestamp", "<i8"),
        ("arrival", "<i8"),
        ("record", "<i8"),  # its place in the journal, as in `recorder.webm.ROW`
        ("size", "<u4"),
        ("payload", "<u4"),
        ("part", "<u2"),
        ("key", "u1"),
        ("level", "u1"),
    ]
)
Frames = NDArray[np.void]
NEIGHBOUR_NS = 1_000_000_000
_PACKED = struct.Struct("<qqqqqIIHBB")


class FrameLog:
    def __init__(self) -> None:
        self._bytes = bytearray()
        self._sorted = np.zeros(0, dtype=FRAME)
        self._sorted_rows = 0

    def append(self, entry: Entry, arrival_ns: int, *, part: int, record: int, payload: int) -> None:
        self._bytes += _PACKED.pack(
            entry.sequence_begin,
            entry.sequence_end,
            entry.timestamp,
            arrival_ns,
            record,
            len(entry.payload),
            payload,
            part,
            entry.key,
            entry.level,
        )

    def __len__(self) -> int:
        return len(self._bytes) // _PACKED.size

    def frames(self) -> Frames:
        if self._sorted_rows != len(self):
            rows = np.frombuffer(bytes(self._bytes), dtype=FRAME)
            _, first = np.unique(rows["end"], return_index=True)
            self._sorted, self._sorted_rows = rows[first], len(rows)
        return self._sorted


@dataclass(slots=True)
class StreamLog:
    """A live track of one participant with its reports; their arrivals count from the take's start too."""

    peer: str
    source: str
    clock_rate_hz: int
    frames: FrameLog = field(default_factory=FrameLog)
    reports: list[Report] = field(default_factory=list)


def usable(frames: Frames) -> NDArray[np.bool_]:
    """Pictures that can be decoded: a key frame, and what joins it without a gap."""
    at = np.arange(len(frames))
    keys = frames["key"] == 1
    joined = np.zeros(len(frames), dtype=np.bool_)
    joined[1:] = frames["begin"][1:] == frames["end"][:-1]
    last_key = np.maximum.accumulate(np.where(keys, at, -1))
    last_gap = np.maximum.accumulate(np.where(keys | joined, -1, at))
    result: NDArray[np.bool_] = (last_key >= 0) & (last_key > last_gap)
    return result


def arrivals_in_order(arrivals: Times) -> Times:
    """A frame that was repaired counts as if it had come with the next one."""
    result: Times = np.minimum.accumulate(arrivals[::-1])[::-1]
    return result


def captured_ns(stream: StreamLog, frames: Frames, streams: Sequence[StreamLog]) -> Times:
    """When each of the stream's frames was captured, from the take's start."""
    delay = _delay(stream, frames, streams)
    return map_times(frames["timestamp"], arrivals_in_order(frames["arrival"]), stream.reports, stream.clock_rate_hz, delay)


def _delay(stream: StreamLog, frames: Frames, streams: Sequence[StreamLog]) -> Delay | None:
    """Shared by the tracks that this participant had at the same time: a reload may come from another machine."""
    if not len(frames):
        return None
    arrivals = arrivals_in_order(frames["arrival"])
    since, until = int(arrivals[0]) - NEIGHBOUR_NS, int(arrivals[-1]) + NEIGHBOUR_NS
    reports = [report for other in streams if other.peer == stream.peer for report in other.reports]
    return delay_of([report for report in reports if since <= report.arrival_ns <= until])
