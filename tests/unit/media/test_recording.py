"""Only what was agreed to reaches the recorder, and it always knows what it gets."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

import msgspec

from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.media.gates import Key, is_offered, is_open, may_receive, recorded
from server.media.ingress import InboundStream, Ingress, MediaPacket, TrackSetup
from server.media.recording import KEYFRAME_EVERY_NS, REPAIRED_FOR_NS, RoomRecording, Tape
from server.media.ring import Kind, Record, RingReader, RingWriter, create_ring, decode_marker
from server.media.rtp import CODECS, write_rtp

S = 1_000_000_000
TALKS = PersonPolicy(microphone=True, camera=True, hears=("b",), sees=())
VOICE = RecordedTrack(peer="a", source="microphone")
PICTURE = RecordedTrack(peer="a", source="camera")


def policy(*tracks: RecordedTrack, a: PersonPolicy = TALKS, take: bool = True) -> RoomPolicy:
    recording = RecordingPolicy(take="t", teacher="a", tracks=tracks) if take else None
    return RoomPolicy(version=1, people={"a": a, "b": TALKS}, recording=recording)


class Desk:
    def __init__(self, folder: Path) -> None:
        create_ring(folder / "ring", 64 * 1024)
        self.writer = RingWriter(folder / "ring")
        self.reader = RingReader(folder / "ring")
        self.recording = RoomRecording(Tape(self.writer, "w", itertools.count(1)), "r")
        self.ingress = Ingress()
        self.ingress.configure([TrackSetup("0", "microphone", 111), TrackSetup("1", "camera", 96)])
        self.sequence = 0

    def packet(self, payload_type: int, ssrc: int, payload: bytes = b"\x10\x01x") -> MediaPacket:
        self.sequence += 1
        return self.numbered(payload_type, ssrc, self.sequence, payload)

    def numbered(self, payload_type: int, ssrc: int, sequence: int, payload: bytes = b"\x10\x01x") -> MediaPacket:
        packet = self.ingress.receive(write_rtp(payload_type, False, sequence, 0, ssrc, payload), S)
        assert packet is not None
        return packet

    @property
    def streams(self) -> dict[Key, InboundStream]:
        return {("a", source): stream for (source, _), stream in self.ingress.streams.items()}

    def news(self) -> list[Record]:
        return list(self.reader.records())

    def close(self) -> None:
        self.writer.close()
        self.reader.close()


def test_marker_first_then_packets_of_agreed_tracks_only(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    voice, picture = desk.packet(111, 1), desk.packet(96, 2)
    desk.recording.update(policy(VOICE), desk.streams, S)
    desk.recording.on_packet(voice)
    desk.recording.on_packet(picture)
    marker, record = desk.news()
    assert marker.kind is Kind.MARKER
    [live] = decode_marker(marker.payload).live
    assert (live.track, live.ssrc, live.clock_rate_hz, live.handle) == (VOICE, 1, 48_000, record.track)
    assert record.payload == write_rtp(111, False, 1, 0, 1, b"\x10\x01x")
    desk.close()


def test_withdrawal_and_closed_gate_stop_at_once(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    voice = desk.packet(111, 1)
    for changed in (policy(), policy(VOICE, a=PersonPolicy()), policy(VOICE, take=False)):
        desk.recording.update(policy(VOICE), desk.streams, S)
        desk.recording.update(changed, desk.streams, S)
        desk.news()
        desk.recording.on_packet(desk.packet(111, 1))
        assert desk.news() == []
    assert voice.stream in desk.streams.values()
    desk.close()


def test_repairs_of_what_was_sent_before_the_end_reach_the_take_that_has_ended(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(111, 1)
    desk.sequence += 1  # lost
    desk.packet(111, 1)
    desk.recording.update(policy(VOICE), desk.streams, S)
    [before] = decode_marker(desk.news()[0].payload).live
    desk.recording.update(policy(take=False), desk.streams, S)
    [marker] = desk.news()
    assert decode_marker(marker.payload).repairing == (before.handle,)
    after, repaired = desk.packet(111, 1), desk.numbered(111, 1, 2)
    desk.recording.on_packet(after)
    desk.recording.on_packet(repaired)
    [record] = desk.news()
    assert (record.track, record.payload) == (before.handle, write_rtp(111, False, 2, 0, 1, b"\x10\x01x"))
    desk.recording.on_packet(repaired._replace(arrival_ns=REPAIRED_FOR_NS + S))
    assert desk.news() == []
    desk.close()


def test_a_voice_that_was_withdrawn_is_not_repaired(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(111, 1)
    desk.sequence += 1
    desk.packet(111, 1)
    desk.recording.update(policy(VOICE), desk.streams, S)
    desk.recording.update(policy(), desk.streams, S)
    desk.news()
    desk.recording.on_packet(desk.numbered(111, 1, 2))
    assert desk.news() == []
    desk.close()


def test_what_was_said_before_the_consent_is_not_recorded_when_it_is_repaired_afterwards(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(111, 1)
    desk.recording.update(policy(), desk.streams, S)
    desk.sequence += 1  # 2 is lost
    desk.packet(111, 1)
    desk.recording.update(policy(VOICE), desk.streams, S)
    desk.recording.on_packet(desk.packet(111, 1))
    desk.recording.on_packet(desk.numbered(111, 1, 2))
    assert [int.from_bytes(record.payload[2:4], "big") for record in desk.news() if record.kind is Kind.RTP] == [4]
    desk.close()


def test_a_new_stream_is_recorded_from_its_first_packet(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.recording.update(policy(VOICE), {}, S)
    packet = desk.numbered(111, 1, 7)
    desk.recording.update(policy(VOICE), desk.streams, S)
    desk.recording.on_packet(packet)
    desk.recording.on_packet(desk.numbered(111, 1, 6))
    assert len([record for record in desk.news() if record.kind is Kind.RTP]) == 2
    desk.close()


def test_the_next_take_has_handles_of_its_own(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(111, 1)
    desk.recording.update(policy(VOICE), desk.streams, S)
    following = msgspec.structs.replace(policy(VOICE), recording=RecordingPolicy(take="u", teacher="a", tracks=(VOICE,)))
    desk.recording.update(following, desk.streams, S)
    first, second = (decode_marker(record.payload) for record in desk.news())
    assert first.live[0].handle != second.live[0].handle
    assert (second.take, second.repairing) == ("u", (first.live[0].handle,))
    desk.close()


def test_no_marker_without_a_take_one_after_it_and_one_each_second(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.recording.update(policy(take=False), desk.streams, S)
    desk.recording.every_second(S)
    assert desk.news() == []
    desk.recording.update(policy(VOICE), desk.streams, S)
    desk.recording.update(policy(VOICE), desk.streams, S)
    desk.recording.every_second(2 * S)
    assert [decode_marker(record.payload).take for record in desk.news()] == ["t", "t"]
    desk.recording.update(policy(take=False), desk.streams, 3 * S)
    desk.recording.every_second(5 * S)
    assert [decode_marker(record.payload).take for record in desk.news()] == [None]
    desk.close()


def test_new_ssrc_gets_a_new_handle_and_an_opened_gate_the_old_one(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(111, 1)
    handles = []
    for current in (policy(VOICE), policy(), policy(VOICE)):
        desk.recording.update(current, desk.streams, S)
        handles += [live.handle for record in desk.news() for live in decode_marker(record.payload).live]
    desk.packet(111, 2)
    desk.recording.update(policy(VOICE), desk.streams, S)
    handles += [live.handle for record in desk.news() for live in decode_marker(record.payload).live]
    assert handles == [1, 1, 2]
    desk.close()


def test_after_a_long_break_a_stream_is_a_new_one_to_the_recorder(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(111, 1)
    handles = []
    for current, at_ns in ((policy(VOICE), S), (policy(), 60 * S), (policy(VOICE), 70 * S), (policy(), 71 * S), (policy(VOICE), 82 * S)):
        desk.recording.update(current, desk.streams, at_ns)
        handles += [live.handle for record in desk.news() for live in decode_marker(record.payload).live]
    assert handles == [1, 1, 2]
    desk.close()


def test_camera_without_keyframe_is_noticed(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.packet(96, 2, b"\x10\x00key")
    assert desk.recording.update(policy(PICTURE), desk.streams, S) == [("a", "camera")]
    assert not desk.recording.update(policy(PICTURE), desk.streams, S), "only when it begins"
    assert desk.recording.needs_keyframe(S + KEYFRAME_EVERY_NS - 1) == []
    assert desk.recording.needs_keyframe(S + KEYFRAME_EVERY_NS) == [("a", "camera")]
    desk.close()


def test_marker_ties_the_two_clocks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    now_ns = time.monotonic_ns() - 5 * S
    desk.recording.update(policy(VOICE), desk.streams, now_ns)
    [record] = desk.news()
    assert record.arrival_ns == now_ns
    assert abs(decode_marker(record.payload).wall_ms - (time.time() - 5) * 1000) < 1000
    desk.close()


def test_who_may_receive() -> None:
    listener = PersonPolicy(hears=("a",))
    room = RoomPolicy(version=1, people={"a": TALKS, "b": listener})
    assert may_receive(room, "b", ("a", "microphone"))
    assert not may_receive(room, "b", ("a", "camera"))
    assert not may_receive(room, "a", ("a", "microphone"))
    assert not may_receive(room, "a", ("b", "microphone")), "b may not send"
    assert not may_receive(room, "stranger", ("a", "microphone"))
    assert not may_receive(None, "b", ("a", "microphone"))
    assert recorded(None, [("a", "microphone")]) == []


def test_a_screen_is_shown_to_who_sees_and_heard_by_who_hears() -> None:
    shows = PersonPolicy(screen=True)
    people = {"a": shows, "b": PersonPolicy(hears=("a",)), "c": PersonPolicy(sees=("a",))}
    room = RoomPolicy(version=1, people=people)
    received = [(peer, source) for peer in "abc" for source in CODECS if may_receive(room, peer, ("a", source))]
    assert received == [("b", "screen_sound"), ("c", "screen")]
    stopped = RoomPolicy(version=2, people=people | {"a": TALKS})
    assert not any(is_open(stopped, ("a", source)) for source in ("screen", "screen_sound"))
    assert [source for source in CODECS if is_offered(stopped, ("a", source))] == ["microphone", "camera"]


def test_a_held_take_goes_on_without_media_and_resumes_with_a_keyframe(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    voice, picture = desk.packet(111, 1), desk.packet(96, 2)
    desk.recording.update(policy(VOICE, PICTURE), desk.streams, S)
    desk.news()
    assert desk.recording.update(policy(), desk.streams, 2 * S) == []
    desk.recording.on_packet(voice)
    desk.recording.on_packet(picture)
    desk.recording.every_second(3 * S)
    held = [decode_marker(record.payload) for record in desk.news()]
    assert [(marker.take, marker.live) for marker in held] == [("t", ()), ("t", ())]
    assert desk.recording.update(policy(VOICE, PICTURE), desk.streams, 4 * S) == [("a", "camera")]
    desk.close()


def test_handles_of_two_workers_do_not_meet(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    first, second = Tape(desk.writer, "w1"), Tape(desk.writer, "w2")
    handles = [next(tape.handles) for tape in (first, second, first)]
    assert len(set(handles)) == 3
    assert handles[2] == handles[0] + 1
    assert all(0 < handle <= 1 << 31 for handle in handles)
    desk.close()
