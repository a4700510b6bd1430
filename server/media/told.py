"""What feedback has said so far of the numbers that we sent under, so that each packet counts once.

Invariant: a packet's fate is given once, or twice when it was lost at first and came after all. Browsers repeat themselves when something
comes late. It must not know what the packets are, nor keep them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

from server.media.batch import Link
from server.media.results import Result, Results
from server.media.rtp import extend_sequence
from server.media.transport_cc import TransportFeedback
from server.media.trend_line import TrendLine

KEPT = 4096  # numbers, a power of two
_MOST_UNTOLD = 512
_OPEN, _LOST, _CAME = 0, 1, 2


Stretch = Callable[[int, int], Iterator[tuple[int, int, int]] | None]


class Sent(Protocol):
    @property
    def at_ns(self) -> int: ...
    @property
    def size_bytes(self) -> int: ...
    @property
    def probe(self) -> int: ...


class Told:
    """`untold_bytes`: what was sent just before the last results, but the message that spoke of it was lost."""

    def __init__(self) -> None:
        self.untold_bytes = 0
        self._fates = bytearray(KEPT)
        self._next = -1  # extended; the first number that nothing was said of

    def results(self, feedback: TransportFeedback, sent: Callable[[int], Sent | None], stretch: Stretch | None = None) -> list[Result]:
        """For `Estimator.on_feedback`. `sent` knows the 16-bit numbers; those that it does not know are left out.

        `stretch` may know many at once: sent, bytes, probe.
        """
        number = self._begin(feedback.base_sequence, sent)
        arrivals_us, slot = feedback.arrivals_us, number % KEPT
        if stretch is not None and number == self._next and slot + len(arrivals_us) <= KEPT:
            packets = stretch(number & 0xFFFF, len(arrivals_us))
            if packets is not None:
                self._next = number + len(arrivals_us)
                self._fates[slot : slot + len(arrivals_us)] = bytes([_LOST if each is None else _CAME for each in arrivals_us])
                return [(at_ns, arrived_us, size, probe) for (at_ns, size, probe), arrived_us in zip(packets, arrivals_us, strict=True)]
        found: list[Result] = []
        for arrived_us in feedback.arrivals_us:
            fate = _LOST if arrived_us is None else _CAME
            if number > self._next - KEPT:
                slot = number % KEPT
                if number >= self._next:
                    self._next = number + 1
                    self._fates[slot] = _OPEN
                packet = sent(number & 0xFFFF) if self._fates[slot] < fate else None
                if packet is not None:
                    self._fates[slot] = fate
                    found.append((packet.at_ns, arrived_us, packet.size_bytes, packet.probe))
            number += 1
        return found

    def _begin(self, base_sequence: int, sent: Callable[[int], Sent | None]) -> int:
        if self._next < 0:
            self._next = base_sequence + 0x10000
        number = extend_sequence(base_sequence, self._next)
        untold = range(self._next, number)[-_MOST_UNTOLD:]
        packets = [sent(at & 0xFFFF) for at in untold]
        self.untold_bytes = sum([packet.size_bytes for packet in packets if packet is not None])
        for at in untold:
            self._fates[at % KEPT] = _OPEN
        self._next = max(self._next, number)
        return number


class Account:
    """What feedback has said of one link's packets since `settle`. `untold_bytes`: see `Told`, of all these messages."""

    new_line = TrendLine

    def __init__(self, link: Link) -> None:
        self._link = link
        self._told = Told()
        self._packets: list[Result] = []
        self.untold_bytes = 0

    def __len__(self) -> int:
        return len(self._packets)

    @property
    def results(self) -> Results:
        return Results(self._packets)

    def take(self, feedback: TransportFeedback, begin: int = 0) -> int:
        """From its arrival `begin` on. How many of its arrivals are read: fewer than all when there is no room before `settle`."""
        self._packets += self._told.results(feedback, self._link.sent, self._link.stretch)
        self.untold_bytes += self._told.untold_bytes
        return len(feedback.arrivals_us)

    def settle(self) -> None:
        self._packets, self.untold_bytes = [], 0
