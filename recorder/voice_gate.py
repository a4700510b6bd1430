"""Which packets of a voice are worth decoding: told from the levels that they carry (RFC 6464), never from their sound.

Open from PRE_ROLL_SAMPLES before a level rises above the room's own noise until HOLD_SAMPLES after the last that was not quiet: soft
consonants lie there, and the decoder has found its way again when the word begins. The noise is the quietest fifth of a second of the
last ten. Packets without a level are always worth it. Pure, one for each track.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

RISE_DBOV = -62.0  # louder opens, before the noise is known
RISE_DB = 9.0  # above the noise, but …
LOWEST_RISE_DBOV, HIGHEST_RISE_DBOV = -66.0, -46.0  # … below the first nobody is heard, and above the second are voices
KEEP_DB = 4.0  # lower keeps open
PRE_ROLL_SAMPLES = 3_840
HOLD_SAMPLES = 19_200
_BLOCK = 10  # packets
_BLOCKS = 50
_NO_LEVEL = 255
_MOST_WAITING = 8  # packets of 10 ms

Item = TypeVar("Item")


class Gate(Generic[Item]):
    """`timestamp` is the unwrapped RTP time, in samples at 48 kHz."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Item]] = deque(maxlen=_MOST_WAITING)
        self._open_until = -(1 << 62)
        self._rise_dbov = RISE_DBOV
        self._blocks: deque[float] = deque(maxlen=_BLOCKS)
        self._sum_dbov = 0
        self._count = 0

    def add(self, item: Item, timestamp: int, level: int) -> list[Item]:
        """In sending order. What is to be decoded now: nothing, this one, or the pre-roll and this one."""
        is_open = timestamp < self._open_until
        self._learn(level)
        if is_loud(level, self._rise_dbov - KEEP_DB if is_open else self._rise_dbov):
            self._open_until = timestamp + HOLD_SAMPLES
            pre_roll = [waiting for since, waiting in self._waiting if timestamp - PRE_ROLL_SAMPLES <= since]
            self._waiting.clear()
            return [*pre_roll, item]
        if is_open:
            return [item]
        self._waiting.append((timestamp, item))
        return []

    def _learn(self, level: int) -> None:
        if level == _NO_LEVEL:
            return
        self._sum_dbov -= level & 0x7F
        self._count += 1
        if self._count == _BLOCK:
            self._blocks.append(self._sum_dbov / _BLOCK)
            self._sum_dbov = self._count = 0
            self._rise_dbov = min(max(min(self._blocks) + RISE_DB, LOWEST_RISE_DBOV), HIGHEST_RISE_DBOV)


def is_loud(level: int, than_dbov: float = RISE_DBOV) -> bool:
    return level == _NO_LEVEL or -(level & 0x7F) > than_dbov
