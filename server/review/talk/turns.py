"""From stretches of speech to who comes after whom: turns, chains of turns, and the next one to speak. Pure."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate

from server.review.talk.spans import Span

QUIET_MS = 2_000


@dataclass(frozen=True, slots=True)
class Turn:
    """What one person says until somebody else speaks, or until that person has been quiet for two seconds."""

    peer: str
    start_ms: int
    end_ms: int


class Speech:
    """Everything that is said, by person and in order of time."""

    def __init__(self, spoken: Mapping[str, Sequence[Span]]) -> None:
        self.spoken = spoken
        self.spans = sorted((start, end, peer) for peer, spans in spoken.items() for start, end in spans)
        self._starts = [start for start, _, _ in self.spans]
        self._reach = list(accumulate((end for _, end, _ in self.spans), max))
        self.turns = sorted((turn for peer in spoken for turn in self._turns(peer)), key=lambda turn: (turn.start_ms, turn.end_ms))

    def of(self, peer: str) -> Sequence[Span]:
        return self.spoken.get(peer, ())

    def next_after(self, ms: int) -> tuple[int, str] | None:
        """When and by whom is spoken next; at once, if somebody speaks already."""
        place = bisect_right(self._starts, ms)
        for before in range(place - 1, -1, -1):
            if self._reach[before] <= ms:
                break
            if self.spans[before][1] > ms:
                return ms, self.spans[before][2]
        return (self.spans[place][0], self.spans[place][2]) if place < len(self.spans) else None

    def chains(self, teacher: str) -> list[list[Turn]]:
        """Turns of at least two colleagues one after the other, without the teacher in between. A word in passing interrupts nothing."""
        chains: list[list[Turn]] = [[]]
        until_ms = 0
        for turn in self.turns:
            if turn.end_ms > until_ms:
                until_ms = turn.end_ms
                if turn.peer == teacher:
                    chains.append([])
                else:
                    chains[-1].append(turn)
        return [chain for chain in chains if len({turn.peer for turn in chain}) > 1]

    def _turns(self, peer: str) -> list[Turn]:
        turns: list[Turn] = []
        for start, end in self.spoken[peer]:
            if turns and start - turns[-1].end_ms < QUIET_MS and self.next_after(turns[-1].end_ms) == (start, peer):
                turns[-1] = Turn(peer, turns[-1].start_ms, end)
            else:
                turns.append(Turn(peer, start, end))
        return turns
