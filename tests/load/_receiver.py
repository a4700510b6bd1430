"""One end that reads all that comes to it, counts it, and answers as browsers do: receiver reports, transport-wide arrival times.

Nothing is decrypted: RTP's header and its extensions are in the clear. It asks for no packet again: on a loopback none is lost
on the way.
"""

from __future__ import annotations

import bisect
import random
import struct
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from server.media.rtcp import ReportBlock, write_receiver_report
from tests.load._connection import Connection
from tests.load._reading import heads
from tests.load._sdp import Incoming

READ_NS: Final = 50_000_000
SECOND_NS: Final = 1_000_000_000
TICK_NS: Final = 250_000
REFERENCE_NS: Final = 64_000_000
MOST_AT_ONCE: Final = 500
_CHUNKS: Final = struct.Struct(">H")


@dataclass
class Got:
    """`numbered`: how many packets had a transport-wide number. `repairs` are not among `packets`.

    `first_ns`: when the first one arrived (UTC). `arrivals`: number and time of each packet, by SSRC, while somebody wants them.
    """

    first_ns: int = 0
    packets: int = 0
    octets: int = 0
    lost: int = 0
    repairs: int = 0
    numbered: int = 0
    arrivals: dict[int, list[tuple[int, int]]] = field(default_factory=dict)


class Receiver:
    """A flow of the pacer. `timed`: SSRCs whose arrivals are noted."""

    def __init__(self, connection: Connection, lines: list[Incoming]) -> None:
        self.connection = connection
        self._cc_extension = next((line.cc_extension for line in lines if line.cc_extension), 0)
        self._rtx_types = {line.rtx_type for line in lines if line.rtx_type is not None}
        self._own_ssrc = random.randrange(1, 1 << 32)
        self._highest: dict[int, int] = {}
        self._numbers: list[tuple[int, int]] = []
        self._feedback = 0
        self._reports_ns = 0
        self.timed: set[int] = set()
        self.got = Got()

    def begin(self) -> None:
        """Counts anew."""
        self.read()
        self.got = Got()

    def act(self, now_ns: int) -> int:
        self.read()
        if self._numbers:
            media_ssrc = next(iter(self._highest), 0)
            numbers, self._numbers = self._numbers, []
            self.connection.send_rtcp(arrivals(self._own_ssrc, media_ssrc, self._feedback, numbers))
            self._feedback += 1
        if now_ns >= self._reports_ns:
            self._reports_ns = now_ns + SECOND_NS
            blocks = [ReportBlock(ssrc, highest_sequence=highest) for ssrc, highest in self._highest.items()]
            self.connection.send_rtcp(write_receiver_report(self._own_ssrc, blocks))
        return now_ns + READ_NS

    def read(self) -> None:
        got, highest, wanted, rtx = self.got, self._highest, self._cc_extension, self._rtx_types
        for arrived_ns, payload_type, sequence, _, ssrc, number, octets in heads(self.connection.socket.fileno(), wanted):
            if number >= 0:
                self._numbers.append((number, arrived_ns))
                got.numbered += 1
            if payload_type in rtx:
                got.repairs += 1
                continue
            before = highest.get(ssrc, sequence - 1)
            gap = (sequence - before - 1) & 0xFFFF
            if gap < 0x8000:
                highest[ssrc] = before + gap + 1
                got.lost += gap
            else:
                got.lost -= 1  # it was counted as lost, and came late
            if not got.packets:
                got.first_ns = arrived_ns
            got.packets += 1
            got.octets += octets
            if ssrc in self.timed:
                got.arrivals.setdefault(ssrc, []).append((sequence, arrived_ns))


def delays_ms(left_ns: dict[int, int], arrivals: Sequence[tuple[int, int]]) -> list[float]:
    """From leaving to arriving, by the packets' numbers. Whoever forwards may give others: at the distance that most packets have."""
    left = sorted((at_ns, number) for number, at_ns in left_ns.items())
    distances: Counter[int] = Counter()
    for number, arrived_ns in arrivals:
        place = bisect.bisect(left, (arrived_ns, 0)) - 1
        if place >= 0:
            distances[(number - left[place][1]) & 0xFFFF] += 1
    if not distances:
        return []
    distance = distances.most_common(1)[0][0]
    found = ((left_ns.get((number - distance) & 0xFFFF), arrived_ns) for number, arrived_ns in arrivals)
    return [(arrived_ns - at_ns) / 1e6 for at_ns, arrived_ns in found if at_ns is not None]


def quantile(values: Sequence[float], part: float) -> float:
    return round(sorted(values)[min(len(values) - 1, int(part * len(values)))], 2) if values else 0.0


def arrivals(own_ssrc: int, media_ssrc: int, count: int, numbers: list[tuple[int, int]]) -> bytes:
    """Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01) about packets that came, in two-bit symbols."""
    base = numbers[0][0]
    came = sorted({((number - base + 0x8000) & 0xFFFF) - 0x8000: arrived_ns for number, arrived_ns in reversed(numbers)}.items())
    first = came[0][0]
    at_ns = came[0][1] // REFERENCE_NS * REFERENCE_NS
    reference = at_ns // REFERENCE_NS & 0xFFFFFF
    symbols: list[int] = []
    deltas = b""
    for place, arrived_ns in came:
        if place - first >= MOST_AT_ONCE:
            break
        symbols += [0] * (place - first - len(symbols))
        ticks = max(-0x8000, min((arrived_ns - at_ns) // TICK_NS, 0x7FFF))
        at_ns += ticks * TICK_NS
        symbols.append(1 if 0 <= ticks <= 255 else 2)
        deltas += struct.pack(">B" if 0 <= ticks <= 255 else ">h", ticks)
    body = struct.pack(">IIHHI", own_ssrc, media_ssrc, (base + first) & 0xFFFF, len(symbols), reference << 8 | count & 0xFF)
    body += b"".join(_chunk(symbols[at : at + 7]) for at in range(0, len(symbols), 7)) + deltas
    body += bytes(-len(body) % 4)
    return struct.pack(">BBH", 0x8F, 205, len(body) // 4) + body


def _chunk(symbols: list[int]) -> bytes:
    found = 0xC000
    for place, symbol in enumerate(symbols):
        found |= symbol << 12 - 2 * place
    return _CHUNKS.pack(found)
