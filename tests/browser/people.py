"""People in real browsers: each has a Chromium with a film and a voice of their own, and does what a person does."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zlib import crc32

from tests.browser.devtools import BrowserError
from tests.browser.driver import Browser, Page
from tests.browser.material import COUNTER_JS, TEXT, TONES_JS, film_y4m, speech_wav

SCREENSHOTS = Path(__file__).resolve().parents[2] / ".cache" / "screenshots"
FILM_S = 10
VOICE_S = 12.0
LOOKS = 5
BETWEEN_LOOKS_S = 0.4
ALL_TONES = (1000.0, 1700.0, 2300.0)


# What a room's page is told from its beginning, kept for tests: the last view, and when a lesson ended and its recording was ready.
WATCH_JS = """(() => {
    const watch = setInterval(() => {
        if (!window.microteach) return;
        clearInterval(watch);
        window.microteach.signaling.addEventListener("view", ({ detail: view }) => {
            window.lastView = view;
            if (view.phase.key === "writing") window.lessonEnded ??= performance.now();
            if (view.takes.some(({ state }) => state === "ready")) window.recordingReady ??= performance.now();
        });
    }, 1);
})()"""


class HasUrl(Protocol):
    """Where a browser goes: one installation, or what stands before several nodes."""

    @property
    def url(self) -> str: ...


@dataclass
class Human:
    name: str
    page: Page
    browser: Browser

    async def sees(self, whom: str) -> int | None:
        """The source number in the picture that this person has of somebody."""
        mark = await self.page.eval(COUNTER_JS, f"[aria-label^='{whom}']")
        return mark["source"] if mark else None

    async def hears(self, whom: str, seconds: float = 2.0) -> dict[float, float]:
        """How loud each marker tone is in the sound that this person gets from somebody."""
        face = f"[aria-label^='{whom}']"
        js = "(face) => document.querySelector(face)?.srcObject?.getAudioTracks().length"
        await self.page.wait_for(js, face, what=f"the sound of {whom} for {self.name}", timeout_s=20)
        levels = await self.page.eval(TONES_JS, face, list(ALL_TONES), seconds, timeout_s=seconds + 20)
        return {float(hz): level for hz, level in levels.items()}

    async def state(self) -> dict[str, Any]:
        found = await self.page.eval("document.getElementById('now')?.innerText ?? document.body.innerText")
        return {"text": found}

    async def until(self, text: str, *, timeout_s: float = 30.0, where: str = "body") -> None:
        """Until these words are on the screen."""
        js = "(where, text) => (document.querySelector(where)?.innerText ?? '').includes(text)"
        await self.page.wait_for(js, where, text, timeout_s=timeout_s, what=f"“{text}” for {self.name}")


@contextlib.asynccontextmanager
async def human(name: str, *, source: int | None = None, tone_hz: float | None = None) -> AsyncIterator[Human]:
    """`source` and `tone_hz` mark the person's film and voice; without a source there is no camera. Each says other words: nobody hears
    two microphones in one room.
    """
    camera = await asyncio.to_thread(film_y4m, FILM_S, source) if source is not None else None
    voice: Path = await asyncio.to_thread(
        lambda: speech_wav(f"{name}. {_from_word(crc32(name.encode()))}", seconds=VOICE_S, tone_hz=tone_hz)
    )
    async with Browser(camera=camera, microphone=voice) as browser:
        person = Human(name, await browser.page(), browser)
        try:
            yield person
        except BaseException:
            with contextlib.suppress(BrowserError, OSError):
                await person.page.screenshot(SCREENSHOTS / f"failed-{name}.png")
            raise


async def mark_near(page: Page, at_s: float) -> dict[str, int]:
    """What the open recording shows at this time. On a busy machine an encoder blurs a picture now and then: then the next ones."""
    for look in range(LOOKS):
        await page.eval("(seconds) => { document.getElementById('film-video').currentTime = seconds; }", at_s + look * BETWEEN_LOOKS_S)
        await page.wait_for("!document.getElementById('film-video').seeking", what="the moment in the film")
        with contextlib.suppress(BrowserError):
            found: dict[str, int] = await page.wait_for(COUNTER_JS, "#film-video", timeout_s=3, what="a mark that can be read")
            return found
    raise BrowserError(f"no picture with a readable mark in the recording from {at_s:.1f} s on")


def _from_word(number: int) -> str:
    words = TEXT.split()
    first = number % len(words)
    return " ".join((*words[first:], *words[:first]))


async def set_up(lead: Human, product: HasUrl, plan: str = "try-out", *, teachers: int = 6) -> str:
    """The person who leads makes a session in which so many can teach; returns the invitation."""
    await lead.page.goto(f"{product.url}/set-up?teachers={teachers}&minutes=0&more=open")
    await lead.page.click(f"#plan-{plan}")
    if await lead.page.eval("matchMedia('(width < 40rem)').matches"):
        await lead.page.click("#next-step")
    await lead.page.click(name="Set up a session", role="button")
    return str(await lead.page.wait_for("document.getElementById('invitation-link')?.value", what="the invitation"))


async def come_in(person: Human, link: str | None, *, teaches: bool, recording: str | None) -> None:
    """Through an invitation (None: the page is open already) into the room; `recording` record or leave-out."""
    page = person.page
    if link is not None:
        await page.goto(link)
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone")
    await page.fill("#name", person.name)
    await page.click(f"#teaches-{'yes' if teaches else 'no'}")
    if recording is not None:
        await page.click(f"#recording-{recording}")
    await page.preload(WATCH_JS)
    await page.click("#come-in")
    await page.wait_for("!!window.lastView", what=f"the room for {person.name}", timeout_s=45)
