"""How much one subscriber's link carries, from what its transport-cc feedback says of the packets that it was sent.

Invariant: growing delay lowers the estimate whatever the loss; loss alone lowers it only where sending less loses less; beyond what is
sent it rises by a probe, or after silence. Time is an argument. It must not know packets, layers or transports.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from server.media.at_rest import RestProbes
from server.media.delay_trend import DelayTrend
from server.media.loss_share import LossShare
from server.media.probing import Probe, Prober
from server.media.results import Digest, Reported
from server.media.transport_cc import REFERENCE_PERIOD_US
from server.media.trend_line import Line, TrendLine

START_BPS = 1_500_000
LEAST_BPS = 60_000
MOST_BPS = 20_000_000

PAUSE_NS = 3_000_000_000  # without feedback: what was known is old
CUT = 0.85
PROBE_BLIND_NS = 150_000_000  # our own probe stands in the queue
_ACKED_NS, _SATURATED_NS = 1_000_000_000, 300_000_000
_REACTION_NS = 200_000_000  # until a cut can show, besides the round trip
_HOLD_NS = 500_000_000
_DRAIN_MS = 80.0
_HEAVY_LOSS, _OVERFLOW_LOSS = 0.25, 0.08
_SATURATED = 0.95
_LITTLE, _HALF, _AS_FAST = 0.7, 0.5, 0.75
_LONGEST_DRAIN_NS = 2_000_000_000
_STANDING_MS = 60.0
_LEAP = 1.25
_TRUSTED_AFTER_NS = 4_000_000_000
_FAR, _UNKNOWN, _SLOW, _NEAR = 0.2, 0.08, 0.02, 0.01  # growth for each second
_ONE_PICTURE_BPS = 400_000
_KNOWN = 0.92  # of the capacity: below it growth is safe


class _Report(NamedTuple):
    """`arrived_ns` and `sent_ns`: of the last packet."""

    arrived_ns: int
    sent_ns: int
    came_bytes: int
    sent_bytes: int


class Estimator:
    def __init__(self, now_ns: int, new_line: Callable[[], Line] = TrendLine) -> None:
        """`new_line` makes one that takes results of the kind that `on_feedback` will get."""
        self._new_line = new_line
        self._estimate = float(START_BPS)
        self._wanted_bps = 0
        self._rtt_ns = 100_000_000
        self._heard_ns = self._hoped_ns = now_ns
        self._newest_sent_ns = -1
        self._last_arrival_us = self._arrival_wraps_us = 0
        self._prober = Prober()
        self._at_rest = RestProbes()
        self._prober.soon(now_ns + 10 * PAUSE_NS)  # not before the first feedback
        self._forget()

    def _forget(self) -> None:
        self._trend = DelayTrend(self._new_line())
        self._reports: deque[_Report] = deque()
        self._loss = LossShare()
        self._capacity: float | None = None
        self._cut_ns: int | None = None
        self._draining = False
        self._leapt_ns: int | None = None  # a probe made the estimate much higher
        self._standing: list[float] = []  # the queue at each cut that it alone made

    @property
    def estimate_bps(self) -> int:
        return int(self._estimate)

    @property
    def is_limited(self) -> bool:
        return self._wanted_bps > self._estimate

    def set_wanted(self, bps: int) -> None:
        """What would be sent over the best of links. Nothing is probed for more."""
        self._wanted_bps = bps

    def on_rtt(self, rtt_ns: int) -> None:
        self._rtt_ns = max(0, min(rtt_ns, 2_000_000_000))

    def rests(self, now_ns: int) -> bool:
        """Whether it is long since anything was told of pictures."""
        return now_ns - self._heard_ns > PAUSE_NS

    def probe_due(self, now_ns: int, other_bps: int = 0) -> Probe | None:
        """`other_bps`: what flows besides while pictures rest."""
        if self.rests(now_ns):
            self._hope(now_ns)
            return self._at_rest.due(min(self._wanted_bps, _ONE_PICTURE_BPS), other_bps, now_ns) if self.is_limited else None
        if self._draining or self._trend.queues or self._loss.is_high:
            return None
        return self._prober.due(self.estimate_bps, self._wanted_bps, now_ns)

    def _hope(self, now_ns: int) -> None:
        """Nothing is told where nothing is sent: without this a picture that rests would rest for good, were no burst answered."""
        step_ns = now_ns - max(self._hoped_ns, self._heard_ns + PAUSE_NS)
        self._hoped_ns = now_ns
        if self.is_limited and self._estimate < START_BPS and not self._at_rest.knows(now_ns):
            share = _FAR if self._estimate < _ONE_PICTURE_BPS else _SLOW
            self._estimate = min(self._estimate * (1 + share * min(step_ns / 1e9, 1.0)), START_BPS)

    def on_feedback(self, results: Reported, now_ns: int, untold_bytes: int = 0) -> Digest:
        """One message or a few; gives the sums over it. `untold_bytes` were sent before these results, and what became of them was in a
        message that was lost."""
        digest = results.digest(self._newest_sent_ns)
        if self.rests(now_ns) and digest.all_probes:
            self._hear_at_rest(results, now_ns)
        elif digest.came:
            self._hear(results, digest, now_ns, untold_bytes)
        return digest

    def _hear(self, results: Reported, digest: Digest, now_ns: int, untold_bytes: int) -> None:
        newest_before_ns = self._newest_sent_ns
        since_ns = now_ns - self._heard_ns
        self._heard_ns = now_ns
        if since_ns > PAUSE_NS or self._newest_sent_ns < 0:
            self._forget()
            self._estimate = min(self._estimate, START_BPS)
            self._prober.soon(now_ns)
        self._newest_sent_ns = max(newest_before_ns, digest.last_sent_ns)
        self._note_arrivals(results, digest, untold_bytes)
        self._loss.add(digest.told - digest.came - digest.late, digest.told - digest.late, now_ns)
        over = self._trend.feed(results, self._arrival_wraps_us, self._estimate, now_ns)
        if self._newest_sent_ns > self._prober.last_sent_ns + PROBE_BLIND_NS:
            self._judge(over, now_ns)
        self._take_probe(now_ns)
        self._grow(min(since_ns, 500_000_000) / 1e9, now_ns)
        self._estimate = max(LEAST_BPS, min(self._estimate, MOST_BPS))

    def _hear_at_rest(self, results: Reported, now_ns: int) -> None:
        carried_bps = self._at_rest.told(((probe, arrived_us, size) for _, arrived_us, size, probe in results), now_ns)
        if carried_bps is not None:
            self._estimate = max(LEAST_BPS, min(carried_bps, START_BPS))

    def _note_arrivals(self, results: Reported, digest: Digest, untold_bytes: int) -> None:
        first_us = digest.first_us
        if abs(first_us - self._last_arrival_us) > REFERENCE_PERIOD_US // 2 and self._reports:
            self._arrival_wraps_us += REFERENCE_PERIOD_US if first_us < self._last_arrival_us else -REFERENCE_PERIOD_US
        self._last_arrival_us, wraps_us = first_us, self._arrival_wraps_us
        if self._prober.runs:
            for sent_ns, arrived_us, size_bytes, probe_id in results:
                if arrived_us is not None:
                    self._prober.arrived(probe_id, sent_ns, (wraps_us + arrived_us) * 1000, size_bytes)
        latest_ns, size = (wraps_us + digest.latest_us) * 1000, untold_bytes + digest.came_bytes
        self._reports.append(_Report(latest_ns, self._newest_sent_ns, size, size + digest.lost_bytes))
        while latest_ns - self._reports[0].arrived_ns > _ACKED_NS and len(self._reports) > 2:
            self._reports.popleft()

    def _acked_bps(self, window_ns: int) -> float | None:
        return self._rates_bps(window_ns)[0]

    def _rates_bps(self, window_ns: int) -> tuple[float | None, float]:
        """Of the same packets: as they arrived, and as they were sent."""
        latest = begin = self._reports[-1]
        came_bytes = sent_bytes = 0
        for report in reversed(self._reports):
            begin = report
            if latest.arrived_ns - report.arrived_ns >= window_ns:
                break
            came_bytes += report.came_bytes
            sent_bytes += report.sent_bytes
        else:
            came_bytes -= begin.came_bytes
            sent_bytes -= begin.sent_bytes
        arrived_ns, sent_ns = latest.arrived_ns - begin.arrived_ns, latest.sent_ns - begin.sent_ns
        if arrived_ns < _SATURATED_NS // 3 or sent_ns <= 0:
            return None, 0.0
        return came_bytes * 8e9 / arrived_ns, sent_bytes * 8e9 / sent_ns

    def _judge(self, over: bool, now_ns: int) -> None:
        queue_ms = self._trend.queue_ms
        waited = self._cut_ns is None or now_ns - self._cut_ns > self._rtt_ns + _REACTION_NS
        if self._draining and (not self._trend.queues or now_ns - (self._cut_ns or 0) > _LONGEST_DRAIN_NS):
            self._draining = False
            self._estimate = max(self._estimate, CUT * (self._capacity or 0))
        if not waited:
            return
        standing = queue_ms > _STANDING_MS and not self._draining
        excess = self._loss.excess
        if over or (queue_ms > 2 * self._trend.gate_ms and excess > _OVERFLOW_LOSS):
            self._standing = []
            self._cut(now_ns)
        elif standing:
            self._cut_standing(queue_ms, now_ns)
        else:
            self._judge_loss(now_ns)

    def _judge_loss(self, now_ns: int) -> None:
        verdict = self._loss.judge(now_ns + self._rtt_ns)
        acked_bps = self._acked_bps(_ACKED_NS)
        if acked_bps is None:
            return
        carried_bps = acked_bps / (1 - self._loss.usual)
        if verdict == "less":
            gently_bps = CUT * self._estimate if self._loss.excess < _HEAVY_LOSS else 0.0
            self._estimate = min(self._estimate, max(_SATURATED * carried_bps, gently_bps))
            self._cut_ns = now_ns
        elif verdict == "helped":
            self._capacity = carried_bps
        elif verdict == "in_vain":
            self._capacity = None

    def _cut(self, now_ns: int) -> None:
        acked_bps, sent_bps = self._rates_bps(_SATURATED_NS)
        if acked_bps is None:
            return
        queue_ms = self._trend.queue_ms
        carried_bps = acked_bps / (1 - self._loss.usual)
        self._cut_ns = now_ns
        self._prober.put_off(now_ns + 2 * _HOLD_NS)
        if sent_bps < _LITTLE * self._estimate and acked_bps > _AS_FAST * sent_bps:  # what little is sent is carried
            self._estimate = max(CUT * carried_bps, _LITTLE * self._estimate)
            return
        self._capacity = carried_bps
        self._draining = queue_ms > _DRAIN_MS
        share = max(0.5, min(CUT, 1 - queue_ms / 1000)) if self._draining else CUT
        # of little a moment's rate says little, so step by step
        least_bps = _HALF * self._estimate if sent_bps < _LITTLE * self._estimate else 0.0
        promised_bps, self._estimate = self._estimate, min(self._estimate, max(share * self._capacity, least_bps))
        if self._leapt_ns is not None and self._estimate < promised_bps / _LEAP:
            self._leapt_ns = None
            self._prober.misled(now_ns)

    def _cut_standing(self, queue_ms: float, now_ns: int) -> None:
        """A queue that neither grows nor goes. When less of ours does not shorten it, it is a longer way or somebody else's."""
        if len(self._standing) >= 2 and queue_ms > 0.8 * self._standing[0]:
            self._trend.rebase()
            self._standing = []
            self._draining = False
            self._prober.soon(now_ns)
        else:
            self._standing.append(queue_ms)
            self._cut(now_ns)

    def _take_probe(self, now_ns: int) -> None:
        carried_bps = self._prober.result(self._newest_sent_ns, self._acked_bps(_ACKED_NS) or 0.0, self._loss.usual, now_ns)
        if carried_bps is None:
            return
        if carried_bps > self._estimate and not self._draining:
            if carried_bps > _LEAP * self._estimate:
                self._leapt_ns = now_ns
            self._estimate = float(carried_bps)
        if self._capacity is not None and carried_bps > self._capacity:
            self._capacity = None

    def _grow(self, step_s: float, now_ns: int) -> None:
        if self._leapt_ns is not None and now_ns - self._leapt_ns > _TRUSTED_AFTER_NS:
            self._leapt_ns = None
            self._prober.proved_right()
        if not self.is_limited or self._draining or self._trend.queues or self._loss.is_high:
            return
        if self._cut_ns is not None and now_ns - self._cut_ns < self._rtt_ns + _HOLD_NS:
            return
        acked_bps = self._acked_bps(_ACKED_NS) or 0.0
        share = _UNKNOWN
        if self._capacity is not None:
            share = _FAR if self._estimate < _KNOWN * self._capacity else _NEAR
        grown = self._estimate * (1 + share * step_s)
        self._estimate = max(self._estimate, min(grown, 1.5 * acked_bps + 10_000))
