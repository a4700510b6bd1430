"""Rooms of six people as their browsers send them, without browsers: a process of its own that the bench tells what to do.

The teacher sends a film and a voice, the five others small pictures and voices; everybody hears and sees everybody. Nothing is encoded
or decoded here. One person of each room, the witness, reads what arrives: gaps in its numbers are losses, and the kernel's
times say how long a packet took through the worker. The others only keep their connections alive.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import re
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from aiortc.rtcdtlstransport import RTCCertificate

from server.media import control
from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy, Source
from server.media.dtls import Fingerprint, fingerprint_of, new_certificate
from server.media.sdp import read_sdp
from tests.load._connection import Connection, transport_lines
from tests.load._lesson import Loop, Material, Sender, load_material
from tests.load._pacer import LEVEL_ID, PAYLOAD_TYPES, Checks, Media, Pacer, ReceiverReports, publish

PEOPLE: Final = 6
WITNESS: Final = PEOPLE - 1
SESSION: Final = "s"
SETTLED_S: Final = 6.0  # every picture has had a key frame since
_SSRC: Final = re.compile(r"a=ssrc:(\d+) cname:")
_LEVEL_URI: Final = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"


class Told:
    """What the bench wants to know of a window, summed over all witnesses. `delay_ms`: of voices, from leaving to arriving."""

    def __init__(self) -> None:
        self.arrived = 0
        self.lost = 0
        self.delay_ms: list[float] = []

    def quantile(self, part: float) -> float:
        values = sorted(self.delay_ms)
        return round(values[min(len(values) - 1, int(part * len(values)))], 2) if values else 0.0


@dataclass
class Peer:
    """`incoming`: by SSRC of the worker whose and which source it is; `highest`: the last number of each."""

    room: str
    number: int
    publishing: Connection
    subscribing: Connection
    ssrcs: dict[Source, int] = field(default_factory=lambda: new_ssrcs())
    media: dict[Source, Media] = field(default_factory=dict)
    incoming: dict[int, tuple[int, Source]] = field(default_factory=dict)
    highest: dict[int, int] = field(default_factory=dict)
    connecting: list[asyncio.Task[None]] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"p{self.number}"


class Load:
    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, material: Material, pacer: Pacer) -> None:
        self._reader = reader
        self._writer = writer
        self._material = material
        self._pacer = pacer
        self._certificate: RTCCertificate = new_certificate()
        self._fingerprint: Fingerprint = fingerprint_of(self._certificate)
        self._answers: dict[tuple[str, str], asyncio.Future[str]] = {}
        self._peers: dict[tuple[str, str], Peer] = {}
        self._told = Told()
        self.rooms: list[list[Peer]] = []

    async def listen(self) -> None:
        while True:
            message = await control.read_frame(self._reader, control.from_worker)
            if isinstance(message, control.PublishAnswer):
                self._answers.pop((message.room, message.peer)).set_result(message.sdp)
            elif isinstance(message, control.SubscribeOffer):
                self._answer(self._peers[message.room, message.peer], message)
            elif isinstance(message, control.MediaRefused):
                raise RuntimeError(f"the worker refused: {message.code}")

    async def open_room(self, *, people: int = PEOPLE) -> None:
        """Until everybody has all connections, and media flows."""
        room = f"room{len(self.rooms)}"
        self._send(control.SetRoom(room=room, policy=policy(room, people)))
        peers = [
            Peer(room, number, Connection(self._certificate), Connection(self._certificate, read=number == WITNESS))
            for number in range(people)
        ]
        for peer in peers:
            self._peers[room, peer.name] = peer
            self._send(control.StartPeer(room=room, peer=peer.name, session=SESSION))
        await asyncio.gather(*(self._publish(peer) for peer in peers))
        async with asyncio.timeout(30):
            while any(len(peer.incoming) < 2 * (people - 1) for peer in peers):
                await asyncio.sleep(0.02)
        await asyncio.gather(*(task for peer in peers for task in peer.connecting))
        began_ns = time.monotonic_ns() + random.randrange(20_000_000)
        for peer in peers:
            self._begin(peer, began_ns)
        self.rooms.append(peers)

    def end(self) -> None:
        """Nothing is recorded any more."""
        for peers in self.rooms:
            stopped = policy(peers[0].room, len(peers))
            self._send(control.SetRoom(room=peers[0].room, policy=msgspec.structs.replace(stopped, version=2, recording=None)))

    def look(self) -> None:
        """Takes in what the witnesses have got."""
        for room in self.rooms:
            if len(room) > WITNESS:
                self._witness(room, room[WITNESS])

    async def measure(self, seconds: float) -> dict[str, Any]:
        voices = [peer.media["microphone"] for room in self.rooms for peer in room]
        self._told, self._pacer.late_ns = Told(), 0
        sent, cpu_s, began = self._sent(), time.process_time(), time.monotonic()
        for media in voices:
            media.is_timed = True
        await asyncio.sleep(seconds)
        for media in voices:
            media.is_timed = False
            media.left_ns.clear()
        window_s, told = time.monotonic() - began, self._told
        return {
            "window_s": window_s,
            "sent_per_s": (self._sent() - sent) / window_s,
            "arrived_per_s": told.arrived / window_s,
            "lost": told.lost,
            "delay_p50_ms": told.quantile(0.5),
            "delay_p99_ms": told.quantile(0.99),
            "delay_max_ms": told.quantile(1.0),
            "late_ms": self._pacer.late_ns / 1e6,
            "cpu_share": (time.process_time() - cpu_s) / window_s,
            "unsent": sum(peer.publishing.unsent for room in self.rooms for peer in room),
        }

    async def _publish(self, peer: Peer) -> None:
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[peer.room, peer.name] = answered
        sdp = offer(peer.publishing, self._fingerprint, peer.ssrcs)
        self._send(control.PublishOffer(room=peer.room, peer=peer.name, session=SESSION, offer=1, sdp=sdp))
        await peer.publishing.connect(await answered)

    def _answer(self, peer: Peer, offered: control.SubscribeOffer) -> None:
        ssrcs = dict(zip((section.mid for section in read_sdp(offered.sdp).sections), map(int, _SSRC.findall(offered.sdp)), strict=True))
        peer.incoming = {ssrcs[stream.mid]: (int(stream.peer[1:]), stream.source) for stream in offered.streams}
        sdp = answer(offered.sdp, peer.subscribing, self._fingerprint)
        self._send(control.SubscribeAnswer(room=peer.room, peer=peer.name, session=SESSION, offer=offered.offer, sdp=sdp))
        if not peer.connecting:
            peer.connecting.append(asyncio.create_task(peer.subscribing.connect(offered.sdp)))

    def _begin(self, peer: Peer, began_ns: int) -> None:
        film = self._material.small if peer.number else self._material.film
        voice = self._material.voices[peer.number]
        loops: dict[Source, Loop] = {"microphone": voice, "camera": film}
        senders = {
            source: Sender(loop, peer.ssrcs[source], PAYLOAD_TYPES[source], began_ns + random.randrange(20_000_000))
            for source, loop in loops.items()
        }
        peer.media = dict(zip(senders, publish(self._pacer, peer.publishing, senders, began_ns), strict=True))
        if peer.connecting:  # who is alone in a room gets no offer
            self._pacer.add(Checks(peer.subscribing), began_ns + random.randrange(1_000_000_000))
            self._pacer.add(ReceiverReports(peer.subscribing, lambda: list(peer.incoming)), began_ns + 1_000_000_000)

    def _witness(self, room: list[Peer], witness: Peer) -> None:
        told, highest, incoming = self._told, witness.highest, witness.incoming
        for arrived_ns, data in witness.subscribing.received():
            ssrc = int.from_bytes(data[8:12], "big")
            if ssrc not in incoming:
                continue
            number = int.from_bytes(data[2:4], "big")
            gap = (number - highest.get(ssrc, number - 1) - 1) & 0xFFFF
            if gap < 0x8000:
                highest[ssrc] = number
                told.lost += gap
            told.arrived += 1
            whose, source = incoming[ssrc]
            if source == "microphone":
                # the worker hands the clock of a first stream through as it is
                left_ns = room[whose].media["microphone"].left_ns.pop(int.from_bytes(data[4:8], "big"), 0)
                if left_ns:
                    told.delay_ms.append((arrived_ns - left_ns) / 1e6)

    def _sent(self) -> int:
        return sum(media.sender.packets for room in self.rooms for peer in room for media in peer.media.values())

    def _send(self, message: control.ToWorker) -> None:
        self._writer.write(control.encode_frame(message))


def policy(room: str, people: int) -> RoomPolicy:
    """Everybody may all, everybody has agreed: the teacher's film and all voices are recorded."""
    names = [f"p{number}" for number in range(people)]
    tracks = [RecordedTrack(peer="p0", source="camera"), *(RecordedTrack(peer=name, source="microphone") for name in names)]
    may = {
        name: PersonPolicy(
            microphone=True,
            camera=True,
            camera_max_bps=250_000 if number else 1_500_000,
            hears=tuple(names),
            sees=tuple(names),
        )
        for number, name in enumerate(names)
    }
    return RoomPolicy(version=1, people=may, recording=RecordingPolicy(take=f"take-{room}", teacher="p0", tracks=tuple(tracks)))


def new_ssrcs() -> dict[Source, int]:
    return {source: random.randrange(1, 1 << 32) for source in PAYLOAD_TYPES}


def offer(connection: Connection, fingerprint: Fingerprint, ssrcs: dict[Source, int]) -> str:
    """A microphone and a camera, as a page that only sends."""
    common = transport_lines(connection, fingerprint, "active")
    sound = f"m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n{common}a=mid:0\r\na=sendonly\r\na=rtpmap:111 opus/48000/2\r\n"
    sound += f"a=extmap:{LEVEL_ID} {_LEVEL_URI}\r\na=ssrc:{ssrcs['microphone']} cname:p\r\n"
    picture = f"m=video 9 UDP/TLS/RTP/SAVPF 96\r\n{common}a=mid:1\r\na=sendonly\r\na=rtpmap:96 VP8/90000\r\n"
    picture += f"a=ssrc:{ssrcs['camera']} cname:p\r\n" + "".join(
        f"a=rtcp-fb:96 {word}\r\n" for word in ("nack", "nack pli", "ccm fir", "goog-remb")
    )
    return f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE 0 1\r\n{sound}{picture}"


def answer(offered: str, connection: Connection, fingerprint: Fingerprint) -> str:
    """Takes all that is offered."""
    sections = read_sdp(offered).sections
    common = transport_lines(connection, fingerprint, "active")
    text = f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE {' '.join(section.mid for section in sections)}\r\n"
    for section in sections:
        codec = section.formats[0]
        name = "opus/48000/2" if section.kind == "audio" else "VP8/90000"
        text += f"m={section.kind} 9 UDP/TLS/RTP/SAVPF {codec.payload_type}\r\n{common}a=mid:{section.mid}\r\na=recvonly\r\n"
        text += f"a=rtpmap:{codec.payload_type} {name}\r\n"
    return text


async def main(socket: Path, material: Material) -> None:
    """Orders come as lines on standard input: {"rooms": how many there shall be}, {"measure": seconds}, {"end": true}.

    Each is answered by a line.
    """
    pacer = Pacer()
    load = Load(*await asyncio.open_unix_connection(socket), material, pacer)
    working = [asyncio.create_task(load.listen()), asyncio.create_task(pacer.run(load.look))]
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        order = json.loads(line)
        if "rooms" in order:
            while len(load.rooms) < order["rooms"]:
                await load.open_room(people=order.get("people", PEOPLE))
            await asyncio.sleep(SETTLED_S)
            gc.collect()
            gc.freeze()
        if "end" in order:
            load.end()
        reply = await load.measure(order["measure"]) if "measure" in order else {"rooms": len(load.rooms)}
        for task in working:
            if task.done():
                task.result()
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), load_material(Path(sys.argv[2]))))
