"""Rooms with one who sends and several who receive, through a worker or through Janus, with the same packets and the same feedback.

The payload is no picture: whoever forwards cannot tell. Picture headers are right, so that a key frame is one.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import random
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Final, Protocol

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.dtls import fingerprint_of, new_certificate
from tests.load._connection import Connection
from tests.load._lesson import Loop, Piece, Sender
from tests.load._pacer import Checks, Media, Pacer, publish
from tests.load._receiver import Receiver, delays_ms
from tests.load._sdp import PAYLOAD_TYPES, Incoming, Layer, agreed_cc, answer, incoming, new_ssrcs, offer

FRAMES_PER_S: Final = 30
PACKETS_OF_A_FRAME: Final = 6
PACKET_BYTES: Final = 1100
VOICE_BYTES: Final = 100
KEY_EVERY_S: Final = 4
BURST: Final = 2
BURST_NS: Final = 5_000_000
PATIENCE_S: Final = 30.0
SETTLE_S: Final = 3.0


class Forwarder(Protocol):
    """`Videoroom` is one."""

    async def open_room(self, room: str, subscribers: int) -> None: ...

    async def publish(self, room: str, sdp: str) -> str:
        """The answer."""

    async def subscribe(self, room: str, number: int, take: Callable[[str], str]) -> None:
        """`take` makes an answer of an offer."""


@dataclass
class Listener:
    connection: Connection
    lines: list[Incoming]
    receiver: Receiver


@dataclass
class Hall:
    """One room. `media` is what is sent in it."""

    media: dict[Layer, Media]
    listeners: list[Listener] = field(default_factory=list)


class Audience:
    def __init__(self, forwarder: Forwarder, pacer: Pacer, host: str) -> None:
        self._forwarder = forwarder
        self._pacer = pacer
        self._host = host
        self._certificate = new_certificate()
        self._fingerprint = fingerprint_of(self._certificate)
        self.halls: list[Hall] = []

    @property
    def receivers(self) -> list[Receiver]:
        return [listener.receiver for hall in self.halls for listener in hall.listeners]

    async def open(self, rooms: int, listeners: int) -> None:
        """Until media flows to everybody."""
        for number in range(rooms):
            await self._open_room(f"room{number}", listeners)
        async with asyncio.timeout(PATIENCE_S):
            while not all(receiver.got.packets for receiver in self.receivers):
                await asyncio.sleep(0.05)
        gc.collect()
        gc.freeze()
        await asyncio.sleep(SETTLE_S)

    async def close(self) -> None:
        for hall in self.halls:
            await asyncio.gather(*(listener.connection.close() for listener in hall.listeners))

    async def _open_room(self, room: str, listeners: int) -> None:
        await self._forwarder.open_room(room, listeners)
        connection, ssrcs = Connection(self._certificate, host=self._host), new_ssrcs()
        answered = await self._forwarder.publish(room, offer(connection, self._fingerprint, ssrcs))
        await connection.connect(answered)
        coming = [await self._listener(room, number) for number in range(1, listeners + 1)]
        now_ns = time.monotonic_ns()
        began_ns = now_ns + random.randrange(30_000_000)
        loops: dict[Layer, Loop] = {"microphone": VOICE, "camera": FILM}
        senders = {layer: Sender(loop, ssrcs[layer], PAYLOAD_TYPES[layer], began_ns) for layer, loop in loops.items()}
        for listener in coming:
            self._pacer.add(Checks(listener.connection), now_ns + random.randrange(1_000_000_000))
            self._pacer.add(listener.receiver, now_ns + random.randrange(50_000_000))
        self.halls.append(Hall(publish(self._pacer, connection, senders, began_ns, cc=agreed_cc(answered)), coming))

    async def _listener(self, room: str, number: int) -> Listener:
        connection = Connection(self._certificate, host=self._host, read=True)
        offers: list[str] = []

        def take(offered: str) -> str:
            offers.append(offered)
            return answer(offered, connection, self._fingerprint)

        await self._forwarder.subscribe(room, number, take)
        await connection.connect(offers[-1])
        lines = incoming(offers[-1])
        return Listener(connection, lines, Receiver(connection, lines))


class WorkerRooms:
    """The same towards a worker: the teacher is on stage, everybody sees and hears the teacher."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._answers: dict[str, asyncio.Future[str]] = {}
        self._offers: dict[tuple[str, str], asyncio.Queue[control.SubscribeOffer]] = {}
        self.listening = asyncio.create_task(self._listen())

    async def open_room(self, room: str, subscribers: int) -> None:
        teacher = PersonPolicy(microphone=True, camera=True, camera_max_bps=3_000_000, camera_shown="large")
        hears = PersonPolicy(hears=("p0",), sees=("p0",))
        people = {"p0": teacher, **{f"p{number}": hears for number in range(1, subscribers + 1)}}
        self._send(control.SetRoom(room=room, policy=RoomPolicy(version=1, people=people)))
        for name in people:
            self._offers[room, name] = asyncio.Queue()
            self._send(control.StartPeer(room=room, peer=name, session="s"))

    async def publish(self, room: str, sdp: str) -> str:
        self._answers[room] = asyncio.get_running_loop().create_future()
        self._send(control.PublishOffer(room=room, peer="p0", session="s", offer=1, sdp=sdp))
        return await self._answers[room]

    async def subscribe(self, room: str, number: int, take: Callable[[str], str]) -> None:
        streams = 0
        async with asyncio.timeout(PATIENCE_S):
            while streams < len(("microphone", "camera")):
                offered = await self._offers[room, f"p{number}"].get()
                sdp, streams = take(offered.sdp), len(offered.streams)
                self._send(control.SubscribeAnswer(room=room, peer=offered.peer, session="s", offer=offered.offer, sdp=sdp))

    async def _listen(self) -> None:
        while True:
            message = await control.read_frame(self._reader, control.from_worker)
            if isinstance(message, control.PublishAnswer):
                self._answers[message.room].set_result(message.sdp)
            elif isinstance(message, control.SubscribeOffer):
                self._offers[message.room, message.peer].put_nowait(message)
            elif isinstance(message, control.MediaRefused):
                raise RuntimeError(f"the worker refused: {message.code}")

    def _send(self, message: control.ToWorker) -> None:
        self._writer.write(control.encode_frame(message))


@contextlib.asynccontextmanager
async def audience(forwarder: Forwarder, host: str, rooms: int, listeners: int) -> AsyncIterator[tuple[Audience, Pacer]]:
    pacer = Pacer()
    made = Audience(forwarder, pacer, host)
    sending = asyncio.create_task(pacer.run())
    try:
        await made.open(rooms, listeners)
        yield made, pacer
    finally:
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await made.close()
        gc.unfreeze()


def hall_delays_ms(hall: Hall) -> list[float]:
    """Of the voice, to all listeners, where it was timed on both sides."""
    left_ns = hall.media["microphone"].left_ns
    arrivals = [came for listener in hall.listeners for came in listener.receiver.got.arrivals.values()]
    return [delay for came in arrivals for delay in delays_ms(left_ns, came)]


def synthetic_film(frames_per_s: int, packets_of_a_frame: int) -> Loop:
    frame_ns = 1_000_000_000 // frames_per_s
    pieces = []
    for frame in range(KEY_EVERY_S * frames_per_s):
        for place in range(packets_of_a_frame):
            # RFC 7741: extended, first of a frame; a picture id of 15 bits; the P bit of the frame's first byte is 0 in a key frame
            head = bytes((0x90 if place == 0 else 0x80, 0x80, 0x80 | frame >> 8, frame & 0xFF, 0x01 if frame or place else 0x00))
            at_ns = frame * frame_ns + place // BURST * BURST_NS
            payload = head + bytes(PACKET_BYTES - 12 - len(head))
            pieces.append(Piece(at_ns, frame * frame_ns, payload, place == packets_of_a_frame - 1))
    return Loop(KEY_EVERY_S * 1_000_000_000, 90_000, tuple(pieces))


FILM: Final = synthetic_film(FRAMES_PER_S, PACKETS_OF_A_FRAME)
VOICE: Final = Loop(20_000_000, 48_000, (Piece(0, 0, bytes(VOICE_BYTES - 12), False, 30),))
