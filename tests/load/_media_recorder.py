"""For comparison: aiortc's own MediaRecorder with the same film and voice. A process of its own for each try, which may end badly.

It gets decoded pictures and sound, as aiortc hands them to a recorder, so what decoding costs belongs to it; receiving does not.
"""

from __future__ import annotations

import asyncio
import io
import json
import sys
import time
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

import av
from aiortc.contrib.media import MediaRecorder
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack

from recorder.rtp import RtpError
from recorder.vp8 import parse_payload
from tests.load._lesson import FRAME_SAMPLES, RATE_HZ, Loop, load_material
from tests.load._processes import ROOT

Container = Literal["mp4", "webm"]
CLOCK_HZ: Final = 90_000
TIME_S: Final = 180.0


@dataclass(frozen=True)
class Tried:
    """`problem`: what ended it, empty where nothing did. `pictures`: how many of the film can be decoded from the file."""

    container: Container
    seconds: float
    cpu_s: float
    peak_mb: float
    pictures: int
    expected: int
    problem: str

    @property
    def cpu_s_per_track_minute(self) -> float:
        return self.cpu_s / (2 * self.seconds / 60)


class Film(MediaStreamTrack):
    """The decoded film in real time, with its camera's own times."""

    kind = "video"

    def __init__(self, loop: Loop, seconds: float) -> None:
        super().__init__()
        self._frames = _frames(loop)
        self._length_ns = loop.length_ns
        self._decoder = av.CodecContext.create("vp8", "r")
        self.count = int(seconds * 1e9 / loop.length_ns * len(self._frames))
        self._began_s = time.monotonic()
        self._given = 0

    async def recv(self) -> Any:
        if self._given >= self.count:
            raise MediaStreamError
        rounds, index = divmod(self._given, len(self._frames))
        media_ns, data = self._frames[index]
        at_ns = rounds * self._length_ns + media_ns
        await _until(self._began_s + at_ns / 1e9)
        assert isinstance(self._decoder, av.VideoCodecContext)
        [frame] = self._decoder.decode(av.Packet(data))
        frame.pts, frame.time_base = at_ns * CLOCK_HZ // 1_000_000_000, Fraction(1, CLOCK_HZ)
        self._given += 1
        return frame


class Voice(MediaStreamTrack):
    kind = "audio"

    def __init__(self, loop: Loop, seconds: float) -> None:
        super().__init__()
        self._voice = loop
        self._began_s = time.monotonic()
        self._decoder = av.CodecContext.create("libopus", "r")
        self._count = int(seconds * 50)
        self._given = 0

    async def recv(self) -> Any:
        if self._given >= self._count:
            raise MediaStreamError
        await _until(self._began_s + (self._given + 1) / 50)
        assert isinstance(self._decoder, av.AudioCodecContext)
        [frame] = self._decoder.decode(av.Packet(self._voice.pieces[self._given % len(self._voice.pieces)].payload))
        frame.pts, frame.time_base = self._given * FRAME_SAMPLES, Fraction(1, RATE_HZ)
        self._given += 1
        return frame


async def attempt(material: Path, container: Container, seconds: float) -> Tried:
    """In a process of its own."""
    asked = [str(material), container, str(seconds)]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.load._media_recorder", *asked),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(), TIME_S)
    except TimeoutError:
        process.kill()
        output, _ = await process.communicate()
    found: dict[str, Any] = json.loads(output) if process.returncode == 0 else {"problem": f"the process ended with {process.returncode}"}
    nothing: dict[str, Any] = {"cpu_s": 0.0, "peak_mb": 0.0, "pictures": 0, "expected": int(seconds * 30), "problem": ""}
    return Tried(container=container, seconds=seconds, **{**nothing, **found})


async def record(material: Path, container: Container, seconds: float) -> dict[str, Any]:
    lesson = load_material(material)
    film = Film(lesson.film, seconds)
    voice = Voice(lesson.voices[0], seconds)
    problems: list[str] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(repr(context.get("exception"))))
    written = io.BytesIO()
    written.name = f"lesson.{container}"
    cpu_s = time.process_time()
    recorder = MediaRecorder(written, format=container)
    recorder.addTrack(film)
    recorder.addTrack(voice)
    await recorder.start()
    tasks = [context.task for context in recorder._MediaRecorder__tracks.values()]  # type: ignore[attr-defined]
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    problems += [f"{type(error).__name__}: {error}" for error in ended if isinstance(error, Exception)]
    data = b""
    try:
        await recorder.stop()
        data = written.getvalue()
    except Exception as error:  # noqa: BLE001 -- it is somebody else's, and whatever it does is told
        problems.append(f"at its end {type(error).__name__}: {error}")
    cpu_s = time.process_time() - cpu_s
    return {"cpu_s": cpu_s, "peak_mb": _peak_mb(), "pictures": _decodable(data), "expected": film.count, "problem": "; ".join(problems[:2])}


async def _until(at_s: float) -> None:
    await asyncio.sleep(max(0.0, at_s - time.monotonic()))


def _frames(loop: Loop) -> list[tuple[int, bytes]]:
    """Whole VP8 frames and their times."""
    found: list[tuple[int, bytes]] = []
    waiting = b""
    for piece in loop.pieces:
        waiting += parse_payload(piece.payload).data
        if piece.marker:
            found.append((piece.media_ns, waiting))
            waiting = b""
    return found


def _decodable(data: bytes) -> int:
    try:
        with av.open(io.BytesIO(data), "r") as container:
            return sum(1 for _ in container.decode(video=0))
    except (av.FFmpegError, IndexError, RtpError):
        return 0


def _peak_mb() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) / 1024


if __name__ == "__main__":
    _, place, wanted, length = sys.argv
    chosen: Container = "mp4" if wanted == "mp4" else "webm"
    print(json.dumps(asyncio.run(record(Path(place), chosen, float(length)))))
