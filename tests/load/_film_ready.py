"""P5: from the end of a ten-minute lesson until its recording plays, and shows the picture at minute seven, in a real Chromium.

Server and recorder as in the product; in place of the media worker this process takes in the policies and writes the ring. The lesson
is written within seconds, as if it had arrived over ten minutes; the recorder takes it in before the marker comes that ends it. The teacher
has the recording's page open by then.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.cli import Places
from server.media import control
from server.media.control import RecordingPolicy, RoomPolicy, Source, encode_frame, read_frame
from server.media.ring import RingReader, RingWriter, create_ring
from server.settings import Settings
from server.wire.messages import Accepted
from tests.browser.driver import Browser
from tests.browser.driver import Page as BrowserPage
from tests.fakes.page import Page
from tests.load._lesson import Loop, Material
from tests.load._processes import Process, running, running_recorder
from tests.load._tracks import SECOND_NS, Taken

LESSON_S: Final = 600
SOUGHT_S: Final = 420
RING_BYTES: Final = 512 * 1024 * 1024
ARRIVES_BY_S: Final = 90  # the last of the lesson, seen from when it is written: no marker may be missed meanwhile
CAUGHT_UP_S: Final = 90
NEARLY_BYTES: Final = 2 * 1024 * 1024  # about what of the last seconds is never committed before the end
NAMES: Final = ("Maria", "Ana", "Ben", "Carla", "Deniz", "Emil")

SEEN_JS: Final = """async (at_s) => {
    const until = (test) => new Promise((resolve) => { const look = () => (test() ? resolve() : setTimeout(look, 4)); look(); });
    const video = () => document.getElementById("film-video");
    const ready = () => document.getElementById("recording").dataset.state === "ready"; // before that, the lesson may be shown as it runs
    await until(() => ready() && (video()?.readyState ?? 0) >= 1 && Number.isFinite(video().duration));
    const loaded_ms = Date.now();
    const shown = (from_s) => new Promise((resolve) => {
        const next = (_, { mediaTime }) => (mediaTime > from_s ? resolve() : video().requestVideoFrameCallback(next));
        video().requestVideoFrameCallback(next);
    });
    video().currentTime = at_s;
    await shown(at_s - 0.1);
    const sought_ms = Date.now();
    video().muted = true;
    await video().play();
    await shown(at_s + 0.1);
    return { loaded_ms, sought_ms, playing_ms: Date.now(), duration_s: video().duration };
}"""


@dataclass(frozen=True)
class Ready:
    """Seconds from the marker that ends the lesson. `loaded_s`: the page has the film's head; `sought_s`: minute seven is seen.

    `taken_in_cpu_s`: CPU of the recorder for the whole lesson, which it read faster than it came.
    """

    loaded_s: float
    sought_s: float
    playing_s: float
    duration_s: float
    taken_in_cpu_s: float


class NoWorker:
    """Takes in every policy, as the media worker does, and sends nothing anywhere."""

    def __init__(self) -> None:
        self.policies: dict[str, RoomPolicy] = {}
        self._changed = asyncio.Event()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode_frame(control.Report(worker="bench", rooms=())))
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                message = await read_frame(reader, control.to_worker)
                if isinstance(message, control.SetRoom):
                    self.policies[message.room] = message.policy
                    writer.write(encode_frame(control.PolicyApplied(room=message.room, version=message.policy.version)))
                    self._changed.set()
        writer.close()

    async def recording(self, room: str) -> RecordingPolicy:
        """Until that room is to be recorded."""
        async with asyncio.timeout(20):
            while True:
                policy = self.policies.get(room)
                if policy is not None and policy.recording is not None and policy.recording.tracks:
                    return policy.recording
                self._changed.clear()
                await self._changed.wait()


@dataclass(frozen=True)
class House:
    url: str
    places: Places
    worker: NoWorker
    recorder: Process


async def measure(folder: Path, material: Material, times: int, lesson_s: int = LESSON_S) -> list[Ready]:
    async with _house(folder) as house, Browser() as browser:
        with RingWriter(house.places.ring) as ring:
            return [await _once(house, ring, browser, material, number, lesson_s) for number in range(times)]


@contextlib.asynccontextmanager
async def _house(folder: Path) -> AsyncIterator[House]:
    settings = Settings(listen=f"127.0.0.1:{_free_port()}", data=str(folder / "server"), sessions_at_once=1000)
    places = Places(settings)
    places.make()
    create_ring(places.ring, RING_BYTES)
    worker = NoWorker()
    listening = await asyncio.start_unix_server(worker.serve, places.worker_socket)
    given = {"MT_LISTEN": settings.listen, "MT_DATA": settings.data, "MT_SESSIONS_AT_ONCE": str(settings.sessions_at_once)}
    try:
        async with (
            running_recorder(folder, places.ring, places.recorder_socket) as recorder,
            running([sys.executable, "-m", "server.cli", "serve"], folder / "server.log", given),
        ):
            await _listens(settings)
            yield House(settings.url, places, worker, recorder)
    finally:
        listening.close()
        shutil.rmtree(places.run, ignore_errors=True)


async def _once(house: House, ring: RingWriter, browser: Browser, material: Material, number: int, lesson_s: int) -> Ready:
    async with _lesson(house) as (room, teacher, recording):
        cpu_s = house.recorder.cpu_s
        began_ns = time.monotonic_ns() + (ARRIVES_BY_S - lesson_s) * SECOND_NS
        taken = Taken(
            ring, _loops(material, recording), began_ns, room=room, take=recording.take, teacher=recording.teacher, first=100 * number + 1
        )
        os.kill(house.recorder.pid, signal.SIGSTOP)  # or it might find the ring read up to an old marker, and end the take
        taken.write(began_ns + lesson_s * SECOND_NS)
        os.kill(house.recorder.pid, signal.SIGCONT)
        await _taken_in(house.places.ring)
        cpu_s = house.recorder.cpu_s - cpu_s
        page = await _open(browser, house.url, teacher, f"/recordings/{recording.take}", f"{number}")
        seeing = asyncio.create_task(page.eval(SEEN_JS, SOUGHT_S * lesson_s // LESSON_S, timeout_s=60))
        await asyncio.sleep(1 + 0.13 * number)  # at any place between two questions of the page
        ended_ms = time.time() * 1000
        taken.end(began_ns + lesson_s * SECOND_NS)
        seen = await seeing
        await page.close()
        return Ready(
            loaded_s=(seen["loaded_ms"] - ended_ms) / 1000,
            sought_s=(seen["sought_ms"] - ended_ms) / 1000,
            playing_s=(seen["playing_ms"] - ended_ms) / 1000,
            duration_s=seen["duration_s"],
            taken_in_cpu_s=cpu_s,
        )


@contextlib.asynccontextmanager
async def _lesson(house: House) -> AsyncIterator[tuple[str, Page, RecordingPolicy]]:
    """Six people, all of whom have agreed, and a lesson that has just begun: session, teacher, and what is to be recorded."""
    async with contextlib.AsyncExitStack() as stack:
        pages = [await stack.enter_async_context(Page(house.url)) for _ in NAMES]
        maria, ana = pages[:2]
        lead, invitation = await ana.make_session()
        for page, name in zip(pages, NAMES, strict=True):
            await page.join(lead if page is ana else invitation, name, teaches=page is maria, recording="record")
            await page.connect()
        await ana.until_seen(lambda view: len(view.people) == len(NAMES) and all(person.here for person in view.people))
        assert isinstance(await ana.ask(type="advance", decision=0), Accepted)
        view = await maria.until("lesson")
        assert isinstance(await maria.ask(type="start_lesson", decision=view.phase.decision), Accepted)
        await maria.until_seen(lambda view: view.phase.status == "running")
        yield maria.session, maria, await house.worker.recording(maria.session)


def _loops(material: Material, recording: RecordingPolicy) -> dict[tuple[str, Source], Loop]:
    teacher = recording.teacher
    others = sorted({track.peer for track in recording.tracks} - {teacher})
    loops: dict[tuple[str, Source], Loop] = {(teacher, "camera"): material.film}
    loops |= {(peer, "microphone"): voice for peer, voice in zip([teacher, *others], material.voices, strict=False)}
    return loops


async def _taken_in(path: Path) -> None:
    gives_up = time.monotonic() + CAUGHT_UP_S
    with RingReader(path) as words:
        while words.written - words.committed > NEARLY_BYTES:
            if time.monotonic() > gives_up:
                raise TimeoutError(f"the recorder has not taken in a lesson of ten minutes in {CAUGHT_UP_S} s")
            await asyncio.sleep(0.1)
    await asyncio.sleep(1)


async def _open(browser: Browser, url: str, teacher: Page, path: str, person: str) -> BrowserPage:
    """The teacher's page in a browser that has the teacher's cookies."""
    page = await browser.page(person=person)
    for morsel in teacher._client.cookie_jar:
        await page.cdp("Network.setCookie", name=morsel.key, value=morsel.value, url=url, httpOnly=True)
    await page.goto(url + path)
    await page.wait_for("!!document.querySelector('#recording')", what="the recording's page")
    return page


async def _listens(settings: Settings) -> None:
    async with asyncio.timeout(30):
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(settings.host, settings.port)
                writer.close()
                return
            await asyncio.sleep(0.05)


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
