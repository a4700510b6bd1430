"""What is written into a film, and when: labels and cards as pieces of a picture, and the words that hold at a time.

Labels are grey on a dark plate that lets the picture through; a card covers all of its box. Pictures are planes of YUV 4:2:0,
video range, so boxes begin and end at even pixels.
"""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from recorder.control import Hole, VoiceTalk
from recorder.lettering import drawn
from recorder.order import Order

PHASE_SHOWN_MS = 4_000
SHORTEST_SPEECH_MS = 1_500  # shown for at least so long
SPEECH_GAP_MS = 1_000
SHORTEST_HOLE_MS = 1_000
_PLATE_LUMA, _PLATE_COVER, _WORDS_LUMA = 26, 168, 228
_CARD_LUMA, _CARD_WORDS_LUMA = 38, 190

Plane = NDArray[np.uint8]
Planes = tuple[Plane, Plane, Plane]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Patch:
    """Grey over a part of a picture; `cover` is 0 to 256."""

    luma: NDArray[np.int32]
    cover: NDArray[np.int32]

    @property
    def width(self) -> int:
        return int(self.luma.shape[1])

    @property
    def height(self) -> int:
        return int(self.luma.shape[0])

    def put(self, planes: Planes, x: int, y: int) -> None:
        """With its upper left corner at an even place, all of it inside."""
        _blend(planes[0][y : y + self.height, x : x + self.width], self.luma, self.cover)
        coarse = self.cover.reshape(self.height // 2, 2, self.width // 2, 2).mean(axis=(1, 3)).astype(np.int32)
        for plane in planes[1:]:
            _blend(plane[y // 2 : (y + self.height) // 2, x // 2 : (x + self.width) // 2], 128, coarse)


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be read at a time; empty where there is nothing."""

    speaking: str = ""
    phase: str = ""
    hole: str = ""


class Captions:
    """`talk` without the teacher's own."""

    def __init__(self, order: Order, holes: Sequence[Hole], talk: Sequence[VoiceTalk]) -> None:
        self._phases = [(phase.at_ms, phase.title) for phase in sorted(order.phases, key=lambda phase: phase.at_ms)]
        self._holes = [(hole, _hole_words(order, hole)) for hole in holes if hole.end_ms - hole.start_ms >= SHORTEST_HOLE_MS]
        self._speaking = order.labels.speaking
        self._voices = [
            (order.people[voice.peer], _calm(voice.segments)) for voice in talk if voice.segments and voice.peer in order.people
        ]

    def at(self, at_ms: int) -> Words:
        return Words(speaking=self._speaking_at(at_ms), phase=self._phase_at(at_ms), hole=self._hole_at(at_ms))

    def _speaking_at(self, at_ms: int) -> str:
        names = ", ".join(name for name, spans in self._voices if _holds(spans, at_ms))
        return self._speaking.replace("{name}", names) if names else ""

    def _phase_at(self, at_ms: int) -> str:
        number = bisect.bisect_right(self._phases, at_ms, key=lambda phase: phase[0]) - 1
        if number < 0 or at_ms - self._phases[number][0] >= PHASE_SHOWN_MS:
            return ""
        return self._phases[number][1]

    def _hole_at(self, at_ms: int) -> str:
        return next((words for hole, words in self._holes if hole.start_ms <= at_ms < hole.end_ms), "")


@lru_cache(maxsize=64)
def label(text: str, size_px: int, most_width_px: int) -> Patch:
    """Of no width where nothing can be written."""
    words = drawn(text, size_px, most_width_px - 2 * size_px)
    if not words.width:
        return _patch(Image.new("L", (0, 0)), Image.new("L", (0, 0)), _WORDS_LUMA)
    width, height = _even(words.width + size_px), _even(words.height + size_px // 3)
    plate = Image.new("L", (2 * width, 2 * height))
    ImageDraw.Draw(plate).rounded_rectangle((0, 0, 2 * width - 1, 2 * height - 1), radius=size_px // 2, fill=_PLATE_COVER)
    ink = Image.new("L", (width, height))
    ink.paste(words, ((width - words.width) // 2, (height - words.height) // 2))
    return _patch(plate.reduce(2), ink, _WORDS_LUMA)


@lru_cache(maxsize=64)
def card(text: str, size_px: int, width: int, height: int) -> Patch:
    """A calm dark picture with these words in its middle. Sizes are even."""
    ink = Image.new("L", (width, height))
    words = drawn(text, size_px, width - 2 * size_px)
    ink.paste(words, ((width - words.width) // 2, (height - words.height) // 2))
    covered = np.full((height, width), 256, dtype=np.int32)
    luma = _CARD_LUMA + (_CARD_WORDS_LUMA - _CARD_LUMA) * np.asarray(ink, dtype=np.int32) // 255
    return Patch(luma, covered)


def clock(duration_ms: int) -> str:
    minutes, seconds = divmod(round(duration_ms / 1000), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _patch(plate: Image.Image, ink: Image.Image, words_luma: int) -> Patch:
    cover, words = np.asarray(plate, dtype=np.int32), np.asarray(ink, dtype=np.int32)
    luma = _PLATE_LUMA + (words_luma - _PLATE_LUMA) * words // 255
    return Patch(luma, np.minimum(cover + (256 - cover) * words // 255, 256))


def _blend(plane: Plane, luma: NDArray[np.int32] | int, cover: NDArray[np.int32]) -> None:
    plane[:] = plane + ((luma - plane.astype(np.int32)) * cover // 256)


def _calm(segments: Iterable[Span]) -> list[Span]:
    """A name that stands there too shortly cannot be read, and one that comes and goes is a nuisance."""
    spans: list[Span] = []
    for start, end in sorted(segments):
        end = max(end, start + SHORTEST_SPEECH_MS)
        if spans and start - spans[-1][1] < SPEECH_GAP_MS:
            spans[-1] = spans[-1][0], max(end, spans[-1][1])
        else:
            spans.append((start, end))
    return spans


def _holds(spans: list[Span], at_ms: int) -> bool:
    number = bisect.bisect_right(spans, at_ms, key=lambda span: span[0]) - 1
    return number >= 0 and at_ms < spans[number][1]


def _hole_words(order: Order, hole: Hole) -> str:
    words = order.labels.held if hole.reason == "held" else order.labels.missing
    return words.replace("{time}", clock(hole.end_ms - hole.start_ms))


def _even(pixels: int) -> int:
    return pixels + pixels % 2
