"""From packets of one live track, in any order, to whole frames in sending order. Pure: time is an argument.

A hole waits `patience_ns` for its repair, counted from the first packet behind it, then it is given up. VP8 frames behind
a given-up hole are dropped until the next key frame. It keeps the ring position of everything that it still holds.
"""

from __future__ import annotations

import heapq
from collections import OrderedDict
from dataclasses import dataclass

from recorder import vp8
from recorder.rtp import Packet, RtpError, Unwrapper

VIDEO_PATIENCE_NS = 3_000_000_000
AUDIO_PATIENCE_NS = 1_000_000_000
MAX_HELD_PACKETS = 4096
MAX_FRAME_BYTES = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Frame:
    """`sequence_end` is the unwrapped number behind its last packet, `timestamp` unwrapped, `arrival_ns` of its earliest packet."""

    sequence_end: int
    timestamp: int
    arrival_ns: int
    key: bool
    level: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Resume:
    """Where an earlier process stopped with the same live track: everything before `sequence` is in its journal."""

    sequence: int
    timestamp: int


@dataclass(frozen=True, slots=True)
class _Held:
    packet: Packet
    arrival_ns: int
    level: int
    position: int


class _Reorder:
    """Packets in sequence, and whether some were given up just before. They are added in order of arrival and of position."""

    def __init__(self, patience_ns: int, resume: Resume | None) -> None:
        self._patience_ns = patience_ns
        self._held: OrderedDict[int, _Held] = OrderedDict()  # as they arrived
        self._order: list[int] = []  # the same sequence numbers as a heap
        self._sequences = Unwrapper(16, resume.sequence - 1 if resume else None)
        self._next: int | None = resume.sequence if resume else None
        self._started = resume is not None

    def add(self, held: _Held) -> None:
        sequence = self._sequences.unwrap(held.packet.sequence)
        if self._next is None or (not self._started and sequence < self._next):
            self._next = sequence
        if sequence >= self._next and sequence not in self._held:
            self._held[sequence] = held
            heapq.heappush(self._order, sequence)

    def take(self, now_ns: int) -> list[tuple[int, _Held, bool]]:
        """Sequence number, packet and `after a loss` of each packet that is due."""
        out: list[tuple[int, _Held, bool]] = []
        self._started = self._started or bool(self._held)
        while self._order:
            sequence = self._order[0]
            lost = sequence != self._next
            if lost and not self._is_given_up(now_ns):
                break
            heapq.heappop(self._order)
            out.append((sequence, self._held.pop(sequence), lost))
            self._next = sequence + 1
        return out

    def oldest_position(self) -> int | None:
        return self._oldest().position if self._held else None

    def _is_given_up(self, now_ns: int) -> bool:
        if len(self._held) > MAX_HELD_PACKETS:
            return True
        return now_ns - self._oldest().arrival_ns >= self._patience_ns

    def _oldest(self) -> _Held:
        return next(iter(self._held.values()))


class OpusAssembler:
    def __init__(self, resume: Resume | None = None, patience_ns: int = AUDIO_PATIENCE_NS) -> None:
        self._reorder = _Reorder(patience_ns, resume)
        self._timestamps = Unwrapper(32, resume.timestamp if resume else None)

    def add(self, packet: Packet, *, arrival_ns: int, level: int, position: int) -> None:
        self._reorder.add(_Held(packet, arrival_ns, level, position))

    def take(self, now_ns: int) -> list[Frame]:
        return [
            Frame(sequence + 1, self._timestamps.unwrap(held.packet.timestamp), held.arrival_ns, True, held.level, held.packet.payload)
            for sequence, held, _ in self._reorder.take(now_ns)
            if held.packet.payload
        ]

    def near_timestamp(self, timestamp: int) -> int:
        return self._timestamps.near(timestamp)

    def oldest_position(self) -> int | None:
        return self._reorder.oldest_position()


class Vp8Assembler:
    def __init__(self, resume: Resume | None = None, patience_ns: int = VIDEO_PATIENCE_NS) -> None:
        self._reorder = _Reorder(patience_ns, resume)
        self._timestamps = Unwrapper(32, resume.timestamp if resume else None)
        self._parts: list[_Held] = []
        self._pieces: list[bytes] = []
        self._needs_key = resume is None

    def add(self, packet: Packet, *, arrival_ns: int, level: int, position: int) -> None:
        self._reorder.add(_Held(packet, arrival_ns, level, position))

    def take(self, now_ns: int) -> list[Frame]:
        frames: list[Frame] = []
        for sequence, held, lost in self._reorder.take(now_ns):
            if lost:
                self._drop()
            frame = self._accept(sequence, held)
            if frame is not None:
                frames.append(frame)
        return frames

    def drop_until_key(self) -> None:
        """Frames that were taken from here are lost: what builds on them is worth nothing."""
        self._drop()

    def near_timestamp(self, timestamp: int) -> int:
        return self._timestamps.near(timestamp)

    def oldest_position(self) -> int | None:
        positions = [part.position for part in self._parts]
        reordered = self._reorder.oldest_position()
        return min(positions if reordered is None else [*positions, reordered], default=None)

    def _accept(self, sequence: int, held: _Held) -> Frame | None:
        packet = held.packet
        if not packet.payload:
            return None  # padding only
        try:
            piece = vp8.parse_payload(packet.payload)
        except RtpError:
            self._drop()
            return None
        begins = piece.first and (not self._parts or self._parts[0].packet.timestamp != packet.timestamp)
        if begins:
            if self._parts:
                self._drop()
        elif not self._parts or self._parts[0].packet.timestamp != packet.timestamp:
            self._drop()
            return None
        self._parts.append(held)
        self._pieces.append(piece.data)
        if packet.marker:
            return self._finish(sequence)
        if len(self._pieces) > MAX_HELD_PACKETS:
            self._drop()
        return None

    def _finish(self, sequence: int) -> Frame | None:
        payload = b"".join(self._pieces)
        first = self._parts[0]
        arrival_ns = min(part.arrival_ns for part in self._parts)
        self._parts, self._pieces = [], []
        key = vp8.is_key(payload)
        if (self._needs_key and not key) or len(payload) > MAX_FRAME_BYTES:
            self._needs_key = True
            return None
        self._needs_key = False
        return Frame(sequence + 1, self._timestamps.unwrap(first.packet.timestamp), arrival_ns, key, first.level, payload)

    def _drop(self) -> None:
        self._parts, self._pieces = [], []
        self._needs_key = True


Assembler = OpusAssembler | Vp8Assembler
