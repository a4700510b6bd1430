"""Who teaches is settled on the leader's desk, by keyboard; the places are said to be taken."""

from __future__ import annotations

import contextlib
from pathlib import Path

from tests.browser.people import come_in, human, set_up
from tests.fakes.product import running_product

TEACH_JS = "[...document.querySelectorAll('#desk ol .desk-name')].map((name) => name.innerText)"
FOCUS_JS = """(name) => [...document.querySelectorAll("#desk desk-person")].find((item) => item.innerText.includes(name))
    .querySelector("button.link").focus()"""
FOCUSED_JS = "document.activeElement.getAttribute('aria-label')"


async def test_the_one_who_leads_gives_a_round_and_takes_it(tmp_path: Path, screenshots: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana, maria, ben = [await stack.enter_async_context(human(name)) for name in ("Ana", "Maria", "Ben")]
        invitation = await set_up(ana, product, teachers=1)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await ben.page.goto(invitation)
        await ben.until("The places to teach are taken.")
        assert await ben.page.eval("document.querySelector('#teaches-yes') === null")
        await come_in(ben, None, teaches=False, recording="record")
        await ben.until("The places to teach are taken.")
        await ana.until("Ben", where="#desk")
        await ana.page.eval(FOCUS_JS, "Ben")
        await ana.page.press("Enter")
        await ana.page.wait_for(f"{TEACH_JS}.length === 2", what="Ben among those who teach")
        assert await ana.page.wait_for(FOCUSED_JS) == "Ben: Does not teach"
        await ana.page.screenshot(screenshots / "who-teaches.png")
        await ben.until("Record my lesson")
        await ana.page.eval(FOCUS_JS, "Maria")
        await ana.page.press("Enter")
        await ana.page.wait_for(f"{TEACH_JS}.join() === 'Ben'", what="Ben alone teaches")
