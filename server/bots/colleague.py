"""One simulated colleague: carries what `behave` says to the server, and its voice and picture to the media worker.

It owns its connections and its tracks; they end with `run`.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import random
import secrets
import time
from collections.abc import Mapping

import aiohttp
import msgspec

from server.bots.behaviour import Act, Character, Memory, Say, Teach, behave
from server.bots.door import Door, Socket
from server.bots.faces import Pose
from server.bots.peer import Peer
from server.bots.speech import Line
from server.bots.tracks import Picture, Voice
from server.wire import messages as wire
from server.wire.pieces import RecordingChoice
from server.wire.view import View

log = logging.getLogger(__name__)

THINKS_EVERY_S = 0.3
COMES_BACK_S = 1.0
MEDIA_AGAIN_S = 1.0


class Colleague:
    """`view` is what the server showed last; None while there is no connection."""

    def __init__(
        self, door: Door, character: Character, speech: Mapping[str, Line], poses: Mapping[Pose, bytes], recording: RecordingChoice
    ) -> None:
        self.view: View | None = None
        self._door = door
        self._character = character
        self._speech = speech
        self._poses = poses
        self._recording = recording
        self._memory = Memory()
        self._refs = itertools.count(1)
        self._voice: Voice | None = None
        self._peer: Peer | None = None
        self._media = ""
        self._offer = itertools.count(1)
        self._offset_ms = 0
        self._gone = False
        self._media_lost = asyncio.Event()

    async def run(self) -> None:
        """Until cancelled, or replaced in its seat. Raises DoorError, aiohttp.ClientError when it cannot come in."""
        await self._enter(teaches=False)
        try:
            while not self._gone:
                try:
                    async with self._door.connect() as socket:
                        await self._stay(socket)
                except aiohttp.ClientError as error:
                    log.info("connection of a simulated colleague lost: %s", type(error).__name__)
                if not self._gone:
                    await asyncio.sleep(COMES_BACK_S)
        finally:
            await self._close_media()

    async def _stay(self, socket: Socket) -> None:
        """On one connection."""
        if self._peer is None or not self._peer.answered:
            self._media_lost.set()
        thinking = asyncio.create_task(self._think(socket), name="thinking")
        publishing = asyncio.create_task(self._publish(socket), name="publishing")
        try:
            async for message in socket:
                await self._take(message)
                if thinking.done():
                    return
        finally:
            self.view = None
            for task in (thinking, publishing):
                task.cancel()
            for result in await asyncio.gather(thinking, publishing, return_exceptions=True):
                if isinstance(result, Exception) and not isinstance(result, aiohttp.ClientError | ConnectionError):
                    raise result

    async def _take(self, message: wire.ToPage) -> None:
        match message:
            case wire.Welcome(view=view) | wire.Changed(view=view):
                self.view = view
                self._offset_ms = view.now_ms - _clock_ms()
            case wire.Published(session=session, sdp=sdp) if session == self._media and self._peer:
                await self._peer.take(sdp)
            case wire.MediaLost(session=session) if session == self._media:
                self._media_lost.set()
            case wire.Leaving(reason="replaced"):
                self._gone = True
            case wire.Error(code=code):
                log.debug("refused: %s", code)
            case _:
                pass

    async def _think(self, socket: Socket) -> None:
        while True:
            await asyncio.sleep(THINKS_EVERY_S)
            if self.view is None:
                continue
            acts, self._memory = behave(self._character, self.view, self._memory, _clock_ms() + self._offset_ms)
            for act in acts:
                await self._do(socket, act)

    async def _do(self, socket: Socket, act: Act) -> None:
        if isinstance(act, Say):
            if self._voice and act.line in self._speech:
                self._voice.say(self._speech[act.line])
        elif isinstance(act, Teach):
            await self._enter(teaches=True)
        else:
            await socket.send(msgspec.structs.replace(act, ref=next(self._refs)))

    async def _enter(self, *, teaches: bool) -> None:
        await self._door.enter(self._character.lines.name, teaches=teaches, recording=self._recording)

    async def _publish(self, socket: Socket) -> None:
        """A fresh peer connection whenever the old one is lost."""
        while True:
            await self._media_lost.wait()
            self._media_lost.clear()
            await self._close_media()
            self._media = secrets.token_urlsafe(12)
            self._peer = Peer(self._media_lost.set, self._door.media_port)
            self._voice = Voice()
            chance = random.Random(f"{self._character.seed}/{self._character.index}")
            sdp = await self._peer.offer(self._voice, Picture(self._poses, self._voice, chance))
            await socket.send(wire.StartMedia(session=self._media))
            await socket.send(wire.Publish(session=self._media, offer=next(self._offer), sdp=sdp))
            await asyncio.sleep(MEDIA_AGAIN_S)

    async def _close_media(self) -> None:
        peer, self._peer, self._voice = self._peer, None, None
        if peer:
            await peer.close()


def _clock_ms() -> int:
    return time.monotonic_ns() // 1_000_000
