"""A peer's *subscribe* connection: offers it the sources of the others, sends them, answers its complaints.

Invariant: one offer is outstanding at a time; a line is sent on only after the answer that accepted it. A line that lost its source
turns inactive and is used again, so the SDP never outgrows the fullest room. It must not know the policy.
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from server.media import rtcp
from server.media.control import Source, Stream
from server.media.downlink import Downlink
from server.media.egress import Outbound
from server.media.gates import Key
from server.media.ingress import InboundStream
from server.media.limits import Bucket
from server.media.negotiation import Accepted, Local, OfferedLine, read_subscribe_answer, write_subscribe_offer
from server.media.repair import ResendBudget
from server.media.rtp import PICTURES
from server.media.sdp import MAX_SECTIONS, SdpError, check_bundled
from server.media.transport import Network, Transport
from server.media.transport_cc import TransportFeedback

log = logging.getLogger(__name__)

KEYFRAME_REQUESTS_AT_ONCE = 3
KEYFRAME_REQUESTS_PER_S = 0.5
MAX_PROBE_PACKETS = 64
PROBE_TICKS = 3
MAX_COMPOUND_BYTES = 1_100
_MOST_EXPECTED = 100_000  # between two reports on a line


@dataclass(eq=False, slots=True)
class Line:
    """One m-line. `key` is None while it is free."""

    mid: str
    key: Key | None
    out: Outbound
    accepted: bool = False
    _keyframe_requests: Bucket = field(default_factory=Bucket)

    def asks_for_keyframe(self, now_ns: int) -> bool:
        """Whether the subscriber's request is honoured: a keyframe is dear to everybody else in the room."""
        return self._keyframe_requests.take(1, now_ns, per_s=KEYFRAME_REQUESTS_PER_S, burst=KEYFRAME_REQUESTS_AT_ONCE)


@dataclass(frozen=True, slots=True)
class Offer:
    number: int
    sdp: str
    streams: tuple[Stream, ...]
    lines: tuple[OfferedLine, ...]


@dataclass(frozen=True, slots=True)
class SubscriberEvents:
    on_offer: Callable[[Offer], None]
    on_keyframe_wanted: Callable[[Key, InboundStream], None]
    on_change: Callable[[], None]


class Subscriber:
    def __init__(self, network: Network, events: SubscriberEvents) -> None:
        self._network = network
        self._events = events
        self._session = secrets.randbelow(1 << 62)
        self._number = 0
        self._outstanding: Offer | None = None
        self._dirty = False
        self._without_line = 0
        self._budget = ResendBudget()
        self._earned_bytes = 0
        self._reports: list[bytes] = []
        self._told: dict[int, tuple[int, int]] = {}  # highest number and packets lost, by SSRC of a line
        self._probing = (0, 0, 0)  # id, bytes that are left, bytes a tick
        self.lines: list[Line] = []
        self.transport = Transport(network, self)
        self.downlink = Downlink(self.transport.link)

    def want(self, keys: Sequence[Key]) -> None:
        """The sources that this peer should have a line for. Makes an offer when that is a change."""
        for line in self.lines:
            if line.key is not None and line.key not in keys:
                line.out.stop()
                line.key, line.accepted = None, False
                self._dirty = True
        have = {line.key for line in self.lines}
        lacking = [key for key in keys if key not in have]
        for key in sorted(lacking, key=_rank):
            if self._give_line(key):
                self._dirty = True
        self._note_without_line(len(keys) - sum(line.key is not None for line in self.lines))
        self._offer_if_due()

    def resend_offer(self) -> None:
        if self._outstanding is not None:
            self._events.on_offer(self._outstanding)
        elif self.transport.state == "silent":
            self.restart_ice()

    def restart_ice(self) -> None:
        """The page's address may have changed: new ICE credentials, the same keys and lines."""
        if not self.lines or self.transport.state == "closed":
            return
        self.transport.restart_ice()
        self._dirty = True
        self._offer_if_due()

    def answer(self, number: int, sdp: str) -> None:
        """Raises `SdpError` when it is not the answer to the outstanding offer; that stays outstanding then."""
        offer = self._outstanding
        if offer is None or offer.number != number:
            raise SdpError("stale_answer", "this offer is not outstanding")
        description, wanted = read_subscribe_answer(sdp, offer.lines)
        fingerprints = check_bundled(description).fingerprints
        if self.transport.fingerprints not in ((), fingerprints):
            raise SdpError("other_certificate", "the connection's certificate changed")
        self._outstanding = None
        if not self.transport.fingerprints:
            self.transport.expect(fingerprints)
        self._accept(offer, wanted)
        self._offer_if_due()
        self._events.on_change()

    @property
    def sent_bytes(self) -> int:
        return int(self.transport.link.c.sent_bytes)

    def ready_lines(self) -> list[Line]:
        return [line for line in self.lines if line.accepted] if self.transport.state == "connected" else []

    def tick(self, now_ns: int) -> None:
        """Every 20 ms."""
        if self.transport.tend():
            self.downlink.begin_anew()
        if self._reports:
            self._send_reports()
        if self.transport.link.is_open:
            self._probe(now_ns)

    def report(self, line: Line, timestamp: int, cname: str, now_ns: int) -> None:
        """Our own sender report: the line's RTP `timestamp` is now, on the server's clock. It leaves with the next tick."""
        ntp = rtcp.ntp_from_unix_ns(self._network.wall_ns(now_ns))
        out = line.out
        self._reports.append(rtcp.write_sender_report(out.ssrc, ntp, timestamp, out.packets, out.octets, cname))

    def close(self) -> None:
        for line in self.lines:
            line.out.stop()
        self.transport.close()

    def admits(self, data: bytes) -> bool:
        return False

    def on_rtp(self, data: bytes, now_ns: int) -> None:
        pass

    def on_rtcp(self, data: bytes, now_ns: int) -> None:
        for part in rtcp.parse_rtcp(data):
            if isinstance(part, rtcp.Nack):
                self._resend(part, now_ns)
            elif isinstance(part, rtcp.KeyframeRequest):
                self._pass_on_request(part.ssrc, now_ns)
            elif isinstance(part, TransportFeedback):
                self.downlink.on_feedback(part, now_ns)
            elif isinstance(part, rtcp.ReceiverReport | rtcp.SenderReport):
                self._measure(part.blocks, now_ns)

    def on_transport(self) -> None:
        self._events.on_change()

    def _give_line(self, key: Key) -> bool:
        source: Source = key[1]
        free = next((line for line in self.lines if line.key is None and line.out.source == source), None)
        if free is not None:
            free.out.stop()
            for ssrc in (free.out.ssrc, free.out.rtx_ssrc):
                self.transport.forget(ssrc)
                self._told.pop(ssrc, None)
            free.key, free.out = key, Outbound(source, self.transport.link)
        elif len(self.lines) < MAX_SECTIONS:
            self.lines.append(Line(str(len(self.lines)), key, Outbound(source, self.transport.link)))
        else:
            return False
        return True

    def _note_without_line(self, count: int) -> None:
        if count and count != self._without_line:
            log.warning("all %d lines of a subscriber are taken, sources without one: %d", MAX_SECTIONS, count)
        self._without_line = count

    def _offer_if_due(self) -> None:
        if not self._dirty or self._outstanding is not None or not self.lines or self.transport.state == "closed":
            return
        self._dirty = False
        self._number += 1
        network = self._network
        local = Local(self.transport.credentials, network.fingerprint, network.addresses, network.port, self._session, self._number)
        lines = tuple(
            OfferedLine(line.mid, line.out.source, line.key[0] if line.key else None, line.out.ssrc, line.out.rtx_ssrc)
            for line in self.lines
        )
        streams = tuple(Stream(mid=line.mid, peer=line.key[0], source=line.key[1]) for line in self.lines if line.key)
        self._outstanding = Offer(self._number, write_subscribe_offer(lines, local), streams, lines)
        self._events.on_offer(self._outstanding)

    def _send_reports(self) -> None:
        """Several in one datagram."""
        reports, self._reports = self._reports, []
        compound = b""
        for report in reports:
            if compound and len(compound) + len(report) > MAX_COMPOUND_BYTES:
                self.transport.send_rtcp(compound)
                compound = b""
            compound += report
        self.transport.send_rtcp(compound)

    def _accept(self, offer: Offer, wanted: Mapping[str, Accepted]) -> None:
        offered = {line.mid: (line.peer, line.ssrc) for line in offer.lines}
        for line in self.lines:
            same = line.key is not None and offered.get(line.mid) == (line.key[0], line.out.ssrc)
            line.accepted = same and line.mid in wanted
            if line.accepted:
                line.out.accept(wanted[line.mid].cc_extension, takes_rtx=wanted[line.mid].rtx)

    def _pass_on_request(self, ssrc: int, now_ns: int) -> None:
        line = self._line_of(ssrc)
        fan = (line.out.waits_for or line.out.fed_by) if line is not None else None
        if line is not None and line.key is not None and fan is not None and line.asks_for_keyframe(now_ns):
            self._events.on_keyframe_wanted(line.key, fan.stream)

    def _resend(self, nack: rtcp.Nack, now_ns: int) -> None:
        line = self._line_of(nack.ssrc)
        if line is None:
            return
        sent_bytes = self.transport.link.c.sent_bytes
        self._budget.earn(sent_bytes - self._earned_bytes)
        for sequence in nack.sequences:
            size_bytes = line.out.size_again(sequence)
            if size_bytes and self._budget.spend(nack.ssrc, sequence, size_bytes, self.downlink.rtt_ns, now_ns):
                packet = line.out.again(sequence, now_ns)
                if packet is not None:
                    self.transport.send_rtp(packet)
        self._earned_bytes = self.transport.link.c.sent_bytes  # what is sent again earns nothing

    def _probe(self, now_ns: int) -> None:
        """More than is needed for a moment, to see what the link carries: pictures that were sent just now, once more."""
        probe = self.downlink.probe_due(now_ns)
        if probe is not None:
            self._probing = (probe.id, probe.bytes, probe.bytes // PROBE_TICKS + 1)
        probe_id, left_bytes, share_bytes = self._probing
        if left_bytes <= 0:
            return
        outs = [line.out for line in self.lines if line.accepted and line.out.is_estimated and line.out.newest_number() is not None]
        out = next((each for each in outs if each.fed_by), outs[0] if outs else None)
        sent_bytes = self._repeat(out, min(share_bytes, left_bytes), probe_id, now_ns) if out is not None else 0
        self._earned_bytes += sent_bytes
        self._probing = (probe_id, left_bytes - sent_bytes if sent_bytes else 0, share_bytes)

    def _repeat(self, out: Outbound, wanted_bytes: int, probe_id: int, now_ns: int) -> int:
        link, newest, sent_bytes = self.transport.link, out.newest_number(), 0
        link.c.probe = probe_id & 0xFFFF
        for behind in range(MAX_PROBE_PACKETS if newest is not None else 0):
            packet = out.again(((newest or 0) - behind) & 0xFFFF, now_ns)
            size_bytes = self.transport.send_rtp(packet) if packet is not None else 0
            sent_bytes += size_bytes
            if not size_bytes or sent_bytes >= wanted_bytes:
                break
        link.c.probe = 0
        return sent_bytes

    def _measure(self, blocks: Sequence[rtcp.ReportBlock], now_ns: int) -> None:
        now = rtcp.ntp_from_unix_ns(self._network.wall_ns(now_ns)) >> 16 & 0xFFFFFFFF
        own = [block for block in blocks if self._line_of(block.ssrc)]
        for block in own:
            trip = (now - block.last_sr - block.delay_since_last_sr) & 0xFFFFFFFF
            if block.last_sr and trip < 65_536:
                self.downlink.on_rtt(trip * 1_000_000_000 // 65_536)
            before = self._told.get(block.ssrc)
            self._told[block.ssrc] = (block.highest_sequence, block.packets_lost)
            if before is not None:
                expected = (block.highest_sequence - before[0]) & 0xFFFFFFFF
                lost = block.packets_lost - before[1]
                if 0 <= lost <= expected < _MOST_EXPECTED:
                    self.downlink.on_loss(lost, expected)

    def _line_of(self, ssrc: int) -> Line | None:
        return next((line for line in self.lines if line.out.ssrc == ssrc and line.accepted), None)


def _rank(key: Key) -> tuple[bool, bool]:
    """Where lines are short: rather heard than seen, rather the one screen than one more face."""
    return key[1] in PICTURES, key[1] == "camera"
