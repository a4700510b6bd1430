"""A peer's *publish* connection: answers its offers, takes its RTP in, tells it what is missing and how much it may send.

Invariant: it hands up canonical packets only and asks for keyframes only by primary SSRC, at most one per source in 500 ms.
It must not know the policy beyond the picture's bit rate, nor who receives.
"""

from __future__ import annotations

import logging
import secrets
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from server.media import rtcp
from server.media.control import Source
from server.media.ingress import Ingress, MediaPacket
from server.media.limits import Bucket
from server.media.lipsync import PublisherClock
from server.media.negotiation import Local, published_tracks, read_publish_offer, write_answer
from server.media.rtp import CODECS
from server.media.sdp import check_bundled
from server.media.transport import Network, Transport

AUDIO_BPS = 64_000

# What a source may bring in, with a burst of one second: far above honest ones, even with keyframes and before the first REMB.
CAMERA_LEAST_BPS = 3_000_000
PACKETS_PER_S: dict[Source, int] = {"microphone": 200, "camera": 3_000}

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
        self._remb_ns = 0
        self._inflow_packets: dict[Source, Bucket] = {source: Bucket() for source in PACKETS_PER_S}
        self._camera_bits = Bucket()
        self.dropped: Counter[Source] = Counter()  # packets over the limits
        self.camera_max_bps = 0
        self.ingress = Ingress()
        self.clock = PublisherClock()
        self.transport = Transport(network, self)

    def answer(self, sdp: str) -> tuple[str, bool]:
        """The answer, and whether this was an ICE restart. Raises `SdpError`, after which everything is as before."""
        offer = read_publish_offer(sdp)
        remote = check_bundled(offer)
        if self.transport.fingerprints != remote.fingerprints or self.transport.state == "closed":
            self._renew()
            self.transport.expect(remote.fingerprints)
        restarted = self._remote_ufrag not in ("", remote.ufrag)
        if restarted:
            self.transport.restart_ice()
        self._remote_ufrag = remote.ufrag
        tracks = published_tracks(offer)
        self.ingress.configure(tracks)
        self._version += 1
        network = self._network
        local = Local(self.transport.credentials, network.fingerprint, network.addresses, network.port, self._session, self._version)
        return write_answer(offer, tracks, local), restarted

    def want_keyframe(self, now_ns: int) -> None:
        stream = self.ingress.streams.get("camera")
        if stream is not None and stream.keyframe_ns != now_ns:  # else the packet that makes us ask is the keyframe itself
            stream.keyframes.want()
            self._ask_keyframe(now_ns)

    def limit_camera(self, max_bps: int, now_ns: int) -> None:
        if max_bps != self.camera_max_bps:
            self.camera_max_bps = max_bps
            self._send_remb(now_ns)

    def tick(self, now_ns: int) -> None:
        """Every 20 ms: what is missing, what was put off."""
        for stream in self.ingress.streams.values():
            if len(stream.nacks):
                missing = stream.nacks.due(now_ns)
                if missing:
                    self.transport.send_rtcp(rtcp.write_nack(self._ssrc, stream.ssrc, missing))
        self._ask_keyframe(now_ns)

    def every_second(self, now_ns: int) -> None:
        streams = self.ingress.streams.values()
        if streams:
            blocks = [stream.report_block(now_ns) for stream in streams]
            self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, blocks))
            self._send_remb(now_ns)

    def close(self) -> None:
        self.transport.close()

    def admits(self, data: bytes) -> bool:
        return self.ingress.admits(data)

    def on_rtp(self, data: bytes, now_ns: int) -> None:
        packet = self.ingress.receive(data, now_ns)
        if packet is None or not self._is_within_limits(packet.stream.source, len(data), now_ns):
            return
        if packet.stream.source == "camera" and self._remb_ns == 0:
            self._send_remb(now_ns)  # at once: without it a browser starts at 300 kbit/s and creeps
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
        if fits and source == "camera":
            max_bps = max(2 * self.camera_max_bps, CAMERA_LEAST_BPS)
            fits = self._camera_bits.take(8 * size_bytes, now_ns, per_s=max_bps, burst=max_bps)
        if not fits:
            if not self.dropped[source]:
                log.debug("a %s sends more than it may, what is over is dropped", source)
            self.dropped[source] += 1
        return fits

    def _ask_keyframe(self, now_ns: int) -> None:
        stream = self.ingress.streams.get("camera")
        if stream is not None and stream.keyframes.due(now_ns):
            self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, ()) + rtcp.write_pli(self._ssrc, stream.ssrc))

    def _send_remb(self, now_ns: int) -> None:
        stream = self.ingress.streams.get("camera")
        if stream is None:
            return
        self._remb_ns = now_ns
        remb = rtcp.write_remb(self._ssrc, self.camera_max_bps + AUDIO_BPS, [stream.ssrc])
        self.transport.send_rtcp(rtcp.write_receiver_report(self._ssrc, ()) + remb)

    def _renew(self) -> None:
        """The page made a new connection (or the old one died): other keys, other SSRCs, other clock."""
        if self.transport.fingerprints:
            self.transport.close()
            self.transport = Transport(self._network, self)
            self.ingress = Ingress()
            self.clock = PublisherClock()
            self._remote_ufrag = ""
            self._remb_ns = 0
