"""web/static/js/media.js in real Chromium against the worker: a face in full only while it is wanted, and at once when it is."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import pytest
from aiohttp import web

from server.media.control import PersonPolicy, Source
from server.media.ingress import LOWER, UPPER, InboundStream
from server.media.worker import MediaWorker
from tests.browser.driver import Browser, Page
from tests.browser.firefox import Firefox
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker
from tests.integration.media.test_screen import SCRIPTS, Stage, Visitor
from tests.requirements import require

pytestmark = [pytest.mark.browser, pytest.mark.full]

CAMERA = "--use-fake-device-for-media-stream=fps=20"
SHARP_S = 2.0  # the promise, after which the whole picture is there for who is large from the start; here twice as long may pass
RESTS_S = 1.0  # the promise, after which nothing of it is sent any more

PAGE = """<!doctype html><link rel="icon" href="data:,"><body><script type="module">
import { Media } from "/js/media.js";
const outbox = [];
const media = new Media((message) => outbox.push(message) > 0);
let video = null;

async function camera() {
  return navigator.mediaDevices.getUserMedia({ audio: true, video: { width: { ideal: 1280 }, height: { ideal: 720 } } });
}

function text() {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1280, height: 720 });
  const brush = canvas.getContext("2d");
  setInterval(() => {
    brush.fillStyle = "white";
    brush.fillRect(0, 0, 1280, 720);
    brush.fillStyle = "black";
    for (let row = 20; row < 720; row += 24) brush.fillText(`a line of text ${row} ${Math.floor(Date.now() / 1000)}`, 10, row);
  }, 100);
  return canvas.captureStream(15);
}

function seen() {
  const stream = media.streams.get("anna");
  if (stream && video?.srcObject !== stream) {
    video = Object.assign(document.createElement("video"), { srcObject: stream, autoplay: true, muted: true });
    document.body.append(video);
  }
  return video?.videoHeight ?? 0;
}

window.stage = {
  start: async (who) => {
    const own = who === "anna" ? await camera() : new MediaStream();
    media.signalingOpen();
    media.useLocal(own);
  },
  large: (on) => media.showLarge(on),
  share: () => media.shareScreen(text()),
  stop: () => media.shareScreen(null),
  drain: () => outbox.splice(0),
  receive: (message) => media.receive(message),
  seen,
};
</script>"""

SMALL = PersonPolicy(microphone=True, camera=True, screen=True, hears=("ben",), sees=("ben",))
LARGE = PersonPolicy(microphone=True, camera=True, camera_max_bps=1_500_000, camera_shown="large", screen=True)
BEN = PersonPolicy(hears=("anna",), sees=("anna",))


@dataclass
class Studio:
    worker: MediaWorker
    stage: Stage
    browser: Browser
    url: str

    async def come(self, who: str, page: Page | None = None, *, large: bool = False) -> Visitor:
        page = page or await self.browser.page(self.url, person=who)
        await page.wait_for("!!window.stage")
        await page.eval("on => stage.large(on)", large)
        visitor = Visitor(self.stage._worker, page, who)
        self.stage._visitors.append(visitor)
        await page.eval("who => stage.start(who)", who)
        return visitor

    def layer(self, layer: int, source: Source = "camera") -> InboundStream | None:
        peer = self.worker._rooms[ROOM]._peers.get("anna")
        return peer.publisher.ingress.streams.get((source, layer)) if peer and peer.publisher else None

    def octets(self, layer: int, source: Source = "camera") -> int:
        stream = self.layer(layer, source)
        return stream.octets if stream else 0

    async def grows(self, layer: int, source: Source = "camera", *, by: int = 20_000, timeout_s: float = 45.0) -> None:
        before = self.octets(layer, source)
        await until(lambda: self.octets(layer, source) >= before + by, timeout_s, f"layer {layer} of the {source}")


async def until(condition: Callable[[], bool], timeout_s: float, what: str) -> None:
    end_s = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end_s, f"waited in vain for {what}"
        await asyncio.sleep(0.02)


@pytest.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    async def index(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_static("/js", SCRIPTS)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    url = f"http://127.0.0.1:{listening.getsockname()[1]}/"
    async with contextlib.AsyncExitStack() as stack:
        worker = await stack.enter_async_context(running_worker(tmp_path))
        control = await ControlClient.connect(tmp_path / "control")
        stack.push_async_callback(control.close)
        browser = await stack.enter_async_context(Browser(flags=[CAMERA]))
        stage = Stage(control, browser, url)
        stack.push_async_callback(stage.close)
        yield Studio(worker, stage, browser, url)
    await runner.cleanup()


async def test_a_face_is_sent_in_full_only_while_it_is_wanted(studio: Studio) -> None:
    await studio.stage.policy(anna=SMALL, ben=BEN)
    anna, ben = await studio.come("anna"), await studio.come("ben")
    await ben.page.wait_for("stage.seen() === 180", timeout_s=20, what="the small picture")
    assert studio.octets(UPPER) == 0
    await studio.stage.policy(anna=LARGE, ben=BEN)
    await anna.page.eval("stage.large(true)")
    await ben.page.wait_for("stage.seen() === 720", timeout_s=20, what="the large picture")
    await studio.stage.policy(anna=SMALL, ben=BEN)
    await anna.page.eval("stage.large(false)")
    await asyncio.sleep(RESTS_S)
    before = studio.octets(UPPER)
    await studio.grows(LOWER)
    assert studio.octets(UPPER) == before
    await ben.page.wait_for("stage.seen() === 180", timeout_s=20, what="the small picture again")


async def test_who_is_large_from_the_start_is_sharp_at_once_and_a_screen_has_two_layers_each_time(studio: Studio) -> None:
    await studio.stage.policy(anna=LARGE, ben=BEN)
    anna = await studio.come("anna", large=True)
    await until(lambda: studio.octets(UPPER, "microphone") > 0, 20, "the voice")
    began_s = time.monotonic()
    await until(lambda: studio.octets(UPPER) > 0, 20, "the upper layer")
    print(f"in full {time.monotonic() - began_s:.2f} s after the first sound")
    assert time.monotonic() - began_s < 2 * SHARP_S
    await studio.grows(UPPER, by=100_000)
    for _ in range(2):
        await anna.page.eval("stage.share()")
        await asyncio.gather(studio.grows(LOWER, "screen"), studio.grows(UPPER, "screen"))
        await anna.page.eval("stage.stop()")
        await until(lambda: studio.layer(LOWER, "screen") is None, 10, "the end of the screen")


class OneAtATime:
    """Firefox answers one question after the other; here two ask."""

    def __init__(self, firefox: Firefox) -> None:
        self._firefox = firefox
        self._turn = asyncio.Lock()

    async def eval(self, js: str, *args: object) -> Any:
        async with self._turn:
            return await self._firefox.eval(js, *args)

    async def wait_for(self, js: str) -> Any:
        async with self._turn:
            return await self._firefox.wait_for(js)


async def test_firefox_sends_in_full_only_while_it_is_wanted_too(studio: Studio) -> None:
    require("firefox-esr")
    await studio.stage.policy(anna=LARGE, ben=BEN)
    async with Firefox(devices=True) as firefox:
        await firefox.goto(studio.url)
        anna = await studio.come("anna", cast(Page, OneAtATime(firefox)), large=True)
        await until(lambda: studio.octets(UPPER, "microphone") > 0, 30, "the voice")
        began_s = time.monotonic()
        await studio.grows(UPPER)
        print(f"Firefox in full {time.monotonic() - began_s:.2f} s after the first sound")
        await anna.page.eval("stage.large(false)")
        await asyncio.sleep(2 * RESTS_S)
        before = studio.octets(UPPER)
        await studio.grows(LOWER)
        assert studio.octets(UPPER) == before
        await anna.page.eval("stage.large(true)")
        await studio.grows(UPPER)
        await anna.close()
