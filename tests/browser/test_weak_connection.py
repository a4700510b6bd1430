"""One person's line is bad: that person reads what is wrong and what helps, the others see a badge, who leads can suggest something."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.people import WATCH_JS, Human, come_in, set_up
from tests.browser.steps import all_here, no_loud_problems, people_in
from tests.fakes.product import running_product
from tests.network.line import Conditions
from tests.network.proxy import through, udp_proxy

pytestmark = pytest.mark.full

BAD = Conditions(loss=0.3, delay_ms=20.0)
SAID_JS = """(() => {
    window.noticed = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (text) {
        const message = JSON.parse(text);
        if (message.type === "quality") window.noticed.push(message);
        return send.call(this, text);
    };
})()"""
BADGE_JS = "(name) => [...document.querySelectorAll('face-tile .face-line')].some((each) => !each.hidden && each.ariaLabel.includes(name))"
NO_BADGE_JS = """[...document.querySelectorAll('face-tile .face-line')].every((each) =>
    each.hidden || !each.ariaLabel.includes('Maria is weak'))"""
SETTLED_JS = "document.getElementById('faces').querySelectorAll('[data-picture]').length > 1"
PHONE, DESKTOP = (390, 844), (1280, 800)
SHOWN_S = 25.0
OVER_S = 40.0


@pytest.mark.timeout(240)
async def test_a_bad_line_is_said_to_its_person_shown_to_others_and_can_be_answered(tmp_path: Path, screenshots: Path) -> None:
    async with (
        running_product(tmp_path, advertise="127.0.0.1") as product,
        udp_proxy(("127.0.0.1", product.media_port), seed=7) as line,
        Browser() as browser,
    ):
        ana, maria = await people_in(browser, "Ana", "Maria")
        await maria.page.preload(through(line))
        await maria.page.preload(SAID_JS)
        for person in (ana, maria):
            await person.page.preload(WATCH_JS)
        invitation = await set_up(ana, product)
        await come_in(ana, None, teaches=False, recording=None)
        await come_in(maria, invitation, teaches=True, recording="leave-out")
        await all_here([ana, maria])
        await maria.page.wait_for(SETTLED_JS, what="both pictures", timeout_s=30)
        line.degrade(BAD)
        await maria.until("Your connection is weak", where="#own-line-words", timeout_s=SHOWN_S)
        await ana.page.wait_for(BADGE_JS, "Maria", what="a badge for the others")
        await ana.until("Maria", where="#desk troubled-person")
        assert not await maria.page.eval("document.querySelector('troubled-person')")
        await looked_at(ana, screenshots, "weak-leading")
        await looked_at(maria, screenshots, "weak-own")
        await maria.page.wait_for("noticed.length > 0", what="what she notices", timeout_s=SHOWN_S)
        await ana.page.click("#desk troubled-person button")
        await maria.until("Ana suggests", where="#own-line-words", timeout_s=10)
        await looked_at(maria, screenshots, "weak-suggested")
        await maria.page.click("#own-line-camera-off")
        await maria.page.wait_for("document.getElementById('camera-toggle').dataset.state === 'off'", what="the camera off")
        line.degrade()
        await ana.page.wait_for(NO_BADGE_JS, what="no such badge any more", timeout_s=OVER_S)
        await maria.page.wait_for(
            "!document.getElementById('own-line-words').innerText.includes('weak')", what="no such words", timeout_s=OVER_S
        )
        seats = set(re.findall(r"[\w-]+", str(await maria.page.eval("noticed.flatMap((each) => Object.keys(each.gaps)).join(' ')"))))
        assert seats <= {await ana.page.eval("lastView.you.seat")}
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
        await person.page.emulate()
