"""Rooms of six people as their browsers send them, without browsers: a process of its own that the bench tells what to do.

The teacher, on stage, sends a film in two layers and a voice, the five others small pictures and voices; everybody hears and sees
everybody. Nothing is encoded or decoded here. Everybody reports what arrives as browsers do; gaps in the numbers are losses, and of one
person of each room, the witness, the kernel's times say how long a voice took through the worker.
"""

from __future__ import annotations

import asyncio
import gc
import json
import random
import secrets
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec
import uvloop
from aiortc.rtcdtlstransport import RTCCertificate

from server.media import control
from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.media.dtls import Fingerprint, fingerprint_of, new_certificate
from tests.load._connection import Connection
from tests.load._lesson import Loop, Material, Sender, load_material
from tests.load._pacer import Checks, Media, Pacer, publish
from tests.load._receiver import READ_NS, Got, Receiver, delays_ms, quantile
from tests.load._sdp import PAYLOAD_TYPES, Layer, agreed_cc, answer, incoming, new_ssrcs, offer

PEOPLE: Final = 6
WITNESS: Final = PEOPLE - 1
RELOAD_EACH_S: Final = 1.0
SETTLED_S: Final = 6.0  # every picture has had a key frame since


@dataclass
class Peer:
    """`incoming`: by SSRC of the worker whose voice it is, "" for a picture; `offered`: the last offer of the worker's."""

    room: str
    number: int
    session: str
    publishing: Connection
    subscribing: Connection
    ssrcs: dict[Layer, int] = field(default_factory=new_ssrcs)
    media: dict[Layer, Media] = field(default_factory=dict)
    incoming: dict[int, str] = field(default_factory=dict)
    offered: str = ""
    cc: bool = False
    receiver: Receiver | None = None
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
        self.rooms: list[list[Peer]] = []

    async def listen(self) -> None:
        while True:
            message = await control.read_frame(self._reader, control.from_worker)
            if isinstance(message, control.PublishAnswer):
                self._answers.pop((message.room, message.peer)).set_result(message.sdp)
            elif isinstance(message, control.SubscribeOffer) and message.session == self._peers[message.room, message.peer].session:
                self._answer(self._peers[message.room, message.peer], message)
            elif isinstance(message, control.MediaRefused):
                raise RuntimeError(f"the worker refused: {message.code}")

    async def open_room(self, *, people: int = PEOPLE, recorded: bool = True) -> None:
        """Until everybody has all connections, and media flows."""
        room = f"room{len(self.rooms)}"
        stated = policy(room, people)
        self._send(control.SetRoom(room=room, policy=stated if recorded else msgspec.structs.replace(stated, recording=None)))
        peers = [self._start(room, number) for number in range(people)]
        await asyncio.gather(*(self._publish(peer) for peer in peers))
        async with asyncio.timeout(30):
            while any(len(peer.incoming) < 2 * (people - 1) for peer in peers):
                await asyncio.sleep(0.02)
        await asyncio.gather(*(task for peer in peers for task in peer.connecting))
        began_ns = time.monotonic_ns() + random.randrange(20_000_000)
        for peer in peers:
            self._begin(peer, began_ns)
        self.rooms.append(peers)

    async def reload(self, room: list[Peer], number: int) -> None:
        """As when somebody's page is loaded again: another pair of connections, other SSRCs."""
        before = room[number]
        await asyncio.gather(before.publishing.close(), before.subscribing.close())
        room[number] = peer = self._start(before.room, number)
        await self._publish(peer)
        async with asyncio.timeout(30):
            while len(peer.incoming) < 2 * (len(room) - 1):
                await asyncio.sleep(0.02)
        await asyncio.gather(*peer.connecting)
        self._begin(peer, time.monotonic_ns())

    def end(self) -> None:
        """Nothing is recorded any more."""
        for peers in self.rooms:
            stopped = policy(peers[0].room, len(peers))
            self._send(control.SetRoom(room=peers[0].room, policy=msgspec.structs.replace(stopped, version=2, recording=None)))

    async def measure(self, seconds: float, reloads: int = 0) -> dict[str, Any]:
        """`reloads`: how many people load their page again meanwhile, one each second; never the teacher or a witness."""
        peers = [peer for room in self.rooms for peer in room]
        voices = [peer.media["microphone"] for peer in peers]
        self._pacer.late_ns = 0
        for peer in peers:
            if peer.receiver is not None:
                peer.receiver.begin()
                peer.receiver.timed = {ssrc for ssrc, name in peer.incoming.items() if name} if peer.number == WITNESS else set()
        cpu_s, began = time.process_time(), time.monotonic()
        for media in voices:
            media.is_timed = True
        reloading = asyncio.create_task(self._reload_by_turns(reloads)) if reloads else None
        await asyncio.sleep(seconds)
        if reloading:
            await reloading
        for media in voices:
            media.is_timed = False
        window_s, cpu_s = time.monotonic() - began, time.process_time() - cpu_s
        got = self._got(peers)
        delay_ms = sorted(delay for room in self.rooms for delay in self._delays_ms(room))
        for media in voices:
            media.left_ns.clear()
        return {
            "window_s": window_s,
            "arrived_per_s": sum(one.packets for one in got) / window_s,
            "repairs_per_s": sum(one.repairs for one in got) / window_s,
            "numbered": sum(one.numbered for one in got) / max(1, sum(one.packets + one.repairs for one in got)),
            "arrived_bps": 8 * sum(one.octets for one in got) / window_s / max(1, len(got)),
            "lost": sum(one.lost for one in got),
            "delay_p50_ms": quantile(delay_ms, 0.5),
            "delay_p99_ms": quantile(delay_ms, 0.99),
            "delay_max_ms": quantile(delay_ms, 1.0),
            "late_ms": self._pacer.late_ns / 1e6,
            "cpu_share": cpu_s / window_s,
            "unsent": sum(peer.publishing.unsent for peer in peers),
        }

    async def _reload_by_turns(self, count: int) -> None:
        for turn in range(count):
            await self.reload(random.choice(self.rooms), 1 + turn % (PEOPLE - 2))
            await asyncio.sleep(RELOAD_EACH_S)

    def _got(self, peers: list[Peer]) -> list[Got]:
        found = []
        for peer in peers:
            if peer.receiver is not None:
                peer.receiver.read()
                found.append(peer.receiver.got)
        return found

    def _delays_ms(self, room: list[Peer]) -> list[float]:
        """Of all voices to the witness."""
        witness = room[-1]
        if witness.receiver is None:
            return []
        media = {peer.name: peer.media["microphone"] for peer in room}
        arrivals = witness.receiver.got.arrivals
        return [delay for ssrc, came in arrivals.items() for delay in delays_ms(media[witness.incoming[ssrc]].left_ns, came)]

    def _start(self, room: str, number: int) -> Peer:
        peer = Peer(room, number, secrets.token_hex(4), Connection(self._certificate), Connection(self._certificate, read=True))
        self._peers[room, peer.name] = peer
        self._send(control.StartPeer(room=room, peer=peer.name, session=peer.session))
        return peer

    async def _publish(self, peer: Peer) -> None:
        answered: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._answers[peer.room, peer.name] = answered
        sdp = offer(peer.publishing, self._fingerprint, peer.ssrcs, two_layers=True)
        self._send(control.PublishOffer(room=peer.room, peer=peer.name, session=peer.session, offer=1, sdp=sdp))
        answered_sdp = await answered
        peer.cc = agreed_cc(answered_sdp)
        await peer.publishing.connect(answered_sdp)

    def _answer(self, peer: Peer, offered: control.SubscribeOffer) -> None:
        ssrcs = {line.mid: line.ssrc for line in incoming(offered.sdp)}
        peer.offered = offered.sdp
        peer.incoming |= {ssrcs[stream.mid]: stream.peer if stream.source == "microphone" else "" for stream in offered.streams}
        sdp = answer(offered.sdp, peer.subscribing, self._fingerprint)
        self._send(control.SubscribeAnswer(room=peer.room, peer=peer.name, session=peer.session, offer=offered.offer, sdp=sdp))
        if not peer.connecting:
            peer.connecting.append(asyncio.create_task(peer.subscribing.connect(offered.sdp)))

    def _begin(self, peer: Peer, began_ns: int) -> None:
        """Only who is on stage sends the upper layer."""
        loops: dict[Layer, Loop] = {"microphone": self._material.voices[peer.number], "camera_low": self._material.small}
        if not peer.number:
            loops["camera"] = self._material.film
        senders = {
            layer: Sender(loop, peer.ssrcs[layer], PAYLOAD_TYPES[layer], began_ns + random.randrange(20_000_000))
            for layer, loop in loops.items()
        }
        peer.media = publish(self._pacer, peer.publishing, senders, began_ns, cc=peer.cc)
        if peer.connecting:  # who is alone in a room gets no offer
            peer.receiver = Receiver(peer.subscribing, incoming(peer.offered))
            self._pacer.add(Checks(peer.subscribing), began_ns + random.randrange(1_000_000_000))
            self._pacer.add(peer.receiver, began_ns + random.randrange(READ_NS))

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
            camera_max_bps=250_000 if number else 1_800_000,
            camera_shown="small" if number else "large",
            hears=tuple(names),
            sees=tuple(names),
        )
        for number, name in enumerate(names)
    }
    return RoomPolicy(version=1, people=may, recording=RecordingPolicy(take=f"take-{room}", teacher="p0", tracks=tuple(tracks)))


async def main(socket: Path, material: Material) -> None:
    """Orders come as lines on standard input, each is answered by one.

    {"rooms": how many there shall be, "people": in each of them, "recorded": true}, {"measure": seconds, "reloads": 0}, {"end": true}.
    """
    pacer = Pacer()
    load = Load(*await asyncio.open_unix_connection(socket), material, pacer)
    working = [asyncio.create_task(load.listen()), asyncio.create_task(pacer.run())]
    orders = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(orders), sys.stdin)
    while line := await orders.readline():
        order = json.loads(line)
        if "rooms" in order:
            while len(load.rooms) < order["rooms"]:
                await load.open_room(people=order.get("people", PEOPLE), recorded=order.get("recorded", True))
            await asyncio.sleep(SETTLED_S)
            gc.collect()
            gc.freeze()
        if "end" in order:
            load.end()
        reply = await load.measure(order["measure"], order.get("reloads", 0)) if "measure" in order else {"rooms": len(load.rooms)}
        for task in working:
            if task.done():
                task.result()
        print(json.dumps(reply), flush=True)


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(Path(sys.argv[1]), load_material(Path(sys.argv[2]))))
