"""A page cannot make the worker do more than a page needs, whatever it sends."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from server.media.control import Source
from server.media.dtls import new_certificate
from server.media.ice import IceTable
from server.media.ingress import LOWER, UPPER, InboundStream, MediaPacket, TrackSetup
from server.media.publisher import Publisher, PublisherEvents
from server.media.repair import MS
from server.media.rtcp import KeyframeRequest, Remb, SenderReport, parse_rtcp
from server.media.rtp import write_rtp
from server.media.transport import Network
from server.media.transport_cc import TransportFeedback
from server.media.udp import Path
from tests.unit.media.test_rtp import extended

S = 1_000 * MS
VOICE, PICTURE, SCREEN = 7, 8, 9  # SSRCs
LINES: dict[Source, tuple[int, int]] = {"microphone": (111, VOICE), "camera": (96, PICTURE), "screen": (98, SCREEN)}


class Booth:
    """A publisher with microphone and camera, and what it hands up."""

    def __init__(self) -> None:
        self.packets: list[MediaPacket] = []
        self.reports: list[Source] = []
        self.network = Network(lambda data, path: None, IceTable(lambda data, path: None), new_certificate(), ("127.0.0.1",), 10_000)
        self.publisher = Publisher(self.network, PublisherEvents(self.packets.append, self._on_report, lambda: None))
        self.publisher.ingress.configure([TrackSetup("0", "microphone", 111), TrackSetup("1", "camera", 96), TrackSetup("2", "screen", 98)])

    def _on_report(self, stream: InboundStream, report: SenderReport, now_ns: int) -> None:
        self.reports.append(stream.source)

    def send(self, source: Source, number: int, now_ns: int, size: int = 100) -> None:
        payload_type, ssrc = LINES[source]
        self.publisher.on_rtp(write_rtp(payload_type, False, number & 0xFFFF, number * 100, ssrc, b"\x10\x01" + bytes(size - 2)), now_ns)

    async def close(self) -> None:
        self.publisher.close()
        await asyncio.gather(*self.network.ending)


@pytest.fixture
async def booth() -> AsyncIterator[Booth]:
    there = Booth()
    yield there
    await there.close()


def sender_reports(ssrc: int, count: int) -> bytes:
    return struct.pack(">BBHIQIII", 0x80, 200, 6, ssrc, 1 << 63, 2, 3, 4) * count


async def test_a_storm_of_sender_reports_counts_once_in_100_ms(booth: Booth) -> None:
    for source in ("microphone", "camera"):
        booth.send(source, 1, S)
    booth.publisher.on_rtcp(sender_reports(VOICE, 30) + sender_reports(PICTURE, 19), S)
    booth.publisher.on_rtcp(sender_reports(VOICE, 49), S + 99 * MS)
    assert booth.reports == ["microphone", "camera"]
    booth.publisher.on_rtcp(sender_reports(VOICE, 49), S + 100 * MS)
    assert booth.reports == ["microphone", "camera", "microphone"]


async def test_an_honest_picture_is_never_over_the_limit(booth: Booth) -> None:
    booth.publisher.limit({"camera": 2_000_000})
    number = 0
    for frame in range(300):  # 10 s at 30 fps: 2 Mbit/s, and twice a second a keyframe ten times as large
        for _ in range(70 if frame % 15 == 0 else 7):
            number += 1
            booth.send("camera", number, S + frame * 33 * MS, 1_100)
    assert len(booth.packets) == number


@pytest.mark.parametrize(("limit_bps", "most_bps"), [(250_000, 3_000_000), (4_000_000, 8_000_000)])
async def test_a_flood_of_picture_is_cut_to_the_limit(
    booth: Booth, limit_bps: int, most_bps: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    booth.publisher.limit({"camera": limit_bps})
    for number in range(10_000):  # 5 s of 16 Mbit/s
        booth.send("camera", number, S + number * MS // 2, 1_000)
    through_bits = sum(8 * len(packet.payload) for packet in booth.packets)
    assert 0.9 * 6 * most_bps < through_bits < 6 * most_bps
    assert booth.publisher.dropped["camera"] == 10_000 - len(booth.packets)
    assert [record.name for record in caplog.records if record.name.startswith("server")] == ["server.media.publisher"]


@pytest.mark.parametrize(("source", "per_s"), [("microphone", 200), ("camera", 1_000)])
async def test_a_flood_of_small_packets_is_cut_and_the_other_source_goes_on(booth: Booth, source: Source, per_s: int) -> None:
    other: Source = "camera" if source == "microphone" else "microphone"
    for number in range(20_000):
        booth.send(source, number, S + number * MS // 10, 20)
        if number % 200 == 0:
            booth.send(other, number // 200, S + number * MS // 10)
    through = sum(packet.stream.source == source for packet in booth.packets)
    assert through == pytest.approx(3 * per_s, rel=0.01)
    assert booth.publisher.dropped == {source: 20_000 - through}


def caps(booth: Booth, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What the page is told that it may send, in bit/s."""
    told: list[int] = []

    def keep(packet: bytes) -> None:
        told.extend(part.bitrate_bps for part in parse_rtcp(packet) if isinstance(part, Remb))

    monkeypatch.setattr(booth.publisher.transport, "send_rtcp", keep)
    return told


async def test_the_limits_of_what_is_sent_are_added_up(booth: Booth, monkeypatch: pytest.MonkeyPatch) -> None:
    told = caps(booth, monkeypatch)
    booth.publisher.limit({"camera": 800_000, "screen": 2_000_000})
    booth.send("microphone", 1, S)
    assert told == [], "a voice needs no limit"
    booth.send("camera", 1, S)
    booth.send("camera", 2, S)
    booth.send("screen", 1, S)
    booth.publisher.limit({"camera": 250_000, "screen": 2_000_000})
    assert told == pytest.approx([864_000, 2_864_000, 2_314_000], rel=0.001)


async def test_a_flood_on_the_screen_leaves_the_camera_alone(booth: Booth) -> None:
    booth.publisher.limit({"camera": 250_000, "screen": 2_000_000})
    for number in range(5_000):
        booth.send("screen", number, S + number * MS, 1_100)
        if number % 100 == 0:
            booth.send("camera", number // 100, S + number * MS, 1_100)
    assert booth.publisher.dropped["screen"] > 0
    assert booth.publisher.dropped["camera"] == 0


async def test_keyframes_are_asked_of_the_picture_that_is_meant(booth: Booth, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def keep(packet: bytes) -> None:
        asked.extend(part.ssrc for part in parse_rtcp(packet) if isinstance(part, KeyframeRequest))

    for source in LINES:
        booth.send(source, 1, S)
    monkeypatch.setattr(booth.publisher.transport, "send_rtcp", keep)
    booth.publisher.want_keyframe(booth.publisher.ingress.streams["screen", UPPER], 2 * S)
    booth.publisher.want_keyframe(booth.publisher.ingress.streams["camera", UPPER], 2 * S)
    booth.publisher.want_keyframe(booth.publisher.ingress.streams["microphone", UPPER], 2 * S)
    assert asked == [SCREEN, PICTURE]


UPPER_PICTURE = 18  # SSRC
LAYERED = TrackSetup("1", "camera", 96, mid_extension=4, rids=("l", "h"), rid_extension=10, cc_extension=3)


def send_layer(booth: Booth, rid: bytes, number: int, now_ns: int, size: int = 100) -> None:
    ssrc = PICTURE if rid == b"l" else UPPER_PICTURE
    raw = write_rtp(96, False, number & 0xFFFF, number * 100, ssrc, b"\x10\x01" + bytes(size - 2))
    booth.publisher.on_rtp(extended(raw, (4, b"1"), (10, rid), (3, (2 * number + (rid == b"h")).to_bytes(2))), now_ns)


async def test_each_layer_is_asked_for_its_own_keyframe(booth: Booth, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[int] = []

    def keep(packet: bytes) -> None:
        asked.extend(part.ssrc for part in parse_rtcp(packet) if isinstance(part, KeyframeRequest))

    booth.publisher.ingress.configure([LAYERED])
    for rid in (b"l", b"h"):
        send_layer(booth, rid, 1, S)
    monkeypatch.setattr(booth.publisher.transport, "send_rtcp", keep)
    for layer in booth.publisher.ingress.layers("camera"):
        booth.publisher.want_keyframe(layer, 2 * S)
    assert asked == [PICTURE, UPPER_PICTURE]


async def test_layers_come_on_top_of_what_a_picture_may_have(booth: Booth, monkeypatch: pytest.MonkeyPatch) -> None:
    told = caps(booth, monkeypatch)
    booth.publisher.ingress.configure([LAYERED])
    booth.publisher.limit({"camera": 1_500_000})
    send_layer(booth, b"l", 1, S)
    send_layer(booth, b"h", 1, S)
    assert told == pytest.approx([1_900_000, 1_900_000], rel=0.001)


async def test_a_flood_of_one_layer_leaves_the_other_alone(booth: Booth) -> None:
    booth.publisher.ingress.configure([LAYERED])
    booth.publisher.limit({"camera": 1_500_000})
    for number in range(5_000):
        send_layer(booth, b"h", number, S + number * MS, 1_100)
        if number % 100 == 0:
            send_layer(booth, b"l", number // 100, S + number * MS, 1_100)
    assert booth.publisher.dropped["camera"] > 0
    assert sum(packet.stream.layer == LOWER for packet in booth.packets) == 50


async def test_a_page_hears_often_what_has_arrived(booth: Booth, monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[TransportFeedback] = []

    def keep(packet: bytes) -> None:
        told.extend(part for part in parse_rtcp(packet) if isinstance(part, TransportFeedback))

    monkeypatch.setattr(booth.publisher.transport, "send_rtcp", keep)
    booth.publisher.ingress.configure([LAYERED])
    for number in range(50):  # 1 s, with every third picture lost on the way
        if number % 3:
            send_layer(booth, b"l", number, S + number * 20 * MS)
        booth.publisher.tick(S + number * 20 * MS)
    assert 10 <= len(told) <= 14
    assert sum(arrival is not None for message in told for arrival in message.arrivals_us) > 28


@pytest.mark.parametrize(
    ("media_s", "heard_s", "asked_s", "silent"),
    [
        (10.0, 10.0, 12.9, False),
        (10.0, 10.0, 13.0, True),
        (10.0, 10.5, 13.5, True),  # a last report or check
        (10.0, 12.5, 17.5, False),  # everything is paused: a check each 2.5 s, or each 5 s in Firefox
        (10.0, 12.5, 20.5, True),
    ],
)
async def test_who_was_sending_is_silent_after_three_seconds(
    booth: Booth, monkeypatch: pytest.MonkeyPatch, media_s: float, heard_s: float, asked_s: float, silent: bool
) -> None:
    booth.send("microphone", 1, int(media_s * S))
    endpoint = booth.publisher.transport._endpoint
    endpoint.path, endpoint.heard_ns = Path(4, ("127.0.0.1", 9), b""), int(heard_s * S)
    booth.publisher.falls_silent(int(asked_s * S))
    assert (booth.publisher.transport.state == "silent") is silent
