"""One inbound stream on its way to everybody who gets it.

Invariant: a line is fed by one stream at a time; it leaves that for another only at a keyframe of the other, sound at once.
It must not know policies, estimates or transports.
"""

from __future__ import annotations

from collections.abc import Callable

from server.media.batch import Batch, Lines
from server.media.egress import HISTORY, History, Outbound
from server.media.ingress import InboundStream, MediaPacket
from server.media.native import NativeBatch
from server.media.rtp import PICTURES

MAX_HOLE = HISTORY  # that the publisher made; beyond it we renumber, because SRTP roll-over breaks at 32768
_FADE = 0.8
_SCREEN_PAUSE_NS = 2_000_000_000  # one on which nothing moves has a frame each second
_CAMERA_PAUSE_NS = 500_000_000

StreamTime = Callable[[InboundStream, int], int | None]


class StreamFan:
    """`is_open`: whether it may leave at all; kept here because it is asked for every packet. `stream_time`: a stream's RTP time now."""

    def __init__(self, batch: Batch | NativeBatch, stream: InboundStream, stream_time: StreamTime) -> None:
        self._batch = batch
        self._stream_time = stream_time
        self._octets = stream.octets
        self._rate_bps: float | None = None
        self._flowing: list[Outbound] = []
        self._waiting: list[Outbound] = []
        self._lines = Lines(())
        self.history = History(stream)
        self.stream = stream
        self.is_open = False

    def measure(self, now_ns: int) -> None:
        """Every second. What a layer needs is what it lately needed at most: pictures come in bursts."""
        bps, self._octets = 8 * (self.stream.octets - self._octets), self.stream.octets
        if self._rests(now_ns):
            self._rate_bps = None
        elif bps:
            self._rate_bps = max(bps, _FADE * self._rate_bps) if self._rate_bps is not None else bps

    def rate_bps(self, now_ns: int, expected_bps: int) -> int | None:
        """None while it does not come."""
        if self._rests(now_ns):
            return None
        return int(self._rate_bps) if self._rate_bps is not None else expected_bps

    def _rests(self, now_ns: int) -> bool:
        pause_ns = _SCREEN_PAUSE_NS if self.stream.source == "screen" else _CAMERA_PAUSE_NS
        return now_ns - self.stream.heard_ns > pause_ns

    def close(self) -> None:
        for out in (*self._flowing, *self._waiting):
            self.forget(out)

    def feed(self, out: Outbound) -> None:
        """From the next packet on, or from the next keyframe."""
        if out.fed_by is self:
            if out.waits_for is not None:
                out.waits_for.forget(out)
        elif out.waits_for is not self:
            if out.waits_for is not None:
                out.waits_for.forget(out)
            out.waits_for = self
            self._waiting.append(out)

    def forget(self, out: Outbound) -> None:
        """It neither gets nor awaits anything of this stream."""
        if out.waits_for is self:
            out.waits_for = None
            self._waiting.remove(out)
        if out.fed_by is self:
            out.end_run()
            self._flowing.remove(out)
            self._changed()

    def forward(self, packet: MediaPacket, now_ns: int) -> bool:
        """False while somebody waits for a keyframe of it."""
        history = self.history
        if packet.sequence - history.highest > MAX_HOLE and history.newest is not None:
            self._start_again()
        history.add(packet)
        if self._waiting and packet.sequence == self.stream.highest and (packet.keyframe or self.stream.source not in PICTURES):
            self._begin(packet, now_ns)
        if self._flowing:
            self._batch.forward(self._lines, packet, now_ns)
        return not self._waiting

    def _begin(self, packet: MediaPacket, now_ns: int) -> None:
        waiting, self._waiting = self._waiting, []
        for out in waiting:
            before = out.fed_by
            out.waits_for = None
            if before is not None:
                before.leave(out)
            out.begin_run(self, packet, now_ns, self._stream_time)
            self._flowing.append(out)
        self._changed()

    def leave(self, out: Outbound) -> None:
        """Another stream takes its place."""
        out.end_run()
        self._flowing.remove(out)
        self._changed()

    def _start_again(self) -> None:
        flowing, self._flowing = self._flowing, []
        for out in flowing:
            out.end_run()
            if out.waits_for is None:
                out.waits_for = self
                self._waiting.append(out)
        self._changed()

    def _changed(self) -> None:
        self._lines = Lines([out.line for out in self._flowing])
