"""Packets that come in: canonical for everybody."""

from __future__ import annotations

import struct

from server.media.ingress import DUPLICATE_WINDOW, MAX_SSRCS, UPPER, Ingress, TrackSetup
from server.media.ring import NO_LEVEL, SILENT
from server.media.rtp import extend_sequence, is_rtcp, parse_rtp, vp8_descriptor, write_rtp

S = 1_000_000_000
MICROPHONE = TrackSetup("0", "microphone", 109, mid_extension=3, level_extension=1)
CAMERA = TrackSetup("1", "camera", 120, 124, mid_extension=3)
KEY, DELTA = b"\x10\x00key", b"\x10\x01delta"


def extended(packet: bytes, *elements: tuple[int, bytes]) -> bytes:
    block = b"".join(bytes([number << 4 | len(value) - 1]) + value for number, value in elements)
    block += bytes(-len(block) % 4)
    return bytes([packet[0] | 0x10]) + packet[1:12] + struct.pack(">HH", 0xBEDE, len(block) // 4) + block + packet[12:]


def ready() -> Ingress:
    ingress = Ingress()
    ingress.configure([MICROPHONE, CAMERA])
    return ingress


def test_a_browser_packet_becomes_canonical() -> None:
    ingress = ready()
    raw = write_rtp(109, True, 7, 960, 5, b"opus")
    csrc = bytes([raw[0] | 0x21]) + raw[1:12] + bytes(4) + raw[12:] + b"\x00\x00\x03"
    packet = ingress.receive(extended(write_rtp(109, True, 6, 0, 5, b"opus"), (3, b"0"), (1, b"\xa1")), S)
    assert packet is not None
    assert (packet.stream.source, packet.payload, packet.level, packet.marker) == ("microphone", b"opus", 0xA1, True)
    packet = ingress.receive(csrc, S)
    assert packet is not None
    assert (packet.payload, packet.level, packet.timestamp) == (b"opus", NO_LEVEL, 960)


def test_silence_that_is_called_a_voice_is_still_a_level() -> None:
    packet = ready().receive(extended(write_rtp(109, True, 6, 0, 5, b"opus"), (3, b"0"), (1, b"\xff")), S)
    assert packet is not None
    assert packet.level == SILENT


def test_padding_only_packet_keeps_its_number() -> None:
    packet = ready().receive(bytes([0xA0]) + write_rtp(120, False, 6, 0, 5, bytes(3) + b"\x04")[1:], S)
    assert packet is not None
    assert packet.payload == b""


def test_duplicates_and_the_very_old_are_dropped() -> None:
    ingress = ready()
    for number in (10, 12, 11):
        assert ingress.receive(write_rtp(109, False, number, 0, 5, b"x"), S)
    assert ingress.receive(write_rtp(109, False, 11, 0, 5, b"y"), S) is None
    assert ingress.receive(write_rtp(109, False, (12 - DUPLICATE_WINDOW) & 0xFFFF, 0, 5, b"x"), S) is None
    assert ingress.receive(write_rtp(109, False, 9, 0, 5, b"x"), S), "from before the first one"


def test_rtx_is_unwrapped_and_never_the_primary() -> None:
    ingress = ready()
    assert ingress.receive(extended(write_rtp(124, False, 900, 0, 66, bytes(200)), (3, b"1")), S) is None, "a probe before all else"
    first = ingress.receive(write_rtp(120, False, 10, 3000, 55, KEY), S)
    assert ingress.receive(write_rtp(120, False, 12, 3000, 55, DELTA), S)
    again = ingress.receive(write_rtp(124, True, 901, 3000, 66, struct.pack(">H", 11) + DELTA), S)
    assert first is not None
    assert again is not None
    assert again.stream is first.stream
    assert (again.sequence - first.sequence, again.payload, again.marker) == (1, DELTA, True)
    assert ingress.receive(write_rtp(124, True, 902, 3000, 66, struct.pack(">H", 11) + DELTA), S) is None
    assert len(first.stream.nacks) == 0


def test_mid_decides_where_payload_types_do_not() -> None:
    ingress = Ingress()
    ingress.configure([MICROPHONE, TrackSetup("1", "camera", 109, mid_extension=3)])
    assert ingress.receive(write_rtp(109, False, 1, 0, 1, b"x"), S) is None, "ambiguous"
    packet = ingress.receive(extended(write_rtp(109, False, 1, 0, 2, b"x"), (3, b"1")), S)
    assert packet is not None
    assert packet.stream.source == "camera"


def test_ssrcs_are_capped_before_decryption() -> None:
    ingress = ready()
    for ssrc in range(1, 100):
        raw = write_rtp(109, False, 1, 0, ssrc, b"x")
        if ingress.admits(raw):
            ingress.receive(raw, S)
    assert not ingress.admits(write_rtp(109, False, 1, 0, 1000, b"x"))
    assert sum(ingress.admits(write_rtp(109, False, 1, 0, ssrc, b"x")) for ssrc in range(1, 1000)) == MAX_SSRCS
    assert not ingress.admits(b"short")


def test_new_ssrc_replaces_the_stream_and_the_old_one_is_dead() -> None:
    ingress = ready()
    old = ingress.receive(write_rtp(109, False, 1, 0, 1, b"x"), S)
    new = ingress.receive(write_rtp(109, False, 9, 0, 2, b"x"), S)
    assert old is not None
    assert new is not None
    assert new.stream is not old.stream
    assert ingress.receive(write_rtp(109, False, 2, 0, 1, b"x"), S) is None


def test_a_source_that_is_not_negotiated_any_more_is_gone() -> None:
    ingress = ready()
    assert ingress.receive(write_rtp(120, False, 1, 0, 5, KEY), S)
    ingress.configure([MICROPHONE])
    assert ingress.streams == {}
    assert ingress.receive(write_rtp(120, False, 2, 0, 5, KEY), S) is None


SCREEN = TrackSetup("2", "screen", 120, 124, mid_extension=3, ssrcs=(7, 8))


def shown(number: int, ssrc: int) -> bytes:
    return extended(write_rtp(120, False, number, 0, ssrc, KEY), (3, b"2"))


def test_a_line_that_is_back_is_heard_under_its_old_ssrc() -> None:
    ingress = ready()
    ingress.configure([MICROPHONE, SCREEN])
    assert ingress.receive(shown(1, 7), S)
    ingress.configure([MICROPHONE])
    assert ingress.receive(shown(2, 7), S) is None
    ingress.configure([MICROPHONE, SCREEN])
    packet = ingress.receive(shown(3, 7), S)
    assert packet is not None
    assert packet.stream.source == "screen"


def test_a_screen_may_be_shared_any_number_of_times() -> None:
    ingress = ready()
    forgotten: list[int] = []
    for ssrc in range(100, 200):
        forgotten += ingress.configure([MICROPHONE, TrackSetup(str(ssrc), "screen", 120, 124, mid_extension=3)])
        packet = extended(write_rtp(120, False, 1, 0, ssrc, KEY), (3, str(ssrc).encode()))
        assert ingress.admits(packet)
        assert ingress.receive(packet, S)
        forgotten += ingress.configure([MICROPHONE])
    assert len(forgotten) == len(set(forgotten)) >= 100 - MAX_SSRCS
    assert 199 not in forgotten, "its last packets may be on their way"


def test_receiver_report_counts_loss() -> None:
    ingress = ready()
    for number in (0, 1, 2, 5, 6, 7, 8, 9):
        ingress.receive(write_rtp(109, False, number, number * 960, 5, b"x"), S + number * 20_000_000)
    block = ingress.streams["microphone", UPPER].report_block(S)
    assert (block.packets_lost, block.fraction_lost, block.highest_sequence) == (2, 51, 9)


def test_keyframes_are_recognised() -> None:
    assert vp8_descriptor(bytes.fromhex("90808e52b03e009d012a8002")).keyframe  # Chromium 156
    assert not vp8_descriptor(bytes.fromhex("90808e52b13e009d012a8002")).keyframe
    assert not vp8_descriptor(bytes.fromhex("80808e52b03e009d012a8002")).keyframe
    assert not vp8_descriptor(b"\x90\x80").keyframe


def test_helpers() -> None:
    assert extend_sequence(2, 0x1FFFF) == 0x20002
    assert extend_sequence(0xFFFE, 0x20001) == 0x1FFFE
    assert is_rtcp(b"\x80\xc8")
    assert not is_rtcp(b"\x80\x6f")
    assert parse_rtp(b"\x80" * 11) is None
