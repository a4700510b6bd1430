"""People without codecs on a worker: real checks, DTLS and SRTP, and packets of which only the frame around them is real.

What arrives is decrypted, so a lost roll-over counter shows. It must not know a test's story.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import re
import socket
import time
from typing import Final

from aiortc.rtcdtlstransport import RTCCertificate

from server.media import control
from server.media.dtls import SrtpPair, fingerprint_of, new_certificate
from server.media.rtcp import write_receiver_report
from server.media.rtp import RtpPacket, parse_rtp, write_rtp
from server.media.srtp import Srtp
from tests.fakes.aiortc_peer import ROOM, ControlClient
from tests.load._connection import Connection
from tests.load._sdp import Layer, answer, incoming, new_ssrcs, offer

VOICE: Final = 111
PICTURE: Final = 96
CLOCK: Final = {VOICE: 960, PICTURE: 3_000}
# A VP8 payload descriptor that begins a partition, and the head of a key frame: each picture can be shown by itself.
KEY_FRAME: Final = bytes.fromhex("10 10 00 00 9d 01 2a 80 02 68 01")
# Nobody here says when packets came.
TRANSPORT_CC: Final = re.compile(r"a=[^\r\n]*transport-(wide-)?cc[^\r\n]*\r\n")
WAIT_S: Final = 10.0
CHECK_EVERY_BEATS: Final = 40


class Taking(Connection):
    """Reads what comes, and decrypts it."""

    inbound: Srtp | None = None

    def packets(self) -> list[RtpPacket]:
        found: list[RtpPacket] = []
        while True:
            try:
                data = self.socket.recv(2048)
            except OSError:
                return found
            if self.inbound and data and 128 <= data[0] <= 191 and not 192 <= data[1] <= 223:
                plain = self.inbound.unprotect_rtp(data)
                packet = parse_rtp(plain) if plain else None
                if packet:
                    found.append(packet)

    def _on_dtls(self, pair: SrtpPair | None) -> None:
        self.inbound = pair.inbound if pair else None
        super()._on_dtls(pair)


class LightPeer:
    """`lines`: by SSRC of the worker whose source it is. `came`: all packets under those, in order of arrival."""

    def __init__(self, server: ControlClient, name: str, session: str, *, ssrcs: dict[Layer, int] | None = None) -> None:
        self.name = name
        self.ssrcs = ssrcs or new_ssrcs()
        self.lines: dict[int, tuple[str, control.Source]] = {}
        self.came: dict[tuple[str, control.Source], list[RtpPacket]] = {}
        self._server = server
        self._session = session
        self._certificate: RTCCertificate = new_certificate()
        self._fingerprint = fingerprint_of(self._certificate)
        self._sending: Connection | None = None
        self._receiving: Taking | None = None
        self._numbers = {kind: itertools.count(random.randrange(1_000, 20_000)) for kind in CLOCK}
        self._times = {kind: itertools.count(random.randrange(1 << 30), step) for kind, step in CLOCK.items()}
        self._beats = itertools.count(1)
        server.send(control.StartPeer(room=ROOM, peer=name, session=session))

    async def publish(self) -> None:
        """A microphone and a camera."""
        self._sending = Connection(self._certificate)
        sdp = offer(self._sending, self._fingerprint, self.ssrcs)
        self._server.send(control.PublishOffer(room=ROOM, peer=self.name, session=self._session, offer=1, sdp=sdp))
        answered = await self._server.take(control.PublishAnswer, lambda message: message.session == self._session)
        await self._sending.connect(answered.sdp)

    async def subscribe(self) -> None:
        """Takes the next offer."""
        offered = await self._server.take(control.SubscribeOffer, lambda message: message.session == self._session)
        fresh = self._receiving is None
        receiving = self._receiving = self._receiving or Taking(self._certificate, read=True)
        sdp = TRANSPORT_CC.sub("", answer(offered.sdp, receiving, self._fingerprint))
        self._server.send(
            control.SubscribeAnswer(room=ROOM, peer=self.name, session=self._session, offer=offered.offer, sdp=sdp),
        )
        ssrcs = {line.mid: line.ssrc for line in incoming(offered.sdp)}
        self.lines = {ssrcs[stream.mid]: (stream.peer, stream.source) for stream in offered.streams}
        if fresh:
            await receiving.connect(offered.sdp)

    async def hears_of(self, *keys: tuple[str, control.Source]) -> None:
        """Takes offers until there is a line for each of these."""
        while not set(keys) <= set(self.lines.values()):
            await self.subscribe()

    def speak(self, *, lost: bool = False) -> None:
        """`lost`: it counts, and never arrives."""
        self._send(VOICE, self.ssrcs["microphone"], os.urandom(60), lost)

    def show(self, *, lost: bool = False) -> None:
        self._send(PICTURE, self.ssrcs["camera"], KEY_FRAME + os.urandom(300), lost)

    def check(self) -> None:
        """As a browser does each few seconds."""
        for connection in (self._sending, self._receiving):
            if connection is not None:
                connection.check()

    def rebind(self) -> None:
        """Address translation has given both connections another port: from now on, and without a word."""
        for connection in (self._sending, self._receiving):
            if connection is not None:
                remote = connection.socket.getpeername()
                connection.socket.close()
                connection.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
                connection.socket.setblocking(False)
                connection.socket.bind(("127.0.0.1", 0))
                connection.socket.connect(remote)

    def report(self) -> None:
        """A receiver report about nothing, as a browser sends with something in it each second."""
        assert self._receiving
        self._receiving.send_rtcp(write_receiver_report(1, ()))

    def take(self) -> None:
        """Reads what has come."""
        for packet in self._receiving.packets() if self._receiving else ():
            if packet.ssrc in self.lines:
                self.came.setdefault(self.lines[packet.ssrc], []).append(packet)

    async def gets(self, key: tuple[str, control.Source], count: int, speaker: LightPeer) -> list[RtpPacket]:
        """The next so many packets of this source, while `speaker` sends 50 voices and pictures a second."""
        self.take()
        self.came.pop(key, None)
        deadline_s = time.monotonic() + WAIT_S
        while len(self.came.get(key, ())) < count:
            assert time.monotonic() < deadline_s, f"{self.name} got {len(self.came.get(key, ()))} packets of {key}"
            if next(self._beats) % CHECK_EVERY_BEATS == 0:
                self.check()
                speaker.check()
            speaker.speak()
            speaker.show()
            await asyncio.sleep(0.02)
            self.take()
        return self.came[key]

    async def leave(self) -> None:
        self._server.send(control.StopPeer(room=ROOM, peer=self.name))
        await self.close()

    async def close(self) -> None:
        for connection in (self._sending, self._receiving):
            if connection is not None:
                await connection.close()

    def _send(self, kind: int, ssrc: int, payload: bytes, lost: bool) -> None:
        assert self._sending
        number, timestamp = next(self._numbers[kind]) & 0xFFFF, next(self._times[kind]) & 0xFFFFFFFF
        sealed = self._sending.out.protect_rtp(write_rtp(kind, True, number, timestamp, ssrc, payload))
        assert sealed
        if not lost:
            self._sending.send(sealed)
