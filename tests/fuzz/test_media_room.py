"""A whole room without sockets and ciphers: whatever one of three people sends, the other two and the recorder get sound packets.

An input is a program: a step's kind, its length, its bytes. Mutated, it is still one. Anna is honest, ben listens, mallory does the rest.
"""

from __future__ import annotations

import asyncio
import itertools
import struct
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pylibsrtp
import pytest

from recorder.rtp import parse_packet, parse_report
from server.media import control, rtcp, stun
from server.media.batch import Link
from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy, Source
from server.media.dtls import SrtpPair, new_certificate
from server.media.ice import IceTable
from server.media.ingress import MAX_SSRCS
from server.media.recording import Tape
from server.media.repair import MAX_MISSING
from server.media.ring import Kind, RingReader, RingWriter, create_ring, decode_marker
from server.media.room import Room, RoomContext
from server.media.rtp import RTX_PAYLOAD_TYPE, parse_rtp, write_rtp
from server.media.sdp import SdpError
from server.media.srtp import Srtp
from server.media.transport import Network, Transport
from server.media.udp import Path as NetworkPath
from tests.fakes.plain_batch import PlainBatch
from tests.fuzz.mutation import ROUNDS, Target, fuzz
from tests.fuzz.test_media_parsers import FEEDBACK, KEYFRAME, PACKETS, SIMULCAST
from tests.unit.media.test_sdp import AUDIO, VIDEO, offer

NAMES = ("anna", "ben", "mallory")
OFFERS = (offer(AUDIO, SIMULCAST), offer(AUDIO, VIDEO), offer(AUDIO, bundle="0"), offer(AUDIO, SIMULCAST).replace("abcd", "efgh"))
CERTIFICATE = new_certificate()
TICK_NS = 20_000_000
MARKS = tuple(f"LIN{number}".encode() for number in range(4))  # stand for the SSRCs of the lines to mallory
MISSED = tuple(f"MIS{number}".encode() for number in range(4))  # and for the last numbers that were sent there, as a NACK has them
RTP, HONEST, RTCP, RTCP_BACK, RAW, TIME, OFFER, POLICY, RELOAD = range(9)
KINDS = (*[RTP] * 4, HONEST, HONEST, *[RTCP] * 2, *[RTCP_BACK] * 3, RAW, TIME, OFFER, POLICY, RELOAD)


class Plain(Srtp):
    def unprotect_rtp(self, packet: bytes) -> bytes | None:
        return packet

    def unprotect_rtcp(self, packet: bytes) -> bytes | None:
        return packet


def plain(direction: int) -> Plain:
    policy = pylibsrtp.Policy(key=bytes(28), ssrc_type=direction, srtp_profile=pylibsrtp.Policy.SRTP_PROFILE_AEAD_AES_128_GCM)
    return Plain(pylibsrtp.Session(policy))


class Scene:
    def __init__(self, ring: RingWriter) -> None:
        self.now_ns = 1_000_000_000
        self.batch = PlainBatch()
        self.ice = IceTable(lambda data, path: None)
        self.network = Network(
            lambda data, path: None, self.ice, CERTIFICATE, ("127.0.0.1",), 10_000, batch=self.batch, socket_of=lambda path: 0
        )
        self.srtp = SrtpPair(plain(pylibsrtp.Policy.SSRC_ANY_INBOUND), plain(pylibsrtp.Policy.SSRC_ANY_OUTBOUND))
        self.said: list[msgspec.Struct] = []
        self.room = Room(RoomContext(self.network, Tape(ring, "w"), self.said.append, lambda: self.now_ns), "r")
        self.room.set_policy(policy(0), self.now_ns)
        self._sessions = itertools.count()
        self._offers = itertools.count(1)
        self._honest = itertools.count(65_500)
        self._ports = itertools.count(1)
        self._paths: dict[Transport, NetworkPath] = {}
        self._numbers: dict[tuple[Link, int, int], bytes] = {}
        self.session = ""
        for name in NAMES:
            self.come(name)

    def come(self, name: str) -> None:
        session = f"{name}-{next(self._sessions)}"
        self.session = session if name == "mallory" else self.session
        self.room.start_peer(name, session, self.now_ns)
        self.publish(name, session, OFFERS[name != "mallory"])

    def publish(self, name: str, session: str, sdp: str) -> None:
        try:
            message = control.PublishOffer(room="r", peer=name, session=session, offer=next(self._offers), sdp=sdp)
            self.room.publish(message, self.now_ns)
        except SdpError:
            pass
        self.settle()

    def settle(self) -> None:
        """Every open offer is answered, every connection stands."""
        while said := [message for message in self.said if isinstance(message, control.SubscribeOffer)]:
            self.said.clear()
            for told in said:
                sdp = told.sdp.replace("actpass", "active").replace("a=sendonly", "a=recvonly")
                try:
                    answer = control.SubscribeAnswer(room="r", peer=told.peer, session=told.session, offer=told.offer, sdp=sdp)
                    self.room.subscribe(answer)
                except SdpError:
                    continue
        for peer in self.room._peers.values():
            self.connect(peer.subscriber.transport)
            if peer.publisher is not None:
                self.connect(peer.publisher.transport)

    def connect(self, transport: Transport) -> None:
        if transport not in self._paths and transport.state != "closed":
            self._paths[transport] = NetworkPath(4, ("192.0.2.1", next(self._ports)), b"")
            transport._on_dtls(self.srtp)
        self.check(transport)

    def check(self, transport: Transport) -> None:
        known, path = transport.credentials, self._paths.get(transport)
        if path is not None:
            self.ice.receive(stun.binding_request(bytes(12), f"{known.ufrag}:x", known.password), path, self.now_ns)

    def play(self, program: bytes) -> None:
        at = 0
        while at + 3 <= len(program):
            kind, size = struct.unpack_from(">BH", program, at)
            body = program[at + 3 : at + 3 + size % 2_000]
            at += 3 + size % 2_000
            self.step(KINDS[kind % len(KINDS)], body)
        self.look()

    def step(self, kind: int, body: bytes) -> None:
        mallory = self.room._peers["mallory"]
        if kind in (RTP, RTCP, RAW) and mallory.publisher is not None:
            self.arrive(mallory.publisher.transport, body)
        elif kind == RTCP_BACK:
            lines = mallory.subscriber.lines
            for mark, missed, line in zip(MARKS, MISSED, lines, strict=False):
                newest = line.out.newest_number() or 0
                body = body.replace(mark, struct.pack(">I", line.out.ssrc)).replace(missed, struct.pack(">HH", (newest - 9) & 0xFFFF, 0xFF))
            self.arrive(mallory.subscriber.transport, body)
        elif kind == HONEST:
            self.speak()
        elif kind == TIME:
            self.wait(body[0] % 60 if body else 1)
        elif kind == OFFER:
            text = body.decode("utf-8", "surrogateescape") if len(body) > 9 else OFFERS[sum(body) % len(OFFERS)]
            self.publish("mallory", self.session, text)
        elif kind == POLICY:
            self.room.set_policy(policy(sum(body)), self.now_ns)
            self.settle()
        elif kind == RELOAD:
            self.come("mallory")

    def arrive(self, transport: Transport, data: bytes) -> None:
        path = self._paths.get(transport)
        if path is not None and data and not 20 <= data[0] <= 63:  # a handshake has a test of its own
            self.ice.receive(data, path, self.now_ns)

    def speak(self) -> None:
        publisher = self.room._peers["anna"].publisher
        assert publisher is not None
        number = next(self._honest)
        self.arrive(publisher.transport, write_rtp(109, False, number, 960 * number, 21, b"voice"))
        self.arrive(publisher.transport, write_rtp(120, True, number, 3_000 * number, 22, KEYFRAME))
        self.now_ns += TICK_NS

    def wait(self, ticks: int) -> None:
        for count in range(ticks):
            self.now_ns += TICK_NS
            self.room.tick(self.now_ns)
            if count % 5 == 4:
                self.room.poll(self.now_ns)
        for transport in self._paths:
            self.check(transport)
        self.room.every_second(self.now_ns)
        self.settle()

    def look(self) -> None:
        """What left: to lines that there are, each number once."""
        links = {peer.subscriber.transport.link: peer.subscriber for peer in self.room._peers.values()}
        for link, data in self.batch.left:
            packet = parse_rtp(data)
            assert packet is not None
            key = link, packet.ssrc, packet.sequence
            assert self._numbers.setdefault(key, data) == data, "one number for two packets: SRTP breaks"
            if link in links and packet.payload_type == RTX_PAYLOAD_TYPE:
                assert len(packet.payload) > 2
        self.batch.left.clear()
        for peer in self.room._peers.values():
            if peer.publisher is not None:
                ingress = peer.publisher.ingress
                assert len(ingress._routes) <= MAX_SSRCS
                assert all(len(stream.nacks) <= MAX_MISSING for stream in ingress.streams.values())
        assert len(self.room._fans) <= 3 * 6


def policy(variant: int) -> RoomPolicy:
    open_to = PersonPolicy(microphone=True, camera=True, screen=True, hears=NAMES, sees=NAMES, camera_shown="large")
    closed = msgspec.structs.replace(
        open_to, microphone=variant % 2 == 0, camera=variant % 3 != 1, camera_shown=("small", "soon")[variant % 2]
    )
    sources: tuple[Source, ...] = ("microphone", "camera")
    tracks = tuple(RecordedTrack(peer=name, source=source) for name in NAMES for source in sources)
    recording = RecordingPolicy(take=f"t{variant % 3}", teacher="mallory", tracks=tracks[variant % 4 :])
    people = {"anna": open_to, "ben": open_to, "mallory": closed if variant else open_to}
    return RoomPolicy(version=1, people=people, recording=recording if variant % 5 != 4 else None)


def program(*steps: tuple[int, bytes]) -> bytes:
    return b"".join(struct.pack(">BH", KINDS.index(kind), len(body)) + body for kind, body in steps)


def talk() -> Iterator[tuple[int, bytes]]:
    """Mallory's layers and voice, with repairs, reports and complaints, between anna's."""
    for number in range(12):
        yield HONEST, b""
        for template in PACKETS:
            numbered = template[:1] + bytes([template[1] & 0x80 | {97: 124, 96: 120, 111: 109}.get(template[1] & 0x7F, 120)])
            yield RTP, numbered + struct.pack(">HI", number, 3_000 * number) + template[8:]
        if number % 3 == 0:
            yield RTCP, rtcp.write_sender_report(4, number << 40, 3_000 * number, number, number, "m")
            yield RTCP_BACK, struct.pack(">BBHI", 0x81, 205, 3, 1) + MARKS[number % 2 * 2] + MISSED[number % 2 * 2]
            yield RTCP_BACK, struct.pack(">BBHI", 0x81, 206, 2, 1) + MARKS[number % 4]
            yield RTCP_BACK, FEEDBACK
        yield TIME, b"\x06"


PROGRAMS = (
    program(*talk()),
    program((OFFER, b"\x01"), *talk(), (POLICY, b"\x03"), *itertools.islice(talk(), 30), (RELOAD, b""), *itertools.islice(talk(), 40)),
    program(*itertools.islice(talk(), 20), (TIME, b"\x3b"), (OFFER, b"\x03"), (OFFER, OFFERS[2].encode()), *itertools.islice(talk(), 40)),
)


@pytest.mark.parametrize("rounds", ROUNDS)
async def test_whatever_one_sends_the_others_get_sound_packets(tmp_path: Path, rounds: int) -> None:
    create_ring(tmp_path / "ring", 1 << 20)
    with RingWriter(tmp_path / "ring") as writer, RingReader(tmp_path / "ring") as reader:

        def play(data: bytes) -> None:
            scene = Scene(writer)
            try:
                scene.play(data)
                read(reader)
            finally:
                scene.room.close(scene.now_ns)
            endings.append(scene.network)

        endings: list[Network] = []
        fuzz("media_room", Target(play, PROGRAMS, share=0.006, most_s=2.0), rounds)
        for network in endings:
            await asyncio.gather(*network.ending)


def read(reader: RingReader) -> None:
    for record in reader.records():
        if record.kind is Kind.RTP:
            parse_packet(record.payload)
        elif record.kind is Kind.SENDER_REPORT:
            parse_report(record.payload)
        elif record.kind is Kind.MARKER:
            decode_marker(record.payload)


async def test_the_program_that_is_mutated_reaches_everything(tmp_path: Path) -> None:
    create_ring(tmp_path / "ring", 1 << 20)
    with RingWriter(tmp_path / "ring") as writer, RingReader(tmp_path / "ring") as reader:
        scene = Scene(writer)
        scene.play(PROGRAMS[0])
        repairs = {line.out.rtx_ssrc for line in scene.room._peers["mallory"].subscriber.lines}
        assert any(ssrc in repairs for _, ssrc, _ in scene._numbers), "a complaint was answered"
        sources = {stream.source for stream in scene.room._fans}
        assert sources == {"microphone", "camera"}
        assert len(scene.room._fans) == 2 + 3, "anna's two, mallory's voice and two layers"
        assert len(list(reader.records())) > 50
        scene.room.close(scene.now_ns)
        await asyncio.gather(*scene.network.ending)
