"""A lesson on a second page while it runs: the lesson, and how far behind it that page is, by the numbers in the pictures."""

from __future__ import annotations

import asyncio
from typing import Any, Final, Protocol

from tests.browser.material import COUNTER_JS
from tests.browser.people import FILM_S, WATCH_JS, Human
from tests.browser.steps import lesson_runs
from tests.fakes.product import Product

FILM_OF_MARIA: Final = 1
FPS: Final = 30
MOST_BEHIND_S: Final = 5.0
VIDEO_JS: Final = "document.getElementById('film-video')"
# Both pages are on one machine: the same clock.
NOW_JS: Final = f"(target) => ({{ at: Date.now(), mark: ({COUNTER_JS})(target) }})"


class Asked(Protocol):
    async def eval(self, js: str, *args: object) -> Any: ...


async def teach_alone(maria: Human, product: Product) -> str:
    """Until her lesson runs; the recording's name."""
    page = maria.page
    await page.preload(WATCH_JS)
    await page.goto(product.url)
    await page.click("#practise")
    await page.wait_for("document.getElementById('device-state')?.innerText", what="the check of camera and microphone")
    await page.fill("#name", maria.name)
    await page.click("#recording-record")
    await page.click("#come-in")
    await page.wait_for("!!window.lastView", what="the room", timeout_s=20)
    await page.click("#action-advance")
    await lesson_runs(maria, [maria])
    return str(await page.wait_for("window.lastView.takes.at(-1)?.take", what="a recording"))


async def delays_s(page: Asked, maria: Human, count: int) -> list[float]:
    """By the number of the picture that Maria sees of herself, and that of the one which is shown on the page. In order of size."""
    found: list[float] = []
    while len(found) < count:
        await asyncio.sleep(0.3)
        here, there = await asyncio.gather(page.eval(NOW_JS, "#film-video"), maria.page.eval(NOW_JS, f"[aria-label^='{maria.name}']"))
        if here["mark"] and there["mark"]:
            assert here["mark"]["source"] == FILM_OF_MARIA
            pictures = there["mark"]["counter"] - here["mark"]["counter"]
            found.append((pictures / FPS + (here["at"] - there["at"]) / 1000) % FILM_S)
    return sorted(found)


async def unplayed_s(page: Asked) -> float:
    return float(await page.eval(f"((video) => video.buffered.end(video.buffered.length - 1) - video.currentTime)({VIDEO_JS})"))
