"""Where a finished take lacks something of its teacher, and why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recorder.control import Hole, HoleReason, Missing
from recorder.frame_log import StreamLog, captured_ns, usable
from recorder.timeline import Times

HOLE_MS = 500
PICTURE_HOLE_MS = 1_000  # shorter ones are seen as a stutter
Pause = Literal["none", "held", "full"]


def find_holes(
    streams: Sequence[StreamLog], teacher: str, duration_ms: int, paused: Sequence[tuple[int, int, HoleReason]] = ()
) -> tuple[Hole, ...]:
    """More than half a second without anything from the teacher, and where packets of the picture or the voice alone never came.

    `paused` are begin, end and reason of each time when nothing was recorded on purpose.
    """
    theirs = [stream for stream in streams if stream.peer == teacher and len(stream.frames)]
    captured = [captured_ns(stream, stream.frames.frames(), streams) for stream in theirs]
    seen = np.sort(np.concatenate(captured)) // 1_000_000 if captured else np.zeros(0, dtype=np.int64)
    edges = np.concatenate(([0], np.clip(seen, 0, duration_ms), [duration_ms]))
    whole = [Hole(start_ms=start, end_ms=end, reason=_reason(start, end, paused)) for start, end in _wide(edges, HOLE_MS)]
    partly = [hole for stream in theirs for hole in _lost_of(stream, streams, duration_ms)]
    return tuple(sorted([*whole, *(hole for hole in partly if not _lies_in(hole, whole))], key=lambda hole: (hole.start_ms, hole.what)))


def pauses(changes: Sequence[tuple[int, Pause]], duration_ms: int) -> list[tuple[int, int, HoleReason]]:
    """Spans in milliseconds, from the changes (nanoseconds from the start) and what has been so since."""
    closed: list[tuple[int, Pause]] = [*changes, (duration_ms * 1_000_000, "none")]
    return [(since // 1_000_000, until // 1_000_000, why) for (since, why), (until, _) in pairwise(closed) if why != "none"]


def _lost_of(stream: StreamLog, streams: Sequence[StreamLog], duration_ms: int) -> list[Hole]:
    frames = stream.frames.frames()
    at_ms: Times = np.clip(captured_ns(stream, frames, streams) // 1_000_000, 0, duration_ms)
    picture = stream.source in ("camera", "screen")
    what: Missing = "picture" if picture else "voice"
    least_ms = PICTURE_HOLE_MS if picture else HOLE_MS
    shown = usable(frames) if picture else np.ones(len(frames), dtype=np.bool_)
    begins, ends, edges = frames["begin"][shown], frames["end"][shown], at_ms[shown]
    if len(shown) and not shown[-1]:  # up to the end, or to where another stream took over
        begins, edges = np.append(begins, frames["end"][-1]), np.append(edges, at_ms[-1])
        ends = np.append(ends, frames["end"][-1])
    gaps = np.flatnonzero((begins[1:] != ends[:-1]) & (np.diff(edges) > least_ms))
    return [Hole(start_ms=int(edges[gap]), end_ms=int(edges[gap + 1]), what=what) for gap in gaps.tolist()]


def _wide(edges: NDArray[np.int64], least_ms: int) -> list[tuple[int, int]]:
    return [(int(edges[at]), int(edges[at + 1])) for at in np.flatnonzero(np.diff(edges) > least_ms).tolist()]


def _reason(start_ms: int, end_ms: int, paused: Sequence[tuple[int, int, HoleReason]]) -> HoleReason:
    reasons: tuple[HoleReason, ...] = ("held", "full")
    for reason in reasons:
        covered_ms = sum(max(min(end_ms, until) - max(start_ms, since), 0) for since, until, why in paused if why == reason)
        if 2 * covered_ms > end_ms - start_ms:
            return reason
    return "lost"


def _lies_in(hole: Hole, others: Sequence[Hole]) -> bool:
    return any(2 * (min(hole.end_ms, other.end_ms) - max(hole.start_ms, other.start_ms)) > hole.end_ms - hole.start_ms for other in others)
