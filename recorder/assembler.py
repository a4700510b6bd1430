"""From packets of one live track, in any order, to whole frames. Pure: time is an argument.

Frames leave in sending order. A hole waits `patience_ns` for its repair, counted from the first frame behind it; then what lies
behind goes on, and a frame that becomes whole later leaves late. Nothing is judged here: whether a frame can be shown follows
from its sequence numbers, which join those of the frame before it. It keeps the ring position of what may still be handed over.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from dataclasses import dataclass

import msgspec

from recorder import vp8
from recorder.rtp import Packet, RtpError, Unwrapper

VIDEO_PATIENCE_NS = 2_000_000_000
AUDIO_PATIENCE_NS = 500_000_000
LATE_NS = 10_000_000_000  # a frame that is not whole by then never will be
AWAY_NS = 20_000_000_000  # no repair comes after so long without any packet
MAX_HELD_PACKETS = 4096
MAX_FRAME_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """`sequence_begin` and `sequence_end` (behind its last packet) and `timestamp` are unwrapped; padding counts to the frame behind it.

    `arrival_ns` is that of its earliest packet. `late`: frames that were sent after it had left before.
    """

    sequence_begin: int
    sequence_end: int
    timestamp: int
    arrival_ns: int
    key: bool
    level: int
    payload: bytes
    late: bool = False


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an earlier process stopped with the same live track: what lies before `sequence` is in its journal, or lost.

    `arrival_ns` is that of the newest frame there.
    """

    sequence: int
    timestamp: int
    arrival_ns: int


class _Held(msgspec.Struct, frozen=True, gc=False):
    packet: Packet
    arrival_ns: int
    level: int
    position: int


class _Piece(msgspec.Struct, frozen=True, gc=False):
    """A whole frame, or padding, which has no payload. `position` is that of its earliest packet in the ring."""

    begin: int
    end: int
    timestamp: int
    arrival_ns: int
    position: int
    level: int
    payload: bytes


class _Numbers:
    """Sequence numbers, unwrapped. Where packets were lost unread for so long that half of all numbers may have passed, they count on."""

    def __init__(self, resume: Resume | None) -> None:
        self._unwrapper = Unwrapper(16, resume.sequence - 1 if resume else None)
        self._newest_ns = resume.arrival_ns if resume else 0

    def unwrap(self, sequence: int, arrival_ns: int) -> int:
        was_away = arrival_ns - self._newest_ns > AWAY_NS
        self._newest_ns = max(self._newest_ns, arrival_ns)
        return self._unwrapper.unwrap_ahead(sequence) if was_away else self._unwrapper.unwrap(sequence)


class _Queue:
    """Whole frames in sending order, with patience for those that are missing."""

    def __init__(self, patience_ns: int, resume: Resume | None) -> None:
        self._patience_ns = patience_ns
        self._ready: OrderedDict[int, _Piece] = OrderedDict()  # as they became whole
        self._order: list[int] = []  # where they begin, as a heap
        self._late: list[_Piece] = []
        self._packets = 0
        self._next: int | None = resume.sequence if resume else None
        self._joins: int | None = self._next  # where the next frame begins if only padding lies before it
        self._floor: int | None = self._next
        self._started = resume is not None

    def is_past(self, sequence: int) -> bool:
        """An earlier process had it."""
        return self._floor is not None and sequence < self._floor

    def was_passed(self, sequence: int) -> bool:
        return self._started and self._next is not None and sequence < self._next

    def put(self, piece: _Piece) -> None:
        if self._next is None or (not self._started and piece.begin < self._next):
            self._next = piece.begin
        if piece.begin < self._next:
            self._late.append(piece)
        elif piece.begin not in self._ready:
            self._ready[piece.begin] = piece
            heapq.heappush(self._order, piece.begin)
            self._packets += piece.end - piece.begin

    def take(self, now_ns: int) -> list[tuple[_Piece, int, bool]]:
        """What is due: the piece, the number at which it begins with the padding before it, and whether it is late."""
        due = [(piece, piece.begin, True) for piece in self._late]
        self._late = []
        self._started = self._started or bool(self._ready)
        while self._order:
            begin = self._order[0]
            if begin != self._next and not self._is_given_up(now_ns):
                break
            heapq.heappop(self._order)
            piece = self._ready.pop(begin)
            self._packets -= piece.end - piece.begin
            joins = self._joins if self._joins is not None and begin == self._next else begin
            due.append((piece, joins, False))
            self._next = piece.end
            self._joins = piece.end if piece.payload else joins
        return due

    def oldest_position(self) -> int | None:
        return min((piece.position for piece in [*self._ready.values(), *self._late]), default=None)

    def _is_given_up(self, now_ns: int) -> bool:
        if self._packets > MAX_HELD_PACKETS:
            return True
        return now_ns - next(iter(self._ready.values())).arrival_ns >= self._patience_ns


class OpusAssembler:
    """Each packet is a frame."""

    def __init__(self, resume: Resume | None = None, patience_ns: int = AUDIO_PATIENCE_NS) -> None:
        self._queue = _Queue(patience_ns, resume)
        self._numbers = _Numbers(resume)
        self._timestamps = Unwrapper(32, resume.timestamp if resume else None)

    def add(self, packet: Packet, *, arrival_ns: int, level: int, position: int) -> None:
        number = self._numbers.unwrap(packet.sequence, arrival_ns)
        if not self._queue.is_past(number):
            self._queue.put(_Piece(number, number + 1, packet.timestamp, arrival_ns, position, level, packet.payload))

    def take(self, now_ns: int) -> list[Frame]:
        return _frames(self._queue.take(now_ns), self._timestamps)

    def near_timestamp(self, timestamp: int) -> int:
        return self._timestamps.near(timestamp)

    def oldest_position(self) -> int | None:
        return self._queue.oldest_position()


class Vp8Assembler:
    """A frame reaches from a packet that begins its first partition to the one with the marker (RFC 7741 section 4.2)."""

    def __init__(self, resume: Resume | None = None, patience_ns: int = VIDEO_PATIENCE_NS) -> None:
        self._queue = _Queue(patience_ns, resume)
        self._patience_ns = patience_ns
        self._numbers = _Numbers(resume)
        self._timestamps = Unwrapper(32, resume.timestamp if resume else None)
        self._held: OrderedDict[int, tuple[_Held, vp8.Piece]] = OrderedDict()  # as they arrived
        self._run: list[tuple[_Held, vp8.Piece]] = []  # of one frame from its first packet on, all in order: most of them come so
        self._run_next = -1
        self._highest = -1
        self._now_ns = 0

    def add(self, packet: Packet, *, arrival_ns: int, level: int, position: int) -> None:
        number = self._numbers.unwrap(packet.sequence, arrival_ns)
        if self._queue.is_past(number) or number in self._held:
            return
        if not packet.payload:
            self._queue.put(_Piece(number, number + 1, packet.timestamp, arrival_ns, position, level, b""))
            return
        try:
            piece = vp8.parse_payload(packet.payload)
        except RtpError:
            return
        pair = _Held(packet, arrival_ns, level, position), piece
        newest = number > self._highest
        if newest:
            self._highest = number
            if self._is_next_of_run(number, packet.timestamp, piece):
                self._run.append(pair)
                self._run_next = number + 1
                if packet.marker:
                    parts, self._run = self._run, []
                    self._hand_over(number + 1 - len(parts), parts)
                return
        self._hold_run()
        self._held[number] = pair
        if packet.marker or not newest:
            self._complete(number)
        while len(self._held) > MAX_HELD_PACKETS:
            self._held.popitem(last=False)

    def take(self, now_ns: int) -> list[Frame]:
        self._now_ns = now_ns
        while self._held and now_ns - next(iter(self._held.values()))[0].arrival_ns >= LATE_NS:
            self._held.popitem(last=False)
        if self._run and now_ns - self._run[0][0].arrival_ns >= LATE_NS:
            self._run = []
        return _frames(self._queue.take(now_ns), self._timestamps, picture=True)

    def near_timestamp(self, timestamp: int) -> int:
        return self._timestamps.near(timestamp)

    def oldest_position(self) -> int | None:
        """What waits for longer than patience does not hold the ring back: it is a hole until it is repaired."""
        waiting = [
            held.position
            for number, (held, _) in self._held.items()
            if self._now_ns - held.arrival_ns < self._patience_ns and not self._queue.was_passed(number)
        ]
        waiting += [held.position for held, _ in self._run if self._now_ns - held.arrival_ns < self._patience_ns]
        whole = self._queue.oldest_position()
        return min(waiting if whole is None else [*waiting, whole], default=None)

    def _is_next_of_run(self, number: int, timestamp: int, piece: vp8.Piece) -> bool:
        if not self._run:
            return piece.first
        fits = number == self._run_next and timestamp == self._run[0][0].packet.timestamp and not piece.first
        return fits and len(self._run) < MAX_HELD_PACKETS

    def _hold_run(self) -> None:
        for number, pair in enumerate(self._run, self._run_next - len(self._run)):
            self._held[number] = pair
        self._run = []

    def _complete(self, number: int) -> None:
        """Hand the frame over in which this packet is, if all of it is here."""
        begin, end = number, number + 1
        timestamp = self._held[number][0].packet.timestamp
        while not self._held[begin][1].first:
            begin -= 1
            if not self._belongs(begin, timestamp):
                return
        while not self._held[end - 1][0].packet.marker:
            if not self._belongs(end, timestamp) or self._held[end][1].first:
                return
            end += 1
        self._hand_over(begin, [self._held.pop(at) for at in range(begin, end)])

    def _hand_over(self, begin: int, parts: list[tuple[_Held, vp8.Piece]]) -> None:
        payload = b"".join([piece.data for _, piece in parts])
        if len(payload) > MAX_FRAME_BYTES:
            return
        first = parts[0][0]
        arrival_ns, position = min([held.arrival_ns for held, _ in parts]), min([held.position for held, _ in parts])
        self._queue.put(_Piece(begin, begin + len(parts), first.packet.timestamp, arrival_ns, position, first.level, payload))

    def _belongs(self, number: int, timestamp: int) -> bool:
        held = self._held.get(number)
        return held is not None and held[0].packet.timestamp == timestamp


Assembler = OpusAssembler | Vp8Assembler


def _frames(due: list[tuple[_Piece, int, bool]], timestamps: Unwrapper, *, picture: bool = False) -> list[Frame]:
    return [
        Frame(
            sequence_begin=begin,
            sequence_end=piece.end,
            timestamp=timestamps.near(piece.timestamp) if late else timestamps.unwrap(piece.timestamp),
            arrival_ns=piece.arrival_ns,
            key=vp8.is_key(piece.payload) if picture else True,
            level=piece.level,
            payload=piece.payload,
            late=late,
        )
        for piece, begin, late in due
        if piece.payload
    ]
