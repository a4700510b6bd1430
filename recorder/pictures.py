"""Still pictures of a take: one that stands for it, a sheet of small ones along its time, and its slides.

Of the face only key frames are decoded; of the screen everything, for a slide may stand between two of them.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial

import av
import numpy as np
from PIL import Image

from recorder.control import ProductName
from recorder.footage import Film, Shown, open_films
from recorder.keys import KeyStore
from recorder.manifest import Manifest
from recorder.order import Order, Progress
from recorder.scene import Sampler
from recorder.stills import MOST_STILLS, SMALL_SIZE, Changes, Grey, Still, worth

POSTER_WIDTH, STILL_WIDTH = 640, 480
THUMBNAIL = (160, 90)
COLUMNS = 10
MOST_THUMBNAILS = 100
LEAST_STEP_MS = 2_000
LOOK_EVERY_MS = 1_000  # at a screen
_SCREEN_EVERY_MS = 40
_GROUND = (24, 24, 24)
_JPEG_QUALITY = 78


@dataclass(frozen=True, slots=True)
class View:
    """What is shown at a time, each at most one picture."""

    at_ms: int
    face: tuple[av.VideoFrame, ...]
    screen: tuple[av.VideoFrame, ...]

    @property
    def main(self) -> tuple[av.VideoFrame, ...]:
        return self.screen or self.face


def make_pictures(order: Order, keys: KeyStore, manifest: Manifest, progress: Progress) -> dict[ProductName, bytes]:
    """Raises JournalError, BrokenIndex and OSError."""
    face, screens = open_films(order.data, keys, manifest)
    sheet, poster, stills = _Sheet(face.duration_ms), _Poster(face.duration_ms), _Stills(face.duration_ms)
    for view in _views(face, screens, _times(face.duration_ms, has_screen=bool(screens))):
        sheet.see(view)
        poster.see(view)
        stills.see(view)
        progress.tell(view.at_ms / face.duration_ms)
    return {
        "poster.jpg": poster.jpeg(),
        "sprite.jpg": sheet.jpeg(),
        "sprite.json": json.dumps(sheet.description()).encode(),
        "stills.json": json.dumps(stills.description()).encode(),
    }


def _times(duration_ms: int, *, has_screen: bool) -> list[int]:
    times = set(_thumbnail_times(duration_ms)) | set(_even_times(duration_ms))
    return sorted(times | set(range(0, duration_ms, LOOK_EVERY_MS)) if has_screen else times)


def _thumbnail_times(duration_ms: int) -> list[int]:
    step_ms = max(-(-duration_ms // MOST_THUMBNAILS), LEAST_STEP_MS)
    return list(range(0, duration_ms, step_ms))


def _even_times(duration_ms: int) -> list[int]:
    count = min(MOST_STILLS, max(duration_ms // LEAST_STEP_MS, 1))
    return [duration_ms * (2 * number + 1) // (2 * count) for number in range(count)]


def _views(face: Film, screens: tuple[Film, ...], times: list[int]) -> Iterator[View]:
    faces = Sampler(face.pictures(only_keys=True), 2 * LEAST_STEP_MS)
    nothing: Iterator[Shown] = iter(())
    screen = Sampler(screens[0].pictures() if screens else nothing, _SCREEN_EVERY_MS)
    for at_ms in times:
        yield View(at_ms, faces.at(at_ms).pictures, screen.at(at_ms).pictures)


class _Sheet:
    def __init__(self, duration_ms: int) -> None:
        self._times = _thumbnail_times(duration_ms)
        self._wanted = set(self._times)
        rows = -(-len(self._times) // COLUMNS)
        columns = min(COLUMNS, len(self._times))
        self._image = Image.new("RGB", (columns * THUMBNAIL[0], rows * THUMBNAIL[1]), _GROUND)

    def see(self, view: View) -> None:
        if view.at_ms not in self._wanted:
            return
        row, column = divmod(self._times.index(view.at_ms), COLUMNS)
        place = column * THUMBNAIL[0], row * THUMBNAIL[1]
        for frame in view.main:
            _paste(self._image, _image(frame, *_fitted(frame, *THUMBNAIL)), place, THUMBNAIL)
        if view.screen:
            for frame in view.face:
                small = _image(frame, *_fitted(frame, THUMBNAIL[0] // 4, THUMBNAIL[1] // 4))
                corner = place[0] + THUMBNAIL[0] - small.width - 3, place[1] + THUMBNAIL[1] - small.height - 3
                self._image.paste(small, corner)

    def jpeg(self) -> bytes:
        return _jpeg(self._image)

    def description(self) -> dict[str, object]:
        return {"every": self._times, "columns": COLUMNS, "width": THUMBNAIL[0], "height": THUMBNAIL[1]}


@dataclass(slots=True)
class _Poster:
    """The best of the first third; a slide is better than a face, and anything better than nothing."""

    duration_ms: int
    _best: tuple[bool, bool, float] = (False, False, 0.0)  # from the first third, a slide, worth
    _image: Image.Image = field(default_factory=lambda: Image.new("RGB", (POSTER_WIDTH, POSTER_WIDTH * 9 // 16), _GROUND))

    def see(self, view: View) -> None:
        for frame in view.main:
            value = worth(_grey(frame))
            rank = (view.at_ms * 3 <= self.duration_ms, bool(view.screen), value)
            if value and rank > self._best:
                self._best = rank
                self._image = _image(frame, *_wide(frame, POSTER_WIDTH))

    def jpeg(self) -> bytes:
        return _jpeg(self._image)


class _Stills:
    """Slides where there are any, else the face now and then."""

    def __init__(self, duration_ms: int) -> None:
        self._even = set(_even_times(duration_ms))
        self._faces: list[Still] = []
        self._slides = Changes()

    def see(self, view: View) -> None:
        for frame in view.screen:
            self._slides.see(view.at_ms, _grey(frame), partial(_still, frame))
        if not view.screen:
            self._slides.hidden()
            if view.at_ms in self._even:
                self._faces.extend(Still(view.at_ms, _still(frame), 0.0) for frame in view.face)

    def description(self) -> dict[str, object]:
        return {"stills": [_described(still) for still in self._slides.stills() or self._faces]}


def _described(still: Still) -> dict[str, object]:
    width, height = Image.open(io.BytesIO(still.jpeg)).size
    return {"at_ms": still.at_ms, "width": width, "height": height, "jpeg_base64": base64.b64encode(still.jpeg).decode()}


def _still(frame: av.VideoFrame) -> bytes:
    return _jpeg(_image(frame, *_wide(frame, STILL_WIDTH)))


def _wide(frame: av.VideoFrame, width: int) -> tuple[int, int]:
    return width, max(round(width * frame.height / frame.width / 2) * 2, 2)


def _fitted(frame: av.VideoFrame, width: int, height: int) -> tuple[int, int]:
    scale = min(width / frame.width, height / frame.height)
    return max(round(frame.width * scale), 2), max(round(frame.height * scale), 2)


def _paste(sheet: Image.Image, picture: Image.Image, place: tuple[int, int], box: tuple[int, int]) -> None:
    sheet.paste(picture, (place[0] + (box[0] - picture.width) // 2, place[1] + (box[1] - picture.height) // 2))


def _image(frame: av.VideoFrame, width: int, height: int) -> Image.Image:
    return Image.fromarray(frame.reformat(width, height, "rgb24", interpolation="AREA").to_ndarray())


def _grey(frame: av.VideoFrame) -> Grey:
    return np.asarray(frame.reformat(*SMALL_SIZE, "gray", interpolation="AREA").to_ndarray(), dtype=np.uint8)


def _jpeg(image: Image.Image) -> bytes:
    out = io.BytesIO()
    image.save(out, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    return out.getvalue()
