"""The publisher's side of RTP: which source and layer a packet belongs to, made canonical once for everybody.

Invariant: what leaves here has canonical payload type, no header extension, no CSRC, no padding, is not a duplicate, and belongs to a
negotiated source; a peer has at most `MAX_SSRCS`. This runs for every packet. It must not know policies, subscribers or transports.
"""

from __future__ import annotations

import enum
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from server.media.control import Source
from server.media.repair import MAX_MISSING, KeyframeRequests, NackList
from server.media.ring import NO_LEVEL, SILENT
from server.media.rtcp import ReportBlock, SenderReport
from server.media.rtp import (
    CODECS,
    HEADER_BYTES,
    ONE_BYTE_PROFILE,
    PICTURES,
    RtpPacket,
    header_extensions,
    parse_rtp,
    unwrap_rtx,
    vp8_descriptor,
)
from server.media.transport_cc import ArrivalLog

MAX_SSRCS = 24  # camera and screen have four each: two layers and their repairs
LOWER, UPPER = 0, 1
DUPLICATE_WINDOW = 1024
REPORT_INTERVAL_NS = 100_000_000
LATE_MS = 1_000
MAX_JUMP = 3000  # forward; beyond it a publisher has been away, not lossy
LAYER_PAUSE_NS = 2_000_000_000  # a screen on which nothing moves has a frame each second


@dataclass(frozen=True, slots=True)
class TrackSetup:
    """One negotiated m-line. Header extension ids are 0 when not negotiated; `ssrcs` are those that the SDP declared.

    `rids` are the names of its layers, the lowest first; none of a line that sends one quality, which counts as the upper one.
    """

    mid: str
    source: Source
    payload_type: int
    rtx_payload_type: int | None = None
    mid_extension: int = 0
    level_extension: int = 0
    ssrcs: tuple[int, ...] = ()
    rids: tuple[str, ...] = ()
    rid_extension: int = 0
    rrid_extension: int = 0
    cc_extension: int = 0

    def layer_of(self, rid: bytes) -> int | None:
        names = [name.encode() for name in self.rids]
        return UPPER + 1 - len(names) + names.index(rid) if rid in names else None


class MediaPacket(NamedTuple):
    """`sequence` is extended, so it never wraps; `level` is the RFC 6464 byte or `NO_LEVEL`.

    `late`: a repair that came when nobody watches that moment any more. It is for the recording alone.
    `picture_at` and `tl0_at` say where in the payload picture id and TL0PICIDX stand, -1 for none.
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
    picture_at: int = -1
    picture_bits: int = 0
    tl0_at: int = -1


@dataclass(eq=False, slots=True)
class InboundStream:
    """One SSRC of one source while it lives: numbers seen, statistics for the receiver report, repair.

    `heard_ns` is when its last packet came: an upper layer may rest for long while the lower one goes on.
    """

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
    layer: int = UPPER
    heard_ns: int = 0
    octets: int = 0
    skipped: int = 0  # numbers that did not come in their turn
    _rate_hz: int = 0
    _newest: int = 0  # timestamp of the packet with the highest number
    _transit: int | None = None
    _expected_before: int = 0
    _received_before: int = 0
    _recent: list[int] = field(default_factory=lambda: [-1] * DUPLICATE_WINDOW)

    def __post_init__(self) -> None:
        self._rate_hz = CODECS[self.source].clock_rate_hz

    @classmethod
    def starting(cls, source: Source, packet: RtpPacket, layer: int = UPPER) -> InboundStream:
        # one cycle up, so that a packet from before the first keeps a positive number
        number = packet.sequence + 0x10000
        return cls(source, packet.ssrc, highest=number - 1, first=number, layer=layer)

    def take(self, packet: RtpPacket, level: int, now_ns: int, *, repaired: bool) -> MediaPacket | None:
        """None for a duplicate or for one that is too old to tell."""
        payload, timestamp, highest = packet.payload, packet.timestamp, self.highest
        number = highest + ((packet.sequence - highest + 0x8000) & 0xFFFF) - 0x8000
        place = number % DUPLICATE_WINDOW
        if number <= highest - DUPLICATE_WINDOW or self._recent[place] == number:
            return None
        self._recent[place] = number
        late = False
        if number == highest + 1:
            self.highest, self._newest = number, timestamp
        elif number > highest:
            self._advance(number, now_ns)
            self._newest = timestamp
        else:
            self.nacks.arrived(number)
            late = self._is_late(timestamp)
        self.received += 1
        self.octets += len(payload)
        self.heard_ns = now_ns
        if not repaired:
            self._measure_jitter(timestamp, now_ns)
        if self.source not in PICTURES:
            return MediaPacket(self, number, timestamp, packet.marker, payload, level, False, now_ns, late)
        keyframe, picture_at, bits, tl0_at = vp8_descriptor(payload)
        if keyframe:
            self.keyframe_ns = now_ns
            self.keyframes.came()
        return MediaPacket(self, number, timestamp, packet.marker, payload, level, keyframe, now_ns, late, picture_at, bits, tl0_at)

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
            self.highest = number
            return
        self.skipped += skipped
        if skipped and not self.nacks.gap(self.highest + 1, number, now_ns):
            self.keyframes.want()
        self.highest = number

    def _is_late(self, timestamp: int) -> bool:
        behind = (self._newest - timestamp) & 0xFFFFFFFF
        return LATE_MS * self._rate_hz // 1000 < behind < 0x80000000

    def _measure_jitter(self, timestamp: int, now_ns: int) -> None:
        transit = (now_ns * self._rate_hz // 1_000_000_000 - timestamp) & 0xFFFFFFFF
        if self._transit is not None:
            change = abs(((transit - self._transit + 0x80000000) & 0xFFFFFFFF) - 0x80000000)
            self.jitter += (change - self.jitter) / 16
        self._transit = transit


@dataclass(eq=False, slots=True)
class _Route:
    """Where an SSRC leads. `stream` is that of a primary that has sent something.

    `rests`: its line, with layers, sends nothing at present. When it is back, it is so under the same SSRCs, and without saying again
    which layer is which.
    """

    setup: TrackSetup
    layer: int
    retransmission: bool
    stream: InboundStream | None = None
    rests: bool = False
    wide: int = 0  # the transport-wide number of its last packet


class _Unrouted(enum.Enum):
    """An SSRC that counts and leads nowhere."""

    DEAD = enum.auto()  # superseded, or of nothing that was negotiated
    WAITING = enum.auto()  # its line is back, or it has not said its layer: the next packet routes it


class Ingress:
    def __init__(self, arrivals: ArrivalLog | None = None) -> None:
        self.streams: dict[tuple[Source, int], InboundStream] = {}
        self._arrivals = arrivals or ArrivalLog()
        self._arrived = self._arrivals.arrived
        self._wide = 0  # the transport-wide number of the packet that is read
        self._cc_extension = 0
        self._level_extension = 0
        self._setups: tuple[TrackSetup, ...] = ()
        self._sources: tuple[Source, ...] = ()
        self._routes: dict[int, _Route | _Unrouted] = {}

    def configure(self, setups: Sequence[TrackSetup]) -> list[int]:
        """The result of a negotiation. Streams of m-lines that stay go on; the others end, and their SSRCs still count.

        Returns the SSRCs that do not count any more: each line that is used again brings new ones.
        """
        self._setups = tuple(setups)
        self._sources = tuple(setup.source for setup in setups)
        self._cc_extension = max((setup.cc_extension for setup in setups), default=0)
        self._level_extension = max((setup.level_extension for setup in setups), default=0)
        by_mid = {setup.mid: setup for setup in setups}
        for ssrc, route in self._routes.items():
            if isinstance(route, _Route):
                setup = by_mid.get(route.setup.mid)
                if setup is not None and (setup.source, setup.rids) == (route.setup.source, route.setup.rids):
                    route.setup, route.rests = setup, False
                elif setup is None and route.setup.rids:
                    route.stream, route.rests = None, True
                else:
                    self._routes[ssrc] = _Unrouted.DEAD
        for key, stream in list(self.streams.items()):
            if self.by_ssrc(stream.ssrc) is not stream:
                del self.streams[key]
        return self._let_go({ssrc for setup in setups for ssrc in setup.ssrcs})

    def _let_go(self, declared: set[int]) -> list[int]:
        for ssrc, route in self._routes.items():
            if not isinstance(route, _Route):
                self._routes[ssrc] = _Unrouted.WAITING if ssrc in declared else _Unrouted.DEAD
        dead = [ssrc for ssrc, route in self._routes.items() if route is _Unrouted.DEAD]
        dead += [ssrc for ssrc, route in self._routes.items() if isinstance(route, _Route) and route.rests]
        surplus = dead[: max(len(self._routes) - MAX_SSRCS // 2, 0)]
        for ssrc in surplus:
            del self._routes[ssrc]
        return surplus

    def sources(self) -> tuple[Source, ...]:
        return self._sources

    @property
    def layered(self) -> tuple[Source, ...]:
        """The sources that are negotiated in two layers."""
        return tuple(setup.source for setup in self._setups if setup.rids)

    def layers(self, source: Source) -> list[InboundStream]:
        """Those that have ever come, the lowest first."""
        return [stream for layer in (LOWER, UPPER) if (stream := self.streams.get((source, layer))) is not None]

    def best(self, source: Source) -> InboundStream | None:
        """The upper layer, or the lower one while only that comes."""
        layers = self.layers(source)
        if len(layers) == 2 and layers[0].heard_ns - layers[1].heard_ns > LAYER_PAUSE_NS:
            return layers[0]
        return layers[-1] if layers else None

    def admits(self, data: bytes) -> bool:
        """Asked before decryption, so that a peer cannot make the SRTP session grow."""
        routes = self._routes
        return len(data) >= HEADER_BYTES and (int.from_bytes(data[8:12], "big") in routes or len(routes) < MAX_SSRCS)

    def receive(self, data: bytes, now_ns: int) -> MediaPacket | None:
        """`data` is decrypted. None for whatever is not to be forwarded."""
        packet = parse_rtp(data)
        if packet is None:
            return None
        level = self._read_extensions(packet.profile, packet.extensions, now_ns) if packet.profile else NO_LEVEL
        route = self._routes.get(packet.ssrc)
        if route.__class__ is not _Route:
            route = self._routed(packet)
        if not isinstance(route, _Route) or route.rests:
            return None
        setup = route.setup
        if route.retransmission:
            repaired = self.streams.get((setup.source, route.layer))
            original = unwrap_rtx(packet, setup.payload_type, repaired.ssrc) if repaired else None
            found = repaired.take(original, NO_LEVEL, now_ns, repaired=True) if repaired and original else None
            if found is not None:
                self._arrivals.came_late(found.stream.ssrc, found.sequence)
            return found
        if packet.payload_type != setup.payload_type:
            return None
        stream = route.stream or self._start(route, packet)
        expected = stream.highest + 1
        found = stream.take(packet, level if setup.level_extension else NO_LEVEL, now_ns, repaired=False)
        if stream.highest != expected and found is not None:
            self._out_of_turn(found, route, expected)
        route.wide = self._wide
        return found

    def _out_of_turn(self, found: MediaPacket, route: _Route, expected: int) -> None:
        """Numbers of its stream were left out before it, or it is one of those."""
        ssrc, number = found.stream.ssrc, found.sequence
        if number < expected:
            self._arrivals.came_late(ssrc, number)
        elif number - expected <= MAX_MISSING:
            self._arrivals.skipped(ssrc, expected, number, route.wide, self._wide)

    def by_ssrc(self, ssrc: int) -> InboundStream | None:
        route = self._routes.get(ssrc)
        return route.stream if isinstance(route, _Route) else None

    def _read_extensions(self, profile: int, block: bytes, now_ns: int) -> int:
        """Notes when the packet came, by its transport-wide number, and gives its level. In one pass, since every packet comes through."""
        level, cc_extension, level_extension = NO_LEVEL, self._cc_extension, self._level_extension
        if profile != ONE_BYTE_PROFILE:
            values = dict(header_extensions(profile, block))
            if len(number := values.get(cc_extension, b"")) == 2:
                self._wide = int.from_bytes(number, "big")
                self._arrived(self._wide, now_ns)
            byte = values.get(level_extension)
            return _level(byte[0]) if byte else NO_LEVEL
        at, end = 0, len(block)
        while at < end:
            head = block[at]
            at += 1
            if head:
                identifier, size = head >> 4, (head & 0x0F) + 1
                if identifier == 15 or at + size > end:
                    break
                if identifier == cc_extension and size == 2 and cc_extension:
                    wide = self._wide = block[at] << 8 | block[at + 1]
                    self._arrived(wide, now_ns)
                elif identifier == level_extension:
                    level = _level(block[at])
                at += size
        return level

    def _routed(self, packet: RtpPacket) -> _Route | None:
        """The route of an SSRC that had none until now."""
        before = self._routes.get(packet.ssrc, _Unrouted.WAITING)
        if before is _Unrouted.DEAD or (packet.ssrc not in self._routes and len(self._routes) >= MAX_SSRCS):
            return None
        names = dict(header_extensions(packet.profile, packet.extensions))
        route = self._routes[packet.ssrc] = self._route_of(packet, names)
        return route if isinstance(route, _Route) else None

    def _route_of(self, packet: RtpPacket, names: dict[int, bytes]) -> _Route | _Unrouted:
        setup = self._setup_of(packet, names)
        if setup is None or packet.payload_type not in (setup.payload_type, setup.rtx_payload_type):
            return _Unrouted.DEAD
        retransmission = packet.payload_type != setup.payload_type
        if not setup.rids:
            return _Route(setup, UPPER, retransmission)
        rid = names.get(setup.rrid_extension if retransmission else setup.rid_extension)
        if rid is None:
            return _Unrouted.WAITING
        layer = setup.layer_of(rid)
        return _Unrouted.DEAD if layer is None else _Route(setup, layer, retransmission)

    def _setup_of(self, packet: RtpPacket, names: dict[int, bytes]) -> TrackSetup | None:
        for setup in self._setups:
            if names.get(setup.mid_extension) == setup.mid.encode():
                return setup
        declared = [setup for setup in self._setups if packet.ssrc in setup.ssrcs]
        fitting = declared or [s for s in self._setups if packet.payload_type in (s.payload_type, s.rtx_payload_type)]
        return fitting[0] if len(fitting) == 1 else None

    def _start(self, route: _Route, packet: RtpPacket) -> InboundStream:
        """A new SSRC takes the place of the one before."""
        key = route.setup.source, route.layer
        old = self.streams.get(key)
        if old is not None:
            self._routes[old.ssrc] = _Unrouted.DEAD
        route.stream = self.streams[key] = InboundStream.starting(key[0], packet, route.layer)
        return route.stream


def _level(byte: int) -> int:
    """Chromium says of silence that it is a voice, with the byte that means no level here."""
    return SILENT if byte == NO_LEVEL else byte
