"""What can be watched of a take that runs: the teacher's face, and the screen from when one is first shared, each with all voices.

A later live track takes over from an earlier one. Times of capture follow the sender reports up to now, looked at once a second, and share
the participant's delay with the voices; no picture is from after its arrival. Nanoseconds count from the take's start.
"""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncGenerator, Sequence

import numpy as np

from recorder.assembler import Frame
from recorder.frame_log import NEIGHBOUR_NS, StreamLog
from recorder.index import DEFAULT_SIZE, PICTURES, Picture
from recorder.live_film import LiveFilm
from recorder.timeline import Report, delay_of, map_times

LOOK_EVERY_NS = 1_000_000_000
FAR_NS = 1_500_000_000
_WINDOW_FRAMES = 300
_MOST_REPORTS = 200
_SETTLED_NS = 500_000_000  # what a delayed packet does to the newest times is over by then


class LiveFilms:
    def __init__(self, teacher: str) -> None:
        self._teacher = teacher
        self._films: dict[str, tuple[LiveFilm, LivePictures]] = {}
        self._reports: list[Report] = []
        self.begin_anew()

    def add_frame(self, log: StreamLog, frame: Frame, arrival_ns: int) -> None:
        """Of any live track, as it comes from the assembler; what is not the teacher's picture is not shown."""
        if log.peer == self._teacher and log.source in PICTURES:
            self._film(log.source)[1].add_frame(log, frame, arrival_ns)

    def add_report(self, peer: str, report: Report) -> None:
        if peer == self._teacher:
            self._reports.append(report)

    def add_voices(self, first_packet: int, packets: Sequence[bytes]) -> None:
        """As `LiveFilm.voices`."""
        for film, _ in self._films.values():
            film.voices(first_packet, packets)

    def watch(self, picture: Picture) -> AsyncGenerator[bytes, None]:
        """Raises KeyError where there is no such picture yet."""
        return self._films[picture][0].subscribe().pieces()

    def begin_anew(self) -> None:
        """Whoever watches is let go, and comes back to what may be watched now."""
        for film, _ in self._films.values():
            film.cut()
        self._films = {}
        self._film("camera")

    def end(self) -> None:
        for film, _ in self._films.values():
            film.end()

    def _film(self, picture: str) -> tuple[LiveFilm, LivePictures]:
        if picture not in self._films:
            film = LiveFilm(*DEFAULT_SIZE)
            self._films[picture] = film, LivePictures(film, self._reports)
        return self._films[picture]


class LivePictures:
    """`reports` are those of all tracks of the teacher, and grow."""

    def __init__(self, film: LiveFilm, reports: list[Report]) -> None:
        self._film = film
        self._reports = reports
        self._tracks: list[_Track] = []

    def add_frame(self, log: StreamLog, frame: Frame, arrival_ns: int) -> None:
        """In sending order. What a repair brings late, and what comes of a track that has been replaced, is not shown."""
        if not any(track.log is log for track in self._tracks):
            self._tracks.append(_Track(log))
        track = self._tracks[-1]
        if track.log is not log or frame.late:
            return
        at_ns = track.captured_ns(frame, arrival_ns, self._reports)
        self._film.picture(at_ns // 1_000_000, frame.payload, frame.key, joins=track.joins(frame))


class _Track:
    def __init__(self, log: StreamLog) -> None:
        self.log = log
        self._window: deque[tuple[int, int]] = deque(maxlen=_WINDOW_FRAMES)
        self._since_ns = 0
        self._looked_ns = -LOOK_EVERY_NS
        self._offset_ns = 0
        self._next = -1

    def joins(self, frame: Frame) -> bool:
        joins = frame.key or frame.sequence_begin == self._next
        self._next = frame.sequence_end
        return joins

    def captured_ns(self, frame: Frame, arrival_ns: int, reports: list[Report]) -> int:
        if not self._window:
            self._since_ns = arrival_ns
        self._window.append((frame.timestamp, arrival_ns))
        media_ns = frame.timestamp * 1_000_000_000 // self.log.clock_rate_hz
        far = abs(arrival_ns - media_ns - self._offset_ns) > FAR_NS
        if far or arrival_ns - self._looked_ns >= LOOK_EVERY_NS:
            self._looked_ns = arrival_ns
            self._offset_ns = self._look(reports)
        return max(min(media_ns + self._offset_ns, arrival_ns), 0)

    def _look(self, reports: list[Report]) -> int:
        """Time of capture less media time."""
        window = np.array(self._window, dtype=np.int64)
        oldest, newest = int(window[0, 1]), int(window[-1, 1])
        own = [report for report in self.log.reports if report.arrival_ns >= oldest]
        delay = delay_of([report for report in reports[-_MOST_REPORTS:] if report.arrival_ns >= self._since_ns - NEIGHBOUR_NS])
        times = map_times(window[:, 0], window[:, 1], own, self.log.clock_rate_hz, delay)
        settled = np.flatnonzero(window[:, 1] <= newest - _SETTLED_NS)
        at = int(settled[-1]) if len(settled) else len(times) - 1
        return int(times[at]) - int(window[at, 0]) * 1_000_000_000 // self.log.clock_rate_hz
