"""The process that makes films and pictures of a take, as the server starts it: what it makes, what it leaves when it is killed."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import pytest_asyncio

from recorder.control import OpenProduct, ProductOpened, ReadFailed, ReadProduct, Take, from_recorder
from server.media.control import read_frame
from tests.fakes.composed import product, watch_mp4
from tests.fakes.rtp_media import Event, Sender, beeps, film, tone, voice
from tests.integration.recorder.harness import AGREED_VOICE, REPOSITORY, TEACHER_CAMERA, TEACHER_VOICE, Client, Studio

SECONDS = 8
SECOND_NS = 1_000_000_000
BEEP_HZ, AGREED_HZ = 1000, 440
PICTURES = {"poster.jpg", "sprite.jpg", "sprite.json", "stills.json"}


@pytest.fixture(scope="module")
def lesson() -> dict[int, list[Event]]:
    return {
        TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1)),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, BEEP_HZ)),
        AGREED_VOICE: voice(SECONDS, Sender(ssrc=3), tone(SECONDS, AGREED_HZ, loudness=0.05)),
    }


@dataclass
class Maker:
    """A recorder with one finished take, and the process that makes something of it."""

    studio: Studio
    client: Client
    take: Take
    lines: list[dict[str, Any]] = field(default_factory=list)

    def order(self, kind: str, **changed: Any) -> bytes:
        said = {"title": "Fractions", "teacher": "Maria", "people": {"agreed": "Ben"}, "phases": [{"at_ms": 0, "title": "Lesson"}]}
        names = {"take": self.take.take, "version": self.take.version, "screen_version": ""}
        places = {name: str(self.studio.folder / name) for name in ("data", "keys")}
        return json.dumps({"kind": kind, **places, **names, **said, **changed}).encode()

    async def start(self, order: bytes) -> asyncio.subprocess.Process:
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "recorder.produce", cwd=REPOSITORY, stdin=pipe, stdout=pipe, stderr=pipe
        )
        assert process.stdin is not None
        process.stdin.write(order)
        process.stdin.close()
        return process

    async def run(self, kind: str, **changed: Any) -> tuple[int, str]:
        """Exit code, and the code on standard error. What it told is in `lines`."""
        process = await self.start(self.order(kind, **changed))
        out, error = await process.communicate()
        self.lines = [json.loads(line) for line in out.splitlines()]
        return process.returncode or 0, error.decode().strip()

    async def read(self, name: Any) -> bytes | ReadFailed:
        """Through the recorder, as the server does it."""
        self.client.send(OpenProduct(id=9, take=self.take.take, version=self.take.version, name=name))
        opened = await self._answer()
        if not isinstance(opened, ProductOpened):
            assert isinstance(opened, ReadFailed)
            return opened
        self.client.send(ReadProduct(id=9, take=self.take.take, version=self.take.version, name=name, start=0, end=opened.size_bytes))
        data = bytearray()
        while True:
            chunk = await self._answer()
            data += chunk.data
            if chunk.last:
                return bytes(data)

    async def _answer(self) -> Any:
        while True:
            message: Any = await asyncio.wait_for(read_frame(self.client.reader, from_recorder), 20)
            if getattr(message, "id", None) == 9:
                return message

    def stored(self) -> list[Path]:
        return [path for path in (self.studio.folder / "data").rglob("*") if path.is_file()]

    def unfinished(self) -> list[Path]:
        return [path for path in self.stored() if path.suffix == ".new"]


@pytest_asyncio.fixture
async def maker(tmp_path: Path, lesson: dict[int, list[Event]]) -> AsyncIterator[Maker]:
    studio = Studio(tmp_path, base_ns=time.monotonic_ns() - (SECONDS + 1) * SECOND_NS)
    await studio.start()
    async with studio.connect() as client:
        await studio.play("take", lesson, until_ns=SECONDS * SECOND_NS, in_real_time=False)
        studio.mark(None, SECONDS * SECOND_NS)
        yield Maker(studio, client, await client.wait_for("take", "ready"))
    await studio.close()


async def test_film_is_in_step_from_end_to_end_and_nothing_of_it_lies_open(maker: Maker, lesson: dict[int, list[Event]]) -> None:
    assert await maker.run("film") == (0, "")
    made = maker.lines[-1]["made"]
    assert set(made) == {"film.mp4"}
    told = [line["done"] for line in maker.lines[:-1]]
    assert told == sorted(told)
    assert told[-1] == 1.0
    data = await maker.read("film.mp4")
    assert isinstance(data, bytes)
    assert len(data) == made["film.mp4"]
    watched = watch_mp4(data)
    flashes, sounds = watched.flashes(), watched.beeps(BEEP_HZ)
    assert len(flashes) == len(sounds) == SECONDS
    apart_ms = 1000 * np.abs(np.array(sounds) - np.array(flashes))
    print(f"beep to flash: median {np.median(apart_ms):.1f} ms, p95 {np.percentile(apart_ms, 95):.1f} ms")
    assert np.percentile(apart_ms, 95) < 45
    assert watched.loudness(AGREED_HZ) > 0.01
    stored = b"".join(path.read_bytes() for path in maker.stored())
    _assert_not_in(stored, data, lesson)


def _assert_not_in(stored: bytes, film: bytes, lesson: dict[int, list[Event]]) -> None:
    """Neither what came in nor what was made of it."""
    begin = film.index(b"mdat") + 100
    for part in range(begin, len(film) - 64, (len(film) - begin) // 20):
        assert film[part : part + 32] not in stored
    for handle in (TEACHER_CAMERA, TEACHER_VOICE):
        for event in lesson[handle][:200]:
            if not event.is_report and len(event.data) > 80:
                assert event.data[30:70] not in stored
    assert b"ftyp" not in stored


async def test_pictures_and_waveform_are_served_and_made_again_under_another_key(maker: Maker) -> None:
    assert await maker.run("pictures") == (0, "")
    assert set(maker.lines[-1]["made"]) == PICTURES
    poster = await maker.read("poster.jpg")
    assert isinstance(poster, bytes)
    assert poster.startswith(b"\xff\xd8")
    [before] = [path.read_bytes() for path in maker.stored() if path.name.endswith("poster.jpg")]
    assert await maker.run("pictures") == (0, "")
    [after] = [path.read_bytes() for path in maker.stored() if path.name.endswith("poster.jpg")]
    assert before != after
    assert await maker.read("poster.jpg") == poster, "the recorder has seen that the key is another one"
    assert await maker.run("waveform") == (0, "")
    waveform = await maker.read("waveform.bin")
    assert isinstance(waveform, bytes)
    assert len(waveform) == 2 + 20 * SECONDS


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGTERM])
async def test_a_job_that_is_killed_leaves_nothing_to_read_and_can_be_done_again(maker: Maker, sent: signal.Signals) -> None:
    process = await maker.start(maker.order("film"))
    assert process.stdout is not None
    while json.loads(await asyncio.wait_for(process.stdout.readline(), 30))["done"] < 0.2:
        pass
    process.send_signal(sent)
    assert await asyncio.wait_for(process.wait(), 5) == -sent
    await process.communicate()
    assert await maker.read("film.mp4") == ReadFailed(id=9, code="missing")
    assert [path for path in maker.stored() if "film.mp4" in path.name and path not in maker.unfinished()] == []
    (maker.studio.folder / "data" / "products").mkdir(exist_ok=True)
    (maker.studio.folder / "data" / "products" / "take.old.film.mp4.new").write_bytes(b"of a job that was killed while it stored")
    assert await maker.run("waveform") == (0, "")
    assert maker.unfinished() == []
    assert isinstance(await maker.read("waveform.bin"), bytes)


async def test_what_is_not_wanted_any_more_is_not_made(maker: Maker) -> None:
    assert await maker.run("film", version="an older one") == (1, "gone")
    assert await maker.run("film", take="nothing") == (1, "gone")
    assert await maker.run("music") == (1, "bad_order")
    for path in maker.stored():
        if path.suffix == ".journal":
            path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert await maker.run("waveform") == (1, "damaged")
    with pytest.raises(FileNotFoundError):
        product(maker.studio.folder, maker.take, "waveform.bin")
