"""Makes `speech/<language>/<colleague>-<line>.opus` from what they say, with espeak-ng: `python -m server.bots.make_speech`.

The files are committed; run it again only after a change of `said`.
"""

from __future__ import annotations

import io
import shutil
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from server.bots.lines import HERE, LANGUAGES, Lines, read_lines

RATE_HZ = 48_000
FRAME_SAMPLES = 960
BIT_RATE_BPS = 12_000
WORDS_PER_MINUTE = 165
PEAK = 0.5


def main() -> None:
    for language in LANGUAGES:
        folder = HERE / "speech" / language
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for person in read_lines(language):
            for line, text in person.said.items():
                write_opus(folder / f"{person.key}-{line}.opus", speak(person, text))


def speak(person: Lines, text: str) -> NDArray[np.float32]:
    """One channel at 48 kHz, without silence around it."""
    command = ["espeak-ng", "--stdout", "-v", person.voice, "-p", str(person.pitch), "-s", str(WORDS_PER_MINUTE), "--", text]
    wave = subprocess.run(command, capture_output=True, check=True).stdout
    resampler = av.AudioResampler(format="flt", layout="mono", rate=RATE_HZ)
    with av.open(io.BytesIO(wave), "r") as container:
        pieces = [part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)]
    pieces += [part.to_ndarray()[0] for part in resampler.resample(None)]
    samples = np.concatenate(pieces).astype(np.float32)
    loud = np.flatnonzero(np.abs(samples) > 0.01)
    samples = samples[loud[0] : loud[-1] + RATE_HZ // 10]
    return samples * np.float32(PEAK / np.abs(samples).max())


def write_opus(path: Path, samples: NDArray[np.float32]) -> None:
    with av.open(str(path), "w", format="ogg") as container:
        stream = container.add_stream("libopus", rate=RATE_HZ)
        stream.layout = "mono"
        stream.format = "flt"
        stream.bit_rate = BIT_RATE_BPS
        stream.options = {"application": "voip", "frame_duration": "20", "vbr": "on"}
        stream.time_base = Fraction(1, RATE_HZ)
        for at in range(0, len(samples), FRAME_SAMPLES):
            block = np.zeros((1, FRAME_SAMPLES), dtype=np.float32)
            part = samples[at : at + FRAME_SAMPLES]
            block[0, : len(part)] = part
            frame = av.AudioFrame.from_ndarray(block, format="flt", layout="mono")
            frame.sample_rate, frame.time_base, frame.pts = RATE_HZ, Fraction(1, RATE_HZ), at
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


if __name__ == "__main__":
    main()
