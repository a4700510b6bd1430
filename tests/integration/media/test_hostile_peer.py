"""A participant with a real, authenticated connection sends what no browser sends: the others see, hear and record as before.

After each attack somebody else still gets sound and picture of a third person, nothing had to be caught at the worker's last boundary,
and what the recorder finds in the ring is well-formed.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import struct
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest
from aiortc import RTCPeerConnection
from aiortc.rtcdtlstransport import RTCDtlsTransport

from recorder.rtp import parse_packet, parse_report
from server.media import control, rtcp, stun
from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.media.ice import MAX_PATHS
from server.media.ingress import MAX_SSRCS
from server.media.publisher import Publisher
from server.media.repair import MAX_MISSING
from server.media.ring import Kind, RingReader, decode_marker
from server.media.rtp import write_rtp
from server.media.sdp import MAX_SDP_BYTES
from server.media.subscriber import Subscriber
from server.media.worker import MediaWorker
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, running_worker

NAMES = ("anna", "ben", "mallory")
EVERYBODY = PersonPolicy(microphone=True, camera=True, hears=NAMES, sees=NAMES, camera_shown="large")
TRACKS = tuple(RecordedTrack(peer=name, source=source) for name in NAMES for source in ("microphone", "camera"))
POLICY = RoomPolicy(version=1, people=dict.fromkeys(NAMES, EVERYBODY), recording=RecordingPolicy(take="t", teacher="anna", tracks=TRACKS))
VOICE, FACE, REPAIR = 96, 97, 98  # aiortc's payload types
STORM = 1_000


@pytest.fixture
async def worker(tmp_path: Path) -> AsyncIterator[MediaWorker]:
    async with running_worker(tmp_path) as running:
        yield running


@pytest.fixture
async def server(tmp_path: Path, worker: MediaWorker) -> AsyncIterator[ControlClient]:
    client = await ControlClient.connect(tmp_path / "control")
    yield client
    await client.close()


class Hostile:
    """Mallory's two connections, and what the worker knows of them."""

    def __init__(self, worker: MediaWorker, peer: AiortcPeer) -> None:
        self.peer = peer
        self.publishing, self.subscribing = _dtls(peer.publishing), _dtls(peer.subscribing)
        known = worker._rooms[ROOM]._peers["mallory"]
        assert known.publisher is not None
        self.publisher: Publisher = known.publisher
        self.subscriber: Subscriber = known.subscriber
        self.sent = 0

    async def send(self, transport: RTCDtlsTransport, packets: list[bytes]) -> None:
        """Sealed with its own keys; what even its own SRTP refuses goes out as it is."""
        for packet in packets:
            try:
                await transport._send_rtp(packet)
            except Exception:  # noqa: BLE001 - pylibsrtp.Error and struct.error of packets that are none
                await transport.transport._send(packet)
            self.sent += 1
            if self.sent % 50 == 0:
                await asyncio.sleep(0.005)  # a flood beyond the socket's buffer would test the kernel


def _dtls(connection: RTCPeerConnection) -> RTCDtlsTransport:
    transceiver = connection.getTransceivers()[0]
    return transceiver.sender.transport


def malformed(chance: random.Random) -> list[bytes]:
    heads = [bytes([first, second]) for first in (0x80, 0x90, 0xA0, 0xBF, 0x8F, 0x9F) for second in (VOICE, FACE, REPAIR, 0xE0, 0x7F)]
    return [chance.choice(heads) + chance.randbytes(chance.randrange(0, 60)) for _ in range(STORM)]


def many_sources(chance: random.Random) -> list[bytes]:
    return [write_rtp(chance.choice((VOICE, FACE, REPAIR)), True, number, number, 1_000_000 + number, b"\x10\0") for number in range(STORM)]


def pictures_cut_short(chance: random.Random) -> list[bytes]:
    pieces = [bytes.fromhex("9080ffff" + "ff" * tail)[:size] for tail in (0, 4, 40) for size in range(9)]
    pieces += [b"\xff" * size for size in range(8)] + [b"\x10\x00", b"\x90\xf0\x80", bytes(1_500), b"\x10\x00" + bytes(1_900)]
    return [write_rtp(FACE, True, number, number, 77, payload) for number, payload in enumerate(pieces * 20)]


def repairs_of_everything(chance: random.Random) -> list[bytes]:
    original = write_rtp(FACE, False, 5_000, 1, 78, b"\x10\x00" + bytes(20))
    return [original] + [
        write_rtp(REPAIR, False, number, 1, 79, (number * 33 & 0xFFFF).to_bytes(2, "big") + b"\x10\x00" + bytes(20))
        for number in range(STORM)
    ]


def absurd_extensions(chance: random.Random) -> list[bytes]:
    found = []
    for number in range(STORM // 2):
        words = chance.choice((0, 1, 2, 60, 350))
        profile = chance.choice((0xBEDE, 0x1000, 0x100F, 0, 0xFFFF))
        block = struct.pack(">HH", profile, words) + chance.choice((chance.randbytes(4 * words), bytes([0x1F]) * (4 * words)))
        found.append(bytes([0x90]) + write_rtp(VOICE, False, number, number, 80, b"")[1:] + block + b"voice")
    return found


def leaps(chance: random.Random) -> list[bytes]:
    """Numbers and times at random, so that everything between them seems to be missing."""
    return [write_rtp(FACE, True, chance.getrandbits(16), chance.getrandbits(32), 81, b"\x10\0xx") for _ in range(STORM)]


def reports_about_others(ssrcs: list[int]) -> Callable[[random.Random], list[bytes]]:
    def made(chance: random.Random) -> list[bytes]:
        found = []
        for number in range(STORM // 2):
            ssrc = chance.choice(ssrcs)
            goodbye = struct.pack(">BBHI", 0x81, 203, 1, ssrc)
            sender_report = rtcp.write_sender_report(
                ssrc, chance.getrandbits(64), chance.getrandbits(32), 0, 0, "x" * chance.randrange(300)
            )
            cut = struct.pack(">BBHI", 0x80 | chance.randrange(32), chance.randrange(192, 224), chance.randrange(400), ssrc)
            found.append(chance.choice((goodbye, sender_report, cut, cut + chance.randbytes(80), sender_report * 10 + goodbye))[:1_400])
            if number % 10 == 0:
                found.append(struct.pack(">BBHI", 0x80, 201, 1, number) + cut)  # another sender each
        return found

    return made


def storms_of_wishes(ssrcs: list[int]) -> Callable[[random.Random], list[bytes]]:
    def made(chance: random.Random) -> list[bytes]:
        found = []
        for number in range(STORM // 2):
            ssrc = chance.choice(ssrcs)
            everything = struct.pack(">BBHII", 0x81, 205, 2 + 250, 1, ssrc) + b"".join(
                struct.pack(">HH", (number + 17 * item) & 0xFFFF, 0xFFFF) for item in range(250)
            )
            full_intra = struct.pack(">BBHII", 0x84, 206, 2 + 2 * 30, 1, 0) + struct.pack(">II", ssrc, (number & 0xFF) << 24) * 30
            remb = rtcp.write_remb(1, chance.choice((0, 1, 1 << 60)), [ssrc])
            feedback = struct.pack(">BBHIIHHI", 0x8F, 205, 24, 1, ssrc, number, 2_000, chance.getrandbits(32)) + chance.randbytes(84)
            receiver_report = rtcp.write_receiver_report(
                1, [rtcp.ReportBlock(ssrc, 255, -0x800000, 0, 0xFFFFFFFF, chance.getrandbits(32))] * 31
            )
            found.append(chance.choice((everything, full_intra, rtcp.write_pli(1, ssrc) * 100, remb, feedback, receiver_report)))
        return found

    return made


async def test_a_hostile_participant_disturbs_nobody(tmp_path: Path, worker: MediaWorker, server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=POLICY))
    anna, ben, mallory = (AiortcPeer(server, name) for name in NAMES)
    for peer in (anna, ben, mallory):
        peer.start()
    ben.keep_answering()
    mallory.keep_answering()
    await anna.publish()
    await mallory.publish()
    await ben.decoded("video")
    await mallory.decoded("audio")
    hostile = Hostile(worker, mallory)
    others = [line.out.ssrc for line in hostile.subscriber.lines]
    chance = random.Random(1)
    attacks = [
        *((hostile.publishing, attack) for attack in (malformed, many_sources, pictures_cut_short, repairs_of_everything)),
        *((hostile.publishing, attack) for attack in (absurd_extensions, leaps, reports_about_others([*others, 77, 80]))),
        *((hostile.subscribing, attack) for attack in (malformed, many_sources, reports_about_others(others), storms_of_wishes(others))),
    ]
    for transport, attack in attacks:
        seen, heard = ben.frames["video"], ben.frames["audio"]
        await hostile.send(transport, attack(chance))
        await ben.decoded("video", 5)
        await ben.decoded("audio", 10)
        name = getattr(attack, "__qualname__", "")
        assert ben.frames["video"] > seen, name
        assert ben.frames["audio"] > heard, name
        assert worker.broken == 0, name
        assert_bounded(hostile)
    read_ring(tmp_path / "ring")
    states = [state.report for state in server.heard if isinstance(state, control.PeerState) and state.report.peer != "mallory"]
    assert all("closed" not in (report.publish, report.subscribe) for report in states)
    for peer in (anna, ben, mallory):
        await peer.close()


def assert_bounded(hostile: Hostile) -> None:
    ingress = hostile.publisher.ingress
    assert len(ingress._routes) <= MAX_SSRCS
    assert all(len(stream.nacks) <= MAX_MISSING for stream in ingress.streams.values())
    for connection in (hostile.publisher, hostile.subscriber):
        assert len(connection.transport._rtcp_senders) <= 200


def read_ring(path: Path) -> None:
    kinds: set[Kind] = set()
    with RingReader(path) as reader:
        for record in reader.records():
            kinds.add(record.kind)
            if record.kind is Kind.RTP:
                parse_packet(record.payload)
            elif record.kind is Kind.SENDER_REPORT:
                parse_report(record.payload)
            else:
                decode_marker(record.payload)
    assert {Kind.RTP, Kind.MARKER} <= kinds


async def test_a_storm_of_offers_holds_up_nobody(worker: MediaWorker, server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=POLICY))
    anna, ben, mallory = (AiortcPeer(server, name) for name in NAMES)
    for peer in (anna, ben, mallory):
        peer.start()
    ben.keep_answering()
    await anna.publish()
    await ben.decoded("video")
    await mallory.publish()
    good = mallory.publishing.localDescription.sdp
    line = good[good.index("m=audio") :]
    bombs = [
        "v=0\r\n" + "m=audio 9 UDP/TLS/RTP/SAVPF 0\r\n" * 200,
        good + "a=x\r\n" * MAX_SDP_BYTES,
        good + "".join(f"a=extmap:{number} urn:x{number}\r\n" for number in range(3_000)),
        good + "".join(f"a=ssrc:{number} cname:x\r\n" for number in range(3_000)),
        good
        + "".join(f"a=rid:{number} send\r\n" for number in range(3_000))
        + "a=simulcast:send "
        + ";".join(map(str, range(3_000)))
        + "\r\n",
        good + line * 10,
        good.replace("VP8", "VP9").replace("opus", "PCMU"),
        "",
    ]
    offers = itertools.count(100)
    for _ in range(25):
        for sdp in (*bombs, good):
            server.send(control.PublishOffer(room=ROOM, peer="mallory", session=mallory.session, offer=next(offers), sdp=sdp))
        await ben.decoded("audio", 1)
    await server.take(control.MediaRefused, lambda refused: refused.code == "too_many_offers")
    await ben.decoded("video", 5)
    stormed = next(offers)
    async with asyncio.timeout(20):  # 50 kB a second are read again
        while not any(isinstance(message, control.PublishAnswer) and message.offer > stormed for message in server.heard):
            server.send(control.PublishOffer(room=ROOM, peer="mallory", session=mallory.session, offer=next(offers), sdp=good))
            await asyncio.sleep(0.5)
    refusals = {refused.code for refused in server.heard if isinstance(refused, control.MediaRefused)}
    assert {"sdp_too_many_lines", "sdp_too_large", "sdp_no_mid", "sdp_no_codec", "sdp_syntax"} <= refusals
    assert "worker_error" not in refusals
    for peer in (anna, ben, mallory):
        await peer.close()


async def test_checks_from_everywhere_take_no_room_and_nobodys_address(worker: MediaWorker, server: ControlClient) -> None:
    server.send(control.SetRoom(room=ROOM, policy=POLICY))
    anna, ben = AiortcPeer(server, "anna"), AiortcPeer(server, "ben")
    anna.start()
    ben.start()
    await anna.publish()
    await ben.publish()
    table = worker._ice
    before = len(table._by_path)
    room = worker._rooms[ROOM]
    publisher = room._peers["ben"].publisher
    assert publisher is not None
    known, at = publisher.transport.credentials, worker.port
    loop = asyncio.get_running_loop()
    for _ in range(200):
        transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=("127.0.0.1", at))
        with contextlib.closing(transport):
            transport.sendto(stun.binding_request(bytes(12), f"{known.ufrag}:x", known.password))
            await asyncio.sleep(0)
    await asyncio.sleep(0.1)
    assert len(table._by_path) <= before + MAX_PATHS
    assert publisher.transport.state == "connected"
    await anna.close()
    await ben.close()
