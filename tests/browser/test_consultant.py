"""A consultant is asked by a link, answers in a browser without an account, and the teacher has everything at once when it is sent."""

from __future__ import annotations

from pathlib import Path

from tests.browser.axe import violations
from tests.browser.people import Human
from tests.fakes.studio import Studio, studio

QUESTION = "Do I wait long enough after a question?"
WORKED = "Everybody could see both halves of the Zanzibar cake."
SUGGESTION = "Count to three after a Zanzibar question"
NOTE = "Zanzibar: nobody had time to answer here"
PHONE = (390, 844)
DESKTOP = (1280, 800)


async def test_a_consultant_answers(tmp_path: Path, screenshots: Path) -> None:
    async with studio(tmp_path) as s, s.person("Maria", f"/recordings/{s.first}") as maria:
        link = await _maria_asks(maria, screenshots)
        async with s.person(None, link.removeprefix(s.product.url)) as ito:
            await _ito_opens(ito, s, screenshots)
            await _ito_writes(ito, screenshots)
            await maria.until("Will answer by", where="#asked-reviews")
            assert "Zanzibar" not in await maria.page.text()
            await _ito_sends(ito, screenshots)
            await _maria_reads(maria, screenshots)
            await _ito_has_a_desk(ito, s, screenshots)
        for person in (maria, ito):
            assert [str(problem) for problem in person.page.problems] == []


async def _maria_asks(maria: Human, screenshots: Path) -> str:
    page = maria.page
    await page.click("#ask-consultant")
    await page.fill("#ask-name", "Dr Ito")
    await page.fill("#ask-question-1", QUESTION)
    await page.click("#ask-include-notes")
    await page.eval("document.getElementById('asked-reviews').scrollIntoView({ block: 'start' })")
    await page.screenshot(screenshots / "consultant_asking.png")
    assert await violations(page) == []
    await page.click("#ask-send")
    await maria.until("Not opened yet", where="#asked-reviews")
    assert await page.eval("document.activeElement.textContent") == "The link for Dr Ito"
    assert await page.wait_for("document.querySelector('.review-qr').naturalWidth > 0", what="the picture of the link")
    assert await violations(page) == []
    await page.screenshot(screenshots / "consultant_link.png")
    return str(await page.eval("document.querySelector('link-to-send textarea').value"))


async def _ito_opens(ito: Human, s: Studio, screenshots: Path) -> None:
    page = ito.page
    await ito.until("Maria asks you to look at a lesson")
    await ito.until(QUESTION)
    await page.screenshot(screenshots / "consultant_door.png", full_page=True)
    await _on_a_phone(ito, screenshots / "consultant_door_phone.png")
    await page.fill("#name", "Dr Keiko Ito")
    await page.press("Enter")
    await page.wait_for("document.querySelector('#review-brief .review-facts li') !== null", what="what is asked")
    assert await page.eval("location.pathname") == f"/recordings/{s.first}"
    await page.click("#accept-review")
    await ito.until("You have said that you will answer", where="#review-brief")


async def _ito_writes(ito: Human, screenshots: Path) -> None:
    page = ito.page
    await page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="the film")
    put = """async (text) => (await fetch(`${location.pathname}/notes/${"k".repeat(20)}`, {
        method: "PUT", headers: { "content-type": "application/json" },
        body: JSON.stringify({ kind: "change", text, at_ms: 3500, version: 0 }) })).status"""
    assert await page.eval(put, NOTE) == 201
    await page.fill("#review-worked", WORKED)
    await page.fill("#review-suggestion-1", SUGGESTION)
    await page.click("suggestion-field button")
    await ito.until("Saved.", where="#review-writing")
    await page.reload()
    await page.wait_for("(text) => document.getElementById('review-suggestion-1').value === text", SUGGESTION, what="what was written")
    await page.click("#review-preview > summary")
    await ito.until(WORKED, where="#review-preview")
    assert await violations(page) == []
    await page.eval("scrollTo(0, 0)")
    await page.screenshot(screenshots / "consultant_writing.png", full_page=True)
    await _on_a_phone(ito, screenshots / "consultant_writing_phone.png")


async def _ito_sends(ito: Human, screenshots: Path) -> None:
    """By the keyboard."""
    page = ito.page
    await page.eval("document.getElementById('review-send').focus()")
    await page.press("Enter")
    await ito.until("Maria gets the summary and your one note", where="#review-confirm")
    assert await violations(page) == []
    await page.screenshot(screenshots / "consultant_sending.png")
    await page.press("Tab")
    assert await page.eval("document.activeElement.id") == "review-send-now"
    await page.press("Enter")
    await ito.until("Sent to Maria", where="#review-writing")


async def _maria_reads(maria: Human, screenshots: Path) -> None:
    page = maria.page
    await maria.until(SUGGESTION, where="#sent-reviews")
    await maria.until("Dr Keiko Ito", where="#agreement-joined")
    await page.wait_for(f"fetch(location.pathname + '/notes').then((answer) => answer.text()).then((text) => text.includes('{NOTE}'))")
    assert await violations(page) == []
    await page.eval("scrollTo(0, 0)")
    await page.screenshot(screenshots / "consultant_sent.png", full_page=True)
    await page.emulate(colour_scheme="dark")
    await page.eval("document.getElementById('agreement').scrollIntoView({ block: 'end' })")
    await page.screenshot(screenshots / "consultant_agreement_dark.png")
    assert await violations(page) == []
    await page.emulate()
    await _on_a_phone(maria, screenshots / "consultant_sent_phone.png")
    await page.click(name="Make this my one thing", role="button")
    await page.wait_for("(text) => document.getElementById('one-thing-field').value === text", SUGGESTION, what="the suggestion taken over")


async def _ito_has_a_desk(ito: Human, s: Studio, screenshots: Path) -> None:
    page = ito.page
    await page.goto(f"{s.product.url}/reviews")
    await ito.until("Nothing waits for you")
    assert await page.eval("document.querySelector('#sent a').pathname") == f"/recordings/{s.first}"
    await page.screenshot(screenshots / "consultant_desk.png")
    await _on_a_phone(ito, screenshots / "consultant_desk_phone.png")


async def _on_a_phone(person: Human, picture: Path) -> None:
    page = person.page
    await page.set_viewport(*PHONE, mobile=True)
    await page.screenshot(picture)
    assert await page.eval("document.documentElement.scrollWidth <= innerWidth")
    assert await violations(page) == []
    await page.set_viewport(*DESKTOP)
