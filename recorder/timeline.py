"""From RTP time to one clock per participant: the machine's monotonic clock at arrival, in nanoseconds.

RTP clocks stop and jump (a muted track, a silent source), so a track is cut into segments where arrival minus media time
steps, and each segment is placed by its own sender reports. All tracks of a participant share one delay, which keeps
voice and picture together; it follows the sender's clock, and comes out the same while a lesson runs and when it is over.
Pure numpy; nothing here reads a clock.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

STEP_NS = 120_000_000
STAYS_NS = 400_000_000
REPORT_TOLERANCE_NS = 250_000_000
AROUND_NS = 15_000_000_000  # frames so near to a report say whether it is to be believed
REPORTS_TOGETHER = 45  # half a minute of a voice and a picture

Times = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Report:
    """A sender report: at `ntp_ns` of the sender's clock its RTP clock stood at `timestamp` (unwrapped)."""

    arrival_ns: int
    ntp_ns: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class Delay:
    """Arrival minus the sender's wall clock of one participant, from each of its reports on: no two clocks run alike for an hour."""

    since_ns: Times
    values_ns: Times

    def at(self, arrivals: Times) -> Times:
        behind = np.searchsorted(self.since_ns, arrivals, side="right") - 1
        result: Times = self.values_ns[np.maximum(behind, 0)]
        return result


def delay_of(reports: Sequence[Report]) -> Delay | None:
    """By the reports of all tracks of one participant, each with those before it alone: later ones change nothing. None without any."""
    if not reports:
        return None
    pairs = np.array(sorted((report.arrival_ns, report.arrival_ns - report.ntp_ns) for report in reports), dtype=np.int64)
    values = np.array(_medians_so_far(pairs[: REPORTS_TOGETHER - 1, 1].tolist()), dtype=np.int64)
    if len(pairs) >= REPORTS_TOGETHER:
        windows = np.lib.stride_tricks.sliding_window_view(pairs[:, 1], REPORTS_TOGETHER)
        values = np.append(values, np.median(windows, axis=1).astype(np.int64))
    return Delay(pairs[:, 0], values)


def _medians_so_far(values: Sequence[int]) -> list[int]:
    """Of the first, the first two, the first three …"""
    ordered: list[int] = []
    medians: list[int] = []
    for value in values:
        insort(ordered, value)
        count = len(ordered)
        medians.append((ordered[(count - 1) // 2] + ordered[count // 2]) // 2)
    return medians


def map_times(timestamps: Times, arrivals: Times, reports: Sequence[Report], rate_hz: int, delay: Delay | None) -> Times:
    """When each frame was captured, on the arrival clock. Frames in sending order; the result never steps back."""
    if not len(timestamps):
        return np.zeros(0, dtype=np.int64)
    media = _media_ns(timestamps, rate_hz)
    lag = arrivals - media
    bounds = [0, *_cuts(lag, arrivals), len(media)]
    mapped = np.empty_like(media)
    for index, (start, end) in enumerate(pairwise(bounds)):
        until = int(arrivals[end]) if end < len(media) else None
        since = int(arrivals[start]) if index else None
        inside = [
            report for report in reports if (since is None or report.arrival_ns >= since) and (until is None or report.arrival_ns < until)
        ]
        mapped[start:end] = media[start:end] + _offsets(media[start:end], lag[start:end], inside, rate_hz, delay)
    result: Times = np.maximum.accumulate(mapped)
    return result


def _media_ns(timestamps: Times, rate_hz: int) -> Times:
    seconds, rest = np.divmod(timestamps, rate_hz)
    result: Times = seconds * 1_000_000_000 + rest * 1_000_000_000 // rate_hz
    return result


def _cuts(lag: Times, arrivals: Times) -> list[int]:
    floor = _floor_ahead(lag, arrivals)
    steps = np.diff(floor)
    cuts = [index + 1 for index in np.flatnonzero(steps > STEP_NS).tolist()]
    for index in np.flatnonzero(steps < -STEP_NS).tolist():
        level = int(floor[index + 1]) + STEP_NS // 2
        below = np.flatnonzero(lag[index + 1 :] <= level)
        if len(below) and lag[index] > level:
            cuts.append(index + 1 + int(below[0]))
    return sorted(set(cuts))


def _floor_ahead(lag: Times, arrivals: Times) -> Times:
    """Least lag of what arrives within the next 0.4 s: jitter and bursts vanish, a step that stays remains."""
    order = np.maximum.accumulate(arrivals)
    ends = np.maximum(np.searchsorted(order, order + STAYS_NS, side="right"), np.arange(1, len(lag) + 1))
    pairs = np.column_stack((np.arange(len(lag)), ends)).ravel()
    padded = np.append(lag, np.iinfo(np.int64).max)
    floor: Times = np.minimum.reduceat(padded, pairs)[::2]
    return floor


def _offsets(media: Times, lag: Times, reports: Sequence[Report], rate_hz: int, delay: Delay | None) -> Times:
    floor = int(np.min(lag))
    if delay is None or not reports:
        return np.full(len(media), floor, dtype=np.int64)
    at = _media_ns(np.array([report.timestamp for report in reports], dtype=np.int64), rate_hz)
    delays = delay.at(np.array([report.arrival_ns for report in reports], dtype=np.int64))
    offset = np.array([report.ntp_ns for report in reports], dtype=np.int64) - at + delays
    good = np.abs(offset - _floor_around(media, lag, at)) <= REPORT_TOLERANCE_NS
    at, offset = at[good], offset[good]
    if not len(at):
        return np.full(len(media), floor, dtype=np.int64)
    order = np.argsort(at, kind="stable")
    at, smooth = at[order], _median_of_three(offset[order])
    base = int(smooth[0])  # differences only: a float has too few bits for the whole offset
    result: Times = base + np.interp(media - at[0], at - at[0], smooth - base).astype(np.int64)
    return result


def _floor_around(media: Times, lag: Times, at: Times) -> Times:
    """Least lag of the frames around each report; of the nearest one, where there are none."""
    begins = np.minimum(np.searchsorted(media, at - AROUND_NS), len(media) - 1)
    ends = np.maximum(np.searchsorted(media, at + AROUND_NS, side="right"), begins + 1)
    padded = np.append(lag, np.iinfo(np.int64).max)
    floor: Times = np.minimum.reduceat(padded, np.column_stack((begins, ends)).ravel())[::2]
    return floor


def _median_of_three(values: Times) -> Times:
    if len(values) < 3:
        return values
    padded = np.concatenate((values[:1], values, values[-1:]))
    result: Times = np.sort(np.column_stack((padded[:-2], padded[1:-1], padded[2:])), axis=1)[:, 1]
    return result
