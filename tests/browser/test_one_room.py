"""Two people in one room: one microphone and one loudspeaker serve both, and what is recorded needs the word of both."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest

from tests.browser.driver import Browser
from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, HEARD_DB, TEACHER_HZ
from tests.browser.people import Human, come_in, human, set_up
from tests.browser.steps import all_here, film_of, go_on, lesson_runs, level_in, no_loud_problems, people_in, seat_of, sound_of
from tests.fakes.colleagues import simulated_colleagues
from tests.fakes.product import running_product

ANA_HZ, BEN_HZ = COLLEAGUE_A_HZ, COLLEAGUE_B_HZ
TAUGHT_S = 5.0
QUIET_S = 1.5  # browsers play out what they have
TURN_JS = "(name) => window.lastView.people.find(({ seat }) => seat === window.lastView.floor.turn)?.name === name"
SILENT_DEVICE_JS = """() => [...document.querySelectorAll("video")].every((video) => video.muted)
    && document.querySelector("[data-own] video").srcObject.getAudioTracks().every((track) => !track.enabled)"""
# A voice for every page that is heard at the same moments by the clock on the wall, as if it stood before all of their microphones.
ONE_VOICE_JS = """(() => {
    if (!navigator.mediaDevices) return;
    const open = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    navigator.mediaDevices.getUserMedia = async (wanted) => {
        const stream = await open(wanted);
        if (!wanted.audio) return stream;
        const context = new AudioContext();
        await context.resume();
        const voice = new OscillatorNode(context, { frequency: 400 }), mouth = new GainNode(context, { gain: 0 });
        const heard = new MediaStreamAudioDestinationNode(context);
        voice.connect(mouth).connect(heard);
        voice.start();
        const began_s = Date.now() / 1000 - context.currentTime, first = Math.ceil(Date.now() / 1000);
        for (let word = first; word < first + 120; word += 1) {
            const at_s = word + ((word * 37) % 11) / 25 - began_s;
            mouth.gain.setValueAtTime(0.4, at_s);
            mouth.gain.setValueAtTime(0, at_s + 0.25);
        }
        return new MediaStream([...stream.getVideoTracks(), ...heard.stream.getAudioTracks()]);
    };
})()"""
OFFERED_JS = "document.getElementById('same-room').checkVisibility()"


@pytest.mark.timeout(240)
async def test_one_microphone_for_two(tmp_path: Path, screenshots: Path) -> None:
    """Maria teaches and leads; Ben sits beside Ana and wants to be left out of recordings; Lina, simulated, is elsewhere."""
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        maria = await stack.enter_async_context(human("Maria", tone_hz=TEACHER_HZ))
        ana = await stack.enter_async_context(human("Ana", tone_hz=ANA_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=BEN_HZ))
        everybody = (maria, ana, ben)
        invitation = await set_up(maria, product)
        await come_in(maria, None, teaches=True, recording="record")
        await come_in(ana, invitation, teaches=False, recording="record")
        await _ben_says_at_the_door(ben, invitation, screenshots)
        await stack.enter_async_context(simulated_colleagues(product.url, tmp_path / "data", invitation, count=1))
        await all_here(everybody, 4)
        await _ana_says_yes(ana, ben, screenshots)
        await _bens_device_is_silent(ben, maria)
        await ana.until("You share one microphone with Ben, who asked to be left out.")
        await go_on(maria, everybody, "lesson")
        await maria.until("2 voices are left out", where="#now-recording")
        await lesson_runs(maria, everybody)
        await asyncio.sleep(TAUGHT_S)
        await go_on(maria, everybody, "writing")
        await go_on(maria, everybody, "feedback")
        await _turns(maria, ana, ben, screenshots)
        sound = sound_of(await film_of(maria, str(await maria.page.eval("window.lastView.takes[0].take"))))
        assert level_in(sound, TEACHER_HZ) > HEARD_DB
        for hz in (ANA_HZ, BEN_HZ):
            assert level_in(sound, hz) < HEARD_DB / 2, "either “leave me out” silences the microphone of both"
        no_loud_problems(*everybody)


async def _ben_says_at_the_door(ben: Human, invitation: str, screenshots: Path) -> None:
    await ben.page.goto(invitation)
    await ben.until("Is a colleague in the same room as you?")
    choose = "((menu) => (menu.value = [...menu.options].find(({ text }) => text === 'Yes, with Ana').value))"
    await ben.page.eval(f"{choose}(document.getElementById('same-room'))")
    await ben.until("One voice of a shared microphone cannot be taken out of a recording later")
    await ben.page.screenshot(screenshots / "one-room-1-door.png", full_page=True)
    await come_in(ben, None, teaches=False, recording="leave-out")
    await ben.until("Ana is asked.", where="#sharing-asked")


async def _ana_says_yes(ana: Human, ben: Human, screenshots: Path) -> None:
    assert not await ben.page.eval(SILENT_DEVICE_JS), "until then Ben's own device serves him"
    await ana.until("Ben sits in your room and would use your microphone. Use it for both?", where="#claims")
    await ana.until("If either of you chooses “leave me out”, this microphone is silent in the recording.", where="#claims")
    await ana.page.screenshot(screenshots / "one-room-2-asked-Ana.png")
    await ben.page.screenshot(screenshots / "one-room-2-asked-Ben.png")
    await ana.page.click("#sharing-yes")
    await ben.until("Sound: Ana", where="#devices")


async def _bens_device_is_silent(ben: Human, maria: Human) -> None:
    await ben.page.wait_for(SILENT_DEVICE_JS, what="Ben's device making no sound and taking none")
    heard = await maria.hears("Ana")
    assert heard[ANA_HZ] > HEARD_DB
    assert heard[BEN_HZ] < HEARD_DB
    sound = "(seat) => window.microteach.media.streams.get(seat)?.getAudioTracks().length ?? 0"
    if await maria.page.eval(sound, await seat_of(ben)):
        assert (await maria.hears("Ben"))[BEN_HZ] < HEARD_DB


async def _turns(maria: Human, ana: Human, ben: Human, screenshots: Path) -> None:
    """Ana's microphone is heard in her own turn and in Ben's, and not in Lina's."""
    for name, heard in (("Ana", True), ("Ben", True), ("Lina", False)):
        await maria.page.wait_for(TURN_JS, name, what=f"the turn of {name}")
        await asyncio.sleep(QUIET_S)
        assert ((await maria.hears("Ana"))[ANA_HZ] > HEARD_DB) is heard, name
        assert await ben.page.eval(SILENT_DEVICE_JS)
        if name == "Ben":
            await ana.page.screenshot(screenshots / "one-room-2-bens-turn-Ana.png")
            await ben.page.screenshot(screenshots / "one-room-2-bens-turn-Ben.png")
        if name != "Lina":
            await maria.page.click("#action-end-turn")


@pytest.mark.timeout(240)
async def test_two_microphones_in_one_room_are_noticed_and_one_tap_is_enough(tmp_path: Path, screenshots: Path) -> None:
    async with contextlib.AsyncExitStack() as stack:
        product = await stack.enter_async_context(running_product(tmp_path))
        ana, ben = await people_in(await stack.enter_async_context(Browser()), "Ana", "Ben")
        for person in (ana, ben):
            await person.page.preload(ONE_VOICE_JS)
        invitation = await set_up(ana, product)
        await come_in(ana, None, teaches=True, recording=None)
        await come_in(ben, invitation, teaches=False, recording=None)
        await all_here((ana, ben))
        await ana.page.wait_for(OFFERED_JS, what="the question whether they are in one room", timeout_s=30)
        for person, other in ((ana, "Ben"), (ben, "Ana")):
            words = f"You and {other} seem to be in one room. Use the sound of {other} for both?"
            await person.until(words, where="#same-room")
            await person.page.screenshot(screenshots / f"one-room-3-noticed-{person.name}.png")
        await ben.page.click("#same-room-yes")
        await ana.page.click("#sharing-yes")
        await ben.until("Sound: Ana", where="#devices")
        for person in (ana, ben):
            await person.page.wait_for(f"!({OFFERED_JS})", what="the question going away")
        no_loud_problems(ana, ben)
