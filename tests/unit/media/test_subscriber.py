"""Everybody in a full room gets a line from everybody else, and no subscriber costs more than its share."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from server.media import rtcp
from server.media.control import Source
from server.media.dtls import new_certificate
from server.media.gates import Key
from server.media.ice import IceTable
from server.media.ingress import InboundStream, MediaPacket
from server.media.negotiation import read_subscribe_answer
from server.media.repair import MS
from server.media.ring import NO_LEVEL
from server.media.rtp import RtpPacket
from server.media.sdp import MAX_SDP_BYTES, MAX_SECTIONS
from server.media.subscriber import Line, Offer, Subscriber, SubscriberEvents
from server.media.transport import Network
from tests.fakes.plain_batch import Forwarding

S = 1_000 * MS
ADDRESSES = tuple(f"2001:db8:1234:5678:9abc:def0:1234:{number:04x}" for number in range(40))
SOURCES: tuple[Source, ...] = ("camera", "microphone")


class Guest:
    def __init__(self) -> None:
        self.offers: list[Offer] = []
        self.wanted: list[InboundStream] = []
        table = IceTable(lambda data, path: None)
        self.network = Network(lambda data, path: None, table, new_certificate(), ADDRESSES, 10_000)
        self.subscriber = Subscriber(
            self.network, SubscriberEvents(self.offers.append, lambda key, stream: self.wanted.append(stream), lambda: None)
        )

    def lines(self, source: Source) -> int:
        return sum(line.key is not None and line.key[1] == source for line in self.subscriber.lines)

    async def close(self) -> None:
        self.subscriber.close()
        await asyncio.gather(*self.network.ending)


@pytest.fixture
async def guest() -> AsyncIterator[Guest]:
    there = Guest()
    yield there
    await there.close()


def others(count: int) -> list[Key]:
    return [(f"{'seat':x<60}{number:04}", source) for number in range(count) for source in SOURCES]


def hears(guest: Guest) -> Line:
    """A camera's line as it is once the page has answered."""
    guest.subscriber.want([("anna", "camera")])
    [line] = guest.subscriber.lines
    line.accepted = True
    Forwarding(line.out).fan(InboundStream("camera", 9, 0, 0)).feed(line.out)
    return line


async def test_thirty_people_hear_and_see_each_other(guest: Guest, caplog: pytest.LogCaptureFixture) -> None:
    guest.subscriber.want([*others(29), (others(1)[0][0], "screen"), (others(1)[0][0], "screen_sound")])
    [offer] = guest.offers
    assert len(offer.streams) == 60
    assert len(offer.sdp) < MAX_SDP_BYTES
    answer = offer.sdp.replace("actpass", "active").replace("a=sendonly", "a=recvonly")
    _, wanted = read_subscribe_answer(answer, offer.lines)
    assert len(wanted) == 60
    assert not caplog.records


async def test_who_is_too_many_is_heard_before_anybody_is_seen(guest: Guest, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(2):
        guest.subscriber.want(others(40))
    assert (guest.lines("microphone"), guest.lines("camera")) == (40, MAX_SECTIONS - 40)
    [warning] = caplog.records
    assert "16" in warning.getMessage()


async def test_keyframe_requests_of_a_line_are_honoured_three_times_then_every_two_seconds(guest: Guest) -> None:
    line = hears(guest)
    honoured = []
    for step in range(100):
        guest.wanted.clear()
        guest.subscriber.on_rtcp(rtcp.write_pli(1, line.out.ssrc) * 50, S + step * 100 * MS)
        honoured += [step] * len(guest.wanted)
    assert honoured == [0, 0, 0, 20, 40, 60, 80]


async def test_a_nack_beyond_the_budget_costs_no_writing(guest: Guest, monkeypatch: pytest.MonkeyPatch) -> None:
    line = hears(guest)
    way, stream = Forwarding(line.out), InboundStream.starting("camera", RtpPacket(96, False, 100, 0, 5, 0, b"", b""))
    for number in range(stream.highest + 1, stream.highest + 101):
        stream.highest = number
        assert way.rewrite(MediaPacket(stream, number, 0, False, bytes(1_100), NO_LEVEL, True, S), S)
    written: list[bytes] = []

    def send(packet: bytes) -> int:
        written.append(packet)
        return len(packet)

    monkeypatch.setattr(guest.subscriber.transport, "send_rtp", send)
    last = line.out.newest_number() or 0
    nack = rtcp.write_nack(1, line.out.ssrc, [number & 0xFFFF for number in range(last - 16, last + 1)])
    guest.subscriber.on_rtcp(nack * 20, S)
    assert 0 < len(written) == len(set(written)) <= 17


async def test_the_next_screen_has_the_lines_of_the_last(guest: Guest) -> None:
    for peer in ("anna", "ben", "carla"):
        guest.subscriber.want([*others(2), (peer, "screen"), (peer, "screen_sound")])
    assert len(guest.subscriber.lines) == 6
    assert {line.key for line in guest.subscriber.lines} >= {("carla", "screen"), ("carla", "screen_sound")}


async def test_where_lines_are_short_the_screen_comes_before_faces(guest: Guest) -> None:
    guest.subscriber.want([*others(40), ("anna", "screen"), ("anna", "screen_sound")])
    counts = [guest.lines(source) for source in ("microphone", "screen_sound", "screen", "camera")]
    assert counts == [40, 1, 1, MAX_SECTIONS - 42]
