"""Looks at pages in every state as people see them: pictures for our own eyes, axe-core for what eyes miss, light and dark."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from tests.browser.axe import violations
from tests.browser.driver import Page

LOUD = ("exception", "security")


class Tour:
    """`found` collects what is wrong over the whole tour, so that one run shows all of it."""

    def __init__(self, screenshots: Path) -> None:
        self._folder = screenshots / "tour"
        self.found: list[str] = []

    async def look(self, state: str, pages: Mapping[str, Page]) -> None:
        for who, page in pages.items():
            for scheme in ("light", "dark"):
                await page.emulate(colour_scheme="dark" if scheme == "dark" else "light", reduced_motion=True)
                await page.screenshot(self._folder / f"{state}-{who}-{scheme}.png")
                self.found += [f"{state}, {who}, {scheme}: {line}" for line in await violations(page)]
            self.found += [f"{state}, {who}: {line}" for line in await _overflow(page)]
            self.found += [f"{state}, {who}: {problem}" for problem in page.problems if problem.kind in LOUD]
            page.problems.clear()


async def _overflow(page: Page) -> list[str]:
    wide = await page.eval("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    return [f"the page is {wide} px wider than the screen"] if wide > 0 else []
