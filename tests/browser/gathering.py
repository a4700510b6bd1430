"""A few people in one Chromium, each with cookies of their own, whose pages close and open again as pages do."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.browser.driver import Browser
from tests.browser.people import WATCH_JS, Human, come_in, set_up
from tests.browser.steps import lesson_runs, people_in
from tests.fakes.formats import scaled
from tests.fakes.product import Product, running_product

PLAN = "twenty-minute-round"


@dataclass
class Gathering:
    """`lead` leads. Whoever goes away comes back through the address of the room, as from a bookmark."""

    product: Product
    browser: Browser
    lead: Human
    invitation: str
    room: str

    async def guest(self, name: str, *, teaches: bool = False, recording: str | None = None) -> Human:
        [person] = await people_in(self.browser, name)
        await come_in(person, self.invitation, teaches=teaches, recording=recording)
        return person

    async def back(self, person: Human) -> None:
        """A new page on the same device, until the room is there."""
        person.page = await person.browser.page(person=person.name)
        await person.page.preload(WATCH_JS)
        await person.page.goto(self.room)
        await person.page.wait_for("!!window.lastView", what=f"the room for {person.name} again", timeout_s=20)


@contextlib.asynccontextmanager
async def gathering(folder: Path, browser: Browser, *, part: float, leads: str = "Ana", teaches: bool = False) -> AsyncIterator[Gathering]:
    """The 20-minute round with `part` of its minutes; whoever leads is in the room."""
    plans = scaled(folder / "plans", PLAN, part)
    async with running_product(folder, plans=str(plans)) as product:
        [lead] = await people_in(browser, leads)
        invitation = await set_up(lead, product, PLAN)
        await come_in(lead, None, teaches=teaches, recording=None)
        yield Gathering(product, browser, lead, invitation, await lead.page.url())


async def look(person: Human, js: str = "view") -> Any:
    """Something of what this person's page was told last."""
    return await person.page.eval(f"((view) => {js})(window.lastView)")


async def until(person: Human, js: str, what: str, timeout_s: float = 30.0) -> Any:
    """Until this is true of what the page was told."""
    return await person.page.wait_for(f"((view) => {js})(window.lastView)", what=f"{what} for {person.name}", timeout_s=timeout_s)


async def start(lead: Human, teacher: Human) -> None:
    """From before to a lesson that runs."""
    await lead.page.click("#action-advance")
    await lesson_runs(teacher, (lead, teacher))


def since(began_s: float, what: str) -> None:
    print(f"{what} after {time.monotonic() - began_s:.1f} s")
