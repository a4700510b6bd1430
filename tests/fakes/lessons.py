"""Whole lessons for a real recorder, at a time of their own: tracks with spans, the room's markers, breaks and dying workers.

Media arrive in the recorder's future, where it never takes a lesson for abandoned; or in its past, if all of it is there when it starts.
"""

from __future__ import annotations

import asyncio
import heapq
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter

from recorder.control import Take, TakeChanged, from_recorder
from server.media.control import RecordedTrack, Source, read_frame
from server.media.ring import Kind, MarkedTrack, Marker, Record, create_ring, encode_marker
from tests.fakes.rtp_media import AUDIO_RATE_HZ, VIDEO_RATE_HZ, Event
from tests.integration.recorder.harness import Client, Studio

SECOND_NS = 1_000_000_000
RING_BYTES = 192 * 1024 * 1024
PATIENCE_S = 60


class LongStudio(Studio):
    """With a ring that holds a whole lesson."""

    def open_ring(self) -> None:
        create_ring(self.folder / "ring", RING_BYTES)
        super().open_ring()

    def play_lessons(self, *lessons: Lesson) -> None:
        for record in heapq.merge(*(lesson.records(self.base_wall_ms) for lesson in lessons), key=attrgetter("arrival_ns")):
            arrival_ns = self.base_ns + record.arrival_ns
            self.ring.write(record.kind, record.payload, track=record.track, arrival_ns=arrival_ns, level=record.level)


@dataclass(frozen=True, slots=True)
class Live:
    """A handle that the room's markers name from `since_s` until `until_s`, and what it sends."""

    handle: int
    peer: str
    source: Source
    events: Sequence[Event]
    since_s: float = 0.0
    until_s: float = math.inf
    worker: str = "w1"

    @property
    def track(self) -> RecordedTrack:
        return RecordedTrack(peer=self.peer, source=self.source)

    def marked(self) -> MarkedTrack:
        rate_hz = VIDEO_RATE_HZ if self.source in ("camera", "screen") else AUDIO_RATE_HZ
        return MarkedTrack(handle=self.handle, track=self.track, ssrc=self.handle, clock_rate_hz=rate_hz)


@dataclass(frozen=True, slots=True)
class Lesson:
    """From `begin_s` until `seconds`. `workers` by when they begin and end: in between are no markers.

    In `held` spans nothing may be recorded.
    """

    take: str
    seconds: float
    tracks: Sequence[Live]
    room: str = "room"
    begin_s: float = 0.0
    teacher: str = "teacher"
    declined: str = "declined"
    held: Sequence[tuple[float, float]] = ()
    workers: Sequence[tuple[float, float, str]] = ((0.0, math.inf, "w1"),)

    def records(self, wall_ms: int) -> Iterator[Record]:
        """In order of arrival, from 0; what arrives after the end too."""
        streams = [[_record(live.handle, event) for event in live.events] for live in self.tracks]
        return heapq.merge(self._markers(wall_ms), *streams, key=attrgetter("arrival_ns"))

    def _markers(self, wall_ms: int) -> Iterable[Record]:
        edges = {edge for span in self.held for edge in span} | {edge for live in self.tracks for edge in (live.since_s, live.until_s)}
        edges |= {self.begin_s + second for second in range(math.ceil(self.seconds - self.begin_s))}
        edges |= {begin_s for begin_s, _, _ in self.workers}
        for at_s in sorted(edge for edge in edges if self.begin_s <= edge < self.seconds):
            for begin_s, end_s, worker in self.workers:
                if begin_s <= at_s < end_s:
                    yield self._marker(at_s, worker, wall_ms)
        yield self._marker(self.seconds, self.workers[-1][2], wall_ms)

    def _marker(self, at_s: float, worker: str, wall_ms: int) -> Record:
        is_over = at_s >= self.seconds
        nothing = is_over or any(begin_s <= at_s < end_s for begin_s, end_s in self.held)
        live = [live for live in self.tracks if live.worker == worker and (live.since_s <= at_s < live.until_s)]
        allowed = sorted({(live.peer, live.source) for live in self.tracks if live.peer != self.declined})
        marker = Marker(
            worker=worker,
            room=self.room,
            wall_ms=wall_ms + int(at_s * 1000),
            take=None if is_over else self.take,
            teacher=None if is_over else self.teacher,
            allowed=() if nothing else tuple(RecordedTrack(peer=peer, source=source) for peer, source in allowed),
            live=() if nothing else tuple(each.marked() for each in live),
            repairing=tuple(each.handle for each in live) if is_over else (),
        )
        return Record(Kind.MARKER, 0, int(at_s * SECOND_NS), 255, encode_marker(marker))


@dataclass(slots=True)
class Heard:
    """What a recorder says of its takes."""

    client: Client

    async def ready(self, take: str) -> Take:
        while take not in self.client.takes or self.client.takes[take].state != "ready":
            await self._hear()
        return self.client.takes[take]

    async def settled(self, take: str, *, after: int = 0) -> Take:
        """All repairs are in it, and its voices are mixed anew where they had to be; a later revision than `after`."""
        while (ready := await self.ready(take)).mixing or not ready.settled or ready.revision <= after:
            await self._hear()
        return ready

    async def _hear(self) -> None:
        message = await asyncio.wait_for(read_frame(self.client.reader, from_recorder), PATIENCE_S)
        if isinstance(message, TakeChanged):
            self.client.takes[message.take.take] = message.take


def _record(handle: int, event: Event) -> Record:
    return Record(Kind.SENDER_REPORT if event.is_report else Kind.RTP, handle, event.at_ns, event.level, event.data)
