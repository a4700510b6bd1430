"""One source on its way to one subscriber: own SSRC, numbers without gaps of our making, one continuous clock, whatever layer feeds it.

Invariant: an outgoing number is used for one packet only; where it is sent again under the same number, the bytes are the same.
Time is an argument. It must not know why a stream is paused, nor SRTP.
"""

from __future__ import annotations

import secrets
import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from server.media.batch import Line, Link
from server.media.control import Source
from server.media.ingress import InboundStream, MediaPacket
from server.media.rtp import CODECS, HEADER, HEADER_BYTES, RTX_PAYLOAD_TYPE

if TYPE_CHECKING:
    from server.media.fan import StreamFan, StreamTime

HISTORY = 512  # below the SRTP window of 1024, outside of which libsrtp refuses to encrypt a number again
_RUNS = 8
_CC_BLOCK = struct.Struct(">HHBHx")


class History:
    """The last packets of one stream, for those who missed one."""

    __slots__ = ("_packets", "highest", "newest", "octets", "stream")

    def __init__(self, stream: InboundStream) -> None:
        self._packets: list[MediaPacket | None] = [None] * HISTORY
        self.stream = stream
        self.highest = stream.highest
        self.newest: MediaPacket | None = None
        self.octets = 0

    def add(self, packet: MediaPacket) -> None:
        self._packets[packet.sequence % HISTORY] = packet
        self.octets += len(packet.payload)
        if packet.sequence > self.highest or self.newest is None:
            self.highest, self.newest = packet.sequence, packet

    def get(self, sequence: int) -> MediaPacket | None:
        packet = self._packets[sequence % HISTORY]
        return packet if packet is not None and packet.sequence == sequence else None


@dataclass(slots=True)
class _Run:
    """A stretch of one stream that is forwarded without interruption: outgoing = incoming + `shift`. `last` is None while it goes on."""

    fan: StreamFan
    first: int
    shift: int
    timestamp_shift: int
    picture_shift: int
    tl0_shift: int
    last: int | None = None

    @property
    def highest(self) -> int:
        return self.fan.history.highest if self.last is None else self.last


@dataclass(frozen=True, slots=True)
class _Left:
    """Where the last run ended, on the subscriber's clock and in its VP8 numbers."""

    stream: InboundStream
    timestamp_shift: int
    timestamp: int
    at_ns: int
    picture: int
    tl0: int


class Outbound:
    """`fed_by` is the stream that flows now, `waits_for` the one that takes over at its next keyframe."""

    def __init__(self, source: Source, link: Link | None = None) -> None:
        self.source = source
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.rtx_ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.line = Line(link or Link())
        self.fed_by: StreamFan | None = None
        self.waits_for: StreamFan | None = None
        self._codec = CODECS[source]
        # one cycle up, and far from a wrap: libsrtp takes the first number for roll-over counter 0
        self._next = 0x10000 + secrets.randbelow(0x4000)
        self._next_rtx = secrets.randbelow(0x4000)
        self._runs: deque[_Run] = deque(maxlen=_RUNS)
        self._left: _Left | None = None
        self._takes_rtx = False
        self.line.c.ssrc, self.line.c.payload_type = self.ssrc, self._codec.payload_type

    def accept(self, cc_id: int, *, takes_rtx: bool) -> None:
        """What the subscriber's answer says. A packet that is sent again as it was cannot have another transport-wide number."""
        self._takes_rtx = takes_rtx
        self.line.c.cc_id = cc_id if takes_rtx else 0

    @property
    def is_estimated(self) -> bool:
        return bool(self.line.c.cc_id)

    @property
    def packets(self) -> int:
        return int(self.line.c.packets)

    @property
    def octets(self) -> int:
        return int(self.line.c.octets)

    def stop(self) -> None:
        """Nothing is lost on purpose in the middle of a run: what comes after a pause follows the last number."""
        for fan in (self.waits_for, self.fed_by):
            if fan is not None:
                fan.forget(self)

    def begin_run(self, fan: StreamFan, packet: MediaPacket, now_ns: int, stream_time: StreamTime) -> None:
        left = self._left
        while self._runs and self._runs[0].highest + self._runs[0].shift < self._next - HISTORY:
            self._runs.popleft()  # out of reach: it would only keep another stream's packets
        run = _Run(fan, packet.sequence, self._next - packet.sequence, 0, 0, 0)
        if left is not None:
            picture, tl0 = vp8_numbers(packet)
            run.timestamp_shift = self._timestamp_shift(left, packet, now_ns, stream_time)
            run.picture_shift = (left.picture + 1 - picture) & 0x7FFF
            run.tl0_shift = (left.tl0 + 1 - tl0) & 0xFF
        self._runs.append(run)
        self.fed_by = fan
        c = self.line.c
        c.first, c.shift, c.timestamp_shift = run.first, run.shift, run.timestamp_shift & 0xFFFFFFFF
        c.picture_shift, c.tl0_shift = run.picture_shift, run.tl0_shift

    def end_run(self) -> None:
        run, self.fed_by = self._runs[-1], None
        newest = run.fan.history.newest
        run.last = max(run.fan.history.highest, run.first - 1)
        if newest is None or run.last < run.first:
            return
        self._next = run.last + run.shift + 1
        picture, tl0 = vp8_numbers(newest)
        self._left = _Left(
            run.fan.stream,
            run.timestamp_shift,
            (newest.timestamp + run.timestamp_shift) & 0xFFFFFFFF,
            newest.arrival_ns,
            (picture + run.picture_shift) & 0x7FFF,
            (tl0 + run.tl0_shift) & 0xFF,
        )

    def timestamp_of(self, stream: InboundStream, timestamp: int) -> int | None:
        """The publisher's RTP time on our clock; None when it is not this stream that is sent."""
        run = self._runs[-1] if self._runs else None
        if run is None or run.fan.stream is not stream or not self.packets:
            return None
        return (timestamp + run.timestamp_shift) & 0xFFFFFFFF

    def size_again(self, sequence: int) -> int:
        """How many bytes `again` would give, 0 for nothing; asked before they are copied."""
        found = self._find(sequence)
        return HEADER_BYTES + len(found[1].payload) if found is not None else 0

    def again(self, sequence: int, now_ns: int) -> bytes | None:
        """What was sent under this 16-bit number not long ago: as RTX (RFC 4588) where that was agreed, else as it was."""
        found = self._find(sequence)
        if found is None:
            return None
        run, packet = found
        timestamp = (packet.timestamp + run.timestamp_shift) & 0xFFFFFFFF
        payload = renumbered(packet, run.picture_shift, run.tl0_shift)
        if not self._takes_rtx:
            marked = packet.marker << 7 | self._codec.payload_type
            return HEADER.pack(0x80, marked, (packet.sequence + run.shift) & 0xFFFF, timestamp, self.ssrc) + payload
        number, self._next_rtx = self._next_rtx, self._next_rtx + 1
        marked, link, cc_id = packet.marker << 7 | RTX_PAYLOAD_TYPE, self.line.link, self.line.c.cc_id
        head = HEADER.pack(0x90 if cc_id else 0x80, marked, number & 0xFFFF, timestamp, self.rtx_ssrc)
        if cc_id:
            size = HEADER_BYTES + _CC_BLOCK.size + 2 + len(payload)
            head += _CC_BLOCK.pack(0xBEDE, 1, cc_id << 4 | 1, link.note(now_ns, size) & 0xFFFF)
        return head + ((packet.sequence + run.shift) & 0xFFFF).to_bytes(2, "big") + payload

    def newest_number(self) -> int | None:
        """The 16-bit number that was sent last, for a probe that repeats something of use."""
        return (self._runs[-1].highest + self._runs[-1].shift) & 0xFFFF if self._runs and self.packets else None

    def _find(self, sequence: int) -> tuple[_Run, MediaPacket] | None:
        if not self._runs:
            return None
        newest = self._runs[-1].highest + self._runs[-1].shift
        number = newest - ((newest - sequence) & 0xFFFF)
        if newest - number >= HISTORY:
            return None
        for run in reversed(self._runs):
            incoming = number - run.shift
            if run.first <= incoming <= run.highest:
                packet = run.fan.history.get(incoming)
                return (run, packet) if packet is not None else None
        return None

    def _timestamp_shift(self, left: _Left, packet: MediaPacket, now_ns: int, stream_time: StreamTime) -> int:
        """Between two layers of a source the publisher's reports say how their clocks differ; else the time that has passed must do."""
        if left.stream is packet.stream:
            return left.timestamp_shift
        elapsed = max((now_ns - left.at_ns) * self._codec.clock_rate_hz // 1_000_000_000, 1)
        then, now = stream_time(left.stream, now_ns), stream_time(packet.stream, now_ns)
        if then is not None and now is not None:
            shift = left.timestamp_shift + then - now
            ahead = (packet.timestamp + shift - left.timestamp) & 0xFFFFFFFF
            if 0 < ahead < elapsed + self._codec.clock_rate_hz:
                return shift
        return left.timestamp + elapsed - packet.timestamp


def vp8_numbers(packet: MediaPacket) -> tuple[int, int]:
    """Picture id and TL0PICIDX as they stand in the payload, 0 for what is not there (RFC 7741 4.2)."""
    payload, at = packet.payload, packet.picture_at
    if at < 0:
        return 0, 0
    picture = (payload[at] & 0x7F) << 8 | payload[at + 1] if packet.picture_bits == 15 else payload[at] & 0x7F
    return picture, payload[packet.tl0_at] if packet.tl0_at >= 0 else 0


def renumbered(packet: MediaPacket, picture_shift: int, tl0_shift: int) -> bytes:
    """The payload with the VP8 numbers of this subscriber; as `Batch.forward` writes it."""
    at = packet.picture_at
    if at < 0 or not (picture_shift or tl0_shift):
        return packet.payload
    picture, tl0 = vp8_numbers(packet)
    payload = bytearray(packet.payload)
    if packet.picture_bits == 15:
        payload[at : at + 2] = (0x8000 | (picture + picture_shift) & 0x7FFF).to_bytes(2, "big")
    else:
        payload[at] = (picture + picture_shift) & 0x7F
    if packet.tl0_at >= 0:
        payload[packet.tl0_at] = (tl0 + tl0_shift) & 0xFF
    return bytes(payload)
