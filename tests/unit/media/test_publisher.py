"""A page cannot make the worker do more than a page needs, whatever it sends."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator

import pytest

from server.media.control import Source
from server.media.dtls import new_certificate
from server.media.ice import IceTable
from server.media.ingress import MediaPacket, TrackSetup
from server.media.publisher import Publisher, PublisherEvents
from server.media.repair import MS
from server.media.rtcp import SenderReport
from server.media.rtp import write_rtp
from server.media.transport import Network

S = 1_000 * MS
VOICE, PICTURE = 7, 8  # SSRCs


class Booth:
    """A publisher with microphone and camera, and what it hands up."""

    def __init__(self) -> None:
        self.packets: list[MediaPacket] = []
        self.reports: list[Source] = []
        self.network = Network(lambda data, path: None, IceTable(lambda data, path: None), new_certificate(), ("127.0.0.1",), 10_000)
        self.publisher = Publisher(self.network, PublisherEvents(self.packets.append, self._on_report, lambda: None))
        self.publisher.ingress.configure([TrackSetup("0", "microphone", 111), TrackSetup("1", "camera", 96)])

    def _on_report(self, source: Source, report: SenderReport, now_ns: int) -> None:
        self.reports.append(source)

    def send(self, source: Source, number: int, now_ns: int, size: int = 100) -> None:
        payload_type, ssrc = (111, VOICE) if source == "microphone" else (96, PICTURE)
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
