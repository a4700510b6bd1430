"""Small things of the room that people would be angry about."""

from __future__ import annotations

import contextlib
from pathlib import Path

import pytest

from tests.browser.page_scripts import BRING_SLIDES_JS
from tests.browser.people import Human, come_in, human, set_up
from tests.fakes.product import running_product

OWN_JS = "document.querySelector('[data-own] video')?.srcObject"
LAYOUT_JS = "((room) => [room.dataset.main, room.dataset.second])(document.getElementById('room'))"
CHOOSE_MARIA_JS = (
    "((menu) => { menu.selectedIndex = 1; menu.dispatchEvent(new Event('change')); })(document.getElementById('same-room-select'))"
)
SEES_SLIDE_JS = (
    "(alt) => ((slide) => slide.alt === alt && slide.naturalWidth > 0 && slide.checkVisibility())(document.getElementById('slide'))"
)


@pytest.mark.full
async def test_a_camera_that_was_switched_off_stays_off_when_a_headset_is_pulled_out(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana = await stack.enter_async_context(human("Ana", source=0))
        await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        await ana.page.wait_for(f"{OWN_JS}?.getVideoTracks()[0]?.enabled", what="the own picture")
        await ana.page.click("#camera-toggle")
        await ana.page.wait_for("document.getElementById('camera-toggle').innerText.includes('off')", what="the camera being off")
        await ana.page.eval(f"(window.before = {OWN_JS}).getAudioTracks()[0].dispatchEvent(new Event('ended'))")
        await ana.page.wait_for(f"{OWN_JS} !== window.before && {OWN_JS}.getVideoTracks().length", what="the devices being opened again")
        assert await ana.page.eval(f"{OWN_JS}.getVideoTracks()[0].enabled") is False
        assert await ana.page.eval(f"{OWN_JS}.getAudioTracks()[0].enabled") is True
        assert await ana.page.eval("window.before.getTracks().every((track) => track.readyState === 'ended')"), "no light stays on"


@pytest.mark.full
async def test_a_second_window_takes_the_seat_and_the_first_can_have_it_back(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana = await stack.enter_async_context(human("Ana"))
        await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        second = await ana.browser.page(await ana.page.url())
        await second.wait_for("!!document.getElementById('now-sentence')", what="the second window")
        await ana.page.wait_for("!!document.querySelector('#replaced[open]')", what="the word that the seat is open elsewhere")
        await ana.page.click("#use-here")
        await second.wait_for("!!document.querySelector('#replaced[open]')", what="the second window giving way")
        await ana.page.wait_for("window.microteach.signaling.condition === 'open'", what="the first window being back")


async def test_what_was_typed_stays_through_a_killed_server(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana = await stack.enter_async_context(human("Ana"))
        await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        await ana.page.click("#action-advance")
        await ana.page.click("#action-start-lesson")
        await ana.page.click("#action-advance")
        await ana.page.fill("#field-worked", "The opening")
        product.kill("server")
        await ana.page.wait_for("document.getElementById('connection-state')?.innerText", what="the word about the connection")
        await ana.page.fill("#field-worked", "The opening question")
        await ana.page.wait_for("window.microteach.signaling.condition === 'open'", what="the server being back", timeout_s=30)
        await ana.page.wait_for("document.getElementById('field-worked-state').innerText === 'Kept'", what="the text being kept")
        assert await ana.page.eval("document.getElementById('field-worked').value") == "The opening question"
        await ana.page.reload()
        await ana.page.wait_for("document.getElementById('field-worked')?.value === 'The opening question'", what="the text after a reload")


@pytest.mark.full
async def test_a_lesson_with_slides_hands_chat_and_moments(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria"))
        ana = await stack.enter_async_context(human("Ana"))
        invitation = await set_up(maria, product)
        await come_in(maria, None, teaches=True, recording=None)
        await come_in(ana, invitation, teaches=False, recording=None)
        await maria.page.eval(BRING_SLIDES_JS)
        await maria.page.wait_for(
            "document.querySelector('[data-deck]')?.innerText.startsWith('Try')", what="the slides to try", timeout_s=15
        )
        await maria.page.click("#action-advance")
        await maria.page.click("#action-start-lesson")
        await ana.page.wait_for("!document.getElementById('count-in').hidden", what="3-2-1 for Ana")
        await ana.page.wait_for("document.getElementById('room').dataset.situation === 'lesson'", what="the lesson for Ana")
        await shows_slides(maria, ana)
        await raises_a_hand(maria, ana)
        await chats(maria, ana)
        await ana.page.press("1")
        await ana.until("Noted", where="#moments")


async def shows_slides(maria: Human, ana: Human) -> None:
    await maria.page.click("[data-deck]")
    await ana.page.wait_for(SEES_SLIDE_JS, "Slide 1 of 2", what="the first slide for Ana")
    assert await ana.page.eval(LAYOUT_JS) == ["picture", "faces"], "a learner has the slide large, the teacher beside it"
    assert await maria.page.eval(LAYOUT_JS) == ["faces", "picture"], "a teacher has the learners large"
    await maria.page.press("ArrowRight")
    await ana.page.wait_for(SEES_SLIDE_JS, "Slide 2 of 2", what="the second slide for Ana")


async def raises_a_hand(maria: Human, ana: Human) -> None:
    await ana.page.press("h")
    await maria.page.click(name="Ana: hand raised, number 1. Lower the hand of Ana", role="button")
    await ana.page.wait_for("document.getElementById('hand').getAttribute('aria-pressed') === 'false'", what="the hand being seen")


async def chats(maria: Human, ana: Human) -> None:
    """Number keys sleep in the chat; on a phone its lines are counted until they are read."""
    await ana.page.fill("#chat-text", "Is it 1")
    await ana.page.press("1")
    await ana.page.press("Enter")
    await maria.until("Is it 11", where="#chat")
    assert await ana.page.eval("document.getElementById('moments').innerText.includes('Noted')") is False
    await ana.page.eval("document.activeElement.blur()")
    await maria.page.set_viewport(390, 844, mobile=True)
    await maria.page.wait_for("document.getElementById('chat').hidden", what="the chat being put away on a phone")
    await ana.page.fill("#chat-text", "Or two?")
    await ana.page.press("Enter")
    await ana.page.eval("document.activeElement.blur()")
    await maria.page.wait_for("document.getElementById('chat-unread').innerText === '1'", what="the number of new lines")
    await maria.page.click("#chat-toggle")
    await maria.until("Or two?", where="#chat")
    await maria.page.wait_for("document.getElementById('chat-unread').hidden", what="the lines being read")


@pytest.mark.full
async def test_settings_choose_devices_and_a_shared_microphone(tmp_path: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria"))
        ana = await stack.enter_async_context(human("Ana"))
        invitation = await set_up(maria, product)
        await come_in(maria, None, teaches=True, recording=None)
        await come_in(ana, invitation, teaches=False, recording=None)
        await ana.page.click("#open-settings")
        await ana.page.wait_for("!!document.querySelector('#same-room-select option:nth-child(2)')", what="Maria to share with")
        await ana.page.eval(CHOOSE_MARIA_JS)
        await ana.page.click("#settings-close")
        await ana.until("Maria is asked.", where="#sharing-asked")
        await maria.page.click("#sharing-no")
        await ana.page.wait_for("window.lastView.sharing_asked === null", what="the no")
        await ana.page.eval(CHOOSE_MARIA_JS)
        await maria.page.click("#sharing-yes")
        await ana.until("Sound: Maria", where="#devices")
        assert await ana.page.eval(f"{OWN_JS}.getAudioTracks()[0].enabled") is False
        await ana.page.wait_for("document.querySelector('.face:not([data-own]) video')?.muted", what="silence on Ana’s device")
