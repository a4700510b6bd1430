"""The pages of formats: read without a script, on a desk, a phone and on paper, and followed to a session."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.plans import load_plans
from tests.browser.driver import Browser
from tests.browser.tour import Tour
from tests.fakes.product import running_product

SHOWN = ("twenty-minute-round", "teach-again", "watch-while-they-talk", "consultant-and-colleagues", "maker-led", "practise-alone")


@pytest.mark.timeout(300)
async def test_formats_are_read_everywhere(tmp_path: Path, screenshots: Path, browser: Browser) -> None:
    tour = Tour(screenshots)
    pages = {"all-formats": "/formats", **{f"format-{plan}": f"/formats/{plan}" for plan in SHOWN}}
    pages["formats-chosen"] = "/set-up?plan=teach-again&teachers=1&minutes=60"
    async with running_product(tmp_path) as product:
        for width, height, who in ((1280, 800, "desk"), (390, 844, "phone")):
            page = await browser.page(person=who)
            await page.set_viewport(width, height, mobile=who == "phone")
            for name, path in pages.items():
                await page.goto(product.url + path)
                await tour.look(name, {who: page})
        page = await browser.page(person="paper")
        await page.goto(f"{product.url}/formats/watch-while-they-talk")
        await page.emulate(media="print")
        assert not await page.eval("document.querySelector('.format-begin').checkVisibility()")
        assert await page.eval("document.querySelectorAll('.format-step').length") == len(load_plans()["watch-while-they-talk"].phases)
        await page.screenshot(screenshots / "tour" / "format-paper.png", full_page=True)
    assert tour.found == []


@pytest.mark.timeout(120)
async def test_from_a_format_to_a_session_with_it(tmp_path: Path, browser: Browser) -> None:
    async with running_product(tmp_path) as product:
        page = await browser.page(f"{product.url}/set-up?teachers=2&minutes=60")
        await page.click(name="See it Teach, try again")
        await page.wait_for("location.pathname === '/formats/teach-again'", what="the format's page")
        await page.click("#set-up-with")
        await page.wait_for("location.pathname === '/set-up'", what="setting up")
        assert await page.eval("document.querySelector('input[name=plan]:checked').value") == "teach-again"
        await page.click(name="Set up a session", role="button")
        await page.wait_for("location.pathname.startsWith('/f/')", what="the door")
        assert "Teach, try again" in await page.text("h1")
