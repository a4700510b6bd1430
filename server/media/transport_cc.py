"""Transport-wide congestion control feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01): read it, keep arrivals, write it.

Invariant: reading never raises and a message counts at most `MAX_STATUSES`; a written message fits in one datagram. Time is an argument.
It must not know sources, estimators or transports.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from server.media.made_good import MadeGood

MAX_STATUSES = 4096
MAX_MESSAGE_BYTES = 1100
REFERENCE_US = 64_000
REFERENCE_PERIOD_US = REFERENCE_US << 24  # after 12 days the reference begins again

_TICK_US = 250
_TICK_NS = 1000 * _TICK_US
_TICKS_PER_REFERENCE = REFERENCE_US // _TICK_US
_HEAD = struct.Struct(">BBHIIHHI")
_LOST, _SMALL, _LARGE = 0, 1, 2
_MAX_RUN = 0x1FFF
_LATE = 512  # numbers behind the newest that are reported again when one of them comes late
_KEPT = 4096  # numbers whose arrival is remembered
_MAX_GAP = 2048  # numbers left out; beyond it the sender has been away and remembers nothing of them
_MOST_CARRIERS = 64  # numbers that a gap of one stream may stand for
_MOST_SETTLED = 512  # in one message
_RIPE_NS, _PATIENCE_NS = 100_000_000, 500_000_000  # until each stream has noticed its gap; until a repair is not waited for


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """`arrivals_us[i]` is when number `base_sequence + i` arrived, None when it did not.

    The clock is the receiver's, modulo `REFERENCE_PERIOD_US`.
    """

    base_sequence: int
    feedback_count: int
    arrivals_us: tuple[int | None, ...]


def parse_feedback(body: bytes, max_statuses: int = MAX_STATUSES) -> TransportFeedback | None:
    """`body` is what follows the two SSRCs. None for what is malformed or longer than `max_statuses`."""
    if len(body) < 10:
        return None
    base, count, reference = struct.unpack_from(">HHI", body)
    if not 0 < count <= max_statuses:
        return None
    symbols: list[int] = []
    at = 8
    while len(symbols) < count:
        if at + 2 > len(body):
            return None
        symbols += _read_chunk(body[at] << 8 | body[at + 1], count - len(symbols))
        at += 2
    arrivals = _read_deltas(symbols, body, at, (reference >> 8) * _TICKS_PER_REFERENCE)
    return None if arrivals is None else TransportFeedback(base, reference & 0xFF, tuple(arrivals))


def _read_chunk(chunk: int, most: int) -> list[int]:
    if not chunk & 0x8000:
        return [chunk >> 13 & 3] * min(chunk & _MAX_RUN, most) or [_LOST] * min(1, most)  # an empty run must not hold us up
    if chunk & 0x4000:
        return [chunk >> shift & 3 for shift in range(12, -1, -2)][:most]
    return [chunk >> shift & 1 for shift in range(13, -1, -1)][:most]


def _read_deltas(symbols: list[int], body: bytes, at: int, ticks: int) -> Sequence[int | None] | None:
    arrivals: list[int | None] = []
    end, count = len(body), len(symbols)
    if symbols.count(_SMALL) == count:  # as on any good line
        if at + count > end:
            return None
        return [ticks * _TICK_US for ticks in accumulate(body[at : at + count], initial=ticks)][1:]
    for symbol in symbols:
        if symbol == _SMALL:
            if at >= end:
                return None
            ticks += body[at]
            at += 1
        elif symbol == _LARGE:
            if at + 2 > end:
                return None
            delta = body[at] << 8 | body[at + 1]
            ticks += delta - ((delta & 0x8000) << 1)
            at += 2
        else:
            arrivals.append(None)
            continue
        arrivals.append(ticks * _TICK_US)
    return arrivals


class ArrivalLog:
    """The numbers of one connection that came in, until they are reported. A number is a 16-bit one as it stands in the packet.

    `expected`, `lost`: all so far, before any repair. `forgives`: nothing is said of a lost number until its packet is repaired, which
    counts as arrived, or is not. Never sooner: of what a browser takes for arrived it keeps nothing to send again.
    """

    def __init__(self) -> None:
        self.expected = self.lost = 0
        self.forgives = False
        self._fresh: dict[int, int] = {}
        self.arrived = self._fresh.setdefault  # (sequence, now_ns) for every packet: the first arrival counts, nothing else happens here
        self._numbers = [-1] * _KEPT  # extended numbers, by their lowest bits
        self._times = [0] * _KEPT
        self._highest = -1
        self._start = 0  # what is not reported yet
        self._count = 0
        self._told_ticks = 0  # the latest arrival that was told
        self._made_good = MadeGood()
        self._untold: dict[int, int] = {}  # extended numbers of which nothing is said yet, and since when

    def skipped(self, ssrc: int, first: int, end: int, before: int, after: int) -> None:
        """A stream lacks `first` up to `end` (exclusive), between packets with these transport-wide numbers."""
        if self.forgives and 0 < (after - before) & 0xFFFF <= _MOST_CARRIERS:
            between = [(before + step) & 0xFFFF for step in range(1, (after - before) & 0xFFFF)]
            self._made_good.skipped(ssrc, first, end, [number for number in between if not self._has(number)])

    def came_late(self, ssrc: int, number: int) -> None:
        """What a stream lacked, as a repair or not."""
        self._made_good.came(ssrc, number)

    def feedback(self, sender_ssrc: int, media_ssrc: int, now_ns: int = 0) -> bytes | None:
        """The next message about what came since the last one; ask again until None, every 50 to 100 ms."""
        if self._fresh:
            self._sort()
        end = self._next_stretch(now_ns) if self.forgives else self._highest + 1
        if self._start < end:
            return self._write(sender_ssrc, media_ssrc, end)
        return self._settle(sender_ssrc, media_ssrc, now_ns) if self._untold else None

    def _has(self, sequence: int) -> bool:
        return sequence in self._fresh or self._numbers[sequence % _KEPT] & 0xFFFF == sequence

    def _sort(self) -> None:
        numbers, times = self._numbers, self._times
        for sequence, arrival_ns in self._fresh.items():
            if self._highest < 0:
                self._highest = (sequence & 0xFFFF) + 0xFFFF
                self._start = self._highest + 1
            # a number is late by `_LATE` at most; whatever looks older is far ahead, after a silence of any length
            ahead = (sequence - self._highest + _LATE) & 0xFFFF
            number = self._highest + ahead - _LATE
            if ahead > _LATE:
                if ahead - _LATE > _MAX_GAP:
                    self._start = number
                else:
                    self.expected += ahead - _LATE
                    self.lost += ahead - _LATE - 1
                self._highest = number
                self._start = max(self._start, number - _KEPT + 1)
            elif numbers[number % _KEPT] == number:
                continue  # twice over the edge of two reports
            else:
                self.lost -= 1
                if not self.forgives:
                    self._start = min(self._start, number)
            numbers[number % _KEPT] = number
            times[number % _KEPT] = arrival_ns
        self._fresh.clear()
        self._start = max(self._start, 0)

    def _next_stretch(self, now_ns: int) -> int:
        """Where the next numbers end of which none is lost; the lost ones before them wait."""
        numbers = self._numbers
        while self._start <= self._highest and numbers[self._start % _KEPT] != self._start:
            self._untold[self._start] = now_ns
            self._start += 1
        return next((number for number in range(self._start, self._highest + 1) if numbers[number % _KEPT] != number), self._highest + 1)

    def _settle(self, sender_ssrc: int, media_ssrc: int, now_ns: int) -> bytes | None:
        """The first lost numbers in a row of which the same can be said now."""
        base, said = -1, _LOST
        symbols = bytearray()
        for number, since_ns in self._untold.items():
            says = self._fate(number, now_ns - since_ns)
            if base < 0 and says is not None:
                base, said = number, says
            if base >= 0:
                if says != said or number != base + len(symbols) or len(symbols) >= _MOST_SETTLED:
                    break
                symbols.append(said)
        for number in range(base, base + len(symbols)):
            del self._untold[number]
            self._made_good.forget(number & 0xFFFF)
        if not symbols:
            return None
        reference, ticks = divmod(self._told_ticks, _TICKS_PER_REFERENCE)  # as if with the latest one
        deltas = bytearray((ticks, *bytes(len(symbols) - 1)) if said == _SMALL else b"")
        return self._message(sender_ssrc, media_ssrc, base, symbols, deltas, reference)

    def _fate(self, number: int, waited_ns: int) -> int | None:
        if self._numbers[number % _KEPT] == number or (waited_ns >= _RIPE_NS and self._made_good.is_good(number & 0xFFFF)):
            return _SMALL
        return None if self.forgives and waited_ns < _PATIENCE_NS else _LOST

    def _write(self, sender_ssrc: int, media_ssrc: int, end: int) -> bytes:
        base, numbers, times = self._start, self._numbers, self._times
        symbols = bytearray()
        deltas = bytearray()
        reference = before = -1
        for number in range(base, end):
            if _HEAD.size + len(deltas) + 2 * (len(symbols) // 7) + 8 > MAX_MESSAGE_BYTES:
                break
            if numbers[number % _KEPT] != number:
                # each loss is told: of what a browser takes for arrived it forgets what we may ask for again
                symbols.append(_LOST)
                continue
            ticks = times[number % _KEPT] // _TICK_NS
            if reference < 0:
                reference = ticks // _TICKS_PER_REFERENCE
                before = reference * _TICKS_PER_REFERENCE
            delta = ticks - before
            if not -0x8000 <= delta <= 0x7FFF:
                break
            symbols.append(_SMALL if 0 <= delta <= 0xFF else _LARGE)
            deltas += delta.to_bytes(1) if 0 <= delta <= 0xFF else (delta & 0xFFFF).to_bytes(2)
            before = ticks
        self._start = base + len(symbols)
        self._told_ticks = max(self._told_ticks, before)
        return self._message(sender_ssrc, media_ssrc, base, symbols, deltas, reference)

    def _message(self, sender_ssrc: int, media_ssrc: int, base: int, symbols: bytearray, deltas: bytearray, reference: int) -> bytes:
        self._count = (self._count + 1) & 0xFF
        body = _write_chunks(symbols) + deltas
        body += bytes(-len(body) % 4)
        last = (reference & 0xFFFFFF) << 8 | (self._count - 1) & 0xFF
        words = (_HEAD.size + len(body)) // 4 - 1
        return _HEAD.pack(0x8F, 205, words, sender_ssrc, media_ssrc, base & 0xFFFF, len(symbols), last) + body


def _write_chunks(symbols: bytearray) -> bytes:
    chunks = bytearray()
    at = 0
    while at < len(symbols):
        first = symbols[at]
        run = at + 1
        while run < len(symbols) and symbols[run] == first:
            run += 1
        length = min(run - at, _MAX_RUN)
        bits = symbols[at : at + 14]
        if length >= 14 or length == len(symbols) - at or (length >= 7 and _LARGE in bits):
            chunk = first << 13 | length
        elif _LARGE in bits:
            bits = bits[:7]
            length = len(bits)
            chunk = 0xC000 | sum(symbol << shift for symbol, shift in zip(bits, range(12, -1, -2), strict=False))
        else:
            length = len(bits)
            chunk = 0x8000 | sum(symbol << shift for symbol, shift in zip(bits, range(13, -1, -1), strict=False))
        chunks += chunk.to_bytes(2)
        at += length
    return bytes(chunks)
