"""The server's disk fills up in mid-lesson: everybody reads that nothing is recorded, and whoever leads was told before."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.people import come_in, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, no_loud_problems, people_in
from tests.browser.tour import Tour
from tests.fakes.product import running_product
from tests.faults.loop_disk import LoopDisk, fill

pytestmark = pytest.mark.full

RESERVE_MB = 50
NEARLY = "nearly full: a lesson may not fit"
RESTS = "Nothing is recorded: the disk of the server is full"
GERMAN = "Speicherplatz des Servers ist voll"


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[LoopDisk]:
    made = LoopDisk(tmp_path, 256 * 1024 * 1024)
    yield made
    made.unmount()


@pytest.mark.timeout(300)
async def test_nobody_is_told_that_a_lesson_is_recorded_while_the_disk_is_full(
    tmp_path: Path, disk: LoopDisk, screenshots: Path, browser: Browser
) -> None:
    data, filler, tour = disk.mounted / "data", disk.mounted / "filler", Tour(screenshots)
    async with running_product(tmp_path, data=str(data), disk_reserve_mb=str(RESERVE_MB)) as product:
        ana, maria = await people_in(browser, "Ana", "Maria")
        invitation = await set_up(ana, product, "twenty-minute-round")
        await come_in(ana, None, teaches=False, recording="record")
        await maria.page.goto(invitation)
        await maria.page.click("#language-de")
        await maria.page.wait_for("document.documentElement.lang === 'de'", what="German")
        await come_in(maria, None, teaches=True, recording="record")
        await all_here((ana, maria))
        await ana.until(NEARLY, where="#desk")
        await tour.look("disk-low", {"facilitator": ana.page, "teacher": maria.page})
        await go_on(ana, (ana, maria), "lesson")
        await ana.until(NEARLY, where="#strip")
        await lesson_runs(maria, (ana, maria))
        await ana.until("Recording", where="#now-recording")
        fill(filler, (RESERVE_MB - 5) * 1_000_000)
        await asyncio.gather(ana.until(RESTS, where="#now-recording"), maria.until(GERMAN, where="#now-recording"))
        await ana.until("The lesson goes on", where="#strip")
        await tour.look("disk-full", {"facilitator": ana.page, "teacher": maria.page})
        filler.unlink()
        await ana.until("Recording goes on", where="#strip")
        await ana.until("Recording Maria’s lesson", where="#now-recording")
        no_loud_problems(ana, maria)
    assert tour.found == []
