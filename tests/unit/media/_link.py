"""A link for an estimator: rate, queue, delay, jitter, loss, feedback that can be lost; seeded, with a clock of its own.

The sender is ours in small: pictures in frames, sound, probes with the timer's 20 ms; feedback every 100 ms as browsers send it.
"""

from __future__ import annotations

import heapq
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple

from server.media import batch
from server.media.bandwidth import Estimator
from server.media.native.account import NativeAccount
from server.media.probing import PROBE_NS, Probe
from server.media.rtcp import parse_rtcp
from server.media.told import Account
from server.media.transport_cc import ArrivalLog, TransportFeedback

MS = 1_000_000
S = 1_000_000_000
PACKET_BYTES = 1200


class Sent(NamedTuple):
    at_ns: int
    size_bytes: int
    probe: int


@dataclass
class Link:
    """`queue_ms`: what the queue holds at most, as time at the present rate; what is over is lost."""

    rate_bps: int
    delay_ms: float = 30.0
    queue_ms: float = 300.0
    jitter_ms: float = 0.0
    loss: float = 0.0
    feedback_loss: float = 0.0
    down: bool = False
    stall_ms: float = 0.0  # in the middle of every second nothing moves for so long
    free_ns: float = 0.0

    def carry(self, size_bytes: int, now_ns: int, chance: random.Random) -> int | None:
        """When it arrives."""
        if self.down or chance.random() < self.loss:
            return None
        begin_ns = max(self.free_ns, now_ns)
        if begin_ns % S > S / 2 and begin_ns % S < S / 2 + self.stall_ms * MS:
            begin_ns += self.stall_ms * MS
        if begin_ns - now_ns > self.queue_ms * MS:
            return None
        self.free_ns = begin_ns + size_bytes * 8e9 / self.rate_bps
        return int(self.free_ns + (self.delay_ms + chance.random() * self.jitter_ms) * MS)


@dataclass
class Run:
    link: Link
    wanted_bps: int = 6_000_000
    sends_bps: int | None = None  # None: all that the estimate allows
    seed: int = 1
    probes: bool = True
    voices_bps: int = 40_000  # nobody counts them
    feedback_ms: int = 100
    now_ns: int = 5 * S
    began_ns: int = 5 * S
    trace: list[tuple[float, int]] = field(default_factory=list)  # seconds, estimate
    queued_ms: list[float] = field(default_factory=list)
    lost: int = 0
    voices_sent: int = 0
    voices_lost: int = 0
    probed_bytes: int = 0
    sent: int = 0
    new_account: Callable[[batch.Link], Account | NativeAccount] = Account

    def __post_init__(self) -> None:
        self.chance = random.Random(self.seed)
        self.out = batch.Link()
        self.account = self.new_account(self.out)
        self.estimator = Estimator(self.now_ns, self.account.new_line)
        self.estimator.set_wanted(self.wanted_bps)
        self.log = ArrivalLog()
        self._coming: list[tuple[int, int]] = []
        self._returning: list[tuple[int, int, TransportFeedback]] = []
        self._probe: Probe | None = None
        self._probe_left = 0
        self._tie = 0
        self._owed = 0.0

    def for_seconds(self, seconds: float) -> list[int]:
        """The estimates of this stretch, one for every 100 ms."""
        first = len(self.trace)
        end_ns = self.now_ns + int(seconds * S)
        while self.now_ns < end_ns:
            self.millisecond()
        return [estimate for _, estimate in self.trace[first:]]

    def sleep(self) -> None:
        """A millisecond before the beginning."""
        self.now_ns += MS

    def millisecond(self) -> None:
        self.now_ns += MS
        tick = self.now_ns // MS
        if tick % 33 == 0:
            self._owed += min(self.wanted_bps if self.sends_bps is None else self.sends_bps, self.estimator.estimate_bps) * 0.033 / 8
            while self._owed > 0:
                self._send(PACKET_BYTES)
                self._owed -= PACKET_BYTES
        if tick % 20 == 0:
            self._speak()
            self._tick()
        while self._coming and self._coming[0][0] <= self.now_ns:
            at_ns, number = heapq.heappop(self._coming)
            self.log.arrived(number, at_ns + 77 * S)
        if tick % self.feedback_ms == 0:
            self._report()
        while self._returning and self._returning[0][0] <= self.now_ns:
            feedback = heapq.heappop(self._returning)[2]
            self.account.take(feedback)
            self.estimator.on_feedback(self.account.results, self.now_ns, self.account.untold_bytes)
            self.account.settle()

    def _speak(self) -> None:
        left_bytes = self.voices_bps // 400
        while left_bytes > 0:
            self.voices_sent += 1
            self.voices_lost += self.link.carry(min(left_bytes, 100), self.now_ns, self.chance) is None
            left_bytes -= 100

    def _tick(self) -> None:
        if self.probes and self._probe is None:
            self._probe = self.estimator.probe_due(self.now_ns, self.voices_bps)
            self._probe_left = self._probe.bytes if self._probe else 0
        if self._probe is not None:
            part = max(self._probe.bytes * 20 * MS // PROBE_NS, 1)
            while part > 0 and self._probe_left > 0:
                size = min(PACKET_BYTES, self._probe_left, 255 if self._probe.bytes < 5_000 else PACKET_BYTES)
                self._send(size, self._probe.id)
                part -= size
                self._probe_left -= size
            if self._probe_left <= 0:
                self._probe = None

    def _send(self, size_bytes: int, probe_id: int = 0) -> None:
        self.probed_bytes += size_bytes if probe_id else 0
        self.out.c.probe = probe_id
        number = self.out.note(self.now_ns, size_bytes) & 0xFFFF
        self.sent += 1
        arrival_ns = self.link.carry(size_bytes, self.now_ns, self.chance)
        if arrival_ns is None:
            self.lost += 1
        else:
            heapq.heappush(self._coming, (arrival_ns, number))

    def _report(self) -> None:
        seconds = (self.now_ns - self.began_ns) / S
        self.trace.append((seconds, self.estimator.estimate_bps))
        self.queued_ms.append(max(self.link.free_ns - self.now_ns, 0) / MS)
        while (data := self.log.feedback(1, 2)) is not None:
            [feedback] = parse_rtcp(data)
            assert isinstance(feedback, TransportFeedback)
            if not self.link.down and self.chance.random() >= self.link.feedback_loss:
                self._tie += 1
                heapq.heappush(self._returning, (self.now_ns + int(self.link.delay_ms * MS), self._tie, feedback))
