"""A peer's *publish* connection: answers its offers, takes its RTP in, tells it what is missing and how much it may send.

Invariant: it hands up canonical packets only and asks for keyframes only by primary SSRC, at most one per source in 500 ms.
It must not know the policy beyond the bit rate of the pictures, nor who receives.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from server.media import rtcp
from server.media.control import Source
from server.media.ice import SILENT_AFTER_NS
from server.media.ingress import LOWER, UPPER, InboundStream, Ingress, MediaPacket
from server.media.limits import Bucket
from server.media.lipsync import PublisherClock
from server.media.negotiation import Local, published_tracks, read_publish_offer, write_answer
from server.media.rtp import CODECS, PICTURES
from server.media.sdp import check_bundled
from server.media.transport import Network, Transport
from server.media.transport_cc import ArrivalLog
from server.media.uplink_loss import UplinkLoss

_SOUND_BPS: dict[Source, int] = {"microphone": 64_000, "screen_sound": 128_000}
# On top for a picture in two layers: 200 kbit/s for the lower one, and as much to spare, without which Firefox does not begin the upper.
_LAYERS_BPS = 400_000

# What a source may bring in, with a burst of one second: far above honest ones, even with keyframes and before the first REMB.
PICTURE_LEAST_BPS = 3_000_000
PACKETS_PER_S: dict[Source, int] = {source: 1_000 if source in PICTURES else 200 for source in CODECS}

FEEDBACK_EVERY_NS = 80_000_000
MEDIA_SILENT_AFTER_NS = 3_000_000_000
_MEDIA_PAUSE_NS = 1_000_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublisherEvents:
    """Where a publisher reports to. `on_change`: transport state or published sources may be different now."""

    on_packet: Callable[[MediaPacket], None]
    on_report: Callable[[InboundStream, rtcp.SenderReport, int], None]
    on_change: Callable[[], None]


@dataclass(frozen=True, slots=True)
class UpQuality:
    """What came since it was asked last. Loss is before any repair; None where nothing was expected."""

    octets: int
    loss: float | None
    jitter_ms: int | None


class Inflow:
    """What one layer of one source has brought in of late."""

    __slots__ = ("bits", "packets")

    def __init__(self) -> None:
        self.packets = Bucket()
        self.bits = Bucket()


class Publisher:
    def __init__(self, network: Network, events: PublisherEvents) -> None:
        self._network = network
        self._events = events
        self._ssrc = secrets.randbelow(0xFFFFFFFE) + 1
        self._session = secrets.randbelow(1 << 62)
        self._version = 0
        self._remote_ufrag = ""
        self._told_ssrcs: list[int] = []  # the pictures that the last REMB was about
        self._media_ns = 0
        self._inflow = {(source, layer): Inflow() for source in CODECS for layer in (LOWER, UPPER)}
        self._max_bps: dict[Source, int] = dict.fromkeys(PICTURES, 0)
        self.dropped: Counter[Source] = Counter()  # packets over the limits
        self._arrivals = ArrivalLog()
        self._feedback_ns = 0
        self._told: dict[InboundStream, tuple[int, int, int]] = {}
        self._loss = UplinkLoss()
        self._counted = (0, 0, 0)  # what the last look at loss was about
        self.ingress = Ingress(self._arrivals)
        self.clock = PublisherClock()
        self.transport = Transport(network, self)

    def answer(self, sdp: str, sources: Mapping[str, Source]) -> tuple[str, bool]:
        """The answer, and whether this was an ICE restart. Raises `SdpError`, after which everything is as before."""
        offer = read_publish_offer(sdp)
        tracks = published_tracks(offer, sources)
        remote = check_bundled(offer)
        if self.transport.fingerprints != remote.fingerprints or self.transport.state == "closed":
            self._renew()
            self.transport.expect(remote.fingerprints)
        restarted = self._remote_ufrag not in ("", remote.ufrag)
        if restarted:
            self.transport.restart_ice()
        self._remote_ufrag = remote.ufrag
        for ssrc in self.ingress.configure(tracks):
            self.transport.forget_inbound(ssrc)
        self._version += 1
        network = self._network
        local = Local(self.transport.credentials, network.fingerprint, network.addresses, network.port, self._session, self._version)
        return write_answer(offer, tracks, local), restarted

    def want_keyframe(self, stream: InboundStream, now_ns: int) -> None:
        """Of one layer: the other one's goes on as it is."""
        if stream.source in PICTURES and stream.keyframe_ns != now_ns:  # else the packet that makes us ask is the keyframe itself
            stream.keyframes.want()
            self._ask_keyframes(now_ns)

    def limit(self, max_bps: Mapping[Source, int]) -> None:
        """What each picture may bring in."""
        if any(self._max_bps[source] != bps for source, bps in max_bps.items()):
            self._max_bps.update(max_bps)
            self._send_remb()

    def falls_silent(self, now_ns: int) -> bool:
        """True once for every silence: 3 s if media flowed until then, else as long as a browser may pause between two checks.

        A disabled track goes on sending. Who sends nothing any more sends checks, so media that ended long before the last sign of life
        tells nothing.
        """
        flowed = bool(self.ingress.streams) and self.transport.heard_ns - self._media_ns < _MEDIA_PAUSE_NS
        return self.transport.falls_silent(now_ns, MEDIA_SILENT_AFTER_NS if flowed else SILENT_AFTER_NS)

    def tick(self, now_ns: int) -> None:
        """Every 20 ms: what is missing, what was put off."""
        if now_ns - self._feedback_ns >= FEEDBACK_EVERY_NS:
            self._feedback_ns = now_ns
            self._send_arrivals(now_ns)
        for stream in self.ingress.streams.values():
            if len(stream.nacks):
                missing = stream.nacks.due(now_ns)
                if missing:
                    self.transport.send_rtcp(rtcp.write_nack(self._ssrc, stream.ssrc, missing))
                if stream.nacks.stuck_ns > stream.keyframe_ns:
                    stream.nacks.stuck_ns = 0
                    stream.keyframes.want()
        self._ask_keyframes(now_ns)

    def every_second(self, now_ns: int) -> None:
        streams = self.ingress.streams.values()
        if streams:
            blocks = [stream.report_block(now_ns) for stream in streams]
            self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, blocks))
            self._send_remb()

    def take_quality(self) -> UpQuality:
        told, before = {}, self._told
        octets = skipped = expected = 0
        for stream in self.ingress.streams.values():
            told[stream] = now = (stream.octets, stream.skipped, stream.highest)
            then = before.get(stream, (0, 0, stream.first - 1))
            octets += now[0] - then[0]
            skipped += now[1] - then[1]
            expected += now[2] - then[2]
        self._told = told
        flowing = [stream for stream, now in told.items() if now != before.get(stream)]  # an idle one keeps its last value
        jitters_ms = [1000 * stream.jitter / CODECS[stream.source].clock_rate_hz for stream in flowing]
        jitter_ms = round(max(jitters_ms)) if jitters_ms and expected else None
        return UpQuality(octets, min(1.0, skipped / expected) if expected else None, jitter_ms)

    def close(self) -> None:
        self.transport.close()

    def admits(self, data: bytes) -> bool:
        return self.ingress.admits(data)

    def on_rtp(self, data: bytes, now_ns: int) -> None:
        self._media_ns = now_ns
        packet = self.ingress.receive(data, now_ns)
        if packet is None or not self._is_within_limits(packet.stream, len(data), now_ns):
            return
        if packet.stream.source in PICTURES and packet.stream.ssrc not in self._told_ssrcs:
            self._send_remb()  # at once: without it a browser starts at 300 kbit/s and creeps
        self._events.on_packet(packet)

    def on_rtcp(self, data: bytes, now_ns: int) -> None:
        for part in rtcp.parse_rtcp(data):
            if not isinstance(part, rtcp.SenderReport):
                continue
            stream = self.ingress.by_ssrc(part.ssrc)
            if stream is not None and stream.on_report(part, now_ns):
                self.clock.observe(part, self._network.wall_ns(now_ns))
                self._events.on_report(stream, part, now_ns)

    def on_transport(self) -> None:
        self._events.on_change()

    def timestamp_now(self, stream: InboundStream, now_ns: int) -> int | None:
        """The stream's RTP time now, on the server's clock; None before its first sender report."""
        if stream.report is None:
            return None
        return self.clock.timestamp_at(stream.report, CODECS[stream.source].clock_rate_hz, self._network.wall_ns(now_ns))

    def _is_within_limits(self, stream: InboundStream, size_bytes: int, now_ns: int) -> bool:
        """Each layer has limits of its own, so that a flood of one leaves the other as it is."""
        source, inflow = stream.source, self._inflow[stream.source, stream.layer]
        packets_per_s = PACKETS_PER_S[source]
        fits = inflow.packets.take(1, now_ns, per_s=packets_per_s, burst=packets_per_s)
        if fits and source in PICTURES:
            max_bps = max(2 * self._max_bps[source], PICTURE_LEAST_BPS)
            fits = inflow.bits.take(8 * size_bytes, now_ns, per_s=max_bps, burst=max_bps)
        if not fits:
            if not self.dropped[source]:
                log.debug("a %s sends more than it may, what is over is dropped", source)
            self.dropped[source] += 1
        return fits

    def _ask_keyframes(self, now_ns: int) -> None:
        for stream in self.ingress.streams.values():
            if stream.source in PICTURES and stream.keyframes.due(now_ns):
                self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, ()) + rtcp.write_pli(self._ssrc, stream.ssrc))

    def _send_arrivals(self, now_ns: int) -> None:
        """From them the page tells what its line carries. It listens to what is about an SSRC that it knows, Firefox about a picture's."""
        streams = self.ingress.streams.values()
        stream = next((stream for stream in streams if stream.source in PICTURES), None) or next(iter(streams), None)
        while stream is not None and (feedback := self._arrivals.feedback(self._ssrc, stream.ssrc, now_ns)) is not None:
            self.transport.send_rtcp(feedback)
        self._look_at_loss(now_ns)

    def _look_at_loss(self, now_ns: int) -> None:
        octets = sum(stream.octets for stream in self.ingress.streams.values())
        now, before = (self._arrivals.lost, self._arrivals.expected, octets), self._counted
        self._counted = now
        lost, expected, came = (later - earlier for later, earlier in zip(now, before, strict=True))
        self._loss.add(lost, expected, max(came, 0), now_ns)
        self._arrivals.forgives = self._loss.is_usual

    def _send_remb(self) -> None:
        """A browser shares out one estimate among all that it sends, so the limits of what it sends now are added up."""
        self._told_ssrcs = [stream.ssrc for stream in self.ingress.streams.values() if stream.source in PICTURES]
        if not self._told_ssrcs:
            return
        max_bps = sum((_SOUND_BPS | self._max_bps)[source] for source in {source for source, _ in self.ingress.streams})
        max_bps += _LAYERS_BPS * len(self.ingress.layered)
        remb = rtcp.write_remb(self._ssrc, max_bps, self._told_ssrcs)
        self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, ()) + remb)

    def _renew(self) -> None:
        """The page made a new connection (or the old one died): other keys, other SSRCs, other clock."""
        if self.transport.fingerprints:
            self.transport.close()
            self.transport = Transport(self._network, self)
            self._arrivals = ArrivalLog()
            self._loss = UplinkLoss()
            self._counted = (0, 0, 0)
            self.ingress = Ingress(self._arrivals)
            self.clock = PublisherClock()
            self._remote_ufrag = ""
            self._told_ssrcs = []
            self._media_ns = 0
