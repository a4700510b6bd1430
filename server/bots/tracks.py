"""Voice and picture of a simulated colleague as tracks of packets that were encoded beforehand.

Between lines the voice sends one silent packet in 200 ms, as browsers do with DTX; the picture sends few keyframes, and more while
the mouth moves. Both read the time from the event loop and number their packets by it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

import av
from aiortc import MediaStreamTrack

from server.bots.faces import Eyes, Pose
from server.bots.speech import PACKET_MS, SILENCE, Line

_QUIET_S = 0.2
_STILL_S = 0.5
_MOVING_S = 0.12
_BLINK_S = 0.15
_FRAME_SAMPLES = 960
_AUDIO = Fraction(1, 48_000)
_VIDEO = Fraction(1, 90_000)


class Voice(MediaStreamTrack):
    """`say` may be called at any time; a line that is being spoken is replaced."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._now_s = asyncio.get_running_loop().time
        self._began_s = self._due_s = self._now_s()
        self._line: Line | None = None
        self._line_began_s = 0.0
        self._next = 0
        self._asked = asyncio.Event()

    def say(self, line: Line) -> None:
        self._line, self._next = line, 0
        self._line_began_s = self._now_s()
        self._asked.set()

    @property
    def speaks(self) -> bool:
        return self._line is not None

    @property
    def mouth(self) -> int:
        return self._line.mouth_at(round((self._now_s() - self._line_began_s) * 1000)) if self._line else 0

    async def recv(self) -> av.Packet[Any]:
        line = self._line
        if line is None:
            self._asked.clear()
            try:
                async with asyncio.timeout_at(self._due_s + _QUIET_S):
                    await self._asked.wait()
            except TimeoutError:
                pass
            self._due_s = max(self._due_s + PACKET_MS / 1000, self._now_s())
            return self._packet(SILENCE)
        self._due_s += PACKET_MS / 1000
        await asyncio.sleep(self._due_s - self._now_s())
        payload = line.packets[self._next] if self._next < len(line.packets) else SILENCE
        self._next += 1
        if self._next >= len(line.packets) and self._line is line:
            self._line = None
        return self._packet(payload)

    def _packet(self, payload: bytes) -> av.Packet[Any]:
        number = round((self._due_s - self._began_s) * 1000 / PACKET_MS)
        return _packet(payload, number * _FRAME_SAMPLES, _AUDIO)


class Picture(MediaStreamTrack):
    kind = "video"

    def __init__(self, poses: Mapping[Pose, bytes], voice: Voice, chance: random.Random) -> None:
        super().__init__()
        self._poses = poses
        self._voice = voice
        self._chance = chance
        self._now_s = asyncio.get_running_loop().time
        self._began_s = self._now_s()
        self._eyes: Eyes = "ahead"
        self._move_s = 0.0

    async def recv(self) -> av.Packet[Any]:
        now_s = self._now_s()
        pause_s = _MOVING_S if self._voice.speaks else min(_STILL_S, max(0.05, self._move_s - now_s))
        await asyncio.sleep(pause_s)
        now_s = self._now_s()
        if now_s >= self._move_s:
            self._move_eyes(now_s)
        return _packet(self._poses[self._eyes, self._voice.mouth], round((now_s - self._began_s) * 90_000), _VIDEO)

    def _move_eyes(self, now_s: float) -> None:
        if self._eyes == "closed":
            self._eyes = self._chance.choices(("ahead", "left", "right"), (6, 1, 1))[0]
            self._move_s = now_s + self._chance.uniform(1.5, 4.0)
        else:
            self._eyes = "closed"
            self._move_s = now_s + _BLINK_S


def _packet(payload: bytes, pts: int, time_base: Fraction) -> av.Packet[Any]:
    packet: av.Packet[Any] = av.Packet(payload)
    packet.pts, packet.time_base = pts, time_base
    return packet
