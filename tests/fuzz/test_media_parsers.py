"""Parsers that read what strangers or peers send: mutated input never raises anything but the parser's own refusal.

Seeded; `MT_FUZZ=100000` for more. An input that broke something is kept under tests/corpus/<target>/ and replayed for ever.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import random
import struct
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from server.media import control, rtcp, stun
from server.media.egress import Outbound
from server.media.ingress import Ingress, TrackSetup
from server.media.negotiation import OfferedLine, published_tracks, read_publish_offer, read_subscribe_answer, write_answer
from server.media.negotiation import write_subscribe_offer as write_offer
from server.media.rtp import write_rtp
from server.media.sdp import SdpError
from tests.unit.media.test_sdp import AUDIO, LOCAL, VIDEO, offer

ROUNDS = int(os.environ.get("MT_FUZZ", "3000"))
CORPUS = Path(__file__).parents[1] / "corpus"
MAX_KEPT_BYTES = 4_096

SOURCES: tuple[control.Source, ...] = ("microphone", "camera", "screen", "screen_sound")
LINES = (OfferedLine("0", "microphone", "anna", 11), OfferedLine("1", "camera", "anna", 12))
POLICY = control.RoomPolicy(version=1, people={"a": control.PersonPolicy(hears=("b",))})


def read_stun(data: bytes) -> None:
    request = stun.parse_binding_request(data)
    if request is not None:
        stun.is_authentic(request, "secret")
        stun.binding_success(request.transaction, "192.0.2.1", 9, "secret")


def read_sdp(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    try:
        description = read_publish_offer(text)
    except SdpError:
        return
    for sources in ({}, {section.mid: SOURCES[number % 4] for number, section in enumerate(description.sections)}):
        try:
            tracks = published_tracks(description, sources)
        except SdpError:
            continue
        answer = write_answer(description, tracks, LOCAL)
        answer.encode()
        assert "\n" not in answer.replace("\r\n", "")


def read_answer(data: bytes) -> None:
    try:
        read_subscribe_answer(data.decode("utf-8", "surrogateescape"), LINES)
    except SdpError:
        return


def read_rtp(data: bytes) -> None:
    ingress, out = Ingress(), {source: Outbound(source) for source in SOURCES}
    face = [TrackSetup("0", "microphone", 111, None, 3, 1), TrackSetup("1", "camera", 96, 97, 3)]
    ingress.configure([*face, TrackSetup("2", "screen", 96, 97, 3, ssrcs=(5, 6))])
    for at in range(0, len(data), 64):
        if at % 512 == 256:
            ingress.configure(face if at % 1024 == 256 else [*face, TrackSetup("2", "screen", 96, 97, 3, ssrcs=(5, 6))])
        packet = ingress.receive(data[at : at + 64], at)
        if packet is not None:
            raw = out[packet.stream.source].rewrite(packet, at)
            assert raw is None or raw[0] == 0x80
    for stream in ingress.streams.values():
        rtcp.write_receiver_report(1, [stream.report_block(5)])
        rtcp.write_nack(1, stream.ssrc, stream.nacks.due(10**12))


def read_rtcp(data: bytes) -> None:
    for part in rtcp.parse_rtcp(data):
        if isinstance(part, rtcp.SenderReport):
            rtcp.unix_ns_from_ntp(part.ntp)


def read_control(data: bytes) -> None:
    async def frame() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(len(data).to_bytes(4, "big") + data)
        reader.feed_eof()
        await control.read_frame(reader, control.to_worker)

    try:
        asyncio.run(frame())
    except control.FrameError:
        return


STUN_SEED = stun.binding_request(b"123456789012", "abcd:efgh", "secret", use_candidate=True)
RTP_SEED = b"".join(
    packet.ljust(64, b"x")
    for packet in (
        bytes([0x90]) + write_rtp(111, True, 1, 2, 3, b"")[1:] + struct.pack(">HH", 0xBEDE, 1) + b"\x10\x85\x30\x30",
        write_rtp(96, False, 9, 2, 4, bytes.fromhex("90808e52b03e009d012a8002")),
        write_rtp(97, False, 9, 2, 5, b"\x00\x0a" + bytes.fromhex("90808e52b03e009d012a8002")),
        write_rtp(96, False, 12, 2, 4, b"\x10\x01"),
    )
)
RTCP_SEED = (
    rtcp.write_sender_report(1, 2 << 32, 3, 4, 5, "name")
    + rtcp.write_receiver_report(1, [rtcp.ReportBlock(5)] * 3)
    + rtcp.write_nack(1, 2, [1, 5, 90])
    + rtcp.write_remb(1, 500_000, [1, 2])
    + rtcp.write_pli(1, 2)
)
CONTROL_SEED = msgspec.msgpack.encode(control.SetRoom(room="r", policy=POLICY))

TARGETS: dict[str, tuple[Callable[[bytes], None], bytes]] = {
    "media_stun": (read_stun, STUN_SEED),
    "media_sdp": (read_sdp, offer(AUDIO, VIDEO).encode()),
    "media_answer": (read_answer, write_offer(LINES, LOCAL).replace("actpass", "active").replace("sendonly", "recvonly").encode()),
    "media_rtp": (read_rtp, RTP_SEED),
    "media_rtcp": (read_rtcp, RTCP_SEED),
    "media_control": (read_control, CONTROL_SEED),
}


@pytest.mark.parametrize("target", TARGETS)
def test_mutated_input(target: str) -> None:
    read, seed = TARGETS[target]
    read(seed)
    chance = random.Random(target)
    for _ in range(ROUNDS):
        data = mutated(seed, chance)
        try:
            read(data)
        except Exception:
            keep(target, data)
            raise


@pytest.mark.parametrize("target", TARGETS)
def test_kept_input(target: str) -> None:
    for file in sorted((CORPUS / target).glob("*.bin")):
        TARGETS[target][0](file.read_bytes())


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data[at:at] = chance.randbytes(chance.randrange(1, 8))
            case 1:
                del data[at : at + chance.randrange(1, 40)]
            case 2:
                data[at : at + 1] = bytes([chance.choice((0, 1, 0x7F, 0x80, 0xFF, 10, 13, 32, 58, 61))])
            case 3 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 4:
                data[at : at + 4] = chance.choice((b"\xff\xff\xff\xff", b"\0\0\0\0", b"\xff\xff", b"9999999999", "²é".encode()))
            case _:
                source = chance.randrange(len(data) + 1)
                data[at:at] = data[source : source + chance.randrange(1, 60)]
    return bytes(data)


def keep(target: str, data: bytes) -> None:
    folder = CORPUS / target
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{hashlib.sha256(data).hexdigest()[:16]}.bin").write_bytes(data[:MAX_KEPT_BYTES])
