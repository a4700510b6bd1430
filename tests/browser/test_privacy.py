"""What reaches nobody else: recordings, slides, lines for one person alone, and names and words in logs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.page_scripts import BRING_SLIDES_JS
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in, status, told
from tests.fakes.product import running_product

ALONE = "I am nervous today."
NOTE = "Your voice carried well."
GOAL = "They see that halves are equal."
CHOOSE_JS = """(name) => {
    const menu = document.getElementById("chat-to");
    menu.value = [...menu.options].find(({ text }) => text.startsWith(name)).value;
    menu.dispatchEvent(new Event("change"));
}"""
SLIDE_JS = "document.getElementById('slide').checkVisibility() && new URL(document.getElementById('slide').src).pathname"


@pytest.mark.timeout(180)
async def test_what_is_for_one_person_reaches_nobody_else(tmp_path: Path, browser: Browser) -> None:
    """Ana leads, Maria teaches with slides, Ben is a colleague, and a stranger has the invitation and nothing else."""
    async with running_product(tmp_path) as product:
        ana, maria, ben, stranger = await people_in(browser, "Ana", "Maria", "Ben", "stranger")
        everybody = (ana, maria, ben)
        invitation = await set_up(ana, product)
        await come_in(ana, None, teaches=False, recording="record")
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=False, recording="record")
        await stranger.page.goto(invitation)
        await all_here(everybody)
        await _a_line_for_ana_alone(maria, ana, ben)
        await maria.page.fill("#field-goal", GOAL)
        await maria.page.eval(BRING_SLIDES_JS)
        await maria.page.wait_for("!!document.querySelector('[data-deck]')", what="the slides", timeout_s=20)
        await go_on(ana, everybody, "lesson")
        await lesson_runs(maria, everybody)
        await maria.page.click("[data-deck]")
        slide = str(await ben.page.wait_for(SLIDE_JS, what="the slide for Ben"))
        assert await status(ben, slide) == 200
        assert await status(stranger, slide) in (403, 404)
        await go_on(ana, everybody, "writing")
        await ben.page.fill("#field-suggestion", NOTE)
        await ben.page.wait_for("document.getElementById('field-suggestion-state').innerText === 'Kept'", what="the note being kept")
        take = await maria.page.wait_for("window.lastView.takes.find((take) => take.state === 'ready')?.take", what="the recording")
        await _only_maria_opens(maria, (ana, ben, stranger), f"/recordings/{take}")
        for person in (ana, maria):
            assert NOTE not in await told(person)
        for words in (ALONE, NOTE, GOAL, "Maria", "Ben", invitation.rpartition(".")[2], "linen"):
            assert words not in product.log, "logs hold ids only"
        no_loud_problems(*everybody)


async def _a_line_for_ana_alone(maria: Human, ana: Human, ben: Human) -> None:
    if not await maria.page.eval("document.getElementById('chat').checkVisibility()"):
        await maria.page.click("#chat-toggle")
    await maria.page.eval(CHOOSE_JS, "Ana")
    await maria.page.fill("#chat-text", ALONE)
    await maria.page.press("Enter")
    await ana.page.wait_for("(words) => window.lastView.chat.some(({ text }) => text === words)", ALONE, what="the line for Ana")
    await ben.page.wait_for("window.lastView.chat.length === 0", what="nothing for Ben")
    assert ALONE not in await told(ben)
    assert ALONE not in await ben.page.eval("document.documentElement.outerHTML")


async def _only_maria_opens(maria: Human, others: tuple[Human, ...], recording: str) -> None:
    data = await maria.page.eval("(url) => fetch(url).then((answer) => answer.json())", f"{recording}/data")
    assert await status(maria, data["film"]) == 200
    for person in others:
        for path in (recording, f"{recording}/data", data["film"]):
            assert await status(person, path) == 404, person.name
