"""Two light peers on a worker of its own process: Anna sends a voice and a picture, Ben takes what comes. No browser, no codec.

For floods: what is sent and what arrives is known packet by packet, from headers alone.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import random
import re
import socket
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from server.media.dtls import Fingerprint, fingerprint_of, new_certificate
from server.media.ring import create_ring
from server.media.rtp import write_rtp
from server.media.sdp import check_bundled, read_sdp
from tests.fakes.aiortc_peer import ROOM, ControlClient
from tests.load._connection import Connection, candidate_of
from tests.load._processes import running_worker
from tests.load._sdp import Incoming, answer, incoming, new_ssrcs, offer

SESSION: Final = "s"
VOICE_BYTES: Final = 90
PICTURE_BYTES: Final = 1_100
PACKETS_PER_PICTURE: Final = 4
BEAT_S: Final = 0.02
CHECK_EVERY_BEATS: Final = 100
# Ben's answer is without: nobody here says when packets came.
TRANSPORT_CC: Final = re.compile(r"a=[^\r\n]*transport-(wide-)?cc[^\r\n]*\r\n")
MOST_AT_ONCE: Final = 1_000
OPUS_TYPE: Final = 111
VP8_TYPE: Final = 96
# A VP8 payload descriptor that begins a partition, and the head of a key frame: each picture can be shown by itself.
KEY_FRAME: Final = bytes.fromhex("10 10 00 00 9d 01 2a 80 02 68 01")
MORE: Final = b"\x00"


@dataclass
class Arrived:
    """By SSRC and number. `again_bytes`: what came a second time or on another SSRC, for repair; padding alone is counted apart."""

    first: set[tuple[int, int]] = field(default_factory=set)
    first_bytes: int = 0
    again_bytes: int = 0
    padding_bytes: int = 0


@dataclass
class Pair:
    server: ControlClient
    sending: Connection
    receiving: Connection
    ssrcs: dict[str, int]
    lines: list[Incoming]
    port: int
    ufrag: str
    sent: int = 0
    arrived: Arrived = field(default_factory=Arrived)
    last_sealed: bytes = b""  # what a stranger on the way could have read

    async def talk(self, seconds: float) -> tuple[int, int]:
        """Media for a while. How many packets Anna sent in it, and how many of them Ben got."""
        sent, came = self.sent, len(self.arrived.first)
        begin_s = time.monotonic()
        while time.monotonic() - begin_s < seconds:
            await asyncio.sleep(max(0.0, self._beats * BEAT_S - (time.monotonic() - self._began_s)))
            while self._beats * BEAT_S <= time.monotonic() - self._began_s:
                self._beat()
            self.take()
        await asyncio.sleep(0.3)
        self.take()
        return self.sent - sent, len(self.arrived.first) - came

    def take(self) -> None:
        """Counts what has come to Ben."""
        known = {line.ssrc for line in self.lines}
        for data in waiting(self.receiving.socket):
            if not 128 <= data[0] <= 191 or 192 <= data[1] <= 223:
                continue
            ssrc, number = int.from_bytes(data[8:12], "big"), int.from_bytes(data[2:4], "big")
            if data[0] & 0x20:
                self.arrived.padding_bytes += len(data)
            elif ssrc in known and (ssrc, number) not in self.arrived.first:
                self.arrived.first.add((ssrc, number))
                self.arrived.first_bytes += len(data)
            else:
                self.arrived.again_bytes += len(data)

    def __post_init__(self) -> None:
        self._numbers = {name: itertools.count(random.randrange(1_000, 20_000)) for name in ("microphone", "camera")}
        self._beats = 0
        self._began_s = time.monotonic()

    def _beat(self) -> None:
        """20 ms of a lesson; a picture in two of three."""
        beat, self._beats = self._beats, self._beats + 1
        self._send("microphone", OPUS_TYPE, True, beat * 960, os.urandom(VOICE_BYTES))
        if beat % 3:
            for part in range(PACKETS_PER_PICTURE):
                head = MORE if part else KEY_FRAME
                self._send("camera", VP8_TYPE, part == PACKETS_PER_PICTURE - 1, beat * 1_800, head + os.urandom(PICTURE_BYTES - len(head)))
        if beat % CHECK_EVERY_BEATS == 0:
            self.sending.check()
            self.receiving.check()

    def _send(self, name: str, kind: int, marker: bool, timestamp: int, payload: bytes) -> None:
        number = next(self._numbers[name]) & 0xFFFF
        sealed = self.sending.out.protect_rtp(write_rtp(kind, marker, number, timestamp & 0xFFFFFFFF, self.ssrcs[name], payload))
        if sealed is not None:
            self.last_sealed = sealed
            self.sent += 1
            self.sending.send(sealed)


@contextlib.asynccontextmanager
async def light_pair(folder: Path) -> AsyncIterator[Pair]:
    """Until Ben gets Anna's packets."""
    create_ring(folder / "ring", 16 * 1024 * 1024)
    certificate = new_certificate()
    fingerprint, ssrcs = fingerprint_of(certificate), new_ssrcs()
    async with running_worker(folder, folder / "ring"), contextlib.AsyncExitStack() as stack:
        server = await ControlClient.connect(folder / "worker.sock")
        stack.push_async_callback(server.close)
        sending, receiving = Connection(certificate), Connection(certificate, read=True)
        stack.push_async_callback(sending.close)
        stack.push_async_callback(receiving.close)
        may = PersonPolicy(microphone=True, camera=True, camera_max_bps=1_500_000, hears=("anna", "ben"), sees=("anna", "ben"))
        server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=1, people={"anna": may, "ben": may})))
        for name in ("anna", "ben"):
            server.send(control.StartPeer(room=ROOM, peer=name, session=SESSION))
        sdp = offer(sending, fingerprint, ssrcs)
        server.send(control.PublishOffer(room=ROOM, peer="anna", session=SESSION, offer=1, sdp=sdp))
        answered = await server.take(control.PublishAnswer)
        await sending.connect(answered.sdp)
        lines = await _subscribed(server, receiving, fingerprint)
        port = candidate_of(answered.sdp)[1]
        pair = Pair(
            server,
            sending,
            receiving,
            {str(name): ssrc for name, ssrc in ssrcs.items()},
            lines,
            port,
            check_bundled(read_sdp(answered.sdp)).ufrag,
        )
        async with asyncio.timeout(10):
            while not {line.ssrc for line in lines} <= {ssrc for ssrc, _ in pair.arrived.first}:
                await pair.talk(0.2)
        yield pair


async def _subscribed(server: ControlClient, receiving: Connection, fingerprint: Fingerprint) -> list[Incoming]:
    """Ben takes Anna's voice and picture, which may be offered one after the other."""
    lines: list[Incoming] = []
    while len(lines) < 2:
        offered = await server.take(control.SubscribeOffer, lambda message: message.peer == "ben")
        sdp = TRANSPORT_CC.sub("", answer(offered.sdp, receiving, fingerprint))
        server.send(control.SubscribeAnswer(room=ROOM, peer="ben", session=SESSION, offer=offered.offer, sdp=sdp))
        if not lines:
            await receiving.connect(offered.sdp)
        lines = [line for line in incoming(offered.sdp) if line.ssrc]
    return lines


def waiting(opened: socket.socket) -> Iterator[bytes]:
    """What has come to this socket."""
    while True:
        try:
            data = opened.recv(2048)
        except BlockingIOError:
            return
        if data:
            yield data


async def at_rate(per_s: float, count: int, act: Callable[[int], None]) -> float:
    """`act(0)`, `act(1)` … `act(count - 1)` at this rate, a few at once. How many a second it was in truth."""
    begin_s, done = time.monotonic(), 0
    while done < count:
        due = min(count, int((time.monotonic() - begin_s) * per_s) + 1, done + MOST_AT_ONCE)
        for number in range(done, due):
            act(number)
        done = due
        await asyncio.sleep(0.001)
    return count / (time.monotonic() - begin_s)
