"""One connection: only who is there is sent to, and nobody makes its SRTP session grow."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pylibsrtp
import pytest

from server.media import stun
from server.media.control import TransportState
from server.media.dtls import SrtpPair, new_certificate
from server.media.ice import SILENT_AFTER_NS, IceTable
from server.media.rtp import write_rtp
from server.media.srtp import Srtp
from server.media.subscriber import Subscriber, SubscriberEvents
from server.media.transport import MAX_RTCP_SENDERS, RTCP_BYTES_AT_ONCE, RTCP_BYTES_PER_S, Network, Transport
from server.media.udp import Path

S = 1_000_000_000
HOME = Path(4, ("203.0.113.5", 5), b"")


def srtp(direction: int) -> Srtp:
    policy = pylibsrtp.Policy(key=bytes(28), ssrc_type=direction, srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    return Srtp(pylibsrtp.Session(policy))


def report(sender: int) -> bytes:
    return struct.pack(">BBHI", 0x80, 201, 1, sender)


class Cable:
    """A transport whose handshake is over, and its handler."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []
        self.received: list[bytes] = []
        self.ice = IceTable(lambda data, path: None)
        self.network = Network(lambda data, path: self.sent.append(data), self.ice, new_certificate(), ("127.0.0.1",), 10_000)
        self.network.socket_of = lambda path: 0
        self.transport = Transport(self.network, self)
        self.transport._on_dtls(SrtpPair(srtp(pylibsrtp.Policy.SSRC_ANY_INBOUND), srtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)))
        self.check(self.transport, S)

    def check(self, transport: Transport, now_ns: int) -> None:
        known = transport.credentials
        self.ice.receive(stun.binding_request(bytes(12), f"{known.ufrag}:x", known.password), HOME, now_ns)
        self.transport.tend()

    def state(self) -> TransportState:
        return self.transport.state

    def admits(self, data: bytes) -> bool:
        return True

    def on_rtp(self, data: bytes, now_ns: int) -> None:
        self.received.append(data)

    def on_rtcp(self, data: bytes, now_ns: int) -> None:
        self.received.append(data)

    def on_transport(self) -> None:
        pass


@pytest.fixture
async def cable() -> AsyncIterator[Cable]:
    there = Cable()
    yield there
    there.transport.close()
    await asyncio.gather(*there.network.ending)


async def test_rtcp_of_ever_new_senders_is_dropped_before_it_is_decrypted(cable: Cable) -> None:
    peer = srtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    for sender in range(1, 1_000):
        forged = (peer.protect_rtcp(report(5_000 + sender)) or b"")[:-1] + b"\xff"
        cable.ice.receive(forged, HOME, S)
    assert cable.received == []
    for sender in range(1, 1_000):
        cable.ice.receive(peer.protect_rtcp(report(sender)) or b"", HOME, S)
    assert cable.received == [report(sender) for sender in range(1, MAX_RTCP_SENDERS + 1)], "forged ones took no place"
    cable.ice.receive(peer.protect_rtcp(report(1)) or b"", HOME, S)
    assert cable.received[-1] == report(1), "whom we know is still heard"


async def test_a_storm_of_rtcp_is_cut_and_counted_and_ends_with_itself(cable: Cable) -> None:
    peer = srtp(pylibsrtp.Policy.SSRC_ANY_OUTBOUND)
    for number in range(5_000):  # 5 s
        cable.ice.receive(peer.protect_rtcp(report(1) * 20) or b"", HOME, S + number * 1_000_000)
    most = (RTCP_BYTES_AT_ONCE + 5 * RTCP_BYTES_PER_S) // 200
    assert 0.9 * most < len(cable.received) <= most
    assert cable.transport.dropped_rtcp == 5_000 - len(cable.received)
    cable.ice.receive(peer.protect_rtcp(report(1)) or b"", HOME, 7 * S)
    assert cable.received[-1] == report(1)


async def test_who_lost_its_address_to_another_is_silent_and_gets_nothing(cable: Cable) -> None:
    assert cable.state() == "connected"
    assert cable.transport.send_rtp(write_rtp(96, False, 1, 2, 3, b"x")) > 0
    other = Transport(cable.network, cable)
    later = S + SILENT_AFTER_NS
    cable.check(other, later)
    assert cable.state() == "silent"
    assert cable.transport.send_rtp(write_rtp(96, False, 2, 2, 3, b"x")) == 0
    assert [cable.transport.falls_silent(later) for _ in range(3)] == [True, False, False]
    other.close()
    await asyncio.sleep(0)
    cable.check(cable.transport, later + S)
    assert cable.state() == "connected"


async def test_lines_used_again_leave_nothing_in_the_srtp_session(cable: Cable) -> None:
    subscriber = Subscriber(cable.network, SubscriberEvents(lambda offer: None, lambda key, stream: None, lambda: None))
    subscriber.close()
    subscriber.transport = cable.transport
    used = []
    for number in range(5):
        subscriber.want([(f"guest{number}", "microphone")])
        [line] = subscriber.lines
        assert cable.transport.send_rtp(write_rtp(111, False, 1, 2, line.out.ssrc, b"x")) > 0
        used.append(line.out.ssrc)
    kept = [ssrc for ssrc in used if is_removed(cable.transport, ssrc)]
    assert kept == used[-1:]


def is_removed(transport: Transport, ssrc: int) -> bool:
    """False when there was nothing to remove."""
    assert transport._srtp is not None
    try:
        transport._srtp.outbound._session.remove_stream(ssrc)
    except pylibsrtp.Error:
        return False
    return True
