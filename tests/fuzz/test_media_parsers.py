"""What strangers or peers send to the media worker, parser by parser: mutated input never raises but the parser's own refusal."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Coroutine
from typing import Any

import msgspec
import pytest

from server.media import control, rtcp, rtp, stun, transport_cc
from server.media.ingress import MAX_SSRCS, Ingress, TrackSetup
from server.media.negotiation import (
    CC_URI,
    RID_URI,
    RRID_URI,
    OfferedLine,
    published_tracks,
    read_publish_offer,
    read_subscribe_answer,
    write_answer,
)
from server.media.negotiation import write_subscribe_offer as write_offer
from server.media.repair import MAX_MISSING
from server.media.rtp import write_rtp
from server.media.sdp import SdpError
from tests.fuzz.mutation import CORPUS, ROUNDS, SPICE, Target, attempt, fuzz
from tests.unit.media.test_sdp import AUDIO, LOCAL, PRINT, VIDEO, offer

SOURCES: tuple[control.Source, ...] = ("microphone", "camera", "screen", "screen_sound")
LINES = (OfferedLine("0", "microphone", "anna", 11), OfferedLine("1", "camera", "anna", 12))
POLICY = control.RoomPolicy(version=1, people={"a": control.PersonPolicy(hears=("b",))})
STEP_BYTES = 64

VOICE = TrackSetup("0", "microphone", 111, None, mid_extension=3, level_extension=1, cc_extension=5)
FACE = TrackSetup("1", "camera", 96, 97, 3, rids=("l", "h"), rid_extension=10, rrid_extension=11, cc_extension=5)
SCREEN = TrackSetup("2", "screen", 96, 97, 3, ssrcs=(5, 6))


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
        Ingress().configure(tracks)
        answer = write_answer(description, tracks, LOCAL)
        answer.encode()
        assert "\n" not in answer.replace("\r\n", "")


def read_answer(data: bytes) -> None:
    try:
        read_subscribe_answer(data.decode("utf-8", "surrogateescape"), LINES)
    except SdpError:
        return


def read_packet(data: bytes) -> None:
    rtp.is_rtcp(data)
    packet = rtp.parse_rtp(data)
    if packet is None:
        return
    for _, value in rtp.header_extensions(packet.profile, packet.extensions):
        assert len(value) <= 255
    original = rtp.unwrap_rtx(packet, 96, 1)
    for payload in (packet.payload, original.payload if original else b""):
        picture = rtp.vp8_descriptor(payload)
        assert picture.picture_at + (picture.picture_bits + 1) // 8 <= len(payload)
        assert picture.tl0_at < len(payload)


def read_packets(data: bytes) -> None:
    """A sequence of them from one publisher, with negotiations in between."""
    ingress = Ingress()
    ingress.configure([VOICE, FACE, SCREEN])
    for at in range(0, len(data), STEP_BYTES):
        if at % 512 == 256:
            ingress.configure([VOICE, FACE] if at % 1024 == 256 else [VOICE, FACE, SCREEN])
        packet = ingress.receive(data[at : at + STEP_BYTES], at)
        assert packet is None or ingress.streams[packet.stream.source, packet.stream.layer] is packet.stream
    assert len(ingress._routes) <= MAX_SSRCS
    for stream in ingress.streams.values():
        assert len(stream.nacks) <= MAX_MISSING
        rtcp.write_receiver_report(1, [stream.report_block(5)])
        rtcp.write_nack(1, stream.ssrc, stream.nacks.due(10**12))


def read_rtcp(data: bytes) -> None:
    for part in rtcp.parse_rtcp(data):
        if isinstance(part, rtcp.SenderReport):
            rtcp.unix_ns_from_ntp(part.ntp)


def read_feedback(data: bytes) -> None:
    found = transport_cc.parse_feedback(data)
    assert found is None or 0 < len(found.arrivals_us) <= transport_cc.MAX_STATUSES


def note_arrivals(data: bytes) -> None:
    """Transport-wide numbers in any order: what is written about them can be read."""
    log = transport_cc.ArrivalLog()
    for at in range(0, len(data) - 3, 4):
        number, pause_ms = struct.unpack_from(">HH", data, at)
        log.arrived(number, at * 1_000_000 * pause_ms)
        if number % 7 == 0:
            drain(log)
    drain(log)


def drain(log: transport_cc.ArrivalLog) -> None:
    for _ in range(1_000):
        message = log.feedback(1, 2)
        if message is None:
            return
        assert len(message) <= transport_cc.MAX_MESSAGE_BYTES
        assert transport_cc.parse_feedback(message[12:]) is not None
    raise AssertionError("no end of reports")


def read_control(data: bytes) -> None:
    frame = len(data).to_bytes(4, "big") + data
    for decoder in (control.to_worker, control.from_worker):
        with contextlib.suppress(control.FrameError, asyncio.IncompleteReadError):
            drive(read_frames(frame, decoder))
            drive(read_frames(data, decoder))


async def read_frames(data: bytes, decoder: msgspec.msgpack.Decoder[Any]) -> None:
    reader = asyncio.StreamReader(loop=asyncio.get_event_loop_policy().get_event_loop())
    reader.feed_data(data)
    reader.feed_eof()
    while not reader.at_eof():
        await control.read_frame(reader, decoder)


def drive(reading: Coroutine[Any, Any, None]) -> None:
    """All is there, so it never waits; a loop for each input would cost more than the reading."""
    try:
        reading.send(None)
    except StopIteration:
        return
    reading.close()
    raise AssertionError("it waits for more than there is")


@pytest.fixture(autouse=True)
def a_loop() -> Any:
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    asyncio.set_event_loop(None)
    loop.close()


KEYFRAME = bytes.fromhex("90808e52b03e009d012a8002")


def packet(head: bytes, extensions: bytes, payload: bytes = b"") -> bytes:
    block = extensions + bytes(-len(extensions) % 4)
    return (bytes([0x90]) + head[1:] + struct.pack(">HH", 0xBEDE, len(block) // 4) + block + payload).ljust(STEP_BYTES, b"x")


VOICE_PACKET = packet(write_rtp(111, True, 1, 2, 3, b""), b"\x10\x85\x30\x30\x51\x00\x01")
LOWER_PACKET = packet(write_rtp(96, False, 9, 2, 4, b""), b"\x30\x31\xa0l\x51\x00\x02", KEYFRAME)
UPPER_PACKET = packet(write_rtp(96, False, 9, 2, 14, b""), b"\x30\x31\xa0h\x51\x00\x03", KEYFRAME)
REPAIR_PACKET = packet(write_rtp(97, False, 9, 2, 24, b""), b"\x30\x31\xb0h\x51\x00\x04", b"\x00\x0a" + KEYFRAME)
TWO_BYTE_PACKET = b"\x90\x6f" + struct.pack(">HIIHH", 7, 8, 3, 0x1000, 2) + b"\x01\x01\x85\x03\x01\x30\x05\x00"
PACKETS = (VOICE_PACKET, LOWER_PACKET, UPPER_PACKET, REPAIR_PACKET, write_rtp(96, False, 12, 2, 4, b"\x10\x01"), TWO_BYTE_PACKET)
PACKETS_SEED = b"".join(each.ljust(STEP_BYTES, b"x") for each in PACKETS)
REPORTS = (
    rtcp.write_sender_report(1, 2 << 32, 3, 4, 5, "name"),
    rtcp.write_receiver_report(1, [rtcp.ReportBlock(5)] * 3),
    rtcp.write_nack(1, 2, [1, 5, 90]),
    rtcp.write_remb(1, 500_000, [1, 2]),
    rtcp.write_pli(1, 2),
)


def feedback(*numbers_and_ms: tuple[int, int]) -> bytes:
    log = transport_cc.ArrivalLog()
    for number, at_ms in numbers_and_ms:
        log.arrived(number, at_ms * 1_000_000)
    return log.feedback(1, 2) or b""


FEEDBACK = feedback(*((number, 5 * number) for number in range(40) if number % 11), (200, 9_000), (65_535, 9_100))
ARRIVALS = b"".join(struct.pack(">HH", number * 37 & 0xFFFF, 3) for number in range(60))
STUN = tuple(stun.binding_request(b"123456789012", name, "secret", use_candidate=True) for name in ("abcd:efgh", "é" * 300))
SDP_SPICE = (
    *SPICE,
    b"a=rid:h send\r\n",
    b"a=simulcast:send l;h,x\r\n",
    b"~",
    b";",
    b"=",
    b"m=video 9 X 96\r\n",
    b"a=mid:1\r\n",
    b"a=ssrc-group:FID 1 2\r\n",
)
LAYERS = f"a=extmap:10 {RID_URI}\na=extmap:11 {RRID_URI}\na=extmap:5 {CC_URI}\na=rid:l send pt=120\na=rid:h send\na=simulcast:send l;h\n"
SIMULCAST = VIDEO.replace("a=ssrc:77 cname:x\n", LAYERS)
LONG_LINE = "m=video 9 UDP/TLS/RTP/SAVPF " + " ".join(map(str, range(64))) + "\r\n"
# each as large as a text may be, all of it what costs the most to read
BOMBS = {
    "values for all lines": "v=0\r\n" + "a=setup:x\r\n" * 4_000 + "m=audio 9 X 1\r\n" * 64,
    "fingerprints for all lines": "v=0\r\n" + f"a=fingerprint:sha-256 {PRINT}\r\n" * 500 + "m=audio 9 X 1\r\n" * 64,
    "groups": offer(AUDIO) + "a=group:BUNDLE 0 1\r\n" * 3_000,
    "names of a group": offer(AUDIO, bundle="0 " * 30_000),
    "feedback for all formats": offer(AUDIO) + LONG_LINE + "a=rtcp-fb:* x\r\n" * 4_000,
    "parameters": offer(AUDIO) + LONG_LINE + "".join(f"a=fmtp:{number} {';' * 900}apt=7\r\n" for number in range(63)),
    "layers": offer(AUDIO) + LONG_LINE + "".join(f"a=rid:{number} send\r\n" for number in range(3_600)),
    "names of layers": offer(AUDIO) + LONG_LINE + "a=rid:1 send\r\na=simulcast:send " + "1;2," * 14_000 + "\r\n",
    "sources": offer(AUDIO) + LONG_LINE + "".join(f"a=ssrc:{number} cname:x\r\n" for number in range(3_000)),
    "extensions": offer(AUDIO) + LONG_LINE + "".join(f"a=extmap:{number % 250 + 1} urn:x{number}\r\n" for number in range(2_400)),
}
ANSWER = write_offer(LINES, LOCAL).replace("actpass", "active").replace("sendonly", "recvonly").encode()
MESSAGES = (
    msgspec.msgpack.encode(control.SetRoom(room="r", policy=POLICY)),
    msgspec.msgpack.encode(control.PublishOffer(room="r", peer="p", session="s", offer=1, sdp="v=0", sources={"0": "camera"})),
    control.encode_frame(control.Report(worker="w", rooms=())),
)

TARGETS: dict[str, Target] = {
    "media_stun": Target(read_stun, STUN),
    "media_sdp": Target(read_sdp, (offer(AUDIO, VIDEO).encode(), offer(AUDIO, SIMULCAST).encode()), SDP_SPICE, share=0.3),
    "media_answer": Target(read_answer, (ANSWER,), SDP_SPICE),
    "media_packet": Target(read_packet, PACKETS),
    "media_rtp": Target(read_packets, (PACKETS_SEED,), share=0.5),
    "media_rtcp": Target(read_rtcp, (b"".join((*REPORTS, FEEDBACK)), *REPORTS)),
    "media_feedback": Target(read_feedback, (FEEDBACK[12:],)),
    "media_arrivals": Target(note_arrivals, (ARRIVALS,), share=0.1),
    "media_control": Target(read_control, MESSAGES),
}


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("target", TARGETS)
def test_mutated_input(target: str, rounds: int) -> None:
    fuzz(target, TARGETS[target], rounds)


@pytest.mark.parametrize("name", BOMBS)
def test_a_text_full_of_what_is_dear_to_read_is_read_soon(name: str) -> None:
    attempt("media_sdp", TARGETS["media_sdp"], BOMBS[name].encode())


@pytest.mark.parametrize("browser", ["chromium", "firefox"])
def test_what_browsers_say_is_understood(browser: str) -> None:
    microphone, camera = published_tracks(read_publish_offer((CORPUS / "media_sdp" / f"{browser}.sdp").read_bytes().decode()), {})
    assert (microphone.source, camera.source, camera.rids) == ("microphone", "camera", ("l", "h"))
    _, wanted = read_subscribe_answer((CORPUS / "media_answer" / f"{browser}.sdp").read_bytes().decode(), LINES)
    assert sorted(wanted) == ["0", "1"]


def test_seeds_are_understood() -> None:
    """Else the mutations would all be refused at the door."""
    assert all(stun.parse_binding_request(data) for data in STUN)
    assert len(rtcp.parse_rtcp(b"".join(REPORTS))) == len(REPORTS)
    assert transport_cc.parse_feedback(FEEDBACK[12:]) is not None
    ingress = Ingress()
    ingress.configure([VOICE, FACE, SCREEN])
    layers = published_tracks(read_publish_offer(offer(AUDIO, SIMULCAST)), {})[1]
    assert (layers.rids, layers.rid_extension, layers.rrid_extension, layers.cc_extension) == (("l", "h"), 10, 11, 5)
    understood = [ingress.receive(data, 1) is not None for data in PACKETS]
    assert understood == [True, True, True, True, True, True]
    assert len(ingress.streams) == 3
