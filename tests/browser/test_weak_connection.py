"""One person's line is bad: that person reads what is wrong and what helps, the others see a badge, who leads can suggest something."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.people import Human
from tests.browser.steps import no_loud_problems
from tests.network.line import Conditions
from tests.network.meeting import meeting

pytestmark = pytest.mark.full

BADGE_JS = "(name) => [...document.querySelectorAll('face-tile .face-line')].some((each) => !each.hidden && each.ariaLabel.includes(name))"
NO_BADGE_JS = "[...document.querySelectorAll('face-tile .face-line')].every((each) => each.hidden)"
PHONE, DESKTOP = (390, 844), (1280, 800)
SHOWN_S = 20.0
OVER_S = 30.0


@pytest.mark.timeout(120)
async def test_a_bad_line_is_said_to_its_person_shown_to_others_and_can_be_answered(tmp_path: Path, screenshots: Path) -> None:
    async with meeting(tmp_path, seed=7) as group:
        ana, maria = group.ana.human, group.maria.human
        group.maria.media.degrade(up=Conditions(loss=0.25, delay_ms=20.0))
        await maria.page.wait_for(
            "document.getElementById('own-line-words')?.innerText.includes('others may see you stutter')",
            what="her own words",
            timeout_s=SHOWN_S,
        )
        await ana.page.wait_for(BADGE_JS, "Maria", what="a badge for the others")
        await ana.page.wait_for("document.querySelector('#strip troubled-person')?.innerText.includes('Maria')", what="the desk")
        print(await ana.page.eval("document.getElementById('own-line-words').innerText"))
        assert "others may see you stutter" not in await ana.page.text("#own-line")
        assert not await maria.page.eval("document.querySelector('troubled-person')")
        await looked_at(ana, screenshots, "weak-leading")
        await looked_at(maria, screenshots, "weak-own")
        await ana.page.click("#strip troubled-person button")
        await maria.until("Ana suggests", where="#own-line-words", timeout_s=10)
        await looked_at(maria, screenshots, "weak-suggested")
        await maria.page.click("#own-line-camera-off")
        await maria.page.wait_for("document.getElementById('camera-toggle').dataset.state === 'off'", what="the camera off")
        group.maria.media.degrade()
        await ana.page.wait_for(NO_BADGE_JS, what="no badge any more", timeout_s=OVER_S)
        js = "!document.getElementById('own-line-words').innerText.includes('weak')"
        await maria.page.wait_for(js, what="no such words any more", timeout_s=OVER_S)
        no_loud_problems(ana, maria)


async def looked_at(person: Human, screenshots: Path, name: str) -> None:
    """As it is, and on request on a phone and in the dark."""
    await person.page.screenshot(screenshots / f"{name}.png")
    assert await violations(person.page) == []
    if os.environ.get("MT_LOOK"):
        await person.page.set_viewport(*PHONE, mobile=True)
        await person.page.screenshot(screenshots / f"{name}-phone.png")
        await person.page.set_viewport(*DESKTOP)
        await person.page.emulate(colour_scheme="dark")
        await person.page.screenshot(screenshots / f"{name}-dark.png")
        await person.page.emulate(colour_scheme="light")
