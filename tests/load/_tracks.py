"""P4: what the recorder costs for each track and recorded minute, in real time, fed through its ring by this process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.media.control import RecordedTrack, Source
from server.media.ring import Kind, MarkedTrack, Marker, RingReader, RingWriter, encode_marker
from tests.load._lesson import Loop, Material, Sender
from tests.load._processes import running_recorder

PAYLOAD_TYPES: Final[dict[Source, int]] = {"microphone": 111, "camera": 96, "screen": 96}
SECOND_NS: Final = 1_000_000_000
TICK_S: Final = 0.002
BEFORE_S: Final = 3.0
ROOMS: Final = 6


class Taken:
    """One room that is being recorded: everything that the media worker would write into the ring for it. Times are arrivals."""

    def __init__(
        self, ring: RingWriter, loops: dict[tuple[str, Source], Loop], began_ns: int, *, room: str, take: str, teacher: str, first: int
    ) -> None:
        """`first`: the room's handles and SSRCs begin there."""
        self._ring = ring
        self._names = (room, take, teacher)
        self._began_ns = began_ns
        self._marked_ns = began_ns
        self._wall_ms = (time.time_ns() - (time.monotonic_ns() - began_ns)) // 1_000_000
        self._senders: list[tuple[int, Sender]] = []
        self._reported_ns: dict[int, int] = {}
        self._live: list[MarkedTrack] = []
        for handle, ((peer, source), loop) in enumerate(loops.items(), first):
            self._senders.append((handle, Sender(loop, handle, PAYLOAD_TYPES[source], began_ns)))
            self._reported_ns[handle] = began_ns
            track = RecordedTrack(peer=peer, source=source)
            self._live.append(MarkedTrack(handle=handle, track=track, ssrc=handle, clock_rate_hz=loop.clock_rate_hz))

    def write(self, until_ns: int) -> None:
        """All that arrives before that, second by second in order."""
        while self._marked_ns < until_ns:
            self._write_packets(self._marked_ns)
            self._mark(self._marked_ns, over=False)
            self._marked_ns += SECOND_NS
        self._write_packets(until_ns)

    def end(self, at_ns: int) -> None:
        self._mark(at_ns, over=True)

    def _write_packets(self, until_ns: int) -> None:
        while True:
            handle, sender = min(self._senders, key=lambda each: each[1].due_ns)
            due_ns = sender.due_ns
            if due_ns >= until_ns:
                return
            packet, level = sender.next()
            self._ring.write(Kind.RTP, packet, track=handle, arrival_ns=due_ns, level=level)
            if due_ns >= self._reported_ns[handle]:
                self._reported_ns[handle] = due_ns + SECOND_NS
                utc_ns = self._wall_ms * 1_000_000 + due_ns - self._began_ns
                self._ring.write(Kind.SENDER_REPORT, sender.report(due_ns, utc_ns)[4:28], track=handle, arrival_ns=due_ns)

    def _mark(self, at_ns: int, *, over: bool) -> None:
        room, take, teacher = self._names
        marker = Marker(
            worker="bench",
            room=room,
            wall_ms=self._wall_ms + (at_ns - self._began_ns) // 1_000_000,
            take=None if over else take,
            teacher=None if over else teacher,
            allowed=() if over else tuple(marked.track for marked in self._live),
            live=() if over else tuple(self._live),
        )
        self._ring.write(Kind.MARKER, encode_marker(marker), arrival_ns=at_ns)


@dataclass(frozen=True)
class Recorded:
    """`cpu_s` of the recorder in so many seconds; `behind_s` and `starved` as in `_rooms.Step`: far behind, it did not do all."""

    rooms: int
    tracks: int
    seconds: float
    cpu_s: float
    own_mb: float
    behind_s: float
    starved: float

    @property
    def track_minutes(self) -> float:
        return self.tracks * self.seconds / 60

    @property
    def room_minutes(self) -> float:
        return self.rooms * self.seconds / 60


async def pictures_only(folder: Path, ring: Path, material: Material, seconds: float) -> Recorded:
    """Each room has a camera and a screen, both with a whole film, and not one voice: nothing is mixed."""
    return await _record(folder, ring, _pictures(material), seconds)


async def with_voices(folder: Path, ring: Path, material: Material, seconds: float) -> Recorded:
    """The same with six voices in each room."""
    voices: dict[tuple[str, Source], Loop] = {(f"p{number}", "microphone"): voice for number, voice in enumerate(material.voices)}
    return await _record(folder, ring, _pictures(material) | voices, seconds)


def _pictures(material: Material) -> dict[tuple[str, Source], Loop]:
    return {("p0", "camera"): material.film, ("p0", "screen"): material.film}


async def _record(folder: Path, ring: Path, loops: dict[tuple[str, Source], Loop], seconds: float) -> Recorded:
    async with running_recorder(folder, ring) as recorder:
        with RingWriter(ring) as writer, RingReader(ring) as words:
            began_ns = time.monotonic_ns()
            takes = [
                Taken(
                    writer, loops, began_ns + 7_000_000 * room, room=f"room{room}", take=f"take{room}", teacher="p0", first=100 * room + 1
                )
                for room in range(ROOMS)
            ]
            await _play(takes, BEFORE_S)
            cpu_s, starved_s, began_s, written = recorder.cpu_s, recorder.starved_s, time.monotonic(), words.written
            await _play(takes, seconds)
            past_s = time.monotonic() - began_s
            return Recorded(
                rooms=ROOMS,
                tracks=ROOMS * len(loops),
                seconds=past_s,
                cpu_s=recorder.cpu_s - cpu_s,
                own_mb=recorder.own_mb,
                behind_s=(words.written - words.committed) / ((words.written - written) / past_s),
                starved=(recorder.starved_s - starved_s) / past_s,
            )


async def _play(takes: list[Taken], seconds: float) -> None:
    ends_ns = time.monotonic_ns() + int(seconds * SECOND_NS)
    while (now_ns := time.monotonic_ns()) < ends_ns:
        for take in takes:
            take.write(now_ns)
        await asyncio.sleep(TICK_S)
