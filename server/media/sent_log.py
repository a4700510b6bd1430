"""The transport-wide numbers of one connection that we send on, and what of them feedback has told us.

Invariant: a packet's fate is told once, or twice when it was lost at first and came after all; what is not in the log counts for nothing.
Time is an argument. It must not know what the packets are.
"""

from __future__ import annotations

from server.media.bandwidth import Result
from server.media.transport_cc import TransportFeedback

KEPT = 4096  # some ten seconds at 4 Mbit/s; a power of two
UNTOLD = 512
_OPEN, _LOST, _CAME = 0, 1, 2


class SentLog:
    def __init__(self) -> None:
        self.next = 0
        self.untold_bytes = 0  # before the last results: their feedback was lost
        self._told = 0  # numbers before it were spoken of
        self._sent_ns = [0] * KEPT
        self._sizes = [0] * KEPT
        self._probes = [0] * KEPT
        self._fates = bytearray(KEPT)

    def sent(self, now_ns: int, size_bytes: int, probe_id: int = 0) -> int:
        """The 16-bit number that goes into the packet."""
        number = self.next
        slot = number % KEPT
        self._sent_ns[slot] = now_ns
        self._sizes[slot] = size_bytes
        self._probes[slot] = probe_id
        self._fates[slot] = _OPEN
        self.next = number + 1
        return number & 0xFFFF

    def results(self, feedback: TransportFeedback) -> list[Result]:
        """For `Estimator.on_feedback`. Numbers that were never sent, or too long ago, are left out."""
        newest = self.next - 1
        number = newest - ((newest - feedback.base_sequence) & 0xFFFF)
        found: list[Result] = []
        untold = range(max(self._told, number - UNTOLD), number) if self._told else ()
        self.untold_bytes = sum([self._sizes[at % KEPT] for at in untold])
        for arrived_us in feedback.arrivals_us:
            slot = number % KEPT
            fate = _LOST if arrived_us is None else _CAME
            if newest - KEPT < number <= newest and number >= 0 and self._fates[slot] < fate:
                self._fates[slot] = fate
                found.append(Result(self._sent_ns[slot], arrived_us, self._sizes[slot], self._probes[slot]))
            number += 1
        self._told = max(self._told, min(number, self.next))
        return found
