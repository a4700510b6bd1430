"""Loss, reordering and wraps must neither break a picture nor lose one that could be repaired."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest

from recorder.assembler import AUDIO_PATIENCE_NS, LATE_NS, VIDEO_PATIENCE_NS, Frame, OpusAssembler, Resume, Vp8Assembler
from recorder.rtp import Packet, RtpError, Unwrapper, parse_packet
from recorder.vp8 import parse_payload

KEY = b"\x10\x00\x00\x9d\x01\x2a\x40\x01\xb4\x00"
DELTA = b"\x11\x00\x00delta"


def frame_packets(first_sequence: int, timestamp: int, *, key: bool, packets: int = 3) -> list[Packet]:
    whole = (KEY if key else DELTA) + bytes([timestamp & 0xFF]) * 20
    cut = -(-len(whole) // packets)
    return [
        Packet(
            (first_sequence + index) & 0xFFFF,
            timestamp & 0xFFFF_FFFF,
            index == packets - 1,
            (b"\x10" if index == 0 else b"\x00") + whole[index * cut : (index + 1) * cut],
        )
        for index in range(packets)
    ]


def stream(frames: int, *, first_sequence: int = 65_530, first_timestamp: int = 0xFFFF_F000, keys: tuple[int, ...] = (0,)) -> list[Packet]:
    return [
        packet
        for number in range(frames)
        for packet in frame_packets(first_sequence + 3 * number, first_timestamp + 3000 * number, key=number in keys)
    ]


def run(packets: list[Packet], *, every_ns: int = 10_000_000, resume: Resume | None = None) -> list[Frame]:
    assembler = Vp8Assembler(resume)
    frames: list[Frame] = []
    for index, packet in enumerate(packets):
        assembler.add(packet, arrival_ns=index * every_ns, level=255, position=index)
        frames.extend(assembler.take(index * every_ns))
    return frames + assembler.take(1 << 62)


def test_frames_come_out_whole_across_both_wraps() -> None:
    frames = run(stream(10))
    assert [frame.timestamp for frame in frames] == [0xFFFF_F000 + 3000 * number for number in range(10)]
    assert [frame.key for frame in frames] == [True] + [False] * 9
    assert frames[0].payload == KEY + b"\x00" * 20
    assert [after.sequence_end - before.sequence_end for before, after in pairwise(frames)] == [3] * 9


def test_any_order_within_patience_gives_the_same_frames() -> None:
    packets = stream(40)
    expected = [frame.payload for frame in run(packets)]
    chance = random.Random(7)
    for _ in range(20):
        shuffled = sorted(enumerate(packets), key=lambda item: item[0] if item[0] < 3 else item[0] + chance.uniform(0, 30))
        assert [frame.payload for frame in run([packet for _, packet in shuffled])] == expected


def test_duplicates_are_ignored() -> None:
    packets = stream(5)
    assert len(run([packet for packet in packets for _ in range(3)])) == 5


def test_hole_waits_for_its_repair_and_then_holds_no_longer() -> None:
    assembler = Vp8Assembler()
    packets = stream(4)
    for index, packet in enumerate(packets):
        if index != 4:
            assembler.add(packet, arrival_ns=index, level=255, position=index)
    assert len(assembler.take(VIDEO_PATIENCE_NS - 10)) == 1
    assert assembler.oldest_position() == 3
    assembler.add(packets[4], arrival_ns=VIDEO_PATIENCE_NS - 5, level=255, position=99)
    assert len(assembler.take(VIDEO_PATIENCE_NS - 5)) == 3
    assert assembler.oldest_position() is None


def test_after_a_loss_frames_go_on_and_their_numbers_tell_the_gap() -> None:
    packets = stream(12, keys=(0, 8))
    del packets[10]
    frames = run(packets, every_ns=1_000_000_000)
    assert [(frame.timestamp - 0xFFFF_F000) // 3000 for frame in frames] == [0, 1, 2, *range(4, 12)]
    gaps = [before.sequence_end != after.sequence_begin for before, after in pairwise(frames)]
    assert gaps == [False, False, True] + [False] * 7


def test_frame_that_becomes_whole_after_its_hole_was_given_up_comes_late() -> None:
    assembler = Vp8Assembler()
    packets = stream(6)
    for index, packet in enumerate(packets):
        if index != 7:
            assembler.add(packet, arrival_ns=index, level=255, position=index)
    assert len(assembler.take(VIDEO_PATIENCE_NS * 2)) == 5
    assembler.add(packets[7], arrival_ns=VIDEO_PATIENCE_NS * 2, level=255, position=99)
    [late] = assembler.take(VIDEO_PATIENCE_NS * 2)
    assert (late.late, late.timestamp - 0xFFFF_F000, late.arrival_ns) == (True, 6000, 6)
    assert assembler.oldest_position() is None


def test_frame_that_never_becomes_whole_holds_nothing_back_and_is_forgotten() -> None:
    assembler = Vp8Assembler()
    for index, packet in enumerate(stream(3)[:8]):  # the last one lacks its end, and nothing follows
        assembler.add(packet, arrival_ns=index, level=255, position=index)
    assert len(assembler.take(10)) == 2
    assert assembler.oldest_position() == 6
    assembler.take(VIDEO_PATIENCE_NS + 10)
    assert assembler.oldest_position() is None
    assembler.take(LATE_NS + 10)
    assembler.add(stream(3)[8], arrival_ns=LATE_NS + 20, level=255, position=9)
    assert assembler.take(LATE_NS * 3) == []


def test_padding_between_frames_is_no_gap() -> None:
    packets = stream(2)
    padding = Packet((packets[-1].sequence + 1) & 0xFFFF, packets[-1].timestamp, False, b"")
    after = frame_packets(packets[-1].sequence + 2, 0xFFFF_F000 + 6000, key=False)
    frames = run([*packets, padding, *after])
    assert [before.sequence_end == later.sequence_begin for before, later in pairwise(frames)] == [True, True]


def test_resumed_stream_drops_what_the_journal_has_and_goes_on_without_key_frame() -> None:
    packets = stream(6)
    before = run(packets[:9])
    after = run(packets[4:], resume=Resume(before[-1].sequence_end, before[-1].timestamp, before[-1].arrival_ns))
    assert [frame.timestamp for frame in before + after] == [0xFFFF_F000 + 3000 * number for number in range(6)]


def test_opus_packets_survive_reordering_and_a_loss_is_given_up() -> None:
    assembler = OpusAssembler()
    order = [0, 2, 1, 4, 5]
    for index, number in enumerate(order):
        assembler.add(Packet((65_534 + number) & 0xFFFF, 960 * number, False, bytes([number])), arrival_ns=index, level=20, position=index)
    assert [frame.payload for frame in assembler.take(100)] == [b"\x00", b"\x01", b"\x02"]
    assert [frame.payload for frame in assembler.take(AUDIO_PATIENCE_NS + 10)] == [b"\x04", b"\x05"]


def test_every_packet_of_a_stream_of_nothing_but_holes_is_given_out() -> None:
    assembler = OpusAssembler()
    for number in range(4000):
        assembler.add(Packet(2 * number & 0xFFFF, 960 * number, False, b"x"), arrival_ns=number, level=20, position=number)
    assert len(assembler.take(1 << 62)) == 4000


@pytest.mark.parametrize("payload", [b"", b"\x80", b"\x80\x80", b"\x80\x80\x80", b"\x90\xf0\x01\x02\x03", b"\x10"])
def test_short_payload_descriptor_is_refused(payload: bytes) -> None:
    with pytest.raises(RtpError):
        parse_payload(payload)


@pytest.mark.parametrize(
    ("payload", "first", "data"),
    [
        (b"\x10frame", True, b"frame"),
        (b"\x00rest", False, b"rest"),
        (b"\x11part", False, b"part"),
        (b"\x90\x80\x05frame", True, b"frame"),
        (b"\x90\x80\x85\x01frame", True, b"frame"),
        (b"\x90\xf0\x85\x01\x02\x03frame", True, b"frame"),
        (b"\x90\x20\x03frame", True, b"frame"),
    ],
)
def test_payload_descriptor_is_cut_off(payload: bytes, first: bool, data: bytes) -> None:
    piece = parse_payload(payload)
    assert (piece.first, piece.data) == (first, data)


def test_packet_padding_extension_and_sources_are_cut_off() -> None:
    packet = parse_packet(
        b"\xb1\xe0\x00\x07\x00\x00\x00\x09\x00\x00\x00\x01" + b"CSRC" + b"\xbe\xde\x00\x01EXT!" + b"payload" + b"\x00\x02"
    )
    assert packet == Packet(7, 9, True, b"payload")


def test_unwrapper_takes_the_near_way_round() -> None:
    unwrapper = Unwrapper(16)
    assert [unwrapper.unwrap(value) for value in (65_534, 1, 65_535, 2)] == [65_534, 65_537, 65_535, 65_538]
