"""What a room writes into the ring: markers, and packets of the tracks that may be recorded now.

Invariant: a packet is written only if the latest marker names its stream as live, or as one of a take that has just ended and the
packet was sent before that. This is the only place of the worker that writes RTP, so consent is decided here. It knows no transports.
"""

from __future__ import annotations

import itertools
import secrets
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from server.media.control import RecordedTrack, RoomPolicy
from server.media.gates import Key, recorded
from server.media.ingress import InboundStream, MediaPacket
from server.media.ring import Kind, MarkedTrack, Marker, RingWriter, encode_marker
from server.media.rtcp import SenderReport
from server.media.rtp import CODECS, PICTURES, write_rtp

KEYFRAME_EVERY_NS = 4_000_000_000
MARKER_EVERY_NS = 1_000_000_000
REPAIRED_FOR_NS = 5_000_000_000  # after the end of a take
HANDLE_KEPT_NS = 10_000_000_000  # a reader counts 16-bit numbers, of which a picture may use up half in that time


@dataclass(frozen=True, slots=True)
class Tape:
    """The worker's ring and its handles. They begin anywhere, so that those of two workers in one ring do not meet."""

    ring: RingWriter
    worker: str
    handles: itertools.count[int] = field(default_factory=lambda: itertools.count(secrets.randbits(31) + 1))


@dataclass(frozen=True, slots=True)
class _Ended:
    """A stream of a take that has ended: packets up to `last` may still come as repairs."""

    handle: int
    last: int
    until_ns: int


class RoomRecording:
    def __init__(self, tape: Tape, room: str) -> None:
        self._tape = tape
        self._room = room
        self._policy: RoomPolicy | None = None
        self._handles: dict[InboundStream, int] = {}
        self._live: dict[InboundStream, Key] = {}
        self._known: set[InboundStream] = set()
        self._since: dict[InboundStream, int] = {}  # sent up to then, nothing is recorded, as a repair neither
        self._left_ns: dict[InboundStream, int] = {}  # when each stream with a handle was last known to be live
        self._ended: dict[InboundStream, _Ended] = {}
        self._written: Marker | None = None
        self._marker_ns = 0

    @property
    def live(self) -> Mapping[InboundStream, Key]:
        return self._live

    def update(self, policy: RoomPolicy | None, streams: Mapping[Key, InboundStream], now_ns: int) -> list[Key]:
        """To be called at every change of policy or streams, before the next packet. The pictures that begin to be recorded."""
        before, take = self._live, _take_of(self._policy)
        self._policy = policy
        if take is not None and take != _take_of(policy):
            self._end_streams(now_ns)
        self._live = {streams[key]: key for key in recorded(policy, streams)}
        for stream in before:
            self._left_ns[stream] = now_ns
        self._begin_streams(streams.values(), before if take == _take_of(policy) else ())
        for stream, left_ns in list(self._left_ns.items()):
            if stream not in streams.values() or (stream not in before and now_ns - left_ns > HANDLE_KEPT_NS):
                self._handles.pop(stream, None)
                del self._left_ns[stream]
        for stream in self._live:
            if stream not in self._handles:
                self._handles[stream] = next(self._tape.handles)
        marker = self._marker(now_ns)
        if (marker.take is not None) if self._written is None else (_state(marker) != _state(self._written)):
            self._write(marker, now_ns)
        return [key for stream, key in self._live.items() if stream.source in PICTURES and stream not in before]

    def every_second(self, now_ns: int) -> None:
        self._ended = {stream: ended for stream, ended in self._ended.items() if now_ns < ended.until_ns}
        if self._policy is not None and self._policy.recording is not None and now_ns - self._marker_ns >= MARKER_EVERY_NS:
            self._write(self._marker(now_ns), now_ns)

    def needs_keyframe(self, now_ns: int) -> list[Key]:
        return [k for s, k in self._live.items() if s.source in PICTURES and now_ns - s.keyframe_ns >= KEYFRAME_EVERY_NS]

    def on_packet(self, packet: MediaPacket) -> None:
        stream = packet.stream
        ended = self._ended.get(stream)
        if ended is not None and packet.sequence <= ended.last and packet.arrival_ns < ended.until_ns:
            self._write_packet(packet, ended.handle)
        elif stream in self._live and packet.sequence > self._since.get(stream, -1):
            self._write_packet(packet, self._handles[stream])

    def _write_packet(self, packet: MediaPacket, handle: int) -> None:
        stream = packet.stream
        plain = write_rtp(CODECS[stream.source].payload_type, packet.marker, packet.sequence, packet.timestamp, stream.ssrc, packet.payload)
        self._tape.ring.write(Kind.RTP, plain, track=handle, arrival_ns=packet.arrival_ns, level=packet.level)

    def on_report(self, stream: InboundStream, report: SenderReport, now_ns: int) -> None:
        if stream in self._live:
            self._tape.ring.write(Kind.SENDER_REPORT, report.raw, track=self._handles[stream], arrival_ns=now_ns)

    def _begin_streams(self, streams: Collection[InboundStream], going_on: Collection[InboundStream]) -> None:
        """What a stream that was there before sent until now was not for this recording."""
        self._since = {stream: last for stream, last in self._since.items() if stream in self._live}
        for stream in self._live:
            if stream in self._known and stream not in going_on:
                self._since[stream] = stream.highest
        self._known = set(streams)

    def _end_streams(self, now_ns: int) -> None:
        """What goes into the next take has another handle."""
        for stream in self._live:
            self._ended[stream] = _Ended(self._handles.pop(stream), stream.highest, now_ns + REPAIRED_FOR_NS)
            self._left_ns.pop(stream, None)

    def _marker(self, now_ns: int) -> Marker:
        recording = self._policy.recording if self._policy else None
        return Marker(
            worker=self._tape.worker,
            room=self._room,
            wall_ms=(time.time_ns() - (time.monotonic_ns() - now_ns)) // 1_000_000,  # the wall clock at `now_ns`
            take=recording.take if recording else None,
            teacher=recording.teacher if recording else None,
            allowed=recording.tracks if recording else (),
            live=tuple(self._marked(stream, key) for stream, key in self._live.items()),
            repairing=tuple(ended.handle for ended in self._ended.values() if now_ns < ended.until_ns),
        )

    def _marked(self, stream: InboundStream, key: Key) -> MarkedTrack:
        track = RecordedTrack(peer=key[0], source=key[1])
        rate = CODECS[stream.source].clock_rate_hz
        return MarkedTrack(handle=self._handles[stream], track=track, ssrc=stream.ssrc, clock_rate_hz=rate)

    def _write(self, marker: Marker, now_ns: int) -> None:
        self._tape.ring.write(Kind.MARKER, encode_marker(marker), arrival_ns=now_ns)
        self._written, self._marker_ns = marker, now_ns


def _take_of(policy: RoomPolicy | None) -> str | None:
    return policy.recording.take if policy is not None and policy.recording is not None else None


def _state(marker: Marker) -> tuple[object, ...]:
    return marker.take, marker.teacher, marker.allowed, marker.live
