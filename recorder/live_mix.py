"""Feeds the mixer of a running take: which packets are due, and when they were spoken as far as is known by now.

Times are provisional (sender reports up to now); the mix runs DELAY_NS behind the live edge, so that they are good.
"""

from __future__ import annotations

from collections import deque

import numpy as np

from recorder.assembler import Frame
from recorder.index import StreamLog
from recorder.mixer import Mixer, Timed, Voice
from recorder.timeline import Report, delay_ns, map_times

DELAY_NS = 1_500_000_000
_WINDOW_FRAMES = 1000
_AHEAD_NS = 40_000_000
_NEIGHBOUR_NS = 1_000_000_000


class _LiveVoice:
    def __init__(self, log: StreamLog) -> None:
        self.log = log
        self.voice = Voice()
        self._window: deque[tuple[int, int]] = deque(maxlen=_WINDOW_FRAMES)
        self._pending: deque[tuple[int, bytes]] = deque(maxlen=_WINDOW_FRAMES)
        self._since_ns = 0
        self._delay: tuple[int, int | None] = (0, None)

    def add(self, frame: Frame, arrival_ns: int) -> None:
        if not self._window:
            self._since_ns = arrival_ns
        self._window.append((frame.timestamp, arrival_ns))
        self._pending.append((frame.timestamp, frame.payload))

    @property
    def is_idle(self) -> bool:
        return not self._pending and self.voice.is_mixed

    def decode_until(self, until_ns: int, reports: list[Report]) -> None:
        if not self._pending or self._window[-len(self._pending)][1] - _NEIGHBOUR_NS > until_ns:
            return
        window = np.array(self._window, dtype=np.int64)
        oldest = int(window[0, 1])
        own = [report for report in self.log.reports if report.arrival_ns >= oldest]
        times = map_times(window[:, 0], window[:, 1], own, self.log.clock_rate_hz, self._participant_delay(reports))
        for at_ns in times[-len(self._pending) :].tolist():
            if at_ns > until_ns:
                return
            timestamp, payload = self._pending.popleft()
            self.voice.add(Timed(at_ns, timestamp, payload))

    def _participant_delay(self, reports: list[Report]) -> int | None:
        if self._delay[0] != len(reports):
            recent = [report for report in reports if report.arrival_ns >= self._since_ns - _NEIGHBOUR_NS]
            self._delay = (len(reports), delay_ns(recent))
        return self._delay[1]


class LiveMix:
    def __init__(self, next_packet: int = 0) -> None:
        self.mixer = Mixer(next_packet)
        self._voices: dict[int, _LiveVoice] = {}
        self._reports: dict[str, list[Report]] = {}

    def add_frame(self, log: StreamLog, frame: Frame, arrival_ns: int) -> None:
        """`arrival_ns` from the take's start."""
        voice = self._voices.get(id(log))
        if voice is None:
            voice = self._voices[id(log)] = _LiveVoice(log)
        voice.add(frame, arrival_ns)

    def drop_idle(self, log: StreamLog) -> None:
        """Its handle is not live any more: once all of it is mixed, its decoder can go. Should it come back, it begins anew."""
        voice = self._voices.get(id(log))
        if voice is not None and voice.is_idle:
            del self._voices[id(log)]

    def add_report(self, peer: str, report: Report) -> None:
        """Of any track of the participant; the track's own log has it already."""
        self._reports.setdefault(peer, []).append(report)

    def advance(self, until_ns: int) -> list[bytes]:
        """At most a second of packets: call again until there are none."""
        if until_ns // 20_000_000 <= self.mixer.next_packet:
            return []
        step_ns = min(until_ns, (self.mixer.next_packet + 50) * 20_000_000)
        for voice in self._voices.values():
            voice.decode_until(step_ns + _AHEAD_NS, self._reports.get(voice.log.peer, []))
        return self.mixer.advance([voice.voice for voice in self._voices.values()], step_ns)
