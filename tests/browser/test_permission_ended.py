"""Ana plays Maria's recording; Maria sees that she does, and stops sharing it: Ana's film stops and says so. Then a link, opened once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Page
from tests.browser.keyboard import go_to, press, write
from tests.browser.people import Human
from tests.fakes.studio import Studio, studio

FILM_JS = "document.getElementById('film-video')"
TEXT_JS = "(selector, text) => document.querySelector(selector)?.innerText.includes(text)"


@pytest.mark.timeout(120)
async def test_watching_ends_with_the_permission(tmp_path: Path, screenshots: Path) -> None:
    async with studio(tmp_path) as s, s.person("Maria", f"/recordings/{s.first}") as maria:
        await _maria_lets_ana_watch(maria, screenshots)
        async with s.person("Ana", f"/recordings/{s.first}") as ana:
            await _ana_watches(ana.page)
            await _maria_sees_it_and_stops(maria, screenshots)
            await _ana_is_told(ana.page, screenshots)
        link = await _maria_makes_a_link(maria.page, screenshots)
        await _somebody_opens_it(s, link, screenshots)
        await _said(maria.page, "who-watches .watcher", "Keiko Ito")
        await _my_data(maria.page, s, screenshots)
        for page in (maria.page, ana.page):
            assert [problem for problem in page.problems if problem.kind in ("exception", "security")] == []


async def _maria_lets_ana_watch(maria: Human, screenshots: Path) -> None:
    """By keyboard."""
    page = maria.page
    await _said(page, "#who-may-watch", "Only you can watch")
    await _said(page, "who-watches", "Nobody else, unless you let them.")
    await press(page, "#who-may-watch")
    await page.wait_for("document.activeElement.id === 'who-watches-title'", what="the place where it is decided")
    await press(page, "#share > summary")
    assert await page.eval("document.querySelector('[name=share-who]:checked').parentElement.innerText.trim()") == "Ana"
    await page.screenshot(screenshots / "watchers-1-share-Maria.png", full_page=True)
    assert await violations(page) == []
    await press(page, "#share-give")
    await _said(page, "who-watches", "Ana may watch now")
    await _said(page, "who-watches .watcher", "not opened yet")
    await _said(page, "#who-may-watch", "You and one other can watch")


async def _ana_watches(page: Page) -> None:
    await _said(page, "#whose", "Maria lets you watch this")
    await page.wait_for(f"{FILM_JS}?.readyState >= 2", what="the film")
    await page.eval(f"{FILM_JS}.play()", gesture=True)
    await page.wait_for(f"{FILM_JS}.currentTime > 0.5", what="the film playing")


async def _maria_sees_it_and_stops(maria: Human, screenshots: Path) -> None:
    page = maria.page
    await _said(page, "who-watches .watcher", "opened")
    await press(page, "#visits > summary")
    await _said(page, "#visits", "Ana watched")
    await page.set_viewport(390, 844, mobile=True)
    await page.eval("document.querySelector('who-watches').scrollIntoView()")
    await page.screenshot(screenshots / "watchers-2-opened-Maria-phone.png")
    assert await violations(page) == []
    assert await page.eval("document.documentElement.scrollWidth <= innerWidth"), "nothing sticks out"
    await page.set_viewport(1280, 800)
    await press(page, ".watcher button")
    await _said(page, "who-watches", "Ana cannot watch any more.")
    await _said(page, "#who-may-watch", "Only you can watch")


async def _ana_is_told(page: Page, screenshots: Path) -> None:
    await _said(page, "#film-state", "Maria has stopped sharing this recording.")
    assert await page.eval(f"{FILM_JS}.hasAttribute('src') || {FILM_JS}.readyState > 0") is False
    assert not await page.eval("document.querySelector('.notes-side').checkVisibility()")
    await page.screenshot(screenshots / "watchers-3-ended-Ana.png")
    assert await violations(page) == []
    await page.set_viewport(390, 844, mobile=True)
    await page.emulate(colour_scheme="dark")
    await page.screenshot(screenshots / "watchers-3-ended-Ana-phone.png")
    await page.reload()
    assert "Nothing here" in await page.text()


async def _maria_makes_a_link(page: Page, screenshots: Path) -> str:
    await press(page, "#share > summary")
    await page.click(name="Somebody who was not in this session")
    await write(page, "#share-name", "Dr Ito")
    await go_to(page, "#share-until")
    await page.press("ArrowDown")
    await press(page, "#share-give")
    await _said(page, "link-once", "The link for Dr Ito")
    await page.emulate(colour_scheme="dark")
    await page.eval("document.querySelector('who-watches').scrollIntoView()")
    await page.wait_for("document.querySelector('.share-qr').naturalWidth > 0", what="the link as a picture")
    await page.screenshot(screenshots / "watchers-4-link-Maria-dark.png")
    assert await violations(page) == []
    link = str(await page.eval("document.querySelector('link-once textarea').value"))
    await press(page, "link-once > button")
    assert not await page.eval("document.querySelector('link-once').checkVisibility()")
    await _said(page, "who-watches .watcher", "nobody has opened the link yet")
    return link


async def _somebody_opens_it(s: Studio, link: str, screenshots: Path) -> None:
    async with s.person(None) as ito:
        page = ito.page
        await page.goto(link)
        await _said(page, "#watch-link", "Maria lets you watch a recording")
        await page.screenshot(screenshots / "watchers-5-link-Ito.png")
        assert await violations(page) == []
        await write(page, "#name", "Keiko Ito")
        await press(page, "#watch")
        await page.wait_for(f"{FILM_JS}?.readyState >= 1", what="the film")
        await page.wait_for("!document.getElementById('leave').open", what="the way to leave")
        await page.screenshot(screenshots / "watchers-6-Ito.png", full_page=True)
        assert await violations(page) == []
    async with s.person("Ben", link.removeprefix(s.product.url)) as ben:
        await _said(ben.page, "#watch-link", "This link has been used")
        await ben.page.set_viewport(390, 844, mobile=True)
        await ben.page.screenshot(screenshots / "watchers-7-used-Ben-phone.png")
        assert await violations(ben.page) == []


async def _my_data(page: Page, s: Studio, screenshots: Path) -> None:
    await page.goto(f"{s.product.url}/me/data")
    await _said(page, ".my-data", "Films of your lessons: 2")
    await page.screenshot(screenshots / "my-data-Maria-dark.png", full_page=True)
    assert await violations(page) == []
    await page.set_viewport(390, 844, mobile=True)
    await page.emulate(colour_scheme="light")
    await page.screenshot(screenshots / "my-data-Maria-phone.png", full_page=True)
    assert await violations(page) == []


async def _said(page: Page, selector: str, text: str) -> None:
    await page.wait_for(TEXT_JS, selector, text, what=f"{text!r} in {selector}")
