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
from server.media.ingress import Ingress, MediaPacket
from server.media.limits import Bucket
from server.media.lipsync import PublisherClock
from server.media.negotiation import Local, published_tracks, read_publish_offer, write_answer
from server.media.rtp import CODECS, PICTURES
from server.media.sdp import check_bundled
from server.media.transport import Network, Transport

_SOUND_BPS: dict[Source, int] = {"microphone": 64_000, "screen_sound": 128_000}

# What a source may bring in, with a burst of one second: far above honest ones, even with keyframes and before the first REMB.
PICTURE_LEAST_BPS = 3_000_000
PACKETS_PER_S: dict[Source, int] = {source: 3_000 if source in PICTURES else 200 for source in CODECS}

MEDIA_SILENT_AFTER_NS = 3_000_000_000
_MEDIA_PAUSE_NS = 1_000_000_000

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PublisherEvents:
    """Where a publisher reports to. `on_change`: transport state or published sources may be different now."""

    on_packet: Callable[[MediaPacket], None]
    on_report: Callable[[Source, rtcp.SenderReport, int], None]
    on_change: Callable[[], None]


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
        self._inflow_packets: dict[Source, Bucket] = {source: Bucket() for source in PACKETS_PER_S}
        self._inflow_bits: dict[Source, Bucket] = {source: Bucket() for source in PICTURES}
        self._max_bps: dict[Source, int] = dict.fromkeys(PICTURES, 0)
        self.dropped: Counter[Source] = Counter()  # packets over the limits
        self.ingress = Ingress()
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

    def want_keyframe(self, source: Source, now_ns: int) -> None:
        stream = self.ingress.streams.get(source)
        if stream is not None and stream.keyframe_ns != now_ns:  # else the packet that makes us ask is the keyframe itself
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
        for stream in self.ingress.streams.values():
            if len(stream.nacks):
                missing = stream.nacks.due(now_ns)
                if missing:
                    self.transport.send_rtcp(rtcp.write_nack(self._ssrc, stream.ssrc, missing))
        self._ask_keyframes(now_ns)

    def every_second(self, now_ns: int) -> None:
        streams = self.ingress.streams.values()
        if streams:
            blocks = [stream.report_block(now_ns) for stream in streams]
            self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, blocks))
            self._send_remb()

    def close(self) -> None:
        self.transport.close()

    def admits(self, data: bytes) -> bool:
        return self.ingress.admits(data)

    def on_rtp(self, data: bytes, now_ns: int) -> None:
        self._media_ns = now_ns
        packet = self.ingress.receive(data, now_ns)
        if packet is None or not self._is_within_limits(packet.stream.source, len(data), now_ns):
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
                self._events.on_report(stream.source, part, now_ns)

    def on_transport(self) -> None:
        self._events.on_change()

    def timestamp_now(self, source: Source, now_ns: int) -> int | None:
        """The source's RTP time now, on the server's clock; None before its first sender report."""
        stream = self.ingress.streams.get(source)
        if stream is None or stream.report is None:
            return None
        return self.clock.timestamp_at(stream.report, CODECS[source].clock_rate_hz, self._network.wall_ns(now_ns))

    def _is_within_limits(self, source: Source, size_bytes: int, now_ns: int) -> bool:
        packets_per_s = PACKETS_PER_S[source]
        fits = self._inflow_packets[source].take(1, now_ns, per_s=packets_per_s, burst=packets_per_s)
        if fits and source in PICTURES:
            max_bps = max(2 * self._max_bps[source], PICTURE_LEAST_BPS)
            fits = self._inflow_bits[source].take(8 * size_bytes, now_ns, per_s=max_bps, burst=max_bps)
        if not fits:
            if not self.dropped[source]:
                log.debug("a %s sends more than it may, what is over is dropped", source)
            self.dropped[source] += 1
        return fits

    def _ask_keyframes(self, now_ns: int) -> None:
        for source in PICTURES:
            stream = self.ingress.streams.get(source)
            if stream is not None and stream.keyframes.due(now_ns):
                self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, ()) + rtcp.write_pli(self._ssrc, stream.ssrc))

    def _send_remb(self) -> None:
        """A browser shares out one estimate among all that it sends, so the limits of what it sends now are added up."""
        live = {source: stream.ssrc for source, stream in self.ingress.streams.items()}
        self._told_ssrcs = [ssrc for source, ssrc in live.items() if source in PICTURES]
        if not self._told_ssrcs:
            return
        max_bps = sum((_SOUND_BPS | self._max_bps)[source] for source in live)
        remb = rtcp.write_remb(self._ssrc, max_bps, self._told_ssrcs)
        self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, ()) + remb)

    def _renew(self) -> None:
        """The page made a new connection (or the old one died): other keys, other SSRCs, other clock."""
        if self.transport.fingerprints:
            self.transport.close()
            self.transport = Transport(self._network, self)
            self.ingress = Ingress()
            self.clock = PublisherClock()
            self._remote_ufrag = ""
            self._told_ssrcs = []
            self._media_ns = 0
