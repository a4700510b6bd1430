"""Which transport-wide numbers never came though what they carried has come since, as a repair.

A lost packet cannot say which number of its stream it had. But a gap of a stream lies between two packets, and what was lost between them
carried it. Invariant: a number is made good only when everything has come that it may have carried, so that its sender may forget it.
It must not know clocks or feedback.
"""

from __future__ import annotations

from collections.abc import Sequence

_REMEMBERED = 1024


class MadeGood:
    """Transport-wide numbers are the 16-bit ones of the packets; those of a stream are extended ones, by its SSRC."""

    def __init__(self) -> None:
        self._carriers: dict[tuple[int, int], Sequence[int]] = {}  # of what a stream lacks: the numbers that may have carried it
        self._lacking: dict[int, int] = {}  # how much of what a number may have carried has not come

    def skipped(self, ssrc: int, first: int, end: int, lost: Sequence[int]) -> None:
        """`first` up to `end` (exclusive) of a stream were skipped, while these transport-wide numbers did not come."""
        for number in range(first, end):
            self._carriers[ssrc, number] = lost
        for carrier in lost:
            self._lacking[carrier] = self._lacking.get(carrier, 0) + end - first
        while len(self._carriers) > _REMEMBERED:
            del self._carriers[next(iter(self._carriers))]
        while len(self._lacking) > _REMEMBERED:
            del self._lacking[next(iter(self._lacking))]

    def came(self, ssrc: int, number: int) -> None:
        """As a repair, or late."""
        for carrier in self._carriers.pop((ssrc, number), ()):
            if carrier in self._lacking:
                self._lacking[carrier] -= 1

    def is_good(self, carrier: int) -> bool:
        return self._lacking.get(carrier) == 0

    def forget(self, carrier: int) -> None:
        self._lacking.pop(carrier, None)
