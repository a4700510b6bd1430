"""A lesson on the whole product, with people in real browsers whose lines are as bad as a test wants them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from tests.browser.driver import Browser, BrowserError
from tests.browser.material import speech_wav
from tests.browser.people import Human, come_in, human, set_up
from tests.browser.steps import all_here, lesson_runs
from tests.fakes.formats import timed
from tests.fakes.product import Product, running_product
from tests.network.proxy import through, udp_proxy
from tests.network.watch import over_time, seen, watch
from tests.network.whole_line import WholeLine, tcp_line

WINDOW_S: Final = float(os.environ.get("MT_NETWORK_SECONDS") or 15)
IS_LONG: Final = bool(os.environ.get("MT_NETWORK_LONG"))
PLAN: Final = "twenty-minute-round"
LENGTHS_S: Final = {"lesson": 1800, "writing": 60, "teacher-first": 60, "feedback": 120, "choose": 60, "closing": 60}
FILM_OF_ANA: Final = 2
FILM_OF_MARIA: Final = 4
# Neither sends pictures nor takes any: four such pages cost little.
VOICE_ONLY_JS: Final = """(() => {
    const open = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
    if (open) navigator.mediaDevices.getUserMedia = ({ audio }) => open({ audio: audio || true });
    const answer = RTCPeerConnection.prototype.createAnswer;
    RTCPeerConnection.prototype.createAnswer = function (...rest) {
        for (const line of this.getTransceivers()) if (line.receiver.track.kind === "video") line.direction = "inactive";
        return answer.apply(this, rest);
    };
})()"""


@dataclass
class Seat:
    """A person and the line that everything of this person takes."""

    human: Human
    line: WholeLine


@dataclass
class Meeting:
    """Ana leads and watches, Maria teaches; a lesson runs that is recorded."""

    product: Product
    ana: Seat
    maria: Seat


@contextlib.asynccontextmanager
async def meeting(folder: Path, *, seed: int, voices: int = 0) -> AsyncIterator[Meeting]:
    """Until pictures flow both ways over perfect lines. `voices` more people have no camera, and speak all the time."""
    async with contextlib.AsyncExitStack() as stack:
        enter = stack.enter_async_context
        product = await enter(running_product(folder, plans=str(timed(folder / "plans", PLAN, LENGTHS_S)), advertise="127.0.0.1"))
        ana = await enter(seat("Ana", FILM_OF_ANA, product, seed=seed))
        maria = await enter(seat("Maria", FILM_OF_MARIA, product, seed=seed + 2))
        invitation = urlsplit(await set_up(ana.human, _at(ana.line.pages.url, product), PLAN))
        await come_in(ana.human, None, teaches=False, recording="record")
        await come_in(maria.human, maria.line.pages.url + invitation.path, teaches=True, recording="record")
        await enter(_voices(product.url + invitation.path, voices))
        people = [ana.human, maria.human]
        await all_here(people, 2 + voices)
        await ana.human.page.click("#action-advance")
        await lesson_runs(maria.human, people)
        await watch(ana.human.page, "Maria")
        await watch(maria.human.page, "Ana")
        await asyncio.gather(*(_gets_pictures(person) for person in people))
        yield Meeting(product, ana, maria)


@contextlib.asynccontextmanager
async def seat(name: str, film: int, product: Product, *, seed: int) -> AsyncIterator[Seat]:
    upstream = ("127.0.0.1", product.media_port)
    async with udp_proxy(upstream, seed=seed) as media, tcp_line(product.url) as pages, human(name, source=film) as person:
        await person.page.preload(through(media))
        yield Seat(person, WholeLine(pages, media))


def utc_ms() -> float:
    return time.time() * 1_000


async def window(seconds: float = WINDOW_S) -> tuple[float, float]:
    """Begin and end of a stretch of time that has just passed."""
    begin_ms = utc_ms()
    await asyncio.sleep(seconds)
    return begin_ms, utc_ms()


async def _gets_pictures(person: Human) -> None:
    begin_ms = utc_ms()
    try:
        await person.page.wait_for("watched.pictures.length > 10", what=f"pictures for {person.name}", timeout_s=30)
    except BrowserError:
        print(f"\n{person.name} got no pictures:\n{over_time(await seen(person.page, begin_ms, utc_ms()))}")
        raise


@contextlib.asynccontextmanager
async def _voices(link: str, count: int) -> AsyncIterator[None]:
    """In one browser, so all say the same; without pauses, which would cost nothing."""
    if not count:
        yield
        return
    voice = await asyncio.to_thread(lambda: speech_wav(seconds=9.0))
    async with Browser(microphone=voice) as browser:
        for name in ("Ben", "Cleo", "Dan", "Eva")[:count]:
            person = Human(name, await browser.page(person=name), browser)
            await person.page.preload(VOICE_ONLY_JS)
            await come_in(person, link, teaches=False, recording="record")
        yield


def _at(url: str, product: Product) -> Product:
    """The same product, as somebody opens it through a line of their own."""
    return Product(product.process, url, product._log, product.media_port)
