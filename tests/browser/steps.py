"""Steps that many journeys take: who is there, on to the next phase, through a lesson, what a page has been told."""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Sequence

import av
import numpy as np

from tests.browser.driver import Browser
from tests.browser.material import Samples, tone_level
from tests.browser.people import Human

FILM_RATE_HZ = 48000
FILM_JS = """(url) => fetch(url).then((answer) => answer.arrayBuffer()).then((bytes) => {
    let text = ''; for (const byte of new Uint8Array(bytes)) text += String.fromCharCode(byte); return btoa(text); })"""
STATUS_JS = "(url) => fetch(url, { cache: 'no-store' }).then((answer) => answer.status)"


async def people_in(browser: Browser, *names: str) -> list[Human]:
    """Several people in one browser: with cookies of their own, but all with the same camera and voice."""
    return [Human(name, await browser.page(person=name), browser) for name in names]


async def all_here(people: Sequence[Human], count: int | None = None) -> None:
    js = "(count) => window.lastView?.people.filter((person) => person.here).length >= count"
    for person in people:
        await person.page.wait_for(js, count or len(people), what=f"everybody being here for {person.name}", timeout_s=20)


async def at(people: Sequence[Human], key: str, *, timeout_s: float = 20.0) -> None:
    """Until everybody's page is in this phase."""
    for person in people:
        await person.page.wait_for("(key) => window.lastView?.phase.key === key", key, what=f"{key} for {person.name}", timeout_s=timeout_s)


async def go_on(lead: Human, people: Sequence[Human], key: str) -> None:
    await lead.page.click("#action-advance")
    await at(people, key)


async def lesson_runs(teacher: Human, people: Sequence[Human]) -> None:
    """The teacher starts the lesson that waits; until the count is over."""
    await teacher.page.click("#action-start-lesson")
    for person in people:
        js = "window.lastView?.phase.key === 'lesson' && window.lastView.phase.status === 'running' && !window.lastView.phase.starts_ms"
        await person.page.wait_for(js, what=f"the lesson for {person.name}", timeout_s=30)


async def told(person: Human) -> str:
    """All that the server has told this page about the session, as one text."""
    return json.dumps(await person.page.eval("window.lastView"), ensure_ascii=False)


async def seat_of(person: Human) -> str:
    return str(await person.page.eval("window.lastView.you.seat"))


async def status(person: Human, url: str) -> int:
    """What the server answers to this person's browser."""
    return int(await person.page.eval(STATUS_JS, url))


async def film_of(person: Human, take: str) -> bytes:
    """The film of a recording that is ready, as this person's browser gets it."""
    data = f"fetch('/recordings/{take}/data').then((answer) => answer.json()).then((data) => data.state === 'ready' && data.film)"
    address = await person.page.wait_for(data, what="the film being ready", timeout_s=20)
    return base64.b64decode(await person.page.eval(FILM_JS, address, timeout_s=30))


def sound_of(film: bytes) -> Samples:
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        resampler = av.AudioResampler(format="flt", layout="mono", rate=FILM_RATE_HZ)
        return np.concatenate([part.to_ndarray()[0] for frame in container.decode(audio=0) for part in resampler.resample(frame)])


def level_in(sound: Samples, hz: float) -> float:
    return tone_level(sound, FILM_RATE_HZ, hz)


def no_loud_problems(*people: Human) -> None:
    loud = ("exception", "security")
    assert [f"{person.name}: {problem}" for person in people for problem in person.page.problems if problem.kind in loud] == []
