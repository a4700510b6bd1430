"""The publisher's side of RTP: which source a packet belongs to, made canonical once for everybody.

Invariant: what leaves here has canonical payload type, no header extension, no CSRC, no padding, is not a duplicate, and belongs to a
negotiated source; a peer has at most `MAX_SSRCS`. It must not know policies, subscribers or transports.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field

from server.media.control import Source
from server.media.repair import KeyframeRequests, NackList
from server.media.ring import NO_LEVEL, SILENT
from server.media.rtcp import ReportBlock, SenderReport
from server.media.rtp import (
    CODECS,
    PICTURES,
    RtpPacket,
    extend_sequence,
    header_extensions,
    parse_rtp,
    peek_ssrc,
    starts_vp8_keyframe,
    unwrap_rtx,
)

MAX_SSRCS = 16
DUPLICATE_WINDOW = 1024
REPORT_INTERVAL_NS = 100_000_000
LATE_MS = 1_000
MAX_JUMP = 3000  # forward; beyond it a publisher has been away, not lossy


@dataclass(frozen=True, slots=True)
class TrackSetup:
    """One negotiated m-line. Header extension ids are 0 when not negotiated; `ssrcs` are those that the SDP declared."""

    mid: str
    source: Source
    payload_type: int
    rtx_payload_type: int | None = None
    mid_extension: int = 0
    level_extension: int = 0
    ssrcs: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class MediaPacket:
    """`sequence` is extended, so it never wraps; `level` is the RFC 6464 byte or `NO_LEVEL`.

    `late`: a repair that came when nobody watches that moment any more. It is for the recording alone.
    """

    stream: InboundStream
    sequence: int
    timestamp: int
    marker: bool
    payload: bytes
    level: int
    keyframe: bool
    arrival_ns: int
    late: bool = False


@dataclass(eq=False, slots=True)
class InboundStream:
    """One SSRC of one source while it lives: numbers seen, statistics for the receiver report, repair."""

    source: Source
    ssrc: int
    highest: int
    first: int
    received: int = 0
    jitter: float = 0.0
    keyframe_ns: int = 0
    nacks: NackList = field(default_factory=NackList)
    keyframes: KeyframeRequests = field(default_factory=KeyframeRequests)
    report: SenderReport | None = None
    report_ns: int = 0
    _newest: int = 0  # timestamp of the packet with the highest number
    _transit: int | None = None
    _expected_before: int = 0
    _received_before: int = 0
    _recent: list[int] = field(default_factory=lambda: [-1] * DUPLICATE_WINDOW)

    @classmethod
    def starting(cls, source: Source, packet: RtpPacket) -> InboundStream:
        # one cycle up, so that a packet from before the first keeps a positive number
        number = packet.sequence + 0x10000
        return cls(source, packet.ssrc, highest=number - 1, first=number)

    def take(self, packet: RtpPacket, level: int, now_ns: int, *, repaired: bool) -> MediaPacket | None:
        """None for a duplicate or for one that is too old to tell."""
        number = extend_sequence(packet.sequence, self.highest)
        if number <= self.highest - DUPLICATE_WINDOW or self._recent[number % DUPLICATE_WINDOW] == number:
            return None
        self._recent[number % DUPLICATE_WINDOW] = number
        late = False
        if number > self.highest:
            self._advance(number, now_ns)
            self._newest = packet.timestamp
        else:
            self.nacks.arrived(number)
            late = self._is_late(packet.timestamp)
        self.received += 1
        if not repaired:
            self._measure_jitter(packet.timestamp, now_ns)
        keyframe = self.source in PICTURES and starts_vp8_keyframe(packet.payload)
        if keyframe:
            self.keyframe_ns = now_ns
            self.keyframes.came()
        return MediaPacket(self, number, packet.timestamp, packet.marker, packet.payload, level, keyframe, now_ns, late)

    def on_report(self, report: SenderReport, now_ns: int) -> bool:
        """False when it follows the last one too closely: each costs a report to everybody in the room."""
        if self.report is not None and now_ns - self.report_ns < REPORT_INTERVAL_NS:
            return False
        self.report = report
        self.report_ns = now_ns
        return True

    def report_block(self, now_ns: int) -> ReportBlock:
        """RFC 3550 A.3; each call starts a new interval for the fraction lost."""
        expected = self.highest - self.first + 1
        expected_now, received_now = expected - self._expected_before, self.received - self._received_before
        self._expected_before, self._received_before = expected, self.received
        lost_now = expected_now - received_now
        fraction = min(255, (lost_now << 8) // expected_now) if expected_now > 0 and lost_now > 0 else 0
        last_sr = self.report.ntp >> 16 & 0xFFFFFFFF if self.report else 0
        delay = (now_ns - self.report_ns) * 65_536 // 1_000_000_000 if self.report else 0
        lost = max(expected - self.received, 0)
        return ReportBlock(self.ssrc, fraction, lost, self.highest - 0x10000, int(self.jitter), last_sr, delay)

    def _advance(self, number: int, now_ns: int) -> None:
        skipped = number - self.highest - 1
        if skipped > MAX_JUMP:
            self.first = number - self.received
        elif skipped and not self.nacks.gap(self.highest + 1, number, now_ns):
            self.keyframes.want()
        self.highest = number

    def _is_late(self, timestamp: int) -> bool:
        behind = (self._newest - timestamp) & 0xFFFFFFFF
        return LATE_MS * CODECS[self.source].clock_rate_hz // 1000 < behind < 0x80000000

    def _measure_jitter(self, timestamp: int, now_ns: int) -> None:
        transit = (now_ns * CODECS[self.source].clock_rate_hz // 1_000_000_000 - timestamp) & 0xFFFFFFFF
        if self._transit is not None:
            change = abs(((transit - self._transit + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
            self.jitter += (change - self.jitter) / 16
        self._transit = transit


@dataclass(frozen=True, slots=True)
class _Route:
    setup: TrackSetup
    retransmission: bool


class _Unrouted(enum.Enum):
    """An SSRC that counts and leads nowhere."""

    DEAD = enum.auto()  # superseded, or of nothing that was negotiated
    WAITING = enum.auto()  # its line is back: the next packet routes it again


class Ingress:
    def __init__(self) -> None:
        self.streams: dict[Source, InboundStream] = {}
        self._setups: tuple[TrackSetup, ...] = ()
        self._routes: dict[int, _Route | _Unrouted] = {}

    def configure(self, setups: Sequence[TrackSetup]) -> list[int]:
        """The result of a negotiation. Streams of m-lines that stay go on; the others end, and their SSRCs still count.

        Returns the SSRCs that do not count any more: each line that is used again brings new ones.
        """
        self._setups = tuple(setups)
        by_mid = {setup.mid: setup for setup in setups}
        for ssrc, route in self._routes.items():
            if isinstance(route, _Route):
                setup = by_mid.get(route.setup.mid)
                stays = setup is not None and setup.source == route.setup.source
                self._routes[ssrc] = _Route(setup, route.retransmission) if setup and stays else _Unrouted.DEAD
        for source, stream in list(self.streams.items()):
            if not isinstance(self._routes.get(stream.ssrc), _Route):
                del self.streams[source]
        return self._let_go({ssrc for setup in setups for ssrc in setup.ssrcs})

    def _let_go(self, declared: set[int]) -> list[int]:
        for ssrc, route in self._routes.items():
            if not isinstance(route, _Route):
                self._routes[ssrc] = _Unrouted.WAITING if ssrc in declared else _Unrouted.DEAD
        dead = [ssrc for ssrc, route in self._routes.items() if route is _Unrouted.DEAD]
        surplus = dead[: max(len(self._routes) - MAX_SSRCS // 2, 0)]
        for ssrc in surplus:
            del self._routes[ssrc]
        return surplus

    def sources(self) -> tuple[Source, ...]:
        return tuple(setup.source for setup in self._setups)

    def admits(self, data: bytes) -> bool:
        """Asked before decryption, so that a peer cannot make the SRTP session grow."""
        ssrc = peek_ssrc(data)
        return ssrc is not None and (ssrc in self._routes or len(self._routes) < MAX_SSRCS)

    def receive(self, data: bytes, now_ns: int) -> MediaPacket | None:
        """`data` is decrypted. None for whatever is not to be forwarded."""
        packet = parse_rtp(data)
        if packet is None:
            return None
        if self._routes.get(packet.ssrc, _Unrouted.WAITING) is _Unrouted.WAITING:
            self._latch(packet)
        route = self._routes.get(packet.ssrc)
        if not isinstance(route, _Route):
            return None
        setup = route.setup
        stream = self.streams.get(setup.source)
        if route.retransmission:
            original = unwrap_rtx(packet, setup.payload_type, stream.ssrc) if stream else None
            return stream.take(original, NO_LEVEL, now_ns, repaired=True) if stream and original else None
        if packet.payload_type != setup.payload_type:
            return None
        if stream is None or stream.ssrc != packet.ssrc:
            stream = self._replace(setup.source, packet)
        return stream.take(packet, _level(packet, setup.level_extension), now_ns, repaired=False)

    def by_ssrc(self, ssrc: int) -> InboundStream | None:
        return next((stream for stream in self.streams.values() if stream.ssrc == ssrc), None)

    def _latch(self, packet: RtpPacket) -> None:
        if packet.ssrc not in self._routes and len(self._routes) >= MAX_SSRCS:
            return
        setup = self._setup_of(packet)
        if setup is not None and packet.payload_type in (setup.payload_type, setup.rtx_payload_type):
            self._routes[packet.ssrc] = _Route(setup, packet.payload_type != setup.payload_type)
        else:
            self._routes[packet.ssrc] = _Unrouted.DEAD

    def _setup_of(self, packet: RtpPacket) -> TrackSetup | None:
        for number, value in header_extensions(packet.profile, packet.extensions):
            for setup in self._setups:
                if number == setup.mid_extension and value == setup.mid.encode():
                    return setup
        declared = [setup for setup in self._setups if packet.ssrc in setup.ssrcs]
        fitting = declared or [s for s in self._setups if packet.payload_type in (s.payload_type, s.rtx_payload_type)]
        return fitting[0] if len(fitting) == 1 else None

    def _replace(self, source: Source, packet: RtpPacket) -> InboundStream:
        old = self.streams.get(source)
        if old is not None:
            self._routes[old.ssrc] = _Unrouted.DEAD
        fresh = InboundStream.starting(source, packet)
        self.streams[source] = fresh
        return fresh


def _level(packet: RtpPacket, extension: int) -> int:
    """Chromium says of silence that it is a voice, with the byte that means no level here."""
    if extension:
        for number, value in header_extensions(packet.profile, packet.extensions):
            if number == extension and value:
                return SILENT if value[0] == NO_LEVEL else value[0]
    return NO_LEVEL
