"""Maria looks at her recording alone: her own view first, one thing to try, and three days later whether she did; then both tries."""

from __future__ import annotations

from pathlib import Path

from tests.browser.axe import violations
from tests.browser.driver import Browser, Page
from tests.browser.keyboard import press
from tests.browser.people import Human
from tests.fakes.studio import Studio, studio

WORKED = "The pizza: everybody drew it."
DIFFERENTLY = "Next time I would wait."
THING = "Count to three after a question"
KEPT_JS = """async (question, text) => {
    const { questions } = await (await fetch(`${location.pathname}/own-view`)).json();
    return questions.find(({ key }) => key === question)?.text === text;
}"""


async def test_strengths_first_and_nobody_else_reads_it(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    async with studio(tmp_path, browser=browser) as s, s.person("Maria", f"/recordings/{s.first}") as maria:
        await _her_own_view(s, maria, screenshots)
        await _she_chooses_one_thing(maria, screenshots)
        await _three_days_later(s, maria, screenshots)


async def _her_own_view(s: Studio, maria: Human, screenshots: Path) -> None:
    """What she writes outlives a reload and a killed server; what to change is asked after what worked."""
    page = maria.page
    await page.wait_for("!!document.getElementById('own-worked')", what="the first question")
    assert not await page.eval("!!document.getElementById('own-differently')"), "strengths first"
    s.product.kill("server")
    await page.fill("#own-worked", WORKED)
    await page.wait_for("!!document.getElementById('own-differently')", what="the second question")
    await page.fill("#own-differently", DIFFERENTLY)
    await maria.until("Kept on this device", where="#own-view-state")
    await s.product.ready()
    await page.reload()
    for question, text in (("worked", WORKED), ("differently", DIFFERENTLY)):
        await page.wait_for(KEPT_JS, question, text, what="the server having it", timeout_s=20)
    await maria.until("Only you can read this.", where="#own-view-state")
    await page.screenshot(screenshots / "own-view-Maria.png", full_page=True)
    assert await violations(page) == []
    async with s.client("Ben") as ben, ben.get(f"/recordings/{s.first}/own-view") as answer:
        assert answer.status == 404


async def _she_chooses_one_thing(maria: Human, screenshots: Path) -> None:
    """With the keyboard alone, in her own words."""
    page = maria.page
    await page.wait_for("document.getElementById('one-thing')?.checkVisibility()", what="the one thing on top")
    await press(page, "#one-thing-change")
    await page.fill("#one-thing-field", THING)
    await press(page, ".one-thing-form .primary")
    await maria.until(THING, where="#one-thing-text")
    await page.set_viewport(390, 844, mobile=True)
    await page.emulate(colour_scheme="dark")
    await page.screenshot(screenshots / "own-view-phone-dark-Maria.png")
    assert await violations(page) == []


async def _three_days_later(s: Studio, maria: Human, screenshots: Path) -> None:
    with s.database() as database:
        database.execute("update trying set ask_ms = 1 where ended_ms is null")
    await maria.page.goto(s.product.url)
    await maria.until(THING, where="#trying")
    await maria.until("Did you try it in class?", where="#trying")
    await maria.page.screenshot(screenshots / "home-phone-dark-Maria.png", full_page=True)
    assert await violations(maria.page) == []
    await maria.page.set_viewport(1280, 800)
    await maria.page.emulate(colour_scheme="light")
    await maria.page.screenshot(screenshots / "home-Maria.png", full_page=True)
    await maria.page.fill("#tried-text", "It felt long, and three of them spoke.")
    await press(maria.page, ".did-you-try button[value=yes]")
    await maria.until("You tried it. It felt long", where="#trying")
    assert "Did you try" not in await maria.page.text("#trying")
    await maria.page.goto(f"{s.product.url}/me")
    assert await maria.page.eval("document.querySelectorAll('[href^=\"/recordings/\"]').length") >= 2
    await maria.page.screenshot(screenshots / "me-Maria.png", full_page=True)
    assert await violations(maria.page) == []


async def test_both_tries_side_by_side_and_on_paper(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    async with studio(tmp_path, browser=browser) as s, s.person("Maria", f"/recordings/{s.second}/compare") as maria:
        page = maria.page
        await page.wait_for("document.getElementById('compare').getAttribute('aria-busy') === 'false'", what="both films", timeout_s=20)
        await _both_play_together(page)
        await maria.until("Your share of", where="#compare-talk")
        await page.screenshot(screenshots / "compare-Maria.png", full_page=True)
        assert await violations(page) == []
        await page.set_viewport(390, 844, mobile=True)
        await page.emulate(colour_scheme="dark")
        await page.screenshot(screenshots / "compare-phone-dark-Maria.png", full_page=True)
        assert await violations(page) == []
        await page.emulate(colour_scheme="light")
        await page.set_viewport(1280, 800)
        await page.goto(f"{s.product.url}/recordings/{s.first}/print")
        await maria.until("Moments and notes")
        await page.screenshot(screenshots / "on-paper-Maria.png", full_page=True)
        assert await violations(page) == []


async def _both_play_together(page: Page) -> None:
    await page.click("#play-both")
    films = "[...document.querySelectorAll('#film-1 video, #film-2 video')].filter((video) => video.src && !video.closest('[hidden]'))"
    await page.wait_for(f"{films}.filter((video) => !video.paused && video.currentTime > 1).length >= 2", what="both playing", timeout_s=20)
    muted = await page.eval("[1, 2].map((n) => document.querySelector(`#film-${n} video`).muted)")
    assert muted == [False, True]
    await page.click("#play-both")
    await page.wait_for(f"{films}.every((video) => video.paused)", what="both resting")
    await page.click("#put-together")
    await page.wait_for("document.querySelectorAll('.compare-pairs li').length >= 2", what="the places put together")
