"""The player of a recording: by pointer, keys and links; both pictures at the same place; on a phone, in the dark, for whoever hears it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from tests.browser.axe import violations
from tests.browser.driver import Browser, Page
from tests.browser.keyboard import go_to
from tests.browser.material import COUNTER_JS
from tests.browser.steps import no_loud_problems
from tests.fakes.studio import Studio, studio

FILM = "document.getElementById('film-video')"
PLAYER = "document.getElementById('film')"
FPS = 30
TOGETHER_S = 0.1
LOOKS = 12
ROUNDS = 3  # on a busy machine a picture comes late

# As the server would say it, had Maria shown a screen (here: the same pictures) in two parts of her lesson.
WITH_A_SCREEN_JS = """(() => { const ask = window.fetch;
    window.fetch = async (url, options) => {
        const answer = await ask(url, options);
        if (!String(url).endsWith("/data")) return answer;
        const data = await answer.json(), middle = Math.round(data.duration_ms / 2), [lesson] = data.phases;
        const phases = [
            { ...lesson, title: "Opening", end_ms: middle },
            { ...lesson, title: "Exercise", at_ms: middle, end_ms: data.duration_ms },
        ];
        const holes = [{ start_ms: 11000, end_ms: 12500, reason: "lost", what: "picture" }];
        return new Response(JSON.stringify({ ...data, screen_film: data.film, phases, holes }), { status: 200 });
    };
})()"""
MARKS_JS = f"""() => {{ const [face, screen] = ["#film-video", "#film-screen"].map({COUNTER_JS});
    return face && screen && [face.counter, screen.counter]; }}"""


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with Browser() as browser, studio(tmp_path_factory.mktemp("player"), browser=browser) as running:
        yield running


@pytest.mark.asyncio(loop_scope="module")
async def test_places_are_reached_by_pointer_and_keys(ready: Studio, screenshots: Path) -> None:
    async with ready.person("Maria", f"/recordings/{ready.first}") as maria:
        page = maria.page
        await _opened(page)
        assert await page.eval(f"[{FILM}.paused, {FILM}.controls, {FILM}.currentTime]") == [True, False, 0]
        await page.wait_for("document.querySelector('.line-wave').width > 0 && !!document.querySelector('.line-talk-row')", what="the line")
        await page.wait_for("document.querySelector('.strip-stills img')?.complete", what="pictures to begin at")
        await page.screenshot(screenshots / "player.png")
        await _the_line_is_a_slider(page)
        await _keys_lead_to_places(page)
        await _a_part_repeats(page)
        await _what_one_writes_is_not_for_the_player(page)
        await _it_waits_while_one_writes(page)
        assert await violations(page) == []
        no_loud_problems(maria)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_link_opens_a_place_at_rest(ready: Studio) -> None:
    async with ready.person("Maria", f"/recordings/{ready.first}#t=2.5,4") as maria:
        page = maria.page
        await _opened(page)
        await page.wait_for(f"Math.abs({FILM}.currentTime - 2.5) < 0.05", what="the place of the link")
        assert await page.eval(f"[{FILM}.paused, {PLAYER}.range]") == [True, {"start": 2500, "end": 4000}]
        await page.eval("void (location.hash = '#t=0:06')")
        await page.wait_for(f"Math.abs({FILM}.currentTime - 6) < 0.05", what="the other place")
        assert await page.eval(f"[{FILM}.paused, {PLAYER}.range]") == [True, None]
        no_loud_problems(maria)


@pytest.mark.asyncio(loop_scope="module")
async def test_both_pictures_are_at_the_same_place(ready: Studio, screenshots: Path) -> None:
    async with ready.person("Maria") as maria:
        page = maria.page
        await page.preload(WITH_A_SCREEN_JS)
        await page.goto(f"{ready.product.url}/recordings/{ready.first}")
        await _opened(page)
        await page.wait_for("document.getElementById('film-screen').readyState >= 2", what="the screen")
        for speed in (0.5, 1, 2):
            await page.fill("#player-speed", f"{speed:g}")
            await _together(page, speed)
        await page.eval(f"{PLAYER}.seek(3000)")
        await page.wait_for(f"({MARKS_JS})()?.every((counter, _, [first]) => counter === first)", what="the same picture in both")
        await page.click(name="Show the screen larger", role="button")
        await page.screenshot(screenshots / "player-screen.png")
        await page.click("#player-more")
        await page.click("#player-next-chapter")
        length_ms = await page.eval(f"{PLAYER}.durationMs")
        place, whole = round(length_ms / 2) // 1000, int(length_ms / 1000)
        js = "(words) => document.getElementById('film-line').getAttribute('aria-valuetext') === words"
        await page.wait_for(js, f"{place} seconds of {whole} seconds, Exercise", what="the words about the place")
        await page.screenshot(screenshots / "player-more.png")
        assert await violations(page) == []
        no_loud_problems(maria)


@pytest.mark.asyncio(loop_scope="module")
async def test_on_a_phone_and_in_the_dark(ready: Studio, screenshots: Path) -> None:
    async with ready.person("Maria") as maria:
        page = maria.page
        await page.set_viewport(390, 844, mobile=True)
        await page.preload(WITH_A_SCREEN_JS)
        await page.goto(f"{ready.product.url}/recordings/{ready.first}")
        await _opened(page)
        assert not await page.eval("document.getElementById('player-stills').open")
        assert await page.eval("document.documentElement.scrollWidth") <= 390
        assert await page.eval("document.getElementById('film-line').clientHeight") >= 44
        await page.click("#player-more")
        await page.screenshot(screenshots / "player-phone-more.png")
        assert await violations(page) == []
        await page.click("#player-more")
        await page.eval("scrollTo(0, 900)")
        await page.wait_for("document.querySelector('.player').getBoundingClientRect().top === 0", what="the player in sight")
        await page.emulate(colour_scheme="dark", reduced_motion=True)
        await page.screenshot(screenshots / "player-phone-dark.png")
        assert await violations(page) == []
        await page.set_viewport(820, 1180, mobile=True)
        await page.emulate(forced_colours=True)
        await page.screenshot(screenshots / "player-tablet-forced-colours.png")
        no_loud_problems(maria)


async def _opened(page: Page) -> None:
    await page.wait_for(f"{FILM}?.readyState >= 2 && !document.querySelector('player-controls').hidden", what="the film", timeout_s=30)


async def _at(page: Page, seconds: float, what: str) -> None:
    await page.wait_for(f"(at) => !{FILM}.seeking && Math.abs({FILM}.currentTime - at) < 0.06", seconds, what=what)


async def _the_line_is_a_slider(page: Page) -> None:
    await go_to(page, "#film-line")
    await page.press("PageUp")
    for _ in range(2):
        await page.press("Home")
    await page.press("ArrowRight")
    await _at(page, 5, "five seconds further")
    await page.press("Shift+ArrowLeft")
    await _at(page, 4, "one second back")
    length_s = await page.eval(f"{PLAYER}.durationMs / 1000")
    words = f"4 seconds of {int(length_s)} seconds"
    await page.wait_for("(words) => document.activeElement.getAttribute('aria-valuetext') === words", words, what="its words")
    x, y, width = await page.eval(
        "((box) => [box.left, box.top + box.height / 2, box.width])(document.activeElement.getBoundingClientRect())"
    )
    await _mouse(page, "mouseMoved", x + width * 0.5, y)
    await page.wait_for("document.querySelector('.preview-frame img').naturalWidth > 0", what="a small picture of the place")
    assert await page.text(".preview-time") == f"0:0{int(length_s / 2)}"
    await _mouse(page, "mousePressed", x + width * 0.5, y)
    await _mouse(page, "mouseMoved", x + width * 0.25, y)
    await _mouse(page, "mouseReleased", x + width * 0.25, y)
    await _at(page, length_s / 4, "the place to which the line was dragged")
    assert await page.eval(f"{FILM}.paused")
    for kind, share in (("mousePressed", 0.4), ("mouseMoved", 0.6), ("mouseReleased", 0.6)):
        await _mouse(page, kind, x + width * share, y, modifiers=8)
    part = await page.eval(f"{PLAYER}.range")
    assert [round(part[end] / length_s / 1000, 1) for end in ("start", "end")] == [0.4, 0.6]
    await page.click("#part-clear")


async def _keys_lead_to_places(page: Page) -> None:
    await page.eval("document.activeElement.blur()")
    await page.eval(f"{PLAYER}.seek(5000)")
    for key, seconds in (("l", 15), ("j", 5), (",", 5 - 1 / 30), (".", 5), ("ArrowLeft", 0)):
        await page.press(key)
        await _at(page, seconds, f"the place of {key}")
    data = await page.eval("fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())")
    taps = sorted(moment["at_ms"] / 1000 for moment in data["moments"])
    for at_s in taps:
        await page.press("Shift+n")
        await _at(page, max(0, at_s - 3), "three seconds before the next moment")
    await page.press("p")
    await _at(page, taps[-2] - 3, "the moment before")
    await page.press(">")
    assert await page.eval(f"{FILM}.playbackRate") == 1.25
    await page.press("<")
    await page.press("m")
    assert await page.eval(f"[{FILM}.playbackRate, {FILM}.muted]") == [1, True]
    await page.press("m")
    await page.press("k")
    await page.wait_for(f"!{FILM}.paused", what="it playing")
    await page.press("Space")
    await page.wait_for(f"{FILM}.paused", what="it at rest")


async def _a_part_repeats(page: Page) -> None:
    await page.eval(f"{PLAYER}.seek(3000)")
    await _at(page, 3, "the begin")
    await page.press("[")
    await page.eval(f"{PLAYER}.seek(3800)")
    await _at(page, 3.8, "the end")
    await page.press("]")
    assert await page.text("#player-part") == "Part 0:03–0:03"
    await page.press("r")
    await page.eval(f"(() => {{ window.went = []; {FILM}.addEventListener('seeked', () => went.push({FILM}.currentTime)); }})()")
    await page.press("k")
    await page.wait_for("window.went.filter((at) => Math.abs(at - 3) < 0.06).length >= 2", what="the part again")
    await page.press("k")
    await page.press("r")
    await page.press("Escape")
    assert await page.eval(f"{PLAYER}.range") is None


async def _what_one_writes_is_not_for_the_player(page: Page) -> None:
    before = await page.eval(f"{FILM}.currentTime")
    await go_to(page, "#own-view textarea")
    for key in ("k", "l", "m", "?"):
        await page.press(key)
    assert await page.eval(f"[{FILM}.paused, {FILM}.muted, {FILM}.currentTime]") == [True, False, before]
    await page.fill("#own-view textarea", "")
    await page.eval("document.activeElement.blur()")
    await page.press("?")
    await page.click("#player-letters")
    await page.press("Escape")
    await page.press("l")
    assert await page.eval(f"{FILM}.currentTime") == before, "letters were switched off"
    await page.click("#player-more")
    await page.click("#player-keys")
    await page.click("#player-letters")
    await page.click(name="Close", role="button")
    await page.press("Escape")


async def _it_waits_while_one_writes(page: Page) -> None:
    await page.eval("document.activeElement.blur()")
    await page.eval(f"{PLAYER}.seek(1000)")
    await page.press("k")
    await page.wait_for(f"!{FILM}.paused", what="it playing")
    await page.press("n")
    await page.wait_for("document.activeElement.closest('studio-notes')?.id", what="the field for a note")
    await page.press("x")
    await page.wait_for(f"{FILM}.paused", what="it at rest")
    await page.press("Backspace")
    await page.wait_for(f"!{FILM}.paused", what="it playing on")
    await page.eval(f"{PLAYER}.pause()")


async def _together(page: Page, speed: float) -> None:
    """By the numbers in the pictures. Pictures come ten times a second: how often they differ says how far the films are apart."""
    for _ in range(ROUNDS):
        await page.eval(f"{PLAYER}.seek(3000)")
        await page.eval(f"{PLAYER}.play()", gesture=True)
        await page.wait_for(f"{FILM}.currentTime > 4", what="it playing")
        looks = [await page.wait_for(MARKS_JS, what="both pictures") for _ in range(LOOKS)]
        await page.eval(f"{PLAYER}.pause()")
        apart_s = sum(face - screen for face, screen in looks) / len(looks) / FPS / speed
        print(f"at {speed:g} times the speed: {1000 * apart_s:.0f} ms apart")
        if abs(apart_s) < TOGETHER_S:
            return
    raise AssertionError(f"apart at {speed:g} times the speed")


async def _mouse(page: Page, kind: str, x: float, y: float, modifiers: int = 0) -> None:
    held: dict[str, Any] = {} if kind == "mouseMoved" else {"button": "left", "clickCount": 1}
    await page.cdp(
        "Input.dispatchMouseEvent", type=kind, x=x, y=y, buttons=1 if kind != "mouseReleased" else 0, modifiers=modifiers, **held
    )
