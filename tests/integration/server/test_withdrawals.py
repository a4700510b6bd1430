"""A voice, a picture and a whole recording are taken away by those whose they are: the whole product, real media, no browser."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from aiortc import MediaStreamTrack
from aiortc.mediastreams import VideoStreamTrack

from server.bots.peer import Peer
from server.wire.messages import Accepted, Published
from tests.fakes.aiortc_peer import Tone, loopback_gathered
from tests.fakes.page import Page
from tests.fakes.product import Product

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

WAIT_S = 60.0
TAUGHT_S = 2.0


class Lesson:
    """Maria's, of which Ana, who leads, and Ben are learners; all three are recorded, Maria with her picture."""

    def __init__(self, ana: Page, maria: Page, ben: Page) -> None:
        self.ana, self.maria, self.ben = ana, maria, ben
        self.take = ""

    @property
    def voice_page(self) -> str:
        return f"/sessions/{self.ben.session}/my-voice"

    async def voices(self, page: Page) -> dict[str, str]:
        status, text = await page.get(f"/sessions/{page.session}/my-voice/data", Accept="application/json")
        assert status == 200
        return {each["take"]: each["state"] for each in json.loads(text)["recordings"]}

    async def until_voice(self, page: Page, state: str) -> None:
        async with asyncio.timeout(WAIT_S):
            while (await self.voices(page)).get(self.take) != state:
                await asyncio.sleep(0.1)

    async def take_out(self, page: Page, **headers: str) -> int:
        return await page.post(f"/sessions/{page.session}/my-voice", {"take": self.take}, **headers)

    async def data(self) -> dict[str, Any]:
        """Maria's, as soon as there is a film."""
        async with asyncio.timeout(WAIT_S):
            while True:
                status, text = await self.maria.get(f"/recordings/{self.take}/data")
                assert status == 200
                data: dict[str, Any] = json.loads(text)
                if data["film"]:
                    return data
                await asyncio.sleep(0.1)

    async def end(self) -> None:
        view = await self.maria.connect()
        assert isinstance(await self.maria.ask(type="advance", decision=view.phase.decision), Accepted)
        await self.maria.until("writing")


async def publish(page: Page, *tracks: MediaStreamTrack) -> Peer:
    peer = Peer(lambda: None)
    with loopback_gathered():
        sdp = await peer.offer(*tracks)
        await page.send({"type": "start_media", "session": "media"})
        await page.send({"type": "publish", "session": "media", "offer": 1, "sdp": sdp})
        while not isinstance(message := await page.receive(), Published):
            pass
        await peer.take(message.sdp)
    return peer


@contextlib.asynccontextmanager
async def lesson(product: Product) -> AsyncIterator[Lesson]:
    """It runs, and has run for a moment."""
    async with contextlib.AsyncExitStack() as stack:
        asyncio.get_running_loop().set_default_executor(stack.enter_context(ThreadPoolExecutor()))  # aiortc's encoders; ends with the test
        ana, maria, ben = [await stack.enter_async_context(Page(product.url)) for _ in range(3)]
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana", recording="record")
        await maria.join(invitation, "Maria", teaches=True, recording="record")
        await ben.join(invitation, "Ben", recording="record")
        for page in (ana, maria, ben):
            await page.connect()
        for page, tracks in ((ana, [Tone()]), (maria, [Tone(), VideoStreamTrack()]), (ben, [Tone()])):
            stack.push_async_callback((await publish(page, *tracks)).close)
        assert isinstance(await ana.ask(type="advance", decision=0), Accepted)
        view = await maria.until("lesson")
        assert isinstance(await maria.ask(type="start_lesson", decision=view.phase.decision), Accepted)
        view = await maria.until_seen(lambda view: view.phase.status == "running")
        made = Lesson(ana, maria, ben)
        made.take = view.takes[0].take
        await asyncio.sleep(TAUGHT_S)
        yield made


async def test_a_voice_leaves_a_recording_and_the_rest_stays(product: Product) -> None:
    async with lesson(product) as made, Page(product.url) as stranger:
        await made.end()
        before = await made.data()
        assert before["taken_out"] == {"picture": "in", "screen": "never", "voices": 0}
        await nobody_else_can(made, stranger)
        _, page = await made.ben.get(made.voice_page)
        assert "Lesson: Maria" in page
        assert await made.take_out(made.ben) == 200
        await made.until_voice(made.ben, "out")
        assert await made.take_out(made.ben) == 200, "again is harmless"
        after = await made.data()
        assert after["film"] != before["film"]
        assert after["taken_out"] == {"picture": "in", "screen": "never", "voices": 1}
        assert (await made.maria.get(before["film"]))[0] == 410
        assert (await made.maria.get(after["film"]))[0] == 200
        assert await made.voices(made.ana) == {made.take: "in"}, "another voice is still in it"
        await the_picture_goes_and_then_everything(made)


async def nobody_else_can(made: Lesson, stranger: Page) -> None:
    assert (await stranger.get(made.voice_page))[0] == 404
    assert (await stranger.get(f"{made.voice_page}/data"))[0] == 404
    assert await stranger.post(made.voice_page, {"take": made.take}) == 404
    for path in ("withdraw", "delete"):
        for page in (made.ben, made.ana, stranger):
            assert await page.post(f"/recordings/{made.take}/{path}", {"part": "picture"}) == 404
    assert await made.take_out(made.maria) == 404, "a teacher's own voice goes with the whole recording only"
    assert await made.ben.post(made.voice_page, {"take": "another"}) == 404
    for path in (made.voice_page, f"/recordings/{made.take}/delete"):
        assert await made.ben.post(path, {"take": made.take}, Origin="https://evil.example") == 403
    await elsewhere(made, stranger)
    assert await made.voices(made.ben) == {made.take: "in"}
    assert await made.voices(made.maria) == {}


async def elsewhere(made: Lesson, stranger: Page) -> None:
    """Somebody with a seat in another session."""
    lead, _ = await stranger.make_session()
    await stranger.join(lead, "Mallory", recording="record")
    assert await stranger.post(f"/sessions/{stranger.session}/my-voice", {"take": made.take}) == 404
    assert await stranger.post(made.voice_page, {"take": made.take}) == 404


async def the_picture_goes_and_then_everything(made: Lesson) -> None:
    path = f"/recordings/{made.take}"
    before = await made.data()
    assert await made.maria.post(f"{path}/withdraw", {"part": "screen"}) == 409
    assert await made.maria.post(f"{path}/withdraw", {"part": "everything"}) == 409
    assert await made.maria.post(f"{path}/withdraw", {"part": "picture"}) == 200
    async with asyncio.timeout(WAIT_S):
        while (after := await made.data())["taken_out"]["picture"] != "out" or after["film"] == before["film"]:
            await asyncio.sleep(0.1)
    assert (await made.maria.get(before["film"]))[0] == 410
    assert await made.maria.post(f"{path}/delete", {}) == 200
    for gone in (path, f"{path}/data", after["film"]):
        assert (await made.maria.get(gone))[0] == 404
    assert "deleted for good" in (await made.maria.get(f"{path}/deleted"))[1]
    assert (await made.ben.get(f"{path}/deleted"))[0] == 404
    assert await made.voices(made.ana) == {}
    await made.maria.until_seen(lambda view: view.takes[0].state == "deleted")
    assert await made.maria.post(f"{path}/delete", {}) == 404


@pytest.mark.full
async def test_a_voice_leaves_a_recording_that_runs_and_nothing_more_of_it_is_kept(product: Product) -> None:
    async with lesson(product) as made:
        assert await made.voices(made.ben) == {made.take: "in"}
        assert await made.maria.post(f"/recordings/{made.take}/delete", {}) == 409
        assert await made.take_out(made.ben) == 200
        await made.until_voice(made.ben, "out")
        view = await made.ben.until_seen(lambda view: view.you.recording == "leave_out")
        assert view.recording.on, "the lesson goes on being recorded"
        await made.end()
        assert (await made.data())["taken_out"]["voices"] == 1
        assert await made.voices(made.ana) == {made.take: "in"}
        assert await made.voices(made.ben) == {made.take: "out"}


@pytest.mark.full
async def test_what_was_promised_is_kept_by_the_next_server(product: Product) -> None:
    async with lesson(product) as made:
        await made.end()
        await made.data()
        recorder = product.pid("recorder")
        os.kill(recorder, signal.SIGSTOP)
        try:
            assert await made.take_out(made.ben) == 200
            assert await made.voices(made.ben) == {made.take: "leaving"}
            product.kill("server")
            await product.ready()
        finally:
            os.kill(recorder, signal.SIGCONT)
        await made.until_voice(made.ben, "out")
