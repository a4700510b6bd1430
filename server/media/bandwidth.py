"""How much one subscriber's link carries, from what its transport-cc feedback says of the packets that it was sent.

Invariant: growing delay lowers the estimate whatever the loss; loss alone lowers it only where sending less loses less; it rises
beyond what is sent only by a probe. Time is an argument. It must not know packets, layers or transports.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import Literal, NamedTuple

from server.media.delay_trend import QUEUE_GATE_MS, DelayTrend
from server.media.probing import Probe, Prober
from server.media.transport_cc import REFERENCE_PERIOD_US

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
_HELPED = 0.5  # of the loss before a cut
_LONGEST_DRAIN_NS = 2_000_000_000
_STANDING_MS = 60.0
_LEAP = 1.25
_TRUSTED_AFTER_NS = 4_000_000_000
_FAR, _NEAR, _UNKNOWN = 0.2, 0.01, 0.08  # growth for each second
_KNOWN = 0.92  # of the capacity: below it growth is safe


class Result(NamedTuple):
    """A packet that the feedback speaks of. `arrived_us` is on the receiver's clock; `probe_id` 0 for none.

    In sending order. A packet is given once, or twice: first as lost, then as arrived after all.
    """

    sent_ns: int
    arrived_us: int | None
    size_bytes: int
    probe_id: int = 0


class Estimator:
    def __init__(self, now_ns: int) -> None:
        self._estimate = float(START_BPS)
        self._wanted_bps = 0
        self._rtt_ns = 100_000_000
        self._heard_ns = now_ns
        self._newest_sent_ns = -1
        self._last_arrival_us = self._arrival_wraps_us = 0
        self._prober = Prober()
        self._prober.soon(now_ns + 10 * PAUSE_NS)  # not before the first feedback
        self._forget()

    def _forget(self) -> None:
        self._trend = DelayTrend()
        self._acked: deque[tuple[int, int]] = deque()  # last arrival, bytes: one for each feedback
        self._loss = _Loss()
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

    def probe_due(self, now_ns: int) -> Probe | None:
        if self._draining or self._trend.queue_ms > QUEUE_GATE_MS or now_ns - self._heard_ns > PAUSE_NS:
            return None
        return self._prober.due(self.estimate_bps, self._wanted_bps, now_ns)

    def on_feedback(self, results: Sequence[Result], now_ns: int, untold_bytes: int = 0) -> None:
        """One message. `untold_bytes` were sent before these results, and what became of them was in a message that was lost."""
        came = [result for result in results if result.arrived_us is not None]
        if not came:
            return
        since_ns = now_ns - self._heard_ns
        self._heard_ns = now_ns
        if since_ns > PAUSE_NS or self._newest_sent_ns < 0:
            self._forget()
            self._estimate = min(self._estimate, START_BPS)
            self._prober.soon(now_ns)
        newest_before_ns = self._newest_sent_ns
        self._newest_sent_ns = max(newest_before_ns, results[-1].sent_ns)
        plain = self._arrivals(came, untold_bytes)
        lost = len(results) - len(came)
        late = sum([1 for result in came if result.sent_ns <= newest_before_ns])
        self._loss.add(lost - late, len(results) - late, now_ns)
        over = self._trend.feed(plain, now_ns) if plain else False
        if self._newest_sent_ns > self._prober.last_sent_ns + PROBE_BLIND_NS:
            self._judge(over, now_ns)
        self._take_probe(now_ns)
        self._grow(min(since_ns, 500_000_000) / 1e9, now_ns)
        self._estimate = max(LEAST_BPS, min(self._estimate, MOST_BPS))

    def _arrivals(self, came: Sequence[Result], untold_bytes: int) -> list[tuple[int, int]]:
        """Notes what came and when; sent and arrived of what was no probe."""
        plain: list[tuple[int, int]] = []
        wraps_us = self._arrival_wraps_us
        first_us = came[0].arrived_us or 0
        if abs(first_us - self._last_arrival_us) > REFERENCE_PERIOD_US // 2 and self._acked:
            wraps_us += REFERENCE_PERIOD_US if first_us < self._last_arrival_us else -REFERENCE_PERIOD_US
            self._arrival_wraps_us = wraps_us
        self._last_arrival_us = first_us
        size, latest_ns = untold_bytes, 0
        for sent_ns, arrived_us, size_bytes, probe_id in came:
            arrived_ns = (wraps_us + (arrived_us or 0)) * 1000
            size += size_bytes
            if arrived_ns > latest_ns:
                latest_ns = arrived_ns
            if self._prober.runs:
                self._prober.arrived(probe_id, sent_ns, arrived_ns, size_bytes)
            if not probe_id:
                plain.append((sent_ns, arrived_ns))
        self._acked.append((latest_ns, size))
        while latest_ns - self._acked[0][0] > _ACKED_NS and len(self._acked) > 2:
            self._acked.popleft()
        return plain

    def _acked_bps(self, window_ns: int) -> float | None:
        latest_ns = self._acked[-1][0]
        begin_ns, size = latest_ns, 0
        for at_ns, size_bytes in reversed(self._acked):
            begin_ns = at_ns
            if latest_ns - at_ns >= window_ns:
                break
            size += size_bytes
        else:
            size -= self._acked[0][1]
        span_ns = latest_ns - begin_ns
        return size * 8e9 / span_ns if span_ns > _SATURATED_NS // 3 else None

    def _judge(self, over: bool, now_ns: int) -> None:
        queue_ms = self._trend.queue_ms
        waited = self._cut_ns is None or now_ns - self._cut_ns > self._rtt_ns + _REACTION_NS
        if self._draining and (queue_ms < QUEUE_GATE_MS or now_ns - (self._cut_ns or 0) > _LONGEST_DRAIN_NS):
            self._draining = False
            self._estimate = max(self._estimate, CUT * (self._capacity or 0))
        if not waited:
            return
        standing = queue_ms > _STANDING_MS and not self._draining
        excess = self._loss.excess
        if over or (queue_ms > 2 * QUEUE_GATE_MS and excess > _OVERFLOW_LOSS):
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
        acked_bps = self._acked_bps(_SATURATED_NS)
        if acked_bps is None:
            return
        self._capacity = acked_bps / (1 - self._loss.usual)
        queue_ms = self._trend.queue_ms
        self._draining = queue_ms > _DRAIN_MS
        share = max(0.5, min(CUT, 1 - queue_ms / 1000)) if self._draining else CUT
        promised_bps, self._estimate = self._estimate, min(self._estimate, share * self._capacity)
        if self._leapt_ns is not None and self._estimate < promised_bps / _LEAP:
            self._leapt_ns = None
            self._prober.misled(now_ns)
        self._cut_ns = now_ns
        self._prober.put_off(now_ns + 2 * _HOLD_NS)

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
        if not self.is_limited or self._draining or self._trend.queue_ms > QUEUE_GATE_MS:
            return
        if self._cut_ns is not None and now_ns - self._cut_ns < self._rtt_ns + _HOLD_NS:
            return
        acked_bps = self._acked_bps(_ACKED_NS) or 0.0
        share = _UNKNOWN
        if self._capacity is not None:
            share = _FAR if self._estimate < _KNOWN * self._capacity else _NEAR
        grown = self._estimate * (1 + share * step_s)
        self._estimate = max(self._estimate, min(grown, 1.5 * acked_bps + 10_000))


class _Loss:
    """`usual`: the share that is lost whatever we send. `excess`: what is lost beyond it."""

    INTERVAL_NS = 500_000_000
    LEAST_PACKETS = 40
    ALARM, ALARM_AGAIN = 0.10, 0.06

    def __init__(self) -> None:
        self.usual = 0.0
        self.excess = 0.0
        self._lost = self._total = 0
        self._began_ns: int | None = None
        self._share: float | None = None  # not judged yet
        self._before_cut: float | None = None
        self._alarm = self.ALARM

    def add(self, lost: int, total: int, now_ns: int) -> None:
        if self._began_ns is None:
            self._began_ns = now_ns
        if now_ns < self._began_ns:
            return
        self._lost += lost
        self._total += total
        if now_ns - self._began_ns >= self.INTERVAL_NS and self._total >= self.LEAST_PACKETS:
            self._share = max(self._lost, 0) / self._total
            self._lost = self._total = 0
            self._began_ns = now_ns
            self.usual += 0.3 * min(self._share - self.usual, 0.0)
            self.excess = max(self._share - self.usual, 0.0)

    def judge(self, effect_ns: int) -> Literal["fine", "less", "helped", "in_vain"]:
        """Called where delay says nothing. "less": send less, and see from `effect_ns` on whether that helps."""
        share, self._share = self._share, None
        if share is None:
            return "fine"
        before, self._before_cut = self._before_cut, None
        if before is not None:
            if share < _HELPED * before:
                self._alarm = self.ALARM_AGAIN
                return "helped"
            self.usual, self.excess, self._alarm = min(share, before), max(share - before, 0.0), self.ALARM
            return "in_vain"
        if self.excess <= self._alarm:
            return "fine"
        self._before_cut = share
        self._began_ns = effect_ns
        return "less"
