"""A picture in two layers: offered, answered, told apart, and whole again after its line rested. Whatever a peer writes into its names."""

from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.media.ingress import LAYER_PAUSE_NS, LOWER, MAX_SSRCS, UPPER, Ingress, TrackSetup
from server.media.negotiation import CC_URI, RID_URI, RRID_URI, published_tracks, read_publish_offer, write_answer
from server.media.rtp import header_extensions, vp8_descriptor, write_rtp
from server.media.sdp import MAX_RIDS, read_sdp
from server.media.transport_cc import ArrivalLog
from tests.unit.media.test_rtp import extended
from tests.unit.media.test_sdp import AUDIO, LOCAL, VIDEO, offer

S = 1_000_000_000
KEY, DELTA = b"\x10\x00key", b"\x10\x01delta"
MID, RID, RRID, CC, LEVEL = 4, 10, 11, 3, 1
CAMERA = TrackSetup("1", "camera", 96, 97, MID, rids=("l", "h"), rid_extension=RID, rrid_extension=RRID, cc_extension=CC)
VOICE = TrackSetup("0", "microphone", 111, mid_extension=MID, level_extension=LEVEL, cc_extension=CC, ssrcs=(7,))
L, H, L_RTX, H_RTX = 100, 101, 102, 103

EXTENSIONS = f"a=extmap:{RID} {RID_URI}\na=extmap:{RRID} {RRID_URI}\na=extmap:{CC} {CC_URI}\n"
LAYERED = VIDEO.replace("a=ssrc:77 cname:x\n", EXTENSIONS + "a=rid:l send\na=rid:h send\na=simulcast:send l;~h\n")


def camera_of(section: str) -> tuple[TrackSetup, str]:
    description = read_publish_offer(offer(AUDIO, section))
    tracks = published_tracks(description, {})
    return tracks[1], write_answer(description, tracks, LOCAL).split("m=")[2]


def test_both_layers_are_taken_and_the_upper_one_goes_on_resting() -> None:
    track, answer = camera_of(LAYERED)
    assert track.rids == ("l", "h")
    assert (track.rid_extension, track.rrid_extension, track.cc_extension) == (RID, RRID, CC)
    for line in ("a=rid:l recv", "a=rid:h recv", "a=simulcast:recv l;~h", f"a=extmap:{RID} {RID_URI}", f"a=extmap:{RRID} {RRID_URI}"):
        assert f"{line}\r\n" in answer
    assert "a=rtcp-fb:120 transport-cc\r\n" in answer
    assert f"a=extmap:{CC} {CC_URI}\r\n" in answer


def test_a_line_that_rests_keeps_its_layers() -> None:
    _, answer = camera_of(LAYERED)
    description = read_publish_offer(offer(AUDIO, LAYERED.replace("a=sendonly", "a=inactive")))
    resting = write_answer(description, published_tracks(description, {}), LOCAL).split("m=")[2]
    assert "a=inactive" in resting
    assert "a=simulcast:recv l;~h\r\n" in resting
    assert "a=simulcast:recv l;~h\r\n" in answer


def test_of_three_layers_the_lowest_and_the_highest_are_taken() -> None:
    track, answer = camera_of(LAYERED.replace("a=rid:h", "a=rid:m send\na=rid:h").replace("l;~h", "l;m,x;h"))
    assert track.rids == ("l", "h")
    assert "a=simulcast:recv l;h\r\n" in answer
    assert "a=rid:m" not in answer


@pytest.mark.parametrize(
    "changed",
    [
        LAYERED.replace(f"a=extmap:{RID} {RID_URI}\n", ""),  # no packet could say its layer
        LAYERED.replace("a=simulcast:send l;~h\n", ""),
        LAYERED.replace("a=simulcast:send l;~h", "a=simulcast:recv l;h"),
        LAYERED.replace("a=rid:h send", "a=rid:h recv"),
        LAYERED.replace("a=rid:h send", f"a=rid:{'h' * 17} send"),
        LAYERED.replace("l;~h", "l;l"),
        LAYERED.replace("l;~h", ";;~;~~,"),
        LAYERED.replace("a=simulcast:send l;~h", "a=simulcast:send"),
    ],
)
def test_what_are_no_two_layers_is_one_quality(changed: str) -> None:
    track, answer = camera_of(changed)
    assert track.rids == ()
    assert "a=rid" not in answer
    assert "a=simulcast" not in answer


def test_names_of_layers_are_capped() -> None:
    names = [f"r{number}" for number in range(100)]
    text = LAYERED.replace("a=rid:l send\n", "".join(f"a=rid:{name} send\n" for name in names)).replace("l;~h", ";".join(names))
    section = read_sdp(offer(AUDIO, text)).sections[1]
    assert len(section.rids) == len(section.layers) == MAX_RIDS


@given(st.text(max_size=60), st.text(max_size=60))
def test_no_names_of_layers_break_anything(rid: str, simulcast: str) -> None:
    clean = [text.replace("\n", "").replace("\r", "").replace("\0", "") for text in (rid, simulcast)]
    section = LAYERED.replace("a=rid:l send", f"a=rid:{clean[0]} send").replace("send l;~h", clean[1])
    track, answer = camera_of(section)
    assert len(track.rids) in (0, 2)
    assert len(answer.split("a=simulcast")) == 1 + bool(track.rids)


def test_numbers_of_the_transport_need_the_feedback_and_the_other_way_round() -> None:
    for missing in ("a=rtcp-fb:120 transport-cc\n", f"a=extmap:{CC} {CC_URI}\n"):
        track, answer = camera_of(LAYERED.replace(missing, ""))
        assert track.cc_extension == 0
        assert "transport-" not in answer.replace("rtp-stream", "")


def test_a_voice_gets_along_with_little_and_the_sound_of_a_film_does_not() -> None:
    four = offer(AUDIO, VIDEO, AUDIO.replace("a=mid:0", "a=mid:2"), bundle="0 1 2")
    description = read_publish_offer(four)
    sections = write_answer(description, published_tracks(description, {"2": "screen_sound"}), LOCAL).split("m=")[1:]
    assert "maxaveragebitrate=28000" in sections[0]
    assert "usedtx" not in sections[0], "levels of a silence are needed, too"
    assert "maxaveragebitrate" not in sections[2]


def ready(*setups: TrackSetup) -> Ingress:
    ingress = Ingress()
    ingress.configure(setups or (VOICE, CAMERA))
    return ingress


def layer(number: int, ssrc: int, rid: bytes | None, payload: bytes = KEY) -> bytes:
    raw = write_rtp(96, False, number, 3000, ssrc, payload)
    return raw if rid is None else extended(raw, (MID, b"1"), (RID, rid))


def both(ingress: Ingress, now_ns: int = S) -> None:
    for ssrc, rid in ((L, b"l"), (H, b"h")):
        assert ingress.receive(layer(1, ssrc, rid), now_ns)


def test_layers_are_told_apart_by_name_and_then_by_ssrc() -> None:
    ingress = ready()
    both(ingress)
    found = [ingress.receive(layer(2, ssrc, None, DELTA), S) for ssrc in (L, H)]
    assert [packet and packet.stream.layer for packet in found] == [LOWER, UPPER]
    assert [stream.ssrc for stream in ingress.layers("camera")] == [L, H]
    assert ingress.streams.keys() == {("camera", LOWER), ("camera", UPPER)}


def test_who_has_not_said_its_layer_yet_is_asked_again_and_counts() -> None:
    ingress = ready()
    assert ingress.receive(layer(1, L, None), S) is None
    packet = ingress.receive(layer(2, L, b"l"), S)
    assert packet is not None
    assert packet.stream.layer == LOWER
    for ssrc in range(1_000, 1_000 + 2 * MAX_SSRCS):
        raw = extended(write_rtp(96, False, 1, 0, ssrc, KEY), (MID, b"1"))
        if ingress.admits(raw):
            assert ingress.receive(raw, S) is None
    assert not ingress.admits(layer(1, 5_000, b"h"))


def test_a_layer_that_was_not_agreed_on_leads_nowhere() -> None:
    ingress = ready()
    assert ingress.receive(layer(1, L, b"m"), S) is None
    assert ingress.receive(layer(2, L, b"l"), S) is None, "it has said what it is"


def test_one_quality_is_the_upper_layer() -> None:
    ingress = ready(TrackSetup("1", "camera", 96, 97, MID))
    packet = ingress.receive(layer(1, L, None), S)
    assert packet is not None
    assert packet.stream.layer == UPPER
    assert ingress.best("camera") is packet.stream


def test_repairs_go_to_their_own_layer() -> None:
    ingress = ready()
    both(ingress)
    for ssrc, rid in ((L, b"l"), (H, b"h")):
        assert ingress.receive(layer(3, ssrc, None, DELTA), S)
        repair = write_rtp(97, False, 9, 3000, {L: L_RTX, H: H_RTX}[ssrc], struct.pack(">H", 2) + rid)
        again = ingress.receive(extended(repair, (MID, b"1"), (RRID, rid)), S)
        assert again is not None
        assert (again.stream.ssrc, again.payload) == (ssrc, rid)
    unnamed = write_rtp(97, False, 10, 3000, 999, struct.pack(">H", 4) + b"x")
    assert ingress.receive(unnamed, S) is None


def test_a_screen_that_is_shared_again_comes_under_the_same_ssrcs_without_a_name() -> None:
    screen = TrackSetup("2", "screen", 96, 97, MID, rids=("l", "h"), rid_extension=RID, rrid_extension=RRID)
    ingress = ready(VOICE, CAMERA, screen)
    both(ingress)
    named = extended(write_rtp(96, False, 1, 0, 200, KEY), (MID, b"2"), (RID, b"h"))
    assert ingress.receive(named, S)
    ingress.configure([VOICE, CAMERA])
    assert ingress.receive(layer(2, 200, None), S) is None
    assert ("screen", UPPER) not in ingress.streams
    ingress.configure([VOICE, CAMERA, screen])
    packet = ingress.receive(layer(3, 200, None), S)
    assert packet is not None
    assert (packet.stream.source, packet.stream.layer) == ("screen", UPPER)


def test_lines_that_rest_do_not_use_up_the_ssrcs_that_a_peer_may_have() -> None:
    ingress = ready()
    both(ingress)
    for number in range(10, 210):
        screen = TrackSetup(str(number), "screen", 96, 97, MID, rids=("l", "h"), rid_extension=RID)
        ingress.configure([VOICE, CAMERA, screen])
        raw = extended(write_rtp(96, False, 1, 0, 1_000 + number, KEY), (MID, str(number).encode()), (RID, b"l"))
        assert ingress.admits(raw)
        assert ingress.receive(raw, S)
        ingress.configure([VOICE, CAMERA])
    assert ingress.receive(layer(2, H, None), S), "the camera has stayed"


def test_the_upper_layer_is_best_until_it_has_been_away_for_a_while() -> None:
    ingress = ready()
    assert ingress.best("camera") is None
    assert ingress.receive(layer(1, L, b"l"), S)
    assert ingress.best("camera") is ingress.layers("camera")[0]
    assert ingress.receive(layer(1, H, b"h"), S)
    assert ingress.receive(layer(2, L, None), S + LAYER_PAUSE_NS)
    assert ingress.best("camera") is ingress.layers("camera")[1]
    assert ingress.receive(layer(3, L, None), S + LAYER_PAUSE_NS + 1)
    assert ingress.best("camera") is ingress.layers("camera")[0]
    assert ingress.receive(layer(2, H, None), S + LAYER_PAUSE_NS + 2)
    assert ingress.best("camera") is ingress.layers("camera")[1]


class Heard(ArrivalLog):
    def __init__(self, arrived: Callable[[int, int], None]) -> None:
        super().__init__()
        self.arrived = arrived  # type: ignore[assignment]


def test_a_gap_and_its_repair_are_told_with_the_numbers_around_it() -> None:
    told: list[tuple[object, ...]] = []

    class Gaps(ArrivalLog):
        def skipped(self, *gap: int) -> None:
            told.append(("skipped", *gap))

        def came_late(self, ssrc: int, number: int) -> None:
            told.append(("late", ssrc, number))

    ingress = Ingress(Gaps())
    ingress.configure([VOICE, CAMERA])

    def came(sequence: int, wide: int) -> None:
        ingress.receive(extended(write_rtp(111, False, sequence, 0, 7, b"x"), (CC, wide.to_bytes(2))), S)

    came(65_534, 65_530)
    came(65_535, 65_531)
    came(2, 3)
    cycle = 0x10000
    assert told == [("skipped", 7, cycle + 65_536, cycle + 65_538, 65_531, 3)]
    came(1, 9)
    came(1, 10)
    assert told[1:] == [("late", 7, cycle + 65_537)], "once"


def test_every_packet_that_came_counts_for_the_line_also_what_leads_nowhere() -> None:
    heard: list[tuple[int, int]] = []
    ingress = Ingress(Heard(lambda sequence, now_ns: heard.append((sequence, now_ns))))
    ingress.configure([VOICE, CAMERA])
    first = extended(write_rtp(111, False, 1, 0, 7, b"x"), (LEVEL, b"\xa1"), (CC, b"\xff\xfe"))
    assert ingress.receive(first, 1)
    assert ingress.receive(first, 2) is None, "twice"
    ingress.receive(extended(write_rtp(50, False, 1, 0, 55, b"x"), (CC, b"\xff\xff")), 3)
    ingress.receive(extended(write_rtp(97, False, 1, 0, 56, b""), (CC, b"\x00\x00")), 4)
    ingress.receive(extended(write_rtp(111, False, 2, 0, 7, b"x"), (CC, b"\x01")), 5)
    assert heard == [(0xFFFE, 1), (0xFFFE, 2), (0xFFFF, 3), (0, 4)]


@pytest.mark.parametrize("profile", [0xBEDE, 0x1000])
@given(block=st.binary(max_size=40).map(lambda data: data + bytes(-len(data) % 4)))
def test_one_pass_over_the_extensions_reads_what_a_plain_reader_reads(profile: int, block: bytes) -> None:
    heard: list[int] = []
    ingress = Ingress(Heard(lambda sequence, now_ns: heard.append(sequence)))
    ingress.configure([VOICE, CAMERA])
    raw = write_rtp(111, False, 1, 0, 7, b"x")
    packet = ingress.receive(bytes([raw[0] | 0x10]) + raw[1:12] + struct.pack(">HH", profile, len(block) // 4) + block + b"x", S)
    found = list(header_extensions(profile, block))
    numbers = [int.from_bytes(value, "big") for number, value in found if number == CC and len(value) == 2]
    assert set(heard) <= set(numbers)
    assert bool(heard) == bool(numbers) or profile == 0x1000
    if packet is not None:
        levels = [value[0] for number, value in found if number == LEVEL and value]
        assert packet.level == (levels[-1] if levels and levels[-1] != 0xFF else packet.level)


@pytest.mark.parametrize(
    ("descriptor", "found"),
    [
        ("10 00", (True, -1, 0, -1)),
        ("90 80 8e52 b0", (True, 2, 15, -1)),
        ("90 80 2e b0", (True, 2, 7, -1)),
        ("90 c0 8e52 07 b0", (True, 2, 15, 4)),
        ("90 e0 2e 07 21 b1", (False, 2, 7, 3)),
        ("90 40 07 b0", (True, -1, 0, 2)),
        ("80 80 8e52 b0", (False, 2, 15, -1)),
        ("91 80 8e52 b0", (False, 2, 15, -1)),
        ("90 80 8e52", (False, -1, 0, -1)),
        ("90 c0 8e52 07", (False, -1, 0, -1)),
        ("90", (False, -1, 0, -1)),
        ("", (False, -1, 0, -1)),
    ],
)
def test_numbers_of_pictures_are_found(descriptor: str, found: tuple[bool, int, int, int]) -> None:
    assert vp8_descriptor(bytes.fromhex(descriptor)) == found


@given(st.binary(max_size=12))
def test_numbers_of_pictures_lie_within_the_payload(payload: bytes) -> None:
    found = vp8_descriptor(payload)
    assert max(found.picture_at + found.picture_bits // 8, found.tl0_at) < len(payload)
