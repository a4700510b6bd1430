"""Which packets of a voice are worth decoding: told from the levels that they carry (RFC 6464), never from their sound.

Open from PRE_ROLL_SAMPLES before a level rises until HOLD_SAMPLES after the last that was not quiet: soft consonants lie there,
and the decoder has found its way again when the word begins. Packets without a level are always worth it. Pure, one for each track.
"""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

RISE_DBOV = -62  # louder opens
KEEP_DBOV = -66  # louder keeps open: rooms hum below, with the noise suppression of a browser at -75 or less
PRE_ROLL_SAMPLES = 3_840
HOLD_SAMPLES = 19_200
_NO_LEVEL = 255
_MOST_WAITING = 8  # packets of 10 ms

Item = TypeVar("Item")


class Gate(Generic[Item]):
    """`timestamp` is the unwrapped RTP time, in samples at 48 kHz."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[int, Item]] = deque(maxlen=_MOST_WAITING)
        self._open_until = -(1 << 62)

    def add(self, item: Item, timestamp: int, level: int) -> list[Item]:
        """In sending order. What is to be decoded now: nothing, this one, or the pre-roll and this one."""
        is_open = timestamp < self._open_until
        if is_loud(level, KEEP_DBOV if is_open else RISE_DBOV):
            self._open_until = timestamp + HOLD_SAMPLES
            pre_roll = [waiting for since, waiting in self._waiting if timestamp - PRE_ROLL_SAMPLES <= since]
            self._waiting.clear()
            return [*pre_roll, item]
        if is_open:
            return [item]
        self._waiting.append((timestamp, item))
        return []


def is_loud(level: int, than_dbov: int = RISE_DBOV) -> bool:
    return level == _NO_LEVEL or -(level & 0x7F) > than_dbov
