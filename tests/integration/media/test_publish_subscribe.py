"""What people in a room hear and see, with real peers over loopback."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiortc.mediastreams import VideoStreamTrack

from server.media import control
from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.media.fan import StreamFan
from server.media.ingress import InboundStream, MediaPacket
from server.media.ring import Kind, Marker, Record, RingReader, decode_marker
from server.media.worker import MediaWorker
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, running_worker

OPEN = PersonPolicy(microphone=True, camera=True, camera_max_bps=400_000, hears=("anna", "ben"), sees=("anna", "ben"))
TAKE = RecordingPolicy(take="t1", teacher="anna", tracks=(RecordedTrack(peer="anna", source="microphone"),))


@contextlib.asynccontextmanager
async def talking(folder: Path, server: ControlClient, *, recording: RecordingPolicy | None = None) -> AsyncIterator[dict[str, AiortcPeer]]:
    """Anna publishes both sources, Ben listens."""
    people = {"anna": OPEN, "ben": OPEN}
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people=people, recording=recording)))
    peers = {name: AiortcPeer(server, name) for name in people}
    try:
        for peer in peers.values():
            peer.start()
        await peers["anna"].publish()
        await peers["ben"].answer()
        await peers["ben"].decoded("audio")
        await peers["ben"].decoded("video")
        yield peers
    finally:
        for peer in peers.values():
            await peer.close()


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[MediaWorker]:
    async with running_worker(tmp_path) as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, worker: MediaWorker) -> AsyncIterator[ControlClient]:
    client = await ControlClient.connect(tmp_path / "control")
    await client.take(control.Report)
    yield client
    await client.close()


def everything(folder: Path) -> list[Record]:
    with RingReader(folder / "ring", position=0) as reader:
        return list(reader.records(1_000_000))


def markers(records: list[Record]) -> list[Marker]:
    return [decode_marker(record.payload) for record in records if record.kind is Kind.MARKER]


async def test_sound_and_picture_arrive(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        assert peers["ben"].loudest["audio"] > 1_000


async def test_states_and_sources_are_reported(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server):
        state = await server.take(control.PeerState, lambda s: s.report.peer == "anna" and s.report.publish == "connected")
        assert state.report.sources == ("microphone", "camera")
        await server.take(control.PeerState, lambda s: s.report.peer == "ben" and s.report.subscribe == "connected")


async def test_both_directions(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        await peers["ben"].publish()
        await peers["anna"].answer()
        await peers["anna"].decoded("audio")
        await peers["anna"].decoded("video")


async def test_gate_closes_at_once_and_opens_again(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        deaf = RoomPolicy(version=2, people={"anna": OPEN, "ben": PersonPolicy(hears=("anna",))})
        server.send(control.SetRoom(room=ROOM, policy=deaf))
        await server.take(control.PolicyApplied, lambda m: m.version == 2)
        await asyncio.sleep(0.3)  # what was in the jitter buffer
        before = peers["ben"].frames["video"]
        await peers["ben"].decoded("audio", 25)
        assert peers["ben"].frames["video"] <= before + 1
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=3, people={"anna": OPEN, "ben": OPEN})))
        await peers["ben"].decoded("video")


async def test_silenced_publisher_is_heard_by_nobody(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        silent = RoomPolicy(version=2, people={"anna": PersonPolicy(camera=True), "ben": OPEN}, recording=TAKE)
        server.send(control.SetRoom(room=ROOM, policy=silent))
        await server.take(control.PolicyApplied, lambda m: m.version == 2)
        await peers["ben"].decoded("video", 20)
        records = everything(tmp_path)
        assert not [record for record in records if record.kind is Kind.RTP]
        assert [(m.take, m.live) for m in markers(records)][:1] == [("t1", ())]


async def test_only_agreed_tracks_reach_the_ring(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server, recording=TAKE) as peers:
        await peers["ben"].decoded("audio", 60)
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=2, people={"anna": OPEN, "ben": OPEN})))
        await server.take(control.PolicyApplied, lambda m: m.version == 2)
        records = everything(tmp_path)
        await peers["ben"].decoded("audio", 10)
    live = {track.handle: track for marker in markers(records) for track in marker.live}
    assert {track.track for track in live.values()} == set(TAKE.tracks)
    media = [record for record in records if record.kind is Kind.RTP]
    assert len(media) > 40
    assert {record.track for record in media} == set(live)
    for record in media:
        assert record.payload[0] == 0x80
        assert record.payload[1] & 0x7F == 111
        assert int.from_bytes(record.payload[8:12], "big") == live[record.track].ssrc
    assert [m.take for m in markers(records)][-1] is None
    assert sum(m.take == "t1" for m in markers(records)) >= 2
    assert everything(tmp_path) == records, "nothing is written after the take"


async def test_recorded_camera_gets_keyframes(tmp_path: Path, server: ControlClient) -> None:
    camera = RecordingPolicy(take="t1", teacher="anna", tracks=(RecordedTrack(peer="anna", source="camera"),))
    async with talking(tmp_path, server) as peers:
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=2, people={"anna": OPEN, "ben": OPEN}, recording=camera)))
        await peers["ben"].decoded("video", 30)
        packets = [record.payload for record in everything(tmp_path) if record.kind is Kind.RTP]
        assert packets
        assert any(packet[12] & 0x10 and not packet[12 + vp8_descriptor_bytes(packet[12:])] & 1 for packet in packets)


def vp8_descriptor_bytes(payload: bytes) -> int:
    if not payload[0] & 0x80:
        return 1
    picture_id = (2 if payload[2] & 0x80 else 1) if payload[1] & 0x80 else 0
    return 2 + picture_id + bool(payload[1] & 0x40) + bool(payload[1] & 0x30)


async def test_media_goes_on_while_the_server_is_away(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        await server.close()
        await peers["ben"].decoded("audio", 30)
        await peers["ben"].decoded("video", 15)
        again = await ControlClient.connect(tmp_path / "control")
        report = await again.take(control.Report)
        assert [room.room for room in report.rooms] == [ROOM]
        states = {peer.peer: (peer.publish, peer.subscribe) for peer in report.rooms[0].peers}
        assert states["anna"][0] == states["ben"][1] == "connected"
        again.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=2, people={"anna": OPEN, "ben": OPEN})))
        await again.take(control.PolicyApplied, lambda m: m.version == 2)
        await again.close()


async def test_newest_server_connection_wins(tmp_path: Path, server: ControlClient) -> None:
    second = await ControlClient.connect(tmp_path / "control")
    await second.take(control.Report)
    await server.closed()
    second.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=7, people={})))
    await second.take(control.PolicyApplied, lambda m: m.version == 7)
    await second.close()


async def test_reload_replaces_the_session(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        new = AiortcPeer(server, "ben", session="second")
        new.start()
        stale = control.PublishOffer(room=ROOM, peer="ben", session="session-ben", offer=9, sdp="v=0")
        server.send(stale)
        refused = await server.take(control.MediaRefused)
        assert (refused.code, refused.offer, refused.session) == ("unknown_session", 9, "session-ben")
        await new.answer()
        await new.decoded("audio")
        await new.decoded("video")
        before = peers["ben"].frames["video"]
        await new.decoded("video", 20)
        assert peers["ben"].frames["video"] <= before + 5, "the old page gets nothing any more"
        await new.close()


async def test_camera_added_later(tmp_path: Path, server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": OPEN, "ben": OPEN})))
    anna, ben = AiortcPeer(server, "anna"), AiortcPeer(server, "ben")
    anna.start()
    ben.start()
    await anna.publish(camera=False)
    ben.keep_answering()
    await ben.decoded("audio")
    assert "video" not in ben.frames
    anna.publishing.addTransceiver(VideoStreamTrack(), direction="sendonly")
    await anna.offer()
    await ben.decoded("video")
    await ben.decoded("audio")
    await anna.close()
    await ben.close()


async def test_closed_page_is_no_live_track_any_more(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server, recording=TAKE) as peers:
        await peers["anna"].publishing.close()
        state = await server.take(control.PeerState, lambda s: s.report.peer == "anna" and s.report.publish == "closed")
        assert state.report.sources == ()
        last = markers(everything(tmp_path))[-1]
        assert (last.take, last.live, last.allowed) == ("t1", (), TAKE.tracks)


async def test_lines_of_a_leaver_are_used_again(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server):
        server.send(control.StopPeer(room=ROOM, peer="anna"))
        emptied = await server.take(control.SubscribeOffer, lambda o: o.peer == "ben" and not o.streams)
        assert emptied.sdp.count("a=inactive") == 2
        assert emptied.sdp.count("m=") == 2


async def test_resend_offer_repeats_the_outstanding_one(tmp_path: Path, server: ControlClient) -> None:
    async with talking(tmp_path, server) as peers:
        await peers["ben"].publish()
        first = await server.take(control.SubscribeOffer, lambda o: o.peer == "anna")
        server.send(control.ResendOffer(room=ROOM, peer="anna", session="session-anna"))
        assert await server.take(control.SubscribeOffer, lambda o: o.peer == "anna") == first


async def test_silent_page_gets_nothing_and_is_offered_an_ice_restart(tmp_path: Path, server: ControlClient, worker: MediaWorker) -> None:
    async with talking(tmp_path, server) as peers:
        worker._rooms[ROOM].poll(time.monotonic_ns() + 9_000_000_000)
        await server.take(control.PeerState, lambda s: s.report.peer == "ben" and s.report.subscribe == "silent")
        offer = await server.take(control.SubscribeOffer, lambda o: o.peer == "ben")
        assert "a=ice-ufrag" in offer.sdp
        known = peers["ben"].subscribing.remoteDescription.sdp
        assert offer.sdp.partition("a=ice-ufrag:")[2][:12] not in known
        await server.take(control.PeerState, lambda s: s.report.peer == "ben" and s.report.subscribe == "connected")
        await peers["ben"].decoded("audio")


async def test_a_line_that_goes_dead_is_silent_after_three_seconds_and_back_at_once(
    tmp_path: Path, server: ControlClient, worker: MediaWorker, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with talking(tmp_path, server):
        dead_s = time.monotonic()
        with monkeypatch.context() as cut:
            cut.setattr(worker._udp, "_receive", lambda data, path: None)
            await server.take(control.PeerState, lambda s: s.report.peer == "anna" and s.report.publish == "silent")
            silent_s = time.monotonic()
        assert 2.9 < silent_s - dead_s < 3.5
        await server.take(control.PeerState, lambda s: s.report.peer == "anna" and s.report.publish == "connected")
        assert time.monotonic() - silent_s < 0.5


async def test_microphones_of_one_room_are_told_apart_from_those_of_who_shares(server: ControlClient, worker: MediaWorker) -> None:
    people = {"anna": OPEN, "ben": OPEN, "carla": PersonPolicy(microphone=True)}
    for peer in people:
        server.send(control.StartPeer(room=ROOM, peer=peer, session="s"))
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people=people)))
    await server.take(control.PolicyApplied)
    room = worker._rooms[ROOM]
    streams = {peer: InboundStream("microphone", 1, 0, 0) for peer in people}
    for stream in streams.values():
        room._fans[stream] = StreamFan(worker._udp.batch, stream, lambda stream, now_ns: None)
        room._fans[stream].is_open = True
    for number in range(1_000):  # 20 s of words of 0.2 s, each 0.5 s or so
        level = 20 if (number * 20) % 500 < 200 + number % 7 else 70
        for peer, stream in streams.items():
            room._on_packet(peer, MediaPacket(stream, number, 0, False, b"", level, False, number * 20_000_000))
    told = await server.take(control.SameRoom)
    assert told.peers == ("anna", "ben")
    assert not [message for message in server.heard if isinstance(message, control.SameRoom)]
