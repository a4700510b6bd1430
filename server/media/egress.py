"""One source on its way to one subscriber: own SSRC, numbers without gaps of our making, one continuous clock.

Invariant: an outgoing number is used for one packet only, and `again` gives exactly the bytes that `rewrite` gave.
Time is an argument. It must not know why a stream is paused, nor SRTP.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from server.media.control import Source
from server.media.ingress import InboundStream, MediaPacket
from server.media.rtp import CODECS, HEADER_BYTES, PICTURES, write_rtp

HISTORY = 512  # below the SRTP window of 1024, outside of which libsrtp refuses to encrypt a number again
MAX_HOLE = 512  # a hole that the publisher made; beyond it we renumber, because SRTP roll-over breaks at 32768


@dataclass(slots=True)
class _Run:
    """A stretch of one stream that is forwarded without interruption: outgoing = incoming + `shift`."""

    stream: InboundStream
    first: int
    highest: int
    shift: int


@dataclass(frozen=True, slots=True)
class _Sent:
    number: int
    timestamp: int
    packet: MediaPacket


class Outbound:
    def __init__(self, source: Source) -> None:
        self.source = source
        self.ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self.packets = 0
        self.octets = 0
        self._codec = CODECS[source]
        self._run: _Run | None = None
        # one cycle up, and far from a wrap: libsrtp takes the first number for roll-over counter 0
        self._next = 0x10000 + secrets.randbelow(0x4000)
        self._history: list[_Sent | None] = [None] * HISTORY
        self._stream: InboundStream | None = None
        self._shift_timestamp = 0
        self._last_timestamp = 0
        self._last_ns = 0

    def rewrite(self, packet: MediaPacket, now_ns: int) -> bytes | None:
        """The packet for this subscriber; None while it waits for a keyframe, or when the packet is from before its time."""
        run = self._run
        if run is None or run.stream is not packet.stream or packet.sequence - run.highest > MAX_HOLE:
            # what came before a late keyframe packet is gone, the rest of its frame with it
            if packet.stream.source in PICTURES and not (packet.keyframe and packet.sequence == packet.stream.highest):
                self._run = None
                return None
            run = self._begin(packet, now_ns)
        elif packet.sequence < run.first or packet.sequence <= run.highest - HISTORY:
            return None
        number = packet.sequence + run.shift
        timestamp = (packet.timestamp + self._shift_timestamp) & 0xFFFFFFFF
        if packet.sequence >= run.highest:
            run.highest = packet.sequence
            self._next = number + 1
            self._last_timestamp, self._last_ns = timestamp, now_ns
        self._history[number % HISTORY] = _Sent(number, timestamp, packet)
        self.packets += 1
        self.octets += len(packet.payload)
        return self._write(number, timestamp, packet)

    def again(self, sequence: int) -> bytes | None:
        """What was sent under this 16-bit number not long ago."""
        sent = self._sent(sequence)
        return self._write(sent.number, sent.timestamp, sent.packet) if sent is not None else None

    def size_again(self, sequence: int) -> int:
        """How many bytes `again` would give, 0 for nothing; asked before they are copied."""
        sent = self._sent(sequence)
        return HEADER_BYTES + len(sent.packet.payload) if sent is not None else 0

    def pause(self) -> None:
        """Nothing is lost on purpose in the middle of a run: what comes after a pause follows the last number."""
        self._run = None

    @property
    def waits(self) -> bool:
        return self._run is None

    def timestamp_of(self, stream: InboundStream, timestamp: int) -> int | None:
        """The publisher's RTP time on our clock; None when it is not this stream that is sent."""
        return (timestamp + self._shift_timestamp) & 0xFFFFFFFF if stream is self._stream and self.packets else None

    def _begin(self, packet: MediaPacket, now_ns: int) -> _Run:
        if self._stream is not packet.stream:
            if self._stream is not None:
                elapsed = (now_ns - self._last_ns) * self._codec.clock_rate_hz // 1_000_000_000
                self._shift_timestamp = self._last_timestamp + max(elapsed, 1) - packet.timestamp
            self._stream = packet.stream
        self._run = _Run(packet.stream, packet.sequence, packet.sequence, self._next - packet.sequence)
        return self._run

    def _sent(self, sequence: int) -> _Sent | None:
        number = self._next - 1 - ((self._next - 1 - sequence) & 0xFFFF)
        sent = self._history[number % HISTORY]
        return sent if sent is not None and sent.number == number else None

    def _write(self, number: int, timestamp: int, packet: MediaPacket) -> bytes:
        return write_rtp(self._codec.payload_type, packet.marker, number, timestamp, self.ssrc, packet.payload)
