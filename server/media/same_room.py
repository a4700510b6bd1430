"""Do two microphones stand in one room? Told from the levels that their packets carry (RFC 6464), never from sound.

Whoever speaks in a room is heard by every microphone in it: their levels rise at the same moments. Over the internet the same words come
back later (a loudspeaker) or not at all. Pure, time is an argument; it must not know packets, rooms or policies.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field

MS = 1_000_000

RISE_DB = 12
REST_NS = 300 * MS  # a syllable's shimmer is one rise
TOGETHER_NS = 50 * MS
RISES = 10
ENOUGH = 8
SPAN_NS = 3_000 * MS
STALE_NS = 20_000 * MS
TOLD_EVERY_NS = 60_000 * MS
# An echo fits best at its own delay, but speech has a rhythm, so it fits a little without any delay as well.
_ECHOES_NS = [sign * late_ms * MS for late_ms in range(100, 601, 20) for sign in (1, -1)]
_PAUSE_NS = 200 * MS
_REMEMBERED_PACKETS = 5  # what a level rises from: about 100 ms
_REMEMBERED_RISES = 32
_REACH_NS = max(_ECHOES_NS) + TOGETHER_NS


@dataclass(frozen=True, slots=True)
class _Rise:
    at_ns: int
    level_dbov: int


@dataclass(slots=True)
class _Microphone:
    levels: deque[int] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_PACKETS))
    rises: deque[_Rise] = field(default_factory=lambda: deque(maxlen=_REMEMBERED_RISES))
    heard_ns: int = 0

    def rises_with(self, level_dbov: int, at_ns: int) -> bool:
        if at_ns - self.heard_ns > _PAUSE_NS:  # closed, or a hole: what it rises from is not known
            self.levels.clear()
        self.heard_ns = at_ns
        from_dbov = min(self.levels, default=level_dbov)
        self.levels.append(level_dbov)
        rested = not self.rises or at_ns - self.rises[-1].at_ns >= REST_NS
        if not rested or level_dbov - from_dbov < RISE_DB:
            return False
        self.rises.append(_Rise(at_ns, level_dbov))
        return True


class SameRoomDetector:
    def __init__(self) -> None:
        self._microphones: dict[str, _Microphone] = {}
        self._told_ns: dict[tuple[str, str], int] = {}
        self._to_compare: dict[tuple[str, str], None] = {}

    def hear(self, peer: str, level: int, at_ns: int) -> list[tuple[str, str]]:
        """`level` is the RFC 6464 byte. Pairs that seem to sit in one room, each at most once a minute.

        This stands in the way of every packet, so each call compares one pair; 30 microphones have 1500 packets a second and 435 pairs.
        """
        microphone = self._microphones.setdefault(peer, _Microphone())
        if microphone.rises_with(-(level & 0x7F), at_ns):
            self._to_compare |= dict.fromkeys((min(peer, other), max(peer, other)) for other in self._microphones if other != peer)
        return self._compare_one(at_ns)

    def forget(self, peer: str) -> None:
        self._microphones.pop(peer, None)
        self._told_ns = {pair: at_ns for pair, at_ns in self._told_ns.items() if peer not in pair}
        self._to_compare = {pair: None for pair in self._to_compare if peer not in pair}

    def _compare_one(self, at_ns: int) -> list[tuple[str, str]]:
        """The pair that has waited longest."""
        pair = next(iter(self._to_compare), None)
        if pair is None:
            return []
        del self._to_compare[pair]
        due = pair not in self._told_ns or at_ns - self._told_ns[pair] >= TOLD_EVERY_NS
        if not due or not _rise_together(self._microphones[pair[0]].rises, self._microphones[pair[1]].rises, at_ns):
            return []
        self._told_ns[pair] = at_ns
        return [pair]


def _rise_together(one: deque[_Rise], two: deque[_Rise], now_ns: int) -> bool:
    """The louder microphone may be too far off for much of what it hears to reach the other, so the quieter one's rises are looked at."""
    mine, theirs = _recent(one, now_ns), _recent(two, now_ns)
    if len(mine) < RISES or len(theirs) < RISES:
        return False
    quiet, loud = (mine, two) if _loudness(mine) <= _loudness(theirs) else (theirs, one)
    if quiet[-1].at_ns - quiet[0].at_ns < SPAN_NS:
        return False
    late = [_lateness(rise.at_ns, loud) for rise in quiet]
    together = _matches(late, 0)
    return together >= ENOUGH and all(_matches(late, shift_ns) <= together for shift_ns in _ECHOES_NS)


def _lateness(at_ns: int, loud: deque[_Rise]) -> list[int]:
    """How much later each of the rises was that could be this one, together or as an echo."""
    return [rise.at_ns - at_ns for rise in loud if -_REACH_NS <= rise.at_ns - at_ns <= _REACH_NS]


def _matches(late: list[list[int]], shift_ns: int) -> int:
    return sum(any(-TOGETHER_NS <= late_ns + shift_ns <= TOGETHER_NS for late_ns in each) for each in late)


def _recent(rises: deque[_Rise], now_ns: int) -> list[_Rise]:
    """The last ones whose counterpart would have come by now."""
    return [rise for rise in rises if TOGETHER_NS < now_ns - rise.at_ns < STALE_NS][-RISES:]


def _loudness(rises: list[_Rise]) -> float:
    return sum(rise.level_dbov for rise in rises) / len(rises)
