"""Real WebRTC peers (aiortc) and the server's end of the control socket, for tests of the media worker.

aiortc ignores SSRC changes and ICE restarts; what depends on those is tested without it or in Chromium.
"""

from __future__ import annotations

import asyncio
import contextlib
import fractions
import math
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import TypeVar
from unittest import mock

import av
import numpy as np
from aiortc import MediaStreamTrack, RTCBundlePolicy, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import VideoStreamTrack

from server.media import control
from server.media.ring import RingWriter, create_ring
from server.media.worker import MediaWorker

ROOM = "r1"
WAIT_S = 10.0

M = TypeVar("M")


class ControlClient:
    """The server's end: sends messages, keeps all that the worker says."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._news = asyncio.Event()
        self._task = asyncio.create_task(self._read())
        self.heard: list[control.FromWorker] = []

    @classmethod
    async def connect(cls, path: Path) -> ControlClient:
        return cls(*await asyncio.open_unix_connection(path))

    def send(self, message: control.ToWorker) -> None:
        self._writer.write(control.encode_frame(message))

    def send_raw(self, data: bytes) -> None:
        self._writer.write(data)

    async def take(self, kind: type[M], fits: Callable[[M], bool] = lambda message: True) -> M:
        """Waits for a message and removes it."""
        async with asyncio.timeout(WAIT_S):
            while True:
                for message in self.heard:
                    if isinstance(message, kind) and fits(message):
                        self.heard.remove(message)
                        return message
                self._news.clear()
                await self._news.wait()

    async def closed(self) -> None:
        async with asyncio.timeout(WAIT_S):
            await self._task

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()

    async def _read(self) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                self.heard.append(await control.read_frame(self._reader, control.from_worker))
                self._news.set()


class Tone(MediaStreamTrack):
    """440 Hz, 20 ms a frame, in real time."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._samples = 0
        self._began: float | None = None

    async def recv(self) -> av.AudioFrame:
        loop = asyncio.get_running_loop()
        self._began = self._began if self._began is not None else loop.time()
        await asyncio.sleep(max(0.0, self._began + self._samples / 48_000 - loop.time()))
        phase = 2 * math.pi * 440 / 48_000 * (np.arange(960) + self._samples)
        frame = av.AudioFrame.from_ndarray((np.sin(phase) * 8_000).astype(np.int16).reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = 48_000
        frame.pts = self._samples
        frame.time_base = fractions.Fraction(1, 48_000)
        self._samples += 960
        return frame


class AiortcPeer:
    """One page: publishes a tone and a green picture, receives what it is offered and counts decoded frames."""

    def __init__(self, server: ControlClient, peer: str, session: str = "") -> None:
        self.id = peer
        self.session = session or f"session-{peer}"
        self.frames: dict[str, int] = {}
        self.loudest: dict[str, int] = {}
        self.publishing = connection()
        self.subscribing = connection()
        self._server = server
        self._offer = 0
        self._frame = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self.subscribing.on("track", self._on_track)

    def start(self) -> None:
        self._server.send(control.StartPeer(room=ROOM, peer=self.id, session=self.session))

    async def publish(self, *, camera: bool = True) -> None:
        self.publishing.addTransceiver(Tone(), direction="sendonly")
        if camera:
            self.publishing.addTransceiver(VideoStreamTrack(), direction="sendonly")
        await self.offer()

    async def offer(self) -> None:
        await self.publishing.setLocalDescription(await self.publishing.createOffer())
        self._offer += 1
        sdp = self.publishing.localDescription.sdp
        self._server.send(control.PublishOffer(room=ROOM, peer=self.id, session=self.session, offer=self._offer, sdp=sdp))
        answer = await self._server.take(control.PublishAnswer, lambda a: a.peer == self.id and a.offer == self._offer)
        await self.publishing.setRemoteDescription(RTCSessionDescription(answer.sdp, "answer"))
        await self._connected()

    async def _connected(self) -> None:
        """aiortc leaks tasks when it is closed while it connects."""
        changed = asyncio.Event()
        self.publishing.on("connectionstatechange", changed.set)
        async with asyncio.timeout(WAIT_S):
            while self.publishing.connectionState != "connected":
                changed.clear()
                await changed.wait()

    async def answer(self) -> control.SubscribeOffer:
        """Answers the next subscribe offer."""
        offer = await self._server.take(control.SubscribeOffer, lambda o: o.peer == self.id and o.session == self.session)
        await self.subscribing.setRemoteDescription(RTCSessionDescription(offer.sdp, "offer"))
        await self.subscribing.setLocalDescription(await self.subscribing.createAnswer())
        sdp = self.subscribing.localDescription.sdp
        self._server.send(control.SubscribeAnswer(room=ROOM, peer=self.id, session=self.session, offer=offer.offer, sdp=sdp))
        return offer

    def keep_answering(self) -> None:
        async def forever() -> None:
            while True:
                with contextlib.suppress(TimeoutError):
                    await self.answer()

        self._tasks.append(asyncio.create_task(forever()))

    async def decoded(self, kind: str, more: int = 10) -> None:
        """Waits until `more` further frames of `kind` have been decoded."""
        goal = self.frames.get(kind, 0) + more
        async with asyncio.timeout(WAIT_S):
            while self.frames.get(kind, 0) < goal:
                self._frame.clear()
                await self._frame.wait()

    async def close(self) -> None:
        await self.publishing.close()
        await self.subscribing.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._tasks.append(asyncio.create_task(self._consume(track)))

    async def _consume(self, track: MediaStreamTrack) -> None:
        with contextlib.suppress(Exception):  # MediaStreamError has no public base, and the end of a track is its normal end
            while True:
                frame = await track.recv()
                self.frames[track.kind] = self.frames.get(track.kind, 0) + 1
                self._frame.set()
                if isinstance(frame, av.AudioFrame):
                    loudness = int(np.abs(frame.to_ndarray().astype(np.int32)).max())
                    self.loudest[track.kind] = max(self.loudest.get(track.kind, 0), loudness)


@contextlib.contextmanager
def loopback_gathered(address: str = "127.0.0.1") -> Iterator[None]:
    """aioice leaves 127.0.0.1 out; here it is the only address."""
    with mock.patch("aioice.ice.get_host_addresses", return_value=[address]):
        yield


@contextlib.asynccontextmanager
async def running_worker(
    folder: Path, capacity_bytes: int = 16 * 1024 * 1024, *, addresses: tuple[str, ...] = ("127.0.0.1",), gathered: str = "127.0.0.1"
) -> AsyncIterator[MediaWorker]:
    """In this process, on a free port; control socket at `folder`/control, ring at `folder`/ring. Peers have the address `gathered`."""
    create_ring(folder / "ring", capacity_bytes)
    worker = await MediaWorker.start(RingWriter(folder / "ring"), folder / "control", 0, addresses)
    try:
        with loopback_gathered(gathered):
            yield worker
    finally:
        await worker.close()


def connection() -> RTCPeerConnection:
    return RTCPeerConnection(RTCConfiguration(iceServers=[], bundlePolicy=RTCBundlePolicy.MAX_BUNDLE))
