"""Nobody is recorded who does not want to be: not recorded at all, stopped in mid-lesson and deleted or kept, one voice left out."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.material import COLLEAGUE_A_HZ, HEARD_DB, TEACHER_HZ, speech_wav
from tests.browser.people import VOICE_S, Human, come_in, human, set_up
from tests.browser.steps import all_here, film_of, go_on, lesson_runs, level_in, no_loud_problems, people_in, sound_of, status
from tests.fakes.product import running_product
from tests.requirements import long

ONE_LEFT_OUT = "1 voice is left out"
TWO_LEFT_OUT = "2 voices are left out"  # who stopped a recording has said no for the time to come
TAUGHT_S = 4.0
TAKE_JS = "window.lastView.takes.find((take) => take.asks)?.take"


@long
@pytest.mark.timeout(300)
async def test_three_lessons_deleted_kept_and_never_recorded(tmp_path: Path, screenshots: Path) -> None:
    """Maria teaches and deletes, Ana, who leads, teaches and keeps, Ben, whose voice is left out, teaches and is not recorded."""
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        voice = await asyncio.to_thread(lambda: speech_wav(seconds=VOICE_S, tone_hz=TEACHER_HZ))
        maria, ana = await people_in(await stack.enter_async_context(Browser(microphone=voice)), "Maria", "Ana")
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        everybody = (maria, ana, ben)
        invitation = await set_up(ana, product)
        await come_in(maria, invitation, teaches=True, recording="record")
        await come_in(ana, None, teaches=True, recording="record")
        await come_in(ben, invitation, teaches=True, recording="leave-out")
        await all_here(everybody)
        await ana.until(ONE_LEFT_OUT, where="#desk")
        await _stopped_and_deleted(maria, ana, ben, tmp_path / "data", screenshots)
        await _stopped_and_kept(maria, ana, ben, screenshots)
        await _never_recorded(maria, ana, ben, screenshots)
        no_loud_problems(*everybody)


async def _are_told(told: tuple[Human, ...], words: str, others: tuple[Human, ...]) -> None:
    """Whose lesson it is and who leads, and nobody else."""
    for person in told:
        await person.until(words, where="#now-recording")
    for person in others:
        assert "left out" not in await person.page.text("#now")
        assert await person.page.eval("window.lastView.recording.left_out") == 0


async def _stops(teacher: Human, everybody: tuple[Human, ...]) -> str:
    """In mid-lesson, at once; the question comes after the lesson."""
    for person in everybody:
        await person.until("Recording", where="#now-recording")
    await asyncio.sleep(TAUGHT_S)
    await teacher.page.click("#action-stop-recording")
    for person in everybody:
        await person.until("Recording stopped.", where="#now-recording")
    assert await teacher.page.eval("document.getElementById('takes').hidden"), "nobody is asked while teaching"
    await asyncio.sleep(TAUGHT_S)
    return str(await teacher.page.eval("window.lastView.takes.at(-1).take"))


async def _stopped_and_deleted(maria: Human, ana: Human, ben: Human, data: Path, screenshots: Path) -> None:
    everybody = (maria, ana, ben)
    await go_on(ana, everybody, "lesson")
    await maria.until("Your lesson will be recorded", where="#now-recording")
    await _are_told((maria, ana), ONE_LEFT_OUT, (ben,))
    await lesson_runs(maria, everybody)
    await _are_told((maria, ana), ONE_LEFT_OUT, (ben,))
    take = await _stops(maria, everybody)
    await maria.page.screenshot(screenshots / "choices-1-stopped-Maria.png")
    await go_on(ana, everybody, "writing")
    assert _keys_of(data, take), "what a deletion must reach"
    await maria.page.wait_for("!!document.getElementById('keep-take')?.checkVisibility()", what="keep or delete")
    assert await status(maria, f"/recordings/{take}") == 200
    assert await status(ana, f"/recordings/{take}") == 404
    await maria.page.screenshot(screenshots / "choices-2-keep-or-delete-Maria.png")
    await maria.page.click("#delete-take")
    await maria.page.screenshot(screenshots / "choices-3-sure-Maria.png")
    await maria.page.click("#delete-take-yes")
    await maria.page.wait_for("window.lastView.takes.every((take) => take.state === 'deleted')", what="the recording being deleted")
    for path in (f"/recordings/{take}", f"/recordings/{take}/data", f"/recordings/{take}/any/film.webm"):
        assert await status(maria, path) == 404
    await _keys_are_gone(data, take)
    start = await maria.page.eval("fetch('/').then((answer) => answer.text())")
    assert take not in start
    await _through_the_feedback(ana, everybody)


def _keys_of(data: Path, take: str) -> list[Path]:
    return [key for key in data.rglob("*.key") if key.parent.name == take]


async def _keys_are_gone(data: Path, take: str) -> None:
    async with asyncio.timeout(10):
        while _keys_of(data, take):
            await asyncio.sleep(0.1)


async def _through_the_feedback(ana: Human, everybody: tuple[Human, ...]) -> None:
    """Two turns, then the next lesson."""
    await go_on(ana, everybody, "feedback")
    await ana.page.click("#action-end-turn")
    await ana.page.wait_for("window.lastView.floor.turn && window.lastView.floor.next.length === 0", what="the last turn")
    await go_on(ana, everybody, "lesson")


async def _stopped_and_kept(maria: Human, ana: Human, ben: Human, screenshots: Path) -> None:
    """The film ends where it was stopped; Ben, who declined, is not heard in it."""
    everybody = (ana, maria, ben)
    await _are_told((ana,), TWO_LEFT_OUT, (maria, ben))
    await lesson_runs(ana, everybody)
    take = await _stops(ana, everybody)
    await go_on(ana, everybody, "writing")
    await ana.page.click("#keep-take")
    await ana.page.wait_for(f"!({TAKE_JS})", what="the answer being kept")
    sound = sound_of(await film_of(ana, take))
    assert TAUGHT_S - 0.5 < len(sound) / 48000 < TAUGHT_S + 3.5, "nothing of what came after the stop"
    assert level_in(sound, TEACHER_HZ) > HEARD_DB
    assert level_in(sound, COLLEAGUE_A_HZ) < HEARD_DB / 2
    await _through_the_feedback(ana, everybody)


async def _never_recorded(maria: Human, ana: Human, ben: Human, screenshots: Path) -> None:
    everybody = (maria, ana, ben)
    for person in everybody:
        await person.until("This lesson is not recorded.", where="#now-recording")
    await lesson_runs(ben, everybody)
    for person in everybody:
        await person.until("This lesson is not recorded.", where="#now-recording")
        assert await person.page.eval("(({ on, will, stopped }) => on || will || stopped)(window.lastView.recording)") is False
    await ben.page.screenshot(screenshots / "choices-4-not-recorded-Ben.png")
    assert await ben.page.eval("window.lastView.takes.length") == 0
