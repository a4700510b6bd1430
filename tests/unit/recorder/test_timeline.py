"""Voice and picture stay together whatever the sender's clocks do."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from recorder.timeline import Delay, Report, delay_of, map_times

MS = 1_000_000
SECOND = 1_000_000_000
TRANSIT_NS = 30 * MS


class Source:
    """A sender whose RTP clock stands still in the given spans (seconds), runs `skew` too fast and wraps at `first`."""

    def __init__(self, rate_hz: int, interval_ms: int, *, frozen: Sequence[tuple[float, float]] = (), skew: float = 0.0) -> None:
        self.rate_hz = rate_hz
        self.interval_ms = interval_ms
        self.frozen = frozen
        self.skew = skew

    def clock(self, captured_ns: float) -> float:
        lost = sum(min(max(captured_ns / SECOND - start, 0), end - start) for start, end in self.frozen)
        return (captured_ns / SECOND * (1 + self.skew) - lost) * self.rate_hz + 2**32 - 5000

    def play(self, seconds: float, *, jitter_ms: float, seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Captured, timestamp and arrival of each frame; nothing is sent while the clock stands."""
        captured = np.arange(0, int(seconds * 1000), self.interval_ms, dtype=np.int64) * MS
        sent = np.array([not any(start <= at / SECOND < end for start, end in self.frozen) for at in captured])
        captured = captured[sent]
        timestamps = np.array([round(self.clock(at)) for at in captured.tolist()], dtype=np.int64)
        jitter = np.random.default_rng(seed).exponential(jitter_ms / 3, len(captured)) * MS
        return captured, timestamps, captured + TRANSIT_NS + jitter.astype(np.int64)

    def reports(self, times_s: Sequence[float], *, wrong_by_ns: int, noise_ms: float = 0.0) -> list[Report]:
        noise = np.random.default_rng(3).normal(0, noise_ms, len(times_s)) * MS
        return [
            Report(
                int(at * SECOND) + TRANSIT_NS + 3 * MS,
                int(at * SECOND) + wrong_by_ns + int(noise[index]),
                round(self.clock(at * SECOND)),
            )
            for index, at in enumerate(times_s)
        ]


def error_ms(source: Source, reports: list[Report], delay: Delay | None, *, seconds: float = 60) -> NDArray[np.float64]:
    captured, timestamps, arrivals = source.play(seconds, jitter_ms=20, seed=1)
    mapped = map_times(timestamps, arrivals, reports, source.rate_hz, delay)
    result: NDArray[np.float64] = (mapped - captured - TRANSIT_NS) / MS
    return result


def every(step: float, until: float) -> list[float]:
    return [float(at) for at in np.arange(step, until, step)]


def both(make: Callable[[int], list[Report]]) -> tuple[list[Report], Delay | None]:
    reports = make(-3_200_000_000)
    return reports, delay_of(reports)


def test_steady_clock_with_a_sender_that_is_seconds_off() -> None:
    source = Source(90_000, 33)
    reports, delay = both(lambda wrong: source.reports(every(1, 60), wrong_by_ns=wrong))
    assert np.abs(error_ms(source, reports, delay)).max() < 5


def test_skewed_clock_is_followed_over_ten_minutes() -> None:
    source = Source(48_000, 20, skew=200e-6)
    reports, delay = both(lambda wrong: source.reports(every(5, 600), wrong_by_ns=wrong, noise_ms=3))
    error = np.abs(error_ms(source, reports, delay, seconds=600))
    assert np.median(error) < 4
    assert error.max() < 15


def test_frozen_clock_does_not_pull_the_voice_forward() -> None:
    source = Source(48_000, 20, frozen=((10, 16), (30, 30.45), (40, 41)))
    reports, delay = both(lambda wrong: source.reports(every(2.5, 60), wrong_by_ns=wrong))
    assert np.abs(error_ms(source, reports, delay)).max() < 8


def test_before_the_first_report_arrivals_decide() -> None:
    source = Source(48_000, 20)
    assert np.abs(error_ms(source, [], None)).max() < 3
    video = Source(90_000, 33).reports(every(1, 60), wrong_by_ns=-3_200_000_000)
    assert np.abs(error_ms(source, [], delay_of(video))).max() < 3


def test_report_far_from_the_arrivals_is_not_believed() -> None:
    source = Source(48_000, 20)
    reports, delay = both(lambda wrong: source.reports(every(2, 60), wrong_by_ns=wrong))
    wild = [Report(report.arrival_ns, report.ntp_ns + 900 * MS, report.timestamp) for report in reports[5:7]]
    assert np.abs(error_ms(source, reports[:5] + wild + reports[7:], delay)).max() < 5


def test_delay_follows_a_clock_that_runs_wrong_for_an_hour_and_later_reports_change_nothing() -> None:
    """The sender's wall clock runs as its RTP clock does. What is worked out while a lesson runs is so at its end."""
    skew = 100e-6
    source = Source(90_000, 100, skew=skew)
    reports = [
        Report(report.arrival_ns, report.ntp_ns + int(report.ntp_ns * skew), report.timestamp)
        for report in source.reports(every(1, 3600), wrong_by_ns=0, noise_ms=3)
    ]
    delay = delay_of(reports)
    error = error_ms(source, reports, delay, seconds=3600)
    assert np.abs(error).max() < 25
    early = delay_of(reports[:600])
    assert delay is not None
    assert early is not None
    at = np.arange(0, 600, 7, dtype=np.int64) * SECOND
    assert (early.at(at) == delay.at(at)).all()


def test_times_never_step_back_and_empty_is_empty() -> None:
    source = Source(48_000, 20, frozen=((3, 5),), skew=-500e-6)
    _, timestamps, arrivals = source.play(30, jitter_ms=80, seed=4)
    mapped = map_times(timestamps, arrivals, source.reports([2.0, 8.0], wrong_by_ns=5), 48_000, delay_of([Report(33 * MS, 0, 0)]))
    assert (np.diff(mapped) >= 0).all()
    assert len(map_times(timestamps[:0], arrivals[:0], [], 48_000, None)) == 0
    assert len(map_times(timestamps[:1], arrivals[:1], [], 48_000, None)) == 1
