"""Feeds the mixer of a running take: which packets are due, and when they were spoken as far as is known by now.

Times are provisional (sender reports up to now); the mix runs DELAY_NS behind the live edge, so that they are good. What comes
too late for that is counted, not heard: the voices are mixed anew when the take is over.
"""

from __future__ import annotations

from array import array
from bisect import bisect_right, insort
from dataclasses import dataclass

import numpy as np

from recorder.assembler import Frame
from recorder.frame_log import StreamLog, arrivals_in_order
from recorder.mixer import Mixer, Timed, Voice
from recorder.timeline import Delay, Report, Times, delay_of, map_times
from recorder.voice_gate import Gate, is_loud

DELAY_NS = 900_000_000
_PACKET_NS = 20_000_000
_AHEAD_NS = 40_000_000  # what is mixed must have been decoded that far
_AT_ONCE_NS = 200_000_000  # decoded further ahead, so that times are not worked out for each step
_DRIFT_NS = 50_000_000  # a time that was worked out then is at most that far off now
_WINDOW_FRAMES = 1000
_MOST_PENDING = 2000
_NEIGHBOUR_NS = 1_000_000_000
_MOST_REPORTS = 600  # of a participant; as long as the window, where a quiet voice sends little
_LONG_AGO_NS = -(1 << 62)


class LiveMix:
    """`late_frames`: those that were to be heard at a time that was mixed already, since this process has the take."""

    def __init__(self, next_packet: int = 0) -> None:
        self.mixer = Mixer(next_packet)
        self.late_frames = 0
        self._voices: dict[int, _LiveVoice] = {}
        self._reports: dict[str, list[Report]] = {}
        self._has_mixed = False  # what an earlier process has mixed is decoded again, and is not late

    def add_frame(self, log: StreamLog, frame: Frame, arrival_ns: int) -> None:
        """`arrival_ns` from the take's start."""
        voice = self._voices.get(id(log))
        if voice is None:
            voice = self._voices[id(log)] = _LiveVoice(log)
        self.late_frames += voice.add(frame, arrival_ns)

    def drop_idle(self, log: StreamLog) -> None:
        """Its handle is not live any more: once all of it is mixed, its decoder can go. Should it come back, it begins anew."""
        voice = self._voices.get(id(log))
        if voice is not None and voice.is_idle:
            del self._voices[id(log)]

    def drop(self, log: StreamLog) -> None:
        """Nothing more of it is to be heard."""
        self._voices.pop(id(log), None)

    def add_report(self, peer: str, report: Report) -> None:
        """Of any track of the participant; the track's own log has it already."""
        self._reports.setdefault(peer, []).append(report)

    def advance(self, until_ns: int) -> list[bytes]:
        """At most a second of packets: call again until there are none."""
        if until_ns // _PACKET_NS <= self.mixer.next_packet:
            return []
        step_ns = min(until_ns, (self.mixer.next_packet + 50) * _PACKET_NS)
        mixed_ns = self.mixer.next_packet * _PACKET_NS if self._has_mixed else 0
        for voice in self._voices.values():
            self.late_frames += voice.decode_until(step_ns + _AHEAD_NS, mixed_ns, self._reports.get(voice.log.peer, []))
        self._has_mixed = True
        return self.mixer.advance([voice.voice for voice in self._voices.values()], step_ns)


@dataclass(frozen=True, slots=True)
class _Pending:
    sequence_end: int
    timestamp: int
    loud: bool
    payload: bytes


class _LiveVoice:
    def __init__(self, log: StreamLog) -> None:
        self.log = log
        self.voice = Voice()
        self._window = _Window()
        self._gate = Gate[_Pending]()
        self._pending: list[_Pending] = []  # in sending order
        self._decoded_end = _LONG_AGO_NS  # sequence number behind the last that was decoded
        self._due_ns = _LONG_AGO_NS  # nothing is pending for an earlier time
        self._since_ns = 0
        self._delay: tuple[int, Delay | None] = (0, None)

    @property
    def is_idle(self) -> bool:
        return not self._pending and self.voice.is_mixed

    def add(self, frame: Frame, arrival_ns: int) -> int:
        """How many are not heard in time: it came too late, or too much waits."""
        pending = _Pending(frame.sequence_end, frame.timestamp, is_loud(frame.level), frame.payload)
        if frame.sequence_end <= self._window.newest_end:
            return self._add_late(pending)
        if not len(self._window):
            self._since_ns = arrival_ns
        self._window.add(frame.sequence_end, frame.timestamp, arrival_ns)
        if self.log.source == "screen_sound":
            self._pending.append(pending)  # music may be soft
        else:
            self._pending += self._gate.add(pending, frame.timestamp, frame.level)
        dropped = sum(pending.loud for pending in self._pending[:-_MOST_PENDING])
        del self._pending[:-_MOST_PENDING]
        return dropped

    def _add_late(self, late: _Pending) -> int:
        """The window stays as it is: the arrival of a repair says nothing about the clock of its sender."""
        if not late.loud and self.log.source != "screen_sound":
            return 0
        if late.sequence_end <= self._decoded_end:
            return 1
        insort(self._pending, late, key=lambda pending: pending.sequence_end)
        self._due_ns = _LONG_AGO_NS
        return 0

    def decode_until(self, until_ns: int, mixed_ns: int, reports: list[Report]) -> int:
        """How many of them were to be heard before `mixed_ns`."""
        if not self._pending or self._due_ns > until_ns:
            return 0
        times = self._times_ns(reports)
        due = bisect_right(times, until_ns + _AT_ONCE_NS)
        for at_ns, pending in zip(times[:due], self._pending[:due], strict=True):
            self.voice.add(Timed(at_ns, pending.timestamp, pending.payload))
        if due:
            self._decoded_end = self._pending[due - 1].sequence_end
        late = sum(0 <= at_ns <= mixed_ns - _PACKET_NS and pending.loud for at_ns, pending in zip(times, self._pending, strict=True))
        del self._pending[:due]
        self._due_ns = times[due] - _DRIFT_NS if self._pending else _LONG_AGO_NS
        return late

    def _times_ns(self, reports: list[Report]) -> list[int]:
        """Of what is pending; it never steps back."""
        ends, timestamps, arrivals = self._window.columns()
        own = [report for report in self.log.reports if report.arrival_ns >= arrivals[0]]
        mapped = map_times(timestamps, arrivals, own, self.log.clock_rate_hz, self._participant_delay(reports))
        nearest = [max(bisect_right(ends, pending.sequence_end) - 1, 0) for pending in self._pending]
        wanted = np.array([pending.timestamp for pending in self._pending], dtype=np.int64)
        away = (wanted - timestamps[nearest]) * 1_000_000_000 // self.log.clock_rate_hz
        times: list[int] = np.maximum.accumulate(mapped[nearest] + away).tolist()
        return times

    def _participant_delay(self, reports: list[Report]) -> Delay | None:
        if self._delay[0] != len(reports):
            recent = [report for report in reports[-_MOST_REPORTS:] if report.arrival_ns >= self._since_ns - _NEIGHBOUR_NS]
            self._delay = (len(reports), delay_of(recent))
        return self._delay[1]


class _Window:
    """Numbers and times of the newest frames in sending order, quiet ones too: all of them tell what the clock of the sender does."""

    def __init__(self) -> None:
        self._ends, self._timestamps, self._arrivals = array("q"), array("q"), array("q")

    def __len__(self) -> int:
        return len(self._ends)

    @property
    def newest_end(self) -> int:
        return self._ends[-1] if self._ends else _LONG_AGO_NS

    def add(self, sequence_end: int, timestamp: int, arrival_ns: int) -> None:
        columns = (self._ends, self._timestamps, self._arrivals)
        for column, value in zip(columns, (sequence_end, timestamp, arrival_ns), strict=True):
            column.append(value)
            if len(column) >= 2 * _WINDOW_FRAMES:
                del column[:_WINDOW_FRAMES]

    def columns(self) -> tuple[array[int], Times, Times]:
        newest = slice(-_WINDOW_FRAMES, None)
        return self._ends[newest], np.array(self._timestamps[newest]), arrivals_in_order(np.array(self._arrivals[newest]))
