"""The first half of a whole session as people live it: set up, meet, try, teach. What they do and what each of them must see."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.browser.driver import BrowserError
from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, COUNTER_JS, HEARD_DB, TEACHER_HZ
from tests.browser.people import Human, come_in
from tests.browser.watching import choose_file, keep_all, sees_colour, slides_pdf, was_told
from tests.fakes.product import Product

PLAN = "twenty-minute-round"
TITLE = "Thursday lunch, year nine"
FILM_OF_MARIA = 2
COLOURS = [(200, 40, 40), (40, 160, 60), (40, 70, 200)]
CARD = {
    "learners": "fifteen years old, they know fractions",
    "goal": "explain why a half is larger",
    "watch-for": "my waiting after a question",
}
UNSURE = "whether I talk too fast"
PRIVATE_LINE = "My knees are shaking"
CHAT_LINE = "Is a third 12 of 36"

START_S = time.monotonic()


@dataclass
class Cast:
    """Ana leads with a phone, Maria teaches, Ben is a colleague. `tapped`: the server's time and the picture of Maria at each tap."""

    product: Product
    ana: Human
    maria: Human
    ben: Human
    screenshots: Path
    invitation: str = ""
    tapped: list[tuple[float, int | None]] = field(default_factory=list)

    @property
    def everybody(self) -> tuple[Human, Human, Human]:
        return self.ana, self.maria, self.ben

    async def look(self, state: str) -> None:
        print(f"{time.monotonic() - START_S:6.1f} s  {state}")
        for person in self.everybody:
            await person.page.screenshot(self.screenshots / f"journey-{state}-{person.name}.png")

    async def at(self, key: str, *, timeout_s: float = 60) -> None:
        for person in self.everybody:
            await view_has(person, f"phase.key === '{key}'", timeout_s=timeout_s)


async def view_has(person: Human, js: str, *, timeout_s: float = 20) -> Any:
    """Until the view that this page has been sent last has it."""
    return await person.page.wait_for(f"((view) => view.{js})(window.lastView)", what=f"{js} for {person.name}", timeout_s=timeout_s)


async def strip(ana: Human, selector: str) -> None:
    """Presses a quiet button of the one who leads; on a phone they are in a sheet."""
    if await ana.page.eval("document.querySelector('.strip-toggle').checkVisibility()"):
        await ana.page.click(".strip-toggle")
    if menu := await ana.page.eval("(selector) => document.querySelector(selector).closest('details:not([open])')?.id", selector):
        await ana.page.click(f"#{menu} summary")
    await ana.page.click(selector)


# Set up and meet


async def set_up(cast: Cast) -> None:
    """Two questions, a format, a name and a time, as a phone asks them; then everything that can be sent to colleagues."""
    page = cast.ana.page
    await page.goto(cast.product.url)
    await page.click("#set-up")
    await page.click("#teachers-1")
    await page.click("#next-step")
    await page.click("#minutes-45")
    await page.click("#show-formats")
    await page.click(f"#plan-{PLAN}")
    await page.click("#next-step")
    await page.fill("#title", TITLE)
    await page.fill(
        "#starts", await page.eval("new Date(Date.now() + 3600e3 - new Date().getTimezoneOffset() * 6e4).toISOString().slice(0, 16)")
    )
    await page.click(name="Set up a session", role="button")
    cast.invitation = await page.wait_for("document.getElementById('invitation-link')?.value", what="the invitation")
    await page.click("#ready-message summary")
    message = await page.eval("document.getElementById('message').value")
    assert cast.invitation in message
    assert TITLE in message
    assert await page.eval(CALENDAR_JS, "#calendar-file") == [200, "text/calendar", True]
    await page.screenshot(cast.screenshots / "journey-0-invitation.png", full_page=True)


CALENDAR_JS = """async (link) => {
    const answer = await fetch(document.querySelector(link).href);
    return [answer.status, answer.headers.get("content-type").split(";")[0], (await answer.text()).startsWith("BEGIN:VCALENDAR")];
}"""


async def meet(cast: Cast) -> None:
    """Each passes the check at the door; then everybody hears everybody, and nothing is recorded."""
    ana, maria, ben = cast.everybody
    await maria.page.goto(cast.invitation)
    await maria.page.wait_for("document.getElementById('device-state')?.innerText", what="the check")
    await maria.until("Camera and microphone work.", where="#device-state")
    await come_in(ana, None, teaches=False, recording="leave-out")
    await come_in(maria, None, teaches=True, recording="record")
    await come_in(ben, cast.invitation, teaches=False, recording="record")
    await keep_all(*cast.everybody)
    for person in cast.everybody:
        await person.page.wait_for("document.querySelectorAll('#faces [data-seat]').length === 3", what="three people in the room")
        await person.until("Not recorded", where="#now-recording")
    await ben.page.wait_for("/Maria, about \\d/.test(document.getElementById('order').innerText)", what="when Maria teaches")
    await ana.page.wait_for("/\\d:\\d\\d\\s+Maria/.test(document.getElementById('desk').innerText)", what="the order with times")
    await ana.until("1 voice is left out", where="#desk")
    assert "left out" not in await ben.page.text("#panel"), "who is left out is nobody's business but the leader's and the teacher's"
    heard = await asyncio.gather(maria.hears("Ben"), ben.hears("Ana"), ana.hears("Maria"))
    assert heard[0][COLLEAGUE_A_HZ] > HEARD_DB
    assert heard[1][COLLEAGUE_B_HZ] > HEARD_DB
    assert heard[2][TEACHER_HZ] > HEARD_DB


async def prepare(cast: Cast, folder: Path) -> None:
    """Maria writes her lesson card, of which one line stays hers, and tries her slides."""
    ana, maria, ben = cast.everybody
    for key, text in {**CARD, "questions": UNSURE}.items():
        await maria.page.fill(f"#field-{key}", text)
        await maria.page.wait_for(f"document.getElementById('field-{key}-state').innerText === 'Kept'", what=f"{key} being kept")
    await ana.page.wait_for("!!document.querySelector('#desk li[aria-label=\"lesson card: yes\"]')", what="the tick for the lesson card")
    await choose_file(maria, "#slides-file", slides_pdf(folder / "fractions.pdf", COLOURS))
    await maria.page.wait_for("document.querySelector('[data-deck]')?.innerText.startsWith('Try')", what="slides to try", timeout_s=20)
    await maria.page.click("[data-deck]")
    await sees_colour(ben, COLOURS[0])
    await cast.look("1-before")
    await maria.page.click("#slide-stop")
    await ben.page.wait_for("!document.getElementById('slide').checkVisibility()", what="the slides put away")


# The lesson


async def begin(cast: Cast, recordings: Path) -> None:
    """Maria begins when she is ready; 3-2-1, and not a byte is kept before that."""
    ana, maria, ben = cast.everybody
    await ana.page.click("#action-advance")
    await cast.at("lesson")
    await maria.until("will be recorded", where="#now-recording")
    await ben.until("You are a learner now: fifteen years old", where="#lesson-card")
    await cast.look("2-lesson-waits")
    assert kept_bytes(recordings) == 0
    await maria.page.click("#action-start-lesson")
    await asyncio.gather(*(person.page.wait_for("!document.getElementById('count-in').hidden", what="3-2-1") for person in cast.everybody))
    assert await ben.page.eval("window.lastView.recording.on") is False
    assert kept_bytes(recordings) == 0
    for person in cast.everybody:
        await view_has(person, "phase.status === 'running'")
        await person.until("lesson – only", where="#now-recording")
    assert not await was_told(ben, UNSURE)
    assert not await was_told(ana, UNSURE)


def kept_bytes(recordings: Path) -> int:
    """Of all that the recorder has written about anybody's sound and picture."""
    return sum(path.stat().st_size for path in (recordings / "journals").rglob("*") if path.is_file())


async def teach(cast: Cast) -> None:
    """Everything that learners do in a lesson; Ana gives a minute more at the start and takes it back when all is done."""
    ana, maria, ben = cast.everybody
    await strip(ana, "#action-add-time")
    await ana.page.wait_for("document.getElementById('undo').checkVisibility()", what="a way to take it back")
    await shows_slides(cast)
    await taps(cast, "1")
    await cast.look("3-lesson")
    levels = await asyncio.gather(ben.hears("Maria"), maria.hears("Ben"), maria.hears("Ana"))
    assert levels[0][TEACHER_HZ] > HEARD_DB
    assert levels[1][COLLEAGUE_A_HZ] > HEARD_DB
    assert levels[2][COLLEAGUE_B_HZ] > HEARD_DB
    await raises_a_hand(cast)
    await chats(cast)
    await leads(cast)
    await taps(cast, "2")


async def shows_slides(cast: Cast) -> None:
    await cast.maria.page.click("[data-deck]")
    await asyncio.gather(*(sees_colour(person, COLOURS[0]) for person in cast.everybody))
    await cast.maria.page.press("ArrowRight")
    await asyncio.gather(*(sees_colour(person, COLOURS[1]) for person in cast.everybody))
    assert await cast.maria.page.eval("document.getElementById('room').dataset.main") == "faces", "a teacher has the learners large"
    assert await cast.ben.page.eval("document.getElementById('room').dataset.main") == "picture"


async def taps(cast: Cast, key: str) -> None:
    mark = await cast.ben.page.wait_for(COUNTER_JS, "video[aria-label^='Maria']", what="Maria's film")
    assert mark["source"] == FILM_OF_MARIA
    noted = asyncio.create_task(cast.ben.until("Noted", where="#moments"))  # looks from now on: the answer stays two seconds
    await cast.ben.page.press(key)
    cast.tapped.append((await cast.ben.page.eval("window.microteach.clock.now()"), mark["counter"]))
    await noted


async def raises_a_hand(cast: Cast) -> None:
    await cast.ben.page.press("h")
    await cast.maria.page.click(".face-hand[aria-label^='Ben']")
    await view_has(cast.ben, "people.find(({ name }) => name === 'Ben').hand_ms === null")


async def chats(cast: Cast) -> None:
    """Ben writes to the class; number keys sleep meanwhile. Maria writes to Ana alone."""
    ana, maria, ben = cast.everybody
    moments = "document.getElementById('moments').innerText.includes('Noted')"
    await ben.page.wait_for(f"!{moments}", what="the answer to the tap being gone")
    await ben.page.fill("#chat-text", CHAT_LINE[:-1])
    await ben.page.press(CHAT_LINE[-1])
    await ben.page.press("Enter")
    await maria.until(CHAT_LINE, where="#chat")
    assert await ben.page.eval(moments) is False
    await ben.page.eval("document.activeElement.blur()")
    await maria.page.fill("#chat-to", "Ana alone")
    await maria.page.fill("#chat-text", PRIVATE_LINE)
    await maria.page.press("Enter")
    await maria.page.fill("#chat-to", "Everybody")
    await maria.page.eval("document.activeElement.blur()")
    await ana.page.click("#chat-toggle")
    await ana.until(PRIVATE_LINE, where="#chat")
    await ana.until(CHAT_LINE, where="#chat")
    await ana.page.screenshot(cast.screenshots / "journey-3-chat-Ana.png")
    await ana.page.click("#chat-close")
    assert not await was_told(ben, PRIVATE_LINE)


async def leads(cast: Cast) -> None:
    """A card that only Maria sees, and the clock held and let go."""
    ana, maria, ben = cast.everybody
    await strip(ana, "#action-show-card-two-minutes")
    await maria.until("2 minutes left", where="#card")
    assert await ben.page.eval("document.getElementById('card').hidden"), "a card is between two people"
    await maria.page.click("#card-seen")
    await strip(ana, "#action-hold")
    await ben.until("Ana holds the clock")
    await maria.until("Nothing is recorded while the clock is held", where="#now-recording")
    await cast.look("4-held")
    await strip(ana, "#action-resume")
    await ben.until("The clock runs again")
    for person in cast.everybody:
        await view_has(person, "phase.held === null")


async def end(cast: Cast) -> None:
    """The time is up: everybody is told in words, nobody is cut off, and writing begins by itself."""
    ana, maria, ben = cast.everybody
    with_words = asyncio.gather(maria.until("Finish your sentence", timeout_s=90), ben.until("Maria is finishing", timeout_s=90))
    try:
        await strip(ana, "#action-less-time")
    except BrowserError:
        with_words.cancel()
        raise
    await with_words
    await cast.at("writing")
    for person in cast.everybody:
        await person.until("Everyone is writing in silence", where="#now")
        await person.until("Not recorded", where="#now-recording")
