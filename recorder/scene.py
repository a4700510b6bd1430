"""The picture of a composed film at any time: the screen large and the face small upon it, or the face alone, or a card.

Each source gives the picture that is nearest in time, so none is more than half a picture early or late. Times rise.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import av
import numpy as np
from av.video.reformatter import Interpolation, VideoReformatter

from recorder.captions import Captions, Patch, Plane, Planes, Words, card, label
from recorder.footage import Film, Shown
from recorder.index import BLACK_AFTER_MS, GAP_MS

WIDTH, HEIGHT = 1280, 720
INSET_WIDTH, INSET_HEIGHT = 282, 158
MARGIN_X, MARGIN_Y = 26, 14
_NAME_PX, _INSET_NAME_PX, _SPEAKING_PX, _PHASE_PX, _CARD_PX, _INSET_CARD_PX = 24, 15, 26, 32, 48, 20
_BACKGROUND_LUMA = 20
_NEVER_MS = 1 << 60
_NOTHING = Shown(-_NEVER_MS, ())


class Sampler:
    """What one source shows. Pictures may be up to half of `every_ms` early or late."""

    def __init__(self, shown: Iterator[Shown], every_ms: int) -> None:
        self._shown = shown
        self._early_ms = every_ms // 2
        self._now = _NOTHING
        self._next = next(shown, None)

    def at(self, at_ms: int) -> Shown:
        following = self._next
        while following is not None and following.at_ms <= at_ms + self._early_ms and self._is_nearer(following, at_ms):
            self._now = following
            following = self._next = next(self._shown, None)
        return self._now

    def until_ms(self) -> int:
        """When what is shown now is followed by something else."""
        return self._next.at_ms if self._next is not None else _NEVER_MS

    def _is_nearer(self, following: Shown, at_ms: int) -> bool:
        return abs(following.at_ms - at_ms) <= abs(self._now.at_ms - at_ms)


@dataclass(frozen=True, slots=True)
class _Seen:
    face: Shown
    screen: Shown
    words: Words


class _Scaler:
    """For one source, whose picture often stays while others change."""

    def __init__(self, interpolation: Interpolation) -> None:
        self._interpolation = interpolation
        self._scaler = VideoReformatter()
        self._last: list[tuple[av.VideoFrame, av.VideoFrame]] = []  # at most one

    def scaled(self, frame: av.VideoFrame, scale: float) -> av.VideoFrame:
        if not self._last or self._last[0][0] is not frame:
            width, height = max(int(frame.width * scale) // 2 * 2, 2), max(int(frame.height * scale) // 2 * 2, 2)
            self._last = [(frame, self._scaler.reformat(frame, width, height, "yuv420p", interpolation=self._interpolation))]
        return self._last[0][1]


class Scene:
    def __init__(self, face: Film, screens: tuple[Film, ...], teacher: str, captions: Captions, every_ms: int) -> None:
        self._face = Sampler(face.pictures(), every_ms)
        self._screen = Sampler(screens[0].pictures() if screens else iter(()), every_ms)
        self._teacher = teacher
        self._captions = captions
        self._large_screen, self._large_face = _Scaler(Interpolation.BICUBIC), _Scaler(Interpolation.BILINEAR)
        self._small_face = _Scaler(Interpolation.BILINEAR)
        self._seen: _Seen | None = None
        self._drawn = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")

    def at(self, at_ms: int) -> av.VideoFrame:
        """The same object as before where nothing has changed. Raises as `Film.pictures` does."""
        screen = self._screen.at(at_ms)
        seen = _Seen(self._face_at(at_ms), screen, self._captions.at(at_ms))
        if seen != self._seen:
            self._seen = seen
            self._drawn = av.VideoFrame(WIDTH, HEIGHT, "yuv420p")
            self._draw(seen, planes_of(self._drawn))
        return self._drawn

    def _face_at(self, at_ms: int) -> Shown:
        """A camera that sends nothing for long is off, also where no black picture says so."""
        face = self._face.at(at_ms)
        if at_ms - face.at_ms > BLACK_AFTER_MS and self._face.until_ms() - face.at_ms > GAP_MS:
            return _NOTHING
        return face

    def _draw(self, seen: _Seen, planes: Planes) -> None:
        if seen.words.hole:
            card(seen.words.hole, _CARD_PX, WIDTH, HEIGHT).put(planes, 0, 0)
            return
        if seen.screen.pictures:
            _fit(planes, self._large_screen, seen.screen.pictures[0])
            self._draw_inset(seen.face, planes)
        elif seen.face.pictures:
            _fit(planes, self._large_face, seen.face.pictures[0])
            _put_label(planes, label(self._teacher, _NAME_PX, WIDTH // 4), MARGIN_X, HEIGHT - MARGIN_Y)
        else:
            card(self._teacher, _CARD_PX, WIDTH, HEIGHT).put(planes, 0, 0)
        self._draw_words(seen.words, planes)

    def _draw_inset(self, face: Shown, planes: Planes) -> None:
        x, y = WIDTH - MARGIN_X - INSET_WIDTH, HEIGHT - MARGIN_Y - INSET_HEIGHT
        if not face.pictures:
            card(self._teacher, _INSET_CARD_PX, INSET_WIDTH, INSET_HEIGHT).put(planes, x, y)
            return
        _cover(_box(planes, x, y, INSET_WIDTH, INSET_HEIGHT), self._small_face, face.pictures[0])
        name = label(self._teacher, _INSET_NAME_PX, INSET_WIDTH - 16)
        _put_label(planes, name, x + 8, y + INSET_HEIGHT - 6)

    def _draw_words(self, words: Words, planes: Planes) -> None:
        if words.speaking:
            speaking = label(words.speaking, _SPEAKING_PX, WIDTH // 3)
            _put_label(planes, speaking, (WIDTH - speaking.width) // 4 * 2, HEIGHT - MARGIN_Y)
        if words.phase:
            phase = label(words.phase, _PHASE_PX, WIDTH - 2 * MARGIN_X)
            _put_label(planes, phase, MARGIN_X, MARGIN_Y + phase.height)


def planes_of(frame: av.VideoFrame) -> Planes:
    """Views upon a yuv420p frame, to read and to write."""
    y, u, v = (_plane(plane) for plane in frame.planes)
    return y, u, v


def _plane(plane: av.video.plane.VideoPlane) -> Plane:
    rows: Plane = np.frombuffer(memoryview(plane), dtype=np.uint8, count=plane.line_size * plane.height)
    return rows.reshape(plane.height, plane.line_size)[:, : plane.width]


def _put_label(planes: Planes, patch: Patch, x: int, bottom: int) -> None:
    if patch.width:
        patch.put(planes, x, bottom - patch.height)


def _box(planes: Planes, x: int, y: int, width: int, height: int) -> Planes:
    luma, *chroma = planes
    cb, cr = (plane[y // 2 : (y + height) // 2, x // 2 : (x + width) // 2] for plane in chroma)
    return luma[y : y + height, x : x + width], cb, cr


def _fit(planes: Planes, scaler: _Scaler, frame: av.VideoFrame) -> None:
    """All of the picture, as large as the box allows, on a dark ground."""
    height, width = planes[0].shape
    scale = min(width / frame.width, height / frame.height)
    scaled = scaler.scaled(frame, scale)
    if (scaled.width, scaled.height) != (width, height):
        for plane, value in zip(planes, (_BACKGROUND_LUMA, 128, 128), strict=True):
            plane[:] = value
    x, y = (width - scaled.width) // 4 * 2, (height - scaled.height) // 4 * 2
    for target, source in zip(_box(planes, x, y, scaled.width, scaled.height), planes_of(scaled), strict=True):
        target[:] = source


def _cover(planes: Planes, scaler: _Scaler, frame: av.VideoFrame) -> None:
    """The middle of the picture, all over the box."""
    height, width = planes[0].shape
    scale = max((width + 1) / frame.width, (height + 1) / frame.height)
    scaled = scaler.scaled(frame, scale)
    x, y = (scaled.width - width) // 4 * 2, (scaled.height - height) // 4 * 2
    for target, source in zip(planes, _box(planes_of(scaled), x, y, width, height), strict=True):
        target[:] = source
