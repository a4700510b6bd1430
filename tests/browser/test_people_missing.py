"""The teacher is late; a colleague comes while a lesson runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.gathering import Gathering, gathering, look, start, until
from tests.browser.people import Human, come_in
from tests.browser.steps import go_on, people_in
from tests.requirements import long

FACES_JS = "document.querySelectorAll('#faces [data-seat]').length"


@pytest.mark.timeout(120)
async def test_another_teacher_goes_first_or_the_session_goes_on_without(tmp_path: Path, browser: Browser) -> None:
    async with gathering(tmp_path, browser, part=1.0) as group:
        ana = group.lead
        maria = await group.guest("Maria", teaches=True)
        ben = await group.guest("Ben", teaches=True)
        await maria.page.close()
        await until(ana, "view.people.some((each) => each.name === 'Maria' && !each.here)", "Maria having left")
        await ana.page.click("#action-advance")
        await ana.until("Maria is not here yet", where="#now-sentence")
        assert await look(ana, "view.phase.ends_ms") is None, "nobody's time runs"
        ends_ms, slot_s = await look(ana, "[view.pace.ends_ms, view.pace.slot_s]")

        await answer(ana, "teach_later", "Ben first")
        await ben.until("Maria is on the way; we begin with Ben.", where="#toast")
        await ben.until("Your lesson is next", where="#now-sentence")
        assert abs(await look(ana, "view.pace.ends_ms") - ends_ms) < 30_000, "an order costs nobody anything"
        await ana.page.click("#undo")
        await until(ben, "view.you.role === 'colleague'", "Maria being first again")

        await answer(ana, "go_without", "Go on without this round")
        await ben.until("Your lesson is next", where="#now-sentence")
        saved_ms = ends_ms - await look(ana, "view.pace.ends_ms")
        assert 0.8 * slot_s < saved_ms / 1000 < 1.2 * slot_s, "the session ends one round earlier"
        await maria_is_back(group, maria)


async def answer(ana: Human, remedy: str, text: str) -> None:
    """Behind “Somebody is missing” each answer says what follows from it."""
    await ana.page.click("#strip-missing summary")
    words = await ana.page.text("#strip-missing")
    for expected in (text, "Wait: Nothing changes", "We end about"):
        assert expected in words
    await ana.page.click(f"#strip-missing [data-remedy={remedy}]")


async def maria_is_back(group: Gathering, maria: Human) -> None:
    await group.back(maria)
    await maria.until("Ben starts the lesson in a moment", where="#now-sentence")
    assert await look(maria, "view.people.length") == 3, "her own seat"


@long
@pytest.mark.timeout(120)
async def test_who_comes_in_the_second_half_listens_and_can_be_given_a_turn(tmp_path: Path, browser: Browser) -> None:
    async with gathering(tmp_path, browser, part=0.05) as group:
        ana = group.lead
        maria = await group.guest("Maria", teaches=True)
        await start(ana, maria)
        [ben] = await people_in(browser, "Ben")
        await ben.page.goto(group.invitation)
        await ben.until("A lesson is running. You come in quietly.", where="main")
        await half_is_over(maria)
        assert await maria.page.eval(FACES_JS) == 2, "nobody sees or hears who stands at the door"
        await come_in(ben, None, teaches=False, recording="leave-out")
        await ben.until("You come in quietly.", where="#now-next")
        assert await look(ben, "[view.you.came_late, view.you.role, view.phase.key]") == [True, "colleague", "lesson"]
        await ben.page.press("1")
        await ben.until("Noted", where="#moments")

        for key in ("writing", "teacher-first", "feedback"):
            await go_on(ana, (ana, ben), key)
        await ben.until("You came in later: you listen in this round.", where="#now-next")
        assert await look(ben, "[view.floor.turn, ...view.floor.next].includes(view.you.seat)") is False
        await ana.page.click("#strip-more summary")
        await ana.page.click(name="Give Ben a turn", role="button")
        await until(ana, "view.floor.next.length === 1", "Ben in the row")
        await ana.page.click("#action-end-turn")
        await ben.until("You speak now", where="#now-sentence")


async def half_is_over(maria: Human) -> None:
    js = "() => ((phase) => window.microteach.clock.now() > phase.started_ms + phase.seconds * 500 + 500)(window.lastView.phase)"
    await maria.page.wait_for(js, what="half of the lesson", timeout_s=20)
