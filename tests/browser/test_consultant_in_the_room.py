"""A consultant in the room: alone with the teacher while colleagues agree on what one of them then says for all; and how it all went."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.gathering import look, until
from tests.browser.people import Human, come_in, set_up
from tests.browser.steps import all_here, at, go_on, lesson_runs, no_loud_problems, people_in
from tests.fakes.formats import timed
from tests.fakes.product import running_product

PLAN = "consultant-and-colleagues"
LENGTHS_S = {"lesson": 12, "apart": 150, "report": 60, "reply": 60, "closing": 60}
LINE = "New words came before we knew them."
FRAMES_JS = """async (name) => {
    const seat = window.lastView.people.find((person) => person.name === name).seat;
    const track = window.microteach.media.streams.get(seat)?.getVideoTracks()[0];
    const stats = [...(await window.microteach.media.connections.subscriber.getStats(track ?? null)).values()];
    return stats.find(({ type, kind }) => type === "inbound-rtp" && kind === "video")?.framesDecoded ?? 0;
}"""


@pytest.mark.full
@pytest.mark.timeout(300)
async def test_the_teacher_talks_to_the_consultant_and_one_colleague_speaks_for_all(
    tmp_path: Path, browser: Browser, screenshots: Path
) -> None:
    plans = timed(tmp_path / "plans", PLAN, LENGTHS_S)
    async with running_product(tmp_path, plans=str(plans)) as product:
        ana, maria, ben, carla = everybody = await people_in(browser, "Ana", "Maria", "Ben", "Carla")
        invitation = await set_up(ana, product, PLAN)
        await come_in(ana, None, teaches=False, recording="record")
        for person in (maria, ben, carla):
            await come_in(person, invitation, teaches=person is maria, recording="record")
        await all_here(everybody)
        await _carla_is_the_consultant(ana, everybody)
        await go_on(ana, everybody, "lesson")
        await lesson_runs(maria, everybody)
        await _two_and_two(maria, carla, (ana, ben))
        for person in (carla, ben):
            await person.page.screenshot(screenshots / f"consultant-apart-{person.name}.png")
            assert await violations(person.page) == []
        await ben.page.fill("#line-text", LINE)
        await ben.page.press("Enter")
        await ben.page.click("#take-notes")
        await ana.until("Ben takes notes", where="#shared-list")
        for person in (ana, ben):
            await person.page.fill("#field-suggestion", "You could write new words down first.")
            await until(person, "view.mine.fields.suggestion", "the note being kept")
        for person in everybody:
            await person.page.click("#action-ready")
        await _ben_speaks_for_all(maria, ben, everybody, screenshots)
        await _how_it_went(ana, everybody, screenshots)
        no_loud_problems(*everybody)


async def _carla_is_the_consultant(ana: Human, everybody: Sequence[Human]) -> None:
    await ana.page.click(".desk-more summary")
    await ana.page.eval(
        "[...document.querySelectorAll('#desk consultant-choice button')].find((button) => button.textContent === 'Carla').click()"
    )
    for person in everybody:
        await until(person, "view.people.some((person) => person.name === 'Carla' && person.consults)", "Carla being the consultant")


async def _two_and_two(maria: Human, carla: Human, colleagues: Sequence[Human]) -> None:
    """Carla's picture goes on at Maria's page, and Ben's does not."""
    for person in (maria, carla):
        await until(person, "view.lane?.key === 'with-consultant'", "the consultant's part", timeout_s=40)
    for person in colleagues:
        await until(person, "view.lane?.key === 'colleagues-talk'", "the colleagues' part")
    before = {name: await maria.page.eval(FRAMES_JS, name) for name in ("Carla", "Ben")}
    await maria.page.wait_for(
        f"(name) => ({FRAMES_JS})(name).then((frames) => frames > {before['Carla']} + 10)", "Carla", what="Carla's picture"
    )
    assert await maria.page.eval(FRAMES_JS, "Ben") <= before["Ben"] + 3
    assert await look(maria, "[view.floor.mode, view.floor.speakers.length]") == ["open", 2]
    assert LINE not in await look(carla, "JSON.stringify(view)")


async def _ben_speaks_for_all(maria: Human, ben: Human, everybody: Sequence[Human], screenshots: Path) -> None:
    await at(everybody, "report")
    seat = await look(ben, "view.you.seat")
    for person in everybody:
        assert await look(person, "view.floor.speakers") == [seat]
    await maria.until(LINE, where="#shared-list")
    await maria.until("Ben speaks for the colleagues", where="#now")
    await ben.page.screenshot(screenshots / "consultant-report-Ben.png")
    await maria.page.screenshot(screenshots / "consultant-report-Maria.png")


async def _how_it_went(ana: Human, everybody: Sequence[Human], screenshots: Path) -> None:
    """Only the one who led is told."""
    await go_on(ana, everybody, "reply")
    await go_on(ana, everybody, "closing")
    await go_on(ana, everybody, "ended")
    await ana.page.wait_for("document.querySelectorAll('.rule-list li').length > 0", what="the rules")
    await ana.page.screenshot(screenshots / "consultant-ended-Ana.png")
    assert await look(ana, "view.rules.length") > 0
    for person in everybody[1:]:
        assert await look(person, "view.rules.length + view.heard.length + view.spent.length") == 0
