"""A recorder process of its own, a ring that the test writes, and a reader of its control socket and of its takes."""

from __future__ import annotations

import asyncio
import contextlib
import io
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from recorder.control import Chunk, ReadFailed, ReadTake, Take, TakeChanged, Takes, from_recorder
from server.media.control import RecordedTrack, Source, encode_frame, read_frame
from server.media.ring import Kind, MarkedTrack, Marker, RingWriter, create_ring, encode_marker
from tests.fakes.rtp_media import AUDIO_RATE_HZ, VIDEO_RATE_HZ, Event

REPOSITORY = Path(__file__).parents[3]
TEACHER_CAMERA, TEACHER_VOICE, AGREED_VOICE, DECLINED_VOICE = 1, 2, 3, 4
_HANDLES: dict[int, tuple[str, Source]] = {
    TEACHER_CAMERA: ("teacher", "camera"),
    TEACHER_VOICE: ("teacher", "microphone"),
    AGREED_VOICE: ("agreed", "microphone"),
    DECLINED_VOICE: ("declined", "microphone"),
}


@dataclass
class Studio:
    """`base_ns` is the moment of the take's start on the monotonic clock: in the past, where a test does not want to wait."""

    folder: Path
    base_ns: int = field(default_factory=time.monotonic_ns)
    processes: list[asyncio.subprocess.Process] = field(default_factory=list)
    part_s: int = 0

    def __post_init__(self) -> None:
        self.open_ring()
        self.base_wall_ms = time.time_ns() // 1_000_000 - (time.monotonic_ns() - self.base_ns) // 1_000_000

    def open_ring(self) -> None:
        create_ring(self.folder / "ring", 16 * 1024 * 1024)
        self.ring = RingWriter(self.folder / "ring")

    def mark(self, take: str | None, at_ns: int, *, live: Sequence[int] = tuple(_HANDLES), worker: str = "w1", room: str = "room") -> None:
        allowed = [RecordedTrack(peer=peer, source=source) for peer, source in _HANDLES.values() if peer != "declined"]
        marker = Marker(
            worker=worker,
            room=room,
            wall_ms=self.base_wall_ms + at_ns // 1_000_000,
            take=take,
            teacher="teacher" if take else None,
            allowed=tuple(allowed) if take else (),
            live=tuple(_marked(handle) for handle in live) if take else (),
        )
        self.ring.write(Kind.MARKER, encode_marker(marker), arrival_ns=self.base_ns + at_ns)

    def write(self, handle: int, event: Event) -> None:
        kind = Kind.SENDER_REPORT if event.is_report else Kind.RTP
        self.ring.write(kind, event.data, track=handle, arrival_ns=self.base_ns + event.at_ns)

    async def play(
        self, take: str, media: dict[int, list[Event]], *, since_ns: int = 0, until_ns: int, in_real_time: bool = True, worker: str = "w1"
    ) -> None:
        """Everything that arrives in that time, with a marker each second; the first one at `since_ns`."""
        due = sorted(
            ((event.at_ns, handle, event) for handle, events in media.items() for event in events if since_ns <= event.at_ns < until_ns),
            key=lambda item: item[:2],
        )
        next_marker_ns = since_ns
        for at_ns, handle, event in due:
            while next_marker_ns <= at_ns:
                self.mark(take, next_marker_ns, worker=worker)
                next_marker_ns += 1_000_000_000
            if in_real_time:
                await asyncio.sleep(max((self.base_ns + at_ns - time.monotonic_ns()) / 1e9, 0))
            self.write(handle, event)

    async def spawn(self) -> asyncio.subprocess.Process:
        arguments = [f"--{name}={self.folder / name}" for name in ("control", "ring", "data", "keys")] + [f"--part-s={self.part_s}"]
        return await asyncio.create_subprocess_exec(sys.executable, "-m", "recorder.main", *arguments, cwd=REPOSITORY)

    async def start(self) -> None:
        (self.folder / "control").unlink(missing_ok=True)
        self.processes.append(await self.spawn())
        while not await self._is_listening():
            assert self.processes[-1].returncode is None
            await asyncio.sleep(0.02)

    async def _is_listening(self) -> bool:
        try:
            async with self.connect():
                return True
        except OSError:
            return False

    async def kill(self) -> None:
        self.processes[-1].kill()
        await self.processes[-1].wait()

    async def stop(self) -> int:
        if self.processes[-1].returncode is None:
            self.processes[-1].send_signal(signal.SIGTERM)
        return await self.processes[-1].wait()

    async def close(self) -> None:
        if self.processes and self.processes[-1].returncode is None:
            await self.stop()
        self.ring.close()

    @contextlib.asynccontextmanager
    async def connect(self) -> AsyncIterator[Client]:
        reader, writer = await asyncio.open_unix_connection(self.folder / "control")
        try:
            first = await read_frame(reader, from_recorder)
            assert isinstance(first, Takes)
            yield Client(reader, writer, {take.take: take for take in first.takes})
        finally:
            writer.close()
            with contextlib.suppress(ConnectionError):
                await writer.wait_closed()


@dataclass
class Client:
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    takes: dict[str, Take]

    async def wait_for(self, take: str, state: str) -> Take:
        while take not in self.takes or self.takes[take].state != state:
            message = await asyncio.wait_for(read_frame(self.reader, from_recorder), 20)
            if isinstance(message, TakeChanged):
                self.takes[message.take.take] = message.take
        return self.takes[take]

    def send(self, message: Any) -> None:
        self.writer.write(encode_frame(message))

    async def read(self, take: str, version: str, start: int, end: int, read_id: int = 1) -> bytes | ReadFailed:
        self.send(ReadTake(id=read_id, take=take, version=version, start=start, end=end))
        data = bytearray()
        while True:
            message = await asyncio.wait_for(read_frame(self.reader, from_recorder), 20)
            if isinstance(message, ReadFailed):
                return message
            if isinstance(message, Chunk) and message.id == read_id:
                data += message.data
                if message.last:
                    return bytes(data)

    async def read_all(self, take: Take) -> bytes:
        data = await self.read(take.take, take.version, 0, take.size_bytes)
        assert isinstance(data, bytes)
        assert len(data) == take.size_bytes
        return data


@dataclass
class Watched:
    """A decoded take: times in seconds, pictures in grey, sound at 48 kHz from time 0."""

    times: list[float]
    pictures: list[NDArray[np.uint8]]
    sound: NDArray[np.float64]

    def flashes(self) -> list[float]:
        bright = [bool(picture.mean() > 180) for picture in self.pictures]
        return [time for index, time in enumerate(self.times) if bright[index] and not (index and bright[index - 1])]

    def beeps(self, frequency_hz: float) -> list[float]:
        """Where a tone of that frequency rises to half of its loudest."""
        moments = np.arange(len(self.sound)) / AUDIO_RATE_HZ
        turned = self.sound * np.exp(-2j * np.pi * frequency_hz * moments)
        loudness = np.abs(np.convolve(turned, np.ones(480) / 480, "same"))
        on = loudness > loudness.max() / 2
        return [float(index) / AUDIO_RATE_HZ for index in np.flatnonzero(on[1:] & ~on[:-1])]

    def loudness(self, frequency_hz: float) -> float:
        spectrum = np.abs(np.fft.rfft(self.sound)) / len(self.sound)
        at = np.fft.rfftfreq(len(self.sound), 1 / AUDIO_RATE_HZ)
        return float(np.max(spectrum[np.abs(at - frequency_hz) < 3]))

    def picture_at(self, moment_s: float) -> NDArray[np.uint8]:
        return self.pictures[max(index for index, time in enumerate(self.times) if time <= moment_s)]


def watch(data: bytes) -> Watched:
    times: list[float] = []
    pictures: list[NDArray[np.uint8]] = []
    sound: list[NDArray[np.float64]] = []
    with av.open(io.BytesIO(data), "r") as container:
        for packet in container.demux():
            for frame in packet.decode():
                if isinstance(frame, av.VideoFrame):
                    times.append(_seconds(frame))
                    pictures.append(frame.to_ndarray(format="gray").astype(np.uint8))
                elif isinstance(frame, av.AudioFrame):
                    samples = frame.to_ndarray().reshape(-1)
                    sound.append(samples / 32768 if samples.dtype == np.int16 else samples.astype(np.float64))
    return Watched(times, pictures, np.concatenate(sound))


def seek(data: bytes, moment_s: float) -> tuple[float, NDArray[np.uint8]]:
    """The picture that a player shows there, and that picture's time."""
    with av.open(io.BytesIO(data), "r") as container:
        container.seek(int(moment_s * 1_000_000))
        shown: tuple[float, NDArray[np.uint8]] | None = None
        for frame in container.decode(video=0):
            if shown is not None and _seconds(frame) > moment_s:
                break
            shown = _seconds(frame), frame.to_ndarray(format="gray").astype(np.uint8)
        assert shown is not None
        return shown


def _seconds(frame: av.VideoFrame) -> float:
    assert frame.pts is not None
    base = frame.time_base
    assert base
    return float(frame.pts * Fraction(base.numerator, base.denominator))


def _marked(handle: int) -> MarkedTrack:
    peer, source = _HANDLES[handle]
    rate = VIDEO_RATE_HZ if source == "camera" else AUDIO_RATE_HZ
    return MarkedTrack(handle=handle, track=RecordedTrack(peer=peer, source=source), ssrc=handle, clock_rate_hz=rate)
