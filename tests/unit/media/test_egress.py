"""Packets that go out: numbers without gaps, one clock, resends of the same bytes, layers that take over from each other unnoticed."""

from __future__ import annotations

from itertools import pairwise

from server.media.control import Source
from server.media.egress import HISTORY, Outbound, vp8_numbers
from server.media.ingress import LOWER, UPPER, InboundStream, Ingress, MediaPacket, TrackSetup
from server.media.ring import NO_LEVEL
from server.media.rtp import RTX_PAYLOAD_TYPE, parse_rtp, vp8_descriptor, write_rtp
from tests.fakes.plain_batch import Forwarding

S = 1_000_000_000
MICROPHONE = TrackSetup("0", "microphone", 109, mid_extension=3, level_extension=1)
CAMERA = TrackSetup("1", "camera", 120, 124, mid_extension=3)
KEY, DELTA = b"\x10\x00key", b"\x10\x01delta"


class Published:
    """A publisher's stream as it comes out of the ingress."""

    def __init__(self, source: Source, ssrc: int = 5, sequence: int = 0xFFF0) -> None:
        self.ingress = ready()
        self.payload_type = 109 if source == "microphone" else 120
        self.ssrc = ssrc
        self.sequence = sequence
        self.timestamp = 0

    def next(self, payload: bytes = KEY, *, skip: int = 0) -> MediaPacket:
        self.sequence += 1 + skip
        self.timestamp += 960
        raw = write_rtp(self.payload_type, False, self.sequence, self.timestamp, self.ssrc, payload)
        packet = self.ingress.receive(raw, S)
        assert packet is not None
        return packet


def number_of(raw: bytes | None) -> int:
    assert raw is not None
    return int.from_bytes(raw[2:4], "big")


def time_of(raw: bytes | None) -> int:
    assert raw is not None
    return int.from_bytes(raw[4:8], "big")


def test_payload_type_and_ssrc_are_ours() -> None:
    out = Forwarding(Outbound("microphone"))
    parsed = parse_rtp(out.rewrite(Published("microphone").next(b"opus"), S) or b"")
    assert parsed is not None
    assert (parsed.payload_type, parsed.ssrc, parsed.payload) == (111, out.out.ssrc, b"opus")


def test_a_pause_leaves_no_gap_in_the_numbers_but_in_time() -> None:
    source, out = Published("microphone"), Forwarding(Outbound("microphone"))
    before = [out.rewrite(source.next(), S) for _ in range(30)]
    out.out.stop()
    for _ in range(40_000):
        source.next()
    after = out.rewrite(source.next(), S)
    assert number_of(after) == number_of(before[-1]) + 1
    assert time_of(after) - time_of(before[-1]) == 40_001 * 960


def test_publishers_loss_stays_visible_and_late_packets_fit_in() -> None:
    source, out = Published("microphone"), Forwarding(Outbound("microphone"))
    first = number_of(out.rewrite(source.next(), S))
    late = source.next()
    assert number_of(out.rewrite(source.next(), S)) == first + 2
    assert number_of(out.rewrite(late, S)) == first + 1


def test_a_long_hole_is_renumbered() -> None:
    source, out = Published("microphone"), Forwarding(Outbound("microphone"))
    first = number_of(out.rewrite(source.next(), S))
    assert number_of(out.rewrite(source.next(skip=2_000), S)) == first + 1


def test_video_begins_at_a_keyframe() -> None:
    source, out = Published("camera"), Forwarding(Outbound("camera"))
    assert out.rewrite(source.next(DELTA), S) is None
    assert out.out.waits_for
    first = out.rewrite(source.next(KEY), S)
    out.out.stop()
    assert out.rewrite(source.next(DELTA), S) is None
    assert number_of(out.rewrite(source.next(KEY), S)) == number_of(first) + 1


def test_video_does_not_begin_at_a_keyframe_that_is_late() -> None:
    source, out = Published("camera"), Forwarding(Outbound("camera"))
    late = write_rtp(120, False, 10, 3000, 5, KEY)
    for raw in (write_rtp(120, False, number, 3000, 5, b"\x00\x01rest") for number in (9, 11, 12)):
        packet = source.ingress.receive(raw, S)
        assert packet is not None
        assert out.rewrite(packet, S) is None
    packet = source.ingress.receive(late, S)
    assert packet is not None
    assert out.rewrite(packet, S) is None, "11 and 12 went by, nobody could ask for them"
    assert out.out.waits_for
    source.sequence = 12
    assert out.rewrite(source.next(KEY), S) is not None


def test_time_goes_on_when_the_publisher_comes_back() -> None:
    out = Forwarding(Outbound("microphone"))
    before = out.rewrite(Published("microphone").next()._replace(arrival_ns=10 * S), 10 * S)
    other = Published("microphone", ssrc=6, sequence=3)
    other.timestamp = 0x7777_7777
    after = out.rewrite(other.next(), 12 * S)
    assert number_of(after) == number_of(before) + 1
    assert time_of(after) - time_of(before) == 2 * 48_000


def test_resends_are_byte_identical() -> None:
    source, out = Published("microphone"), Forwarding(Outbound("microphone"))
    sent = {number_of(raw): raw for raw in (out.rewrite(source.next(bytes([n % 256])), S) for n in range(HISTORY + 100))}
    again = {number: out.out.again(number, S) for number in sent}
    assert sum(raw is not None for raw in again.values()) == HISTORY
    assert all(raw is None or raw == sent[number] for number, raw in again.items())
    assert out.out.again(1, S) is None


def test_one_number_never_has_two_contents() -> None:
    source, out = Published("camera"), Forwarding(Outbound("camera"))
    seen: dict[int, bytes] = {}
    packets = [source.next(KEY if n % 7 == 0 else DELTA + bytes([n % 256]), skip=n % 3) for n in range(300)]
    for step, packet in enumerate([*packets[:100], *packets[90:120], *packets[100:], *packets[200:300]]):
        if step % 40 == 0:
            out.out.stop()
        raw = out.rewrite(packet, S)
        if raw is not None:
            assert seen.setdefault(number_of(raw), raw) == raw


def ready() -> Ingress:
    ingress = Ingress()
    ingress.configure([MICROPHONE, CAMERA])
    return ingress


class Layer:
    """One layer of a camera with VP8 numbers of its own."""

    def __init__(self, layer: int, timestamp: int, picture: int, tl0: int) -> None:
        self.stream = InboundStream("camera", 10 + layer, highest=999, first=1000, layer=layer)
        self.timestamp, self.picture, self.tl0 = timestamp, picture, tl0

    def next(self, now_ns: int, *, keyframe: bool = False) -> MediaPacket:
        self.stream.highest += 1
        self.timestamp = (self.timestamp + 3000) & 0xFFFFFFFF
        self.picture, self.tl0 = (self.picture + 1) & 0x7FFF, (self.tl0 + 1) & 0xFF
        payload = bytes([0x90, 0xC0]) + (0x8000 | self.picture).to_bytes(2, "big") + bytes([self.tl0, not keyframe]) + b"rest"
        found = vp8_descriptor(payload)
        assert found.keyframe is keyframe
        return MediaPacket(
            self.stream, self.stream.highest, self.timestamp, True, payload, NO_LEVEL, keyframe, now_ns, False,
            found.picture_at, found.picture_bits, found.tl0_at,
        )  # fmt: skip


def read(raw: bytes | None) -> tuple[int, int, int, int]:
    """Number, time, picture id, TL0PICIDX."""
    parsed = parse_rtp(raw or b"")
    assert parsed is not None
    found = vp8_descriptor(parsed.payload)
    stream = InboundStream("camera", 1, 0, 0)
    packet = MediaPacket(stream, 0, 0, True, parsed.payload, NO_LEVEL, False, 0, False, found.picture_at, found.picture_bits, found.tl0_at)
    return parsed.sequence, parsed.timestamp, *vp8_numbers(packet)


def test_another_layer_takes_over_at_its_keyframe_and_goes_on_with_all_numbers() -> None:
    lower, upper = Layer(LOWER, 5_000, 0x7FFE, 0xFE), Layer(UPPER, 0xFFFFFF00 + 9_000 & 0xFFFFFFFF, 77, 3)
    out = Outbound("camera")
    way = Forwarding(out, {lower.stream: 50_000, upper.stream: 50_000 + 0xFFFFFF00 - 5_000})
    seen = [read(way.rewrite(lower.next(n * S // 30, keyframe=n == 0), n * S // 30)) for n in range(3)]
    way.fan(upper.stream).feed(out)
    for n in range(3, 5):
        assert not way.fan(upper.stream).forward(upper.next(n * S // 30), n * S // 30), "somebody waits for a keyframe"
        way.fan(lower.stream).forward(lower.next(n * S // 30), n * S // 30)
        seen.append(read(way.batch.take()[-1]))
    for n in range(5, 8):
        way.fan(upper.stream).forward(upper.next(n * S // 30, keyframe=n == 5), n * S // 30)
        seen.append(read(way.batch.take()[-1]))
        way.fan(lower.stream).forward(lower.next(n * S // 30), n * S // 30)
        assert not way.batch.take()
    assert out.fed_by is way.fan(upper.stream)
    numbers, times, pictures, tl0s = zip(*seen, strict=True)
    assert all((after - before) & 0xFFFF == 1 for before, after in pairwise(numbers))
    assert [(after - before) & 0x7FFF for before, after in pairwise(pictures)] == [1] * 7
    assert [(after - before) & 0xFF for before, after in pairwise(tl0s)] == [1] * 7
    assert [(after - before) & 0xFFFFFFFF for before, after in pairwise(times)] == [3000] * 7, (
        "by the publisher's reports, though the clocks of the layers differ"
    )


def test_a_resend_is_a_packet_of_its_own_where_rtx_was_agreed() -> None:
    layer, out = Layer(UPPER, 0, 9, 1), Outbound("camera")
    out.accept(3, takes_rtx=True)
    way = Forwarding(out)
    [first, second] = [way.rewrite(layer.next(n, keyframe=n == 0), n) for n in range(2)]
    again = [out.again(read(first)[0], S) or b"" for _ in range(2)]
    parsed = [parse_rtp(raw) for raw in (first or b"", *again)]
    assert all(packet is not None and packet.profile == 0xBEDE for packet in parsed)
    original, *resent = [packet for packet in parsed if packet is not None]
    assert [(packet.payload_type, packet.ssrc) for packet in resent] == [(RTX_PAYLOAD_TYPE, out.rtx_ssrc)] * 2
    assert resent[1].sequence == resent[0].sequence + 1, "never one number for two packets"
    assert all(packet.payload == original.sequence.to_bytes(2, "big") + original.payload for packet in resent)
    counted = [int.from_bytes(raw[17:19], "big") for raw in (first or b"", second or b"", *again)]
    assert counted == [0, 1, 2, 3]


def test_a_layer_that_lacks_vp8_numbers_is_left_as_it_is() -> None:
    source, out = Published("camera"), Forwarding(Outbound("camera"))
    assert (out.rewrite(source.next(KEY), S) or b"")[12:] == KEY
    out.out.stop()
    assert (out.rewrite(source.next(KEY), S) or b"")[12:] == KEY
