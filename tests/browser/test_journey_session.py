"""A whole session in real browsers, as people live it: from two questions on a phone to a recording that one person can open."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.browser.journey_lesson import (
    CALENDAR_JS,
    CARD,
    CHAT_LINE,
    FILM_OF_MARIA,
    PLAN,
    PRIVATE_LINE,
    TITLE,
    UNSURE,
    Cast,
    begin,
    end,
    meet,
    prepare,
    set_up,
    teach,
    view_has,
)
from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, FPS, HEARD_DB, TEACHER_HZ
from tests.browser.people import FILM_S, Human, human, mark_near
from tests.browser.watching import sound_bytes, was_told
from tests.fakes.colleagues import simulated_colleagues
from tests.fakes.formats import timed
from tests.fakes.product import running_product

LENGTHS_S = {"lesson": 35, "writing": 25, "teacher-first": 12, "feedback": 66, "choose": 20, "closing": 60}
LINE = "She waited, and I found it"
SUGGESTION = "You could wait three seconds"
LAST_WORDS = " and then ask again"
OF_ANA = "You could write the question down"
OWN_VIEW = "The opening with the cake"
TO_TRY = "Next time I wait longer"
TAKE_AWAY = "I also talk too early"
SILENT_BYTES = 200  # a packet on its way when the floor was taken
PLAYED_OUT_S = 1.5  # what browsers have still to play


@pytest.mark.timeout(420)
async def test_a_whole_session(tmp_path: Path, screenshots: Path) -> None:
    """Maria teaches, Ben and a simulated colleague learn, Ana leads with a phone and leaves her voice out of the recording."""
    async with contextlib.AsyncExitStack() as stack:
        plans = timed(tmp_path / "plans", PLAN, LENGTHS_S)
        product = await stack.enter_async_context(running_product(tmp_path, plans=str(plans)))
        ana = await stack.enter_async_context(human("Ana", tone_hz=COLLEAGUE_B_HZ))
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        await ana.page.set_viewport(390, 844, mobile=True)
        cast = Cast(product, ana, maria, ben, screenshots)
        await set_up(cast)
        await meet(cast)
        await stack.enter_async_context(simulated_colleagues(product.url, tmp_path / "data", cast.invitation, count=1))
        await prepare(cast, tmp_path)
        await view_has(ana, "people.some(({ simulated, here }) => simulated && here)")
        await begin(cast, tmp_path / "data" / "recordings")
        await teach(cast)
        await end(cast)
        await writing(cast)
        await teacher_first(cast)
        await feedback(cast)
        await choosing(cast)
        await closing(cast)
        await ended(cast)
        await recording(cast)
        nothing_is_told(cast)


# Writing


async def writing(cast: Cast) -> None:
    ana, maria, ben = cast.everybody
    await asyncio.gather(
        ben_writes(ben), ana_is_nudged(ana, cast.screenshots), maria.page.fill("#field-worked", OWN_VIEW), nobody_is_heard(cast)
    )
    await cast.look("5-writing")
    await last_words(ben)
    await cast.at("teacher-first")


async def ben_writes(ben: Human) -> None:
    """Each moment is a card already; one line on the first, and a suggestion that begins with offered words."""
    cards = "[...document.querySelectorAll('#form [data-moment]')].map((card) => card.innerText.split('\\n'))"
    await ben.page.wait_for(f"{cards}.length === 2", what="two cards for two moments")
    labels = [text for card in await ben.page.eval(cards) for text in card if text in ("That helped me", "I was lost")]
    assert labels == ["That helped me", "I was lost"]
    await ben.until("Please watch for: my waiting", where="#watch-for")
    await ben.page.fill("#form [data-moment] textarea", LINE)
    await ben.page.click("field-card[data-key$='/suggestion'] .starter")
    await ben.page.wait_for("document.getElementById('field-suggestion').value === 'You could '", what="words to begin with")
    await ben.page.cdp("Input.insertText", text=SUGGESTION.removeprefix("You could "))
    await ben.page.wait_for("document.getElementById('field-suggestion-state').innerText === 'Kept'", what="the text being kept")


async def ana_is_nudged(ana: Human, screenshots: Path) -> None:
    """Ready with nothing written: one sentence, once. Then she writes."""
    await ana.page.click("#action-ready")
    await ana.until("no suggestion", where="#ready-nudge")
    await ana.page.screenshot(screenshots / "journey-5-nudge-Ana.png")
    await ana.page.fill("#field-suggestion", OF_ANA)
    await ana.page.wait_for("document.getElementById('field-suggestion-state').innerText === 'Kept'", what="the text being kept")
    await ana.page.click("#action-ready")
    await view_has(ana, "you.ready")


async def nobody_is_heard(cast: Cast) -> None:
    ana, maria, ben = cast.everybody
    await asyncio.sleep(PLAYED_OUT_S)
    levels = await asyncio.gather(maria.hears("Ben"), ben.hears("Maria"), ana.hears("Ben"))
    assert levels[0][COLLEAGUE_A_HZ] < HEARD_DB
    assert levels[1][TEACHER_HZ] < HEARD_DB
    assert levels[2][COLLEAGUE_A_HZ] < HEARD_DB
    assert await sound_bytes(maria, "Ben") <= SILENT_BYTES


async def last_words(ben: Human) -> None:
    """Typed when less than a second is left of the grace: they are handed in as they stand there."""
    left_ms = "window.lastView.phase.ends_ms - window.microteach.clock.now()"
    await ben.page.wait_for(f"window.lastView.phase.status === 'grace' && {left_ms} < 900", what="the last second", timeout_s=60)
    await ben.page.eval("((text) => { text.focus(); text.setSelectionRange(9999, 9999); })(document.getElementById('field-suggestion'))")
    await ben.page.cdp("Input.insertText", text=LAST_WORDS)
    assert await ben.page.eval("window.lastView.phase.key") == "writing"


# Feedback


async def teacher_first(cast: Cast) -> None:
    ana, maria, ben = cast.everybody
    await maria.until("You speak now, everybody listens", where="#now")
    await ben.until("Maria speaks now, everybody listens", where="#now")
    assert await ben.page.eval("document.getElementById('room').dataset.main") == "faces", "a slide left there is beside her now"
    await maria.until(OWN_VIEW, where="#panel")
    await asyncio.sleep(PLAYED_OUT_S)
    levels = await asyncio.gather(ben.hears("Maria"), maria.hears("Ben"), maria.hears("Ana"), ana.hears("Maria"))
    assert levels[0][TEACHER_HZ] > HEARD_DB
    assert levels[1][COLLEAGUE_A_HZ] < HEARD_DB
    assert levels[2][COLLEAGUE_B_HZ] < HEARD_DB
    assert levels[3][TEACHER_HZ] > HEARD_DB
    await cast.look("6-teacher-first")
    await cast.at("feedback")


async def feedback(cast: Cast) -> None:
    """Ana, then Ben, who passes, then the simulated colleague, then Ben again."""
    ana, maria, ben = cast.everybody
    await speaks(cast, "Ana")
    await maria.until(OF_ANA, where="#entries")
    assert not await was_told(maria, SUGGESTION), "nobody reads what somebody wrote who has not spoken yet"
    assert not await was_told(ana, SUGGESTION)
    await ben.page.wait_for("/You speak next, in \\d+ s/.test(document.getElementById('now').innerText)", what="the warning")
    await only_one_is_heard(cast, ana, COLLEAGUE_B_HZ, silent=ben)
    await cast.look("7-Ana-speaks")
    await ana.page.click(name="Done – over to Ben", role="button")
    await speaks(cast, "Ben")
    await ben.page.click("#action-pass-turn")
    await speaks(cast, "Lina")
    await ana.page.wait_for("document.getElementById('action-end-turn').innerText === 'Next: Ben'", what="the way on to Ben")
    await ana.page.click("#action-end-turn")
    await speaks(cast, "Ben")
    assert not await ben.page.eval("window.lastView.you.may.includes('pass_turn')"), "one passes once"
    await maria.until(SUGGESTION + LAST_WORDS, where="#entries")
    await maria.until(LINE, where="#entries")
    await only_one_is_heard(cast, ben, COLLEAGUE_A_HZ, silent=ana)
    await maria.page.click(name="Keep the suggestion from Ben", role="button")
    await view_has(maria, "received.some(({ kept }) => kept)")
    await cast.look("8-Ben-speaks")
    await cast.at("choose", timeout_s=90)


async def speaks(cast: Cast, name: str) -> None:
    for person in cast.everybody:
        await view_has(person, f"people.find(({{ seat }}) => seat === view.floor.turn)?.name === '{name}'", timeout_s=30)


async def only_one_is_heard(cast: Cast, speaker: Human, tone_hz: float, *, silent: Human) -> None:
    """Nothing at all arrives of the others: neither a tone nor packets."""
    maria = cast.maria
    await asyncio.sleep(PLAYED_OUT_S)
    levels = await asyncio.gather(maria.hears(speaker.name), silent.hears(speaker.name))
    assert all(level[tone_hz] > HEARD_DB for level in levels)
    packets = await asyncio.gather(sound_bytes(maria, silent.name), sound_bytes(silent, "Maria"), sound_bytes(maria, speaker.name))
    assert packets[0] <= SILENT_BYTES
    assert packets[1] <= SILENT_BYTES
    assert packets[2] > 20 * SILENT_BYTES


async def choosing(cast: Cast) -> None:
    """From what she kept, Maria takes one; what was not kept is not offered."""
    maria = cast.maria
    offered = await maria.page.wait_for("document.getElementById('choose-one').innerText", what="suggestions to choose from")
    assert SUGGESTION in offered
    assert OF_ANA not in offered
    await maria.page.click("#choose-one .choose")
    await maria.page.wait_for("(text) => document.getElementById('field-try').value.startsWith(text)", SUGGESTION, what="the one chosen")
    await maria.page.fill("#field-try", TO_TRY)
    await cast.look("9-choose")
    await cast.at("closing")


# Afterwards


async def closing(cast: Cast) -> None:
    ana, maria, ben = cast.everybody
    await ben.page.fill("#field-take-away", TAKE_AWAY)
    await ben.page.wait_for("document.getElementById('field-take-away-state').innerText === 'Kept'", what="the text being kept")
    await ana.page.click("#next-time input[type=checkbox]")
    await ana.page.click("#action-plan-next")
    for person in cast.everybody:
        await person.page.wait_for("document.getElementById('next-when').innerText", what="the next time")
        assert await person.page.eval(CALENDAR_JS, "#next-calendar") == [200, "text/calendar", True]
    await cast.look("10-closing")
    assert not await was_told(maria, TAKE_AWAY)
    assert not await was_told(ana, TAKE_AWAY)
    await ana.page.click("#action-advance")


async def ended(cast: Cast) -> None:
    ana, maria, ben = cast.everybody
    for person in cast.everybody:
        await person.until("The session has ended", where="#now")
    await ana.until("How the time went", where="#spent")
    await ana.until("Lesson (Maria)", where="#spent")
    for person in (maria, ben):
        assert not await person.page.eval("document.getElementById('spent').checkVisibility()")
    await cast.look("11-ended")


async def recording(cast: Cast) -> None:
    """At each moment the film shows what Ben saw when he tapped. Nobody else can open it."""
    page = cast.maria.page
    await page.goto(await page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording"))
    await page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film", timeout_s=20)
    data = await page.eval("fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())")
    of_ben = [moment for moment in data["moments"] if moment["name"] == "Ben"]
    for moment, (tapped_ms, counter) in zip(of_ben, cast.tapped, strict=True):
        assert abs(moment["at_ms"] - (tapped_ms - data["started_ms"])) < 3000
        mark = await mark_near(page, moment["at_ms"] / 1000)
        assert mark["source"] == FILM_OF_MARIA
        assert counter is not None
        apart = (mark["counter"] - counter + FILM_S * FPS // 2) % (FILM_S * FPS) - FILM_S * FPS // 2
        assert abs(apart) < 3 * FPS, f"{apart} pictures away from the moment"
    await page.click(".moment-jump, [data-moment]")
    await page.eval("document.getElementById('film-video').play()", gesture=True)
    at_s = await page.eval("document.getElementById('film-video').currentTime")
    await page.wait_for("(from) => document.getElementById('film-video').currentTime > from + 1", at_s, what="the film playing")
    await page.screenshot(cast.screenshots / "journey-12-recording-Maria.png")
    urls = [await page.url(), f"{await page.url()}/data", await page.eval("document.getElementById('film-video').currentSrc")]
    for person in (cast.ana, cast.ben):
        statuses = [await person.page.eval("(url) => fetch(url).then((answer) => answer.status)", url) for url in urls]
        assert statuses == [404, 404, 404]


def nothing_is_told(cast: Cast) -> None:
    """Logs hold ids only, and no page has met an error."""
    texts = (LINE, SUGGESTION, LAST_WORDS, OF_ANA, OWN_VIEW, TO_TRY, TAKE_AWAY, CHAT_LINE, PRIVATE_LINE, UNSURE, TITLE, *CARD.values())
    for secret in ("Maria", "Ben", "Ana", "Lina", "fractions.pdf", cast.invitation.rpartition(".")[2], *texts):
        assert secret not in cast.product.log
    assert " ERROR " not in cast.product.log
    for person in cast.everybody:
        assert [str(problem) for problem in person.page.problems if problem.kind in ("exception", "security")] == []
