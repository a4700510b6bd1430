"""The film to keep or to show elsewhere: MP4 with H.264 and AAC, 1280 × 720 at 25 pictures a second, as long as the take.

Sound is read twice, to measure it and to bring it to one loudness; pictures once. What the muxer writes lies in a `Scratch`
until it is stored. Time 0 of the film is time 0 of the take.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
import numpy as np
from av.container import OutputContainer

from recorder.captions import Captions
from recorder.control import VoiceTalk
from recorder.faststart import in_playing_order
from recorder.footage import Film, open_films
from recorder.keys import KeyStore
from recorder.loudness import SEGMENT_SAMPLES, Curve, Meter
from recorder.manifest import Manifest
from recorder.opus import FRAME_SAMPLES, RATE_HZ, Samples
from recorder.order import Order, Progress
from recorder.scene import HEIGHT, WIDTH, Scene
from recorder.scratch import Scratch
from recorder.take import Library, ReadRefused

FPS = 25
FRAME_MS = 1000 // FPS
AUDIO_BPS = 96_000
KEY_EVERY_FRAMES = 4 * FPS
MOST_CHAPTERS = 255  # what one list in the file holds (chpl)
_X264 = {"preset": "veryfast", "crf": "23", "g": str(KEY_EVERY_FRAMES)}
_THREADS = 2
_BT601 = 6  # ITU-T H.273: primaries, transfer and matrix of what browsers send
_VIDEO_RANGE = 1
_MEASURED = 0.1  # of all the work


@contextmanager
def compose(order: Order, keys: KeyStore, manifest: Manifest, progress: Progress) -> Iterator[Iterator[bytes]]:
    """The bytes of the film. Raises JournalError, BrokenIndex and OSError."""
    face, screens = open_films(order.data, keys, manifest)
    captions = Captions(order, manifest.holes, _colleagues(order, keys, manifest, face.teacher))
    scene = Scene(face, screens, order.teacher, captions, FRAME_MS)
    curve = _measure(face, progress)
    with Scratch(order.data) as scratch:
        with av.open(scratch, "w", format="mp4", buffer_size=64 * 1024) as container:
            _write(_Film(container), face, scene, curve, order, progress)
        yield _told(in_playing_order(scratch), progress)


def _told(pieces: Iterator[bytes], progress: Progress) -> Iterator[bytes]:
    for piece in pieces:
        progress.tell(1.0)
        yield piece


class _Film:
    def __init__(self, container: OutputContainer) -> None:
        self.container = container
        self._video = container.add_stream("libx264", rate=FPS, options=_X264)
        self._video.width, self._video.height, self._video.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        codec = self._video.codec_context
        codec.thread_count = _THREADS
        codec.time_base = Fraction(1, FPS)
        codec.colorspace = codec.color_primaries = codec.color_trc = _BT601
        codec.color_range = _VIDEO_RANGE
        self._audio = container.add_stream("aac", rate=RATE_HZ, layout="mono")
        self._audio.bit_rate = AUDIO_BPS

    def set_chapters(self, spans: list[tuple[int, int, str]]) -> None:
        """In milliseconds. Before anything is added."""
        each = Fraction(1, 1000)
        self.container.set_chapters(
            [
                {"id": number, "start": start, "end": end, "time_base": each, "metadata": {"title": title}}
                for number, (start, end, title) in enumerate(spans)
            ]
        )

    def add_picture(self, picture: av.VideoFrame, number: int) -> None:
        picture.pts, picture.time_base = number, Fraction(1, FPS)
        self.container.mux(self._video.encode(picture))

    def add_sound(self, samples: Samples, first: int) -> None:
        frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="fltp", layout="mono")
        frame.sample_rate = RATE_HZ
        frame.pts, frame.time_base = first, Fraction(1, RATE_HZ)
        self.container.mux(self._audio.encode(frame))

    def finish(self) -> None:
        self.container.mux(self._video.encode(None))
        self.container.mux(self._audio.encode(None))


def _write(film: _Film, face: Film, scene: Scene, curve: Curve, order: Order, progress: Progress) -> None:
    film.container.metadata["title"] = order.title
    film.set_chapters(chapters(order, face.duration_ms))
    seconds = _seconds(face)
    frames = max(-(-face.duration_ms // FRAME_MS), 1)
    heard = 0
    for number in range(frames):
        if number % FPS == 0 and (samples := next(seconds, None)) is not None:
            film.add_sound(curve.applied(samples, heard), heard)
            heard += len(samples)
        film.add_picture(scene.at(number * FRAME_MS), number)
        progress.tell(_MEASURED + (1 - _MEASURED) * number / frames)
    for samples in seconds:
        film.add_sound(curve.applied(samples, heard), heard)
        heard += len(samples)
    film.finish()


def _measure(film: Film, progress: Progress) -> Curve:
    meter = Meter()
    for number, samples in enumerate(_seconds(film)):
        meter.add(np.pad(samples, (0, -len(samples) % SEGMENT_SAMPLES)))
        progress.tell(_MEASURED * number * RATE_HZ / FRAME_SAMPLES / film.sound_packets)
    return meter.curve()


def _seconds(film: Film) -> Iterator[Samples]:
    """The last one may be shorter."""
    waiting: list[Samples] = []
    for samples in film.sound():
        waiting.append(samples)
        if len(waiting) * FRAME_SAMPLES == RATE_HZ:
            yield np.concatenate(waiting)
            waiting = []
    if waiting:
        yield np.concatenate(waiting)


def chapters(order: Order, duration_ms: int) -> list[tuple[int, int, str]]:
    """Begin, end and title of phases and moments in order of time; of phases alone where they are too many together."""
    named = {phase.at_ms: phase.title for phase in order.phases}
    if len(named) + len(order.moments) < MOST_CHAPTERS:
        named = {moment.at_ms: moment.label for moment in order.moments} | named
    inside = sorted((max(at_ms, 0), title) for at_ms, title in named.items() if at_ms < duration_ms)
    if inside and inside[0][0] > 0:
        inside.insert(0, (0, order.title))
    ends = [*(at_ms for at_ms, _ in inside), duration_ms][1:]
    return [(start, end, title) for (start, title), end in zip(inside, ends, strict=True)]


def _colleagues(order: Order, keys: KeyStore, manifest: Manifest, teacher: str) -> tuple[VoiceTalk, ...]:
    library = Library(order.data, keys)
    library.put(manifest)
    try:
        talk = library.talk(order.take, order.version)
    except ReadRefused:
        return ()
    return tuple(voice for voice in talk if voice.peer != teacher)
