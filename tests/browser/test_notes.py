"""Notes at moments: written while watching, kept whatever happens, read and answered by those who may."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.browser import axe, keyboard
from tests.browser.people import Human
from tests.fakes.studio import Copy, Studio, now_ms, studio

FIRST = "She lets them count."
SECOND = "Here I rushed, see **the board**."
QUESTION = "What would you ask here?"
ANSWER = "I would ask Ana to draw it."

pytestmark = pytest.mark.timeout(300)  # of a busy machine; alone it takes half a minute


async def test_notes_from_the_first_key_to_the_last_answer(tmp_path: Path, screenshots: Path) -> None:
    async with studio(tmp_path, before=prepared) as s:
        here = f"/recordings/{s.first}"
        async with s.person("Maria", here) as maria, s.person("Ben", here) as ben:
            for person in (maria, ben):
                await person.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="the film")
            await _strengths_come_first(maria)
            await _the_time_is_that_of_the_first_key(maria)
            await _a_draft_outlives_a_reload_and_a_killed_server(s, maria)
            await _two_windows_write_one_note(s, maria, here)
            await _two_see_each_others(maria, ben)
            await _look(maria, screenshots, "notes-Maria")
            await _look(ben, screenshots, "notes-Ben", phone=False)
            await _changed_deleted_and_back(maria)
            await _changed_on_two_devices(s, maria)
            await _by_keyboard_alone(ben)
            await _a_consultant_watches_first(s, here, screenshots)
            await _what_others_wrote_goes_with_the_permission(s, ben)
            await _before_the_lesson(s, ben, screenshots)
            for person in (maria, ben):
                assert [str(each) for each in person.page.problems if each.kind in ("exception", "security")] == []


def prepared(copy: Copy) -> None:
    """Ben may watch. Ito is asked for a review and may read everything."""
    copy.allow("Ben")
    copy.new_person("Ito")
    asked = {"questions": "[]", "about": "{}", "address": "", "due_ms": now_ms(), "asked_ms": now_ms(), "changed_ms": now_ms()}
    parts = {"include_notes": True, "include_own": True, "include_talk": True}
    people = {"teacher": copy.people["Maria"].person, "grant": copy.allow("Ito", use="consult")}
    copy.insert("reviews", review="of-Ito", take=copy.first, **people, **asked, **parts)


async def _strengths_come_first(maria: Human) -> None:
    kinds = "[...document.querySelectorAll('#note-writer [name=note-kind]')].map(({ value }) => value)"
    await maria.page.wait_for("!!document.getElementById('note-kind-worked')", what="the kinds of notes")
    assert "change" not in await maria.page.eval(kinds)
    await maria.page.eval("document.getElementById('film').seek(4000)")
    await maria.until("Note at 0:04")
    await maria.page.click("#note-send")  # a moment without words
    await maria.page.wait_for("!!document.querySelector('.note[data-kind=worked][data-mine]')", what="the moment that worked")
    assert "change" in await maria.page.eval(kinds)


async def _the_time_is_that_of_the_first_key(maria: Human) -> None:
    page = maria.page
    await page.eval("document.getElementById('film').seek(2000)")
    await page.eval("document.getElementById('film-video').play()", gesture=True)
    await page.wait_for("document.getElementById('film-video').currentTime > 2.3", what="the film playing")
    await page.eval("document.getElementById('note-text').focus()")
    await page.press("S")
    at_s = await page.eval("document.getElementById('film-video').currentTime")
    await page.wait_for("document.getElementById('film-video').paused", what="the film waiting")
    await page.cdp("Input.insertText", text=FIRST[1:])
    await page.eval("document.getElementById('film').seek(6000)")
    await maria.until("Move to 0:06")
    await page.click("#note-kind-note")
    await page.click("#note-send")
    await maria.until(FIRST, where="#notes-list")
    [at_ms] = [note["at_ms"] for note in await _notes(maria) if note["text"] == FIRST]
    assert abs(at_ms - at_s * 1000) < 1500
    await page.wait_for("!document.getElementById('film-video').paused", what="the film going on")
    await page.eval("document.getElementById('film').pause()")


async def _a_draft_outlives_a_reload_and_a_killed_server(s: Studio, maria: Human) -> None:
    page = maria.page
    await page.fill("#note-text", SECOND)
    await page.reload()
    await page.wait_for("(text) => document.getElementById('note-text')?.value === text", SECOND, what="what was being written")
    s.product.kill("server")
    await page.click("#note-send")
    await maria.until("Kept on this device, sent when the connection is back", where="#notes-list")
    await s.product.ready()
    gone = "!document.querySelector('#notes-list').innerText.includes('Kept on this device')"
    await page.wait_for(gone, timeout_s=30, what="the note arriving")
    texts = [note["text"] for note in await _notes(maria)]
    assert texts.count(SECOND) == 1
    assert await page.eval("document.querySelector('#notes-list .note-text strong')?.textContent") == "the board"


async def _two_windows_write_one_note(s: Studio, maria: Human, here: str) -> None:
    """What is being written is there in another window too, and is sent once."""
    await maria.page.fill("#note-text", "In two windows")
    async with s.person("Maria", here) as again:
        shown = "document.getElementById('note-text')?.value"
        await again.page.wait_for(f"{shown} === 'In two windows'", what="what the first window holds")
        await maria.page.click("#note-send")
        await again.until("In two windows", where="#notes-list")
        await again.page.wait_for(f"{shown} === ''", what="the second window being done with it")
        assert [note["text"] for note in await _notes(again)].count("In two windows") == 1


async def _two_see_each_others(maria: Human, ben: Human) -> None:
    """What is Maria's alone is not seen by Ben; what she asks him and shares is, at once."""
    await ben.page.wait_for("!!document.getElementById('note-text')", what="Ben's field")
    assert FIRST not in await ben.page.text("#studio-notes")
    await maria.page.click("#note-kind-question")
    await maria.page.fill("#note-text", QUESTION)
    await maria.until("Ben sees this at once.")
    await maria.page.click("#note-send")
    await ben.until(QUESTION, where="#notes-list")
    await ben.until("You are asked", where="#notes-list")
    await ben.page.click("#notes-list [data-act=answer]")
    await ben.page.fill("#notes-list textarea", ANSWER)
    await ben.page.press("Control+Enter")
    await maria.until(ANSWER, where="#notes-list")
    await maria.until("· answered", where="#notes-list")
    await maria.page.click("#notes-share")
    await ben.until(FIRST, where="#notes-list")


async def _changed_deleted_and_back(maria: Human) -> None:
    page = maria.page
    note = next(each["note"] for each in await _notes(maria) if each["text"] == FIRST)
    await page.click(f"#note-{note} [data-act=edit]")
    await page.fill(f"#note-{note} textarea", "They count themselves.")
    await page.press("Control+Enter")
    await maria.until("They count themselves.", where=f"#note-{note}")
    await page.click(f"#note-{note} [data-act=history]")
    await maria.until(FIRST, where=f"#note-{note} .note-versions")
    await page.click(f"#note-{note} [data-act=remove]")
    await maria.until("Deleted.", where=f"#note-{note}")
    assert await page.eval("document.activeElement?.dataset.piece") == "undo"
    await page.press("Enter")
    await maria.until("They count themselves.", where=f"#note-{note} .note-text")
    await page.wait_for("(note) => !document.querySelector(`#note-${note} .note-state`).checkVisibility()", note, what="its being kept")


async def _changed_on_two_devices(s: Studio, maria: Human) -> None:
    """Both texts are there to choose from."""
    page = maria.page
    note = next(each for each in await _notes(maria) if each["text"] == SECOND)
    place = f"#note-{note['note']}"
    await page.set_offline(True)
    await page.click(f"{place} [data-act=edit]")
    await page.fill(f"{place} textarea", "Written on the train.")
    await page.press("Control+Enter")
    await maria.until("Kept on this device", where=place)
    names = ("kind", "at_ms", "end_ms", "version")
    body = {name: note[name] for name in names} | {"text": "Written at the desk."}
    async with s.client("Maria") as desk, desk.put(f"/recordings/{s.first}/notes/{note['note']}", json=body) as answer:
        assert answer.status == 200
    await page.set_offline(False)
    await maria.until("Written at the desk.", where=f"{place} .note-state")
    await page.click(f"{place} [data-piece=mine]")
    await page.wait_for("(place) => !document.querySelector(`${place} .note-state`).checkVisibility()", place, what="the choice being kept")
    texts = [each["text"] for each in await _notes(maria)]
    assert "Written on the train." in texts
    assert "Written at the desk." not in texts


async def _a_consultant_watches_first(s: Studio, here: str, screenshots: Path) -> None:
    """What others noted is folded, and one press away; what Ito writes stays here."""
    async with s.person("Ito", here) as ito:
        await ito.until("Watch first.", where="#studio-notes")
        assert "They count themselves." not in await ito.page.text("#studio-notes")
        await ito.page.fill("#note-text", "Watch the last row.")
        await ito.until("Maria sees this when you send your review.")
        await ito.page.click("#note-send")
        await ito.until("Watch the last row.", where="#notes-list")
        await ito.page.click("#notes-fold")
        await ito.until("They count themselves.", where="#notes-list")
        await _look(ito, screenshots, "notes-Ito", phone=False)


async def _by_keyboard_alone(ben: Human) -> None:
    page = ben.page
    await keyboard.write(page, "#note-text", "Their silence was thinking.")
    await keyboard.choose(page, "#note-kind-worked")
    await keyboard.press(page, "#note-send")
    await ben.until("Their silence was thinking.", where="#notes-list")
    await page.eval("document.querySelector('.notes-filters').open = true")
    await keyboard.write(page, "#notes-text", "silence")
    await page.wait_for("document.querySelectorAll('#notes-list > li').length === 1", what="the only note with these words")
    await page.fill("#notes-text", "")


async def _what_others_wrote_goes_with_the_permission(s: Studio, ben: Human) -> None:
    with s.database() as database:
        [permission] = database.execute('select "grant" from grants where person = ?', (s.people["Ben"].person,)).fetchone()
    async with s.client("Maria") as maria, maria.delete(f"/recordings/{s.first}/permissions/{permission}") as answer:
        assert answer.status == 200
    await ben.until("What you wrote is still yours.", where="#studio-notes")
    shown = await ben.page.text("#studio-notes")
    assert "Their silence was thinking." in shown
    assert "They count themselves." not in shown


async def _before_the_lesson(s: Studio, ben: Human, screenshots: Path) -> None:
    await ben.page.goto(f"{s.product.url}/sessions/{s.session}/questions")
    await ben.page.fill("#note-text", "Which class is it?")
    await ben.page.click("#note-send")
    await ben.until("Which class is it?", where="#notes-list")
    await ben.page.wait_for("!document.querySelector('#notes-list .note-state').checkVisibility()", what="the question being sent")
    await _look(ben, screenshots, "notes-before-the-lesson")


async def _look(person: Human, screenshots: Path, name: str, *, phone: bool = True) -> None:
    page = person.page
    await page.eval("document.getElementById('studio-notes').scrollIntoView()")
    await page.screenshot(screenshots / f"{name}.png", full_page=True)
    assert await axe.violations(page) == []
    if not phone:
        return
    await page.emulate(colour_scheme="dark")
    await page.set_viewport(390, 844, mobile=True)
    assert await page.eval("document.documentElement.scrollWidth <= innerWidth")
    await page.screenshot(screenshots / f"{name}-phone-dark.png", full_page=True)
    assert await axe.violations(page) == []
    await page.emulate()
    await page.set_viewport(1280, 800)


async def _notes(person: Human) -> list[dict[str, Any]]:
    """As the server has them, once nothing is on its way any more."""
    arrived = "Object.keys(localStorage).every((key) => !key.includes('/out/'))"
    await person.page.wait_for(arrived, timeout_s=30, what="the notes arriving")
    url = f"{(await person.page.url()).split('#')[0]}/notes"
    found = await person.page.eval("(url) => fetch(url).then((answer) => answer.json())", url)
    return list(found["notes"])
