"""web/static/js/media.js in real Chromium against the worker: a screen beside the camera comes, goes and comes again."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from aiohttp import web

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from tests.browser.driver import Browser, Page
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).parents[3] / "web" / "static" / "js"
PICTURES_PER_S = 15

PAGE = """<!doctype html><link rel="icon" href="data:,"><body><script type="module">
import { Media } from "/js/media.js";
const outbox = [];
const media = new Media((message) => outbox.push(message) > 0);
const audio = new AudioContext();
let own = [];

function painted(colour, width, height) {
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const brush = canvas.getContext("2d");
  setInterval(() => {
    brush.fillStyle = colour;
    brush.fillRect(0, 0, width, height);
    brush.fillStyle = "black";
    brush.fillRect(0, 0, 8, Date.now() % height);
  }, 1000 / RATE);
  return canvas.captureStream(RATE).getVideoTracks()[0];
}

function quiet() {
  return audio.createMediaStreamDestination().stream.getAudioTracks()[0];
}

function leftTone() {
  const tone = audio.createOscillator();
  const sides = audio.createChannelMerger(2);
  const out = audio.createMediaStreamDestination();
  tone.connect(sides, 0, 0).connect(out);
  tone.start();
  return out.stream.getAudioTracks()[0];
}

function shown(stream) {
  let video = [...document.querySelectorAll("video")].find((one) => one.srcObject === stream);
  if (!video) {
    video = Object.assign(document.createElement("video"), { srcObject: stream, autoplay: true, muted: true });
    document.body.append(video);
  }
  if (!video.videoWidth) return "nothing";
  const copy = new OffscreenCanvas(1, 1).getContext("2d");
  copy.drawImage(video, video.videoWidth / 2, video.videoHeight / 2, 1, 1, 0, 0, 1, 1);
  const [red, green, blue] = copy.getImageData(0, 0, 1, 1).data;
  return red > 150 && blue < 100 ? "red" : blue > 150 && red < 100 ? "blue" : green > 150 ? "green" : "black";
}

async function loudness(stream) {
  const sink = Object.assign(new Audio(), { srcObject: stream, muted: true });
  await sink.play();
  const sides = audio.createChannelSplitter(2);
  audio.createMediaStreamSource(stream).connect(sides);
  const meters = [0, 1].map((side) => {
    const meter = audio.createAnalyser();
    sides.connect(meter, side);
    return meter;
  });
  await new Promise((resolve) => setTimeout(resolve, 1000));
  return meters.map((meter) => {
    const samples = new Float32Array(meter.fftSize);
    meter.getFloatTimeDomainData(samples);
    return Math.max(...samples);
  });
}

window.stage = {
  start: (colour) => {
    media.signalingOpen();
    own = colour ? [painted(colour, 320, 240), quiet()] : [];
    media.useLocal(new MediaStream(own));
  },
  share: (colour, sound) => media.shareScreen(new MediaStream([painted(colour, 640, 360), ...(sound ? [leftTone()] : [])])),
  disable: () => own.forEach((track) => { track.enabled = false; }),
  stop: () => media.shareScreen(null),
  breakDown: () => media.receive({ type: "media_lost", session: outbox.session, reason: "test" }),
  drain: () => {
    const news = outbox.splice(0);
    outbox.session = news.at(-1)?.session ?? outbox.session;
    return news;
  },
  receive: (message) => media.receive(message),
  receiveInNextOffer: (message) => {
    const { publisher } = media.connections;
    publisher.setLocalDescription = (offer) => {
      delete publisher.setLocalDescription;
      const done = publisher.setLocalDescription(offer);
      media.receive(message);
      return done;
    };
  },
  seen: () => ({ faces: Object.fromEntries([...media.streams].map(([seat, stream]) => [seat, shown(stream)])),
                 screens: Object.fromEntries([...media.screens].map(([seat, stream]) => [seat, shown(stream)])) }),
  loudness: (seat) => loudness(media.screens.get(seat)),
  isAnswerHeld: () => Object.hasOwn(media.connections.publisher, "setLocalDescription"),
  lines: () => media.connections.publisher.getTransceivers().length,
};
</script>""".replace("RATE", str(PICTURES_PER_S))

ANNA = PersonPolicy(microphone=True, camera=True, camera_max_bps=400_000, screen=True, hears=("ben",), sees=("ben",))
BEN = PersonPolicy(hears=("anna",), sees=("anna",))


class Visitor:
    """A page with media.js, and the server's part between it and the worker."""

    def __init__(self, worker: ControlClient, page: Page, peer: str) -> None:
        self._worker = worker
        self._task = asyncio.create_task(self._carry())
        self.page = page
        self.peer = peer
        self.late = False  # answers arrive while the next offer is being made

    async def see(self, *, face: str | None = None, screen: str | None = None) -> None:
        """Waits until these colours of Anna are all that is seen."""
        wanted = {"faces": {"anna": face} if face else {}, "screens": {"anna": screen} if screen else {}}
        seen = "wanted => JSON.stringify(stage.seen()) === JSON.stringify(wanted)"
        await self.page.wait_for(seen, wanted, timeout_s=20, what=f"{wanted}")

    async def close(self) -> None:
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _carry(self) -> None:
        while True:
            for message in await self.page.eval("stage.drain()"):
                self._worker.send(self._for_worker(message))
            for heard in [one for one in self._worker.heard if getattr(one, "peer", "") == self.peer]:
                self._worker.heard.remove(heard)
                receive = "receiveInNextOffer" if self.late and isinstance(heard, control.PublishAnswer) else "receive"
                await self.page.eval(f"message => stage.{receive}(message)", _for_page(heard))
            await asyncio.sleep(0.03)

    def _for_worker(self, message: dict[str, Any]) -> control.ToWorker:
        who = {"room": ROOM, "peer": self.peer, "session": message["session"]}
        if message["type"] == "start_media":
            return control.StartPeer(**who)
        if message["type"] == "publish":
            return control.PublishOffer(**who, offer=message["offer"], sdp=message["sdp"], sources=message["sources"])
        return control.SubscribeAnswer(**who, offer=message["offer"], sdp=message["sdp"])


def _for_page(heard: control.FromWorker) -> dict[str, Any]:
    assert not isinstance(heard, control.MediaRefused), heard
    message: dict[str, Any] = msgspec.to_builtins(heard)
    names = {"publish_answer": "published", "subscribe_offer": "subscribe"}
    streams = [{**stream, "seat": stream["peer"]} for stream in message.get("streams", ())]
    return {**message, "type": names[message["type"]], "streams": streams}


class Stage:
    def __init__(self, worker: ControlClient, browser: Browser, url: str) -> None:
        self._worker = worker
        self._browser = browser
        self._url = url
        self._version = 0
        self._visitors: list[Visitor] = []

    async def visitor(self, peer: str, colour: str = "") -> Visitor:
        page = await self._browser.page(self._url, person=peer)
        await page.wait_for("!!window.stage")
        visitor = Visitor(self._worker, page, peer)
        self._visitors.append(visitor)
        await page.eval("colour => stage.start(colour)", colour)
        return visitor

    async def policy(self, **people: PersonPolicy) -> None:
        self._version += 1
        self._worker.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=self._version, people=people)))
        await self._worker.take(control.PolicyApplied, lambda message: message.version == self._version)

    def states(self, peer: str) -> list[control.PeerReport]:
        return [m.report for m in self._worker.heard if isinstance(m, control.PeerState) and m.report.peer == peer]

    async def close(self) -> None:
        for visitor in self._visitors:
            await visitor.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Stage]:
    async def index(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_static("/js", SCRIPTS)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(running_worker(tmp_path))
        worker = await ControlClient.connect(tmp_path / "control")
        stack.push_async_callback(worker.close)
        browser = await stack.enter_async_context(Browser())
        stage = Stage(worker, browser, f"http://127.0.0.1:{listening.getsockname()[1]}/")
        stack.push_async_callback(stage.close)
        await stage.policy(anna=ANNA, ben=BEN)
        yield stage
    await runner.cleanup()


async def test_a_screen_is_seen_beside_the_face_and_again_after_it_was_stopped(stage: Stage) -> None:
    anna, ben = await stage.visitor("anna", "red"), await stage.visitor("ben")
    await ben.see(face="red")
    await anna.page.eval("stage.share('blue')")
    await ben.see(face="red", screen="blue")
    await anna.page.eval("stage.stop()")
    await ben.see(face="red")
    for colour in ("green", "blue"):
        await anna.page.eval("colour => stage.share(colour)", colour)
        await ben.see(face="red", screen=colour)
    assert await anna.page.eval("stage.lines()") == 3, "the line was used again"
    carla = await stage.visitor("carla")
    await stage.policy(anna=ANNA, ben=BEN, carla=BEN)
    await carla.see(face="red", screen="blue")


async def test_a_screen_is_shown_only_while_it_is_allowed(stage: Stage) -> None:
    await stage.policy(anna=msgspec.structs.replace(ANNA, screen=False), ben=BEN)
    anna, ben = await stage.visitor("anna", "red"), await stage.visitor("ben")
    await anna.page.eval("stage.share('blue')")
    await ben.see(face="red")
    await stage.policy(anna=ANNA, ben=BEN)
    await ben.see(face="red", screen="blue")
    await stage.policy(anna=msgspec.structs.replace(ANNA, screen=False), ben=BEN)
    await ben.see(face="red")


async def test_a_film_has_its_sound_on_both_sides(stage: Stage) -> None:
    anna, ben = await stage.visitor("anna", "red"), await stage.visitor("ben")
    await anna.page.eval("stage.share('blue', true)")
    await ben.see(face="red", screen="blue")
    left, right = await ben.page.eval("stage.loudness('anna')", timeout_s=10)
    assert left > 0.3
    assert right < 0.1


async def test_a_new_connection_shows_the_screen_again(stage: Stage) -> None:
    anna, ben = await stage.visitor("anna", "red"), await stage.visitor("ben")
    await anna.page.eval("stage.share('blue')")
    await ben.see(face="red", screen="blue")
    await anna.page.eval("stage.breakDown()")
    await anna.page.wait_for("stage.lines() === 3")
    await anna.page.eval("stage.stop()")
    await ben.see(face="red")
    await anna.page.eval("stage.share('green')")
    await ben.see(face="red", screen="green")


async def test_an_answer_to_an_earlier_offer_is_not_taken_for_that_of_the_next(stage: Stage) -> None:
    anna, ben = await stage.visitor("anna", "red"), await stage.visitor("ben")
    await anna.page.eval("stage.share('blue')")
    await ben.see(face="red", screen="blue")
    anna.late = True
    await anna.page.eval("stage.stop()")
    await ben.see(face="red")
    await anna.page.wait_for("stage.isAnswerHeld()")
    anna.late = False
    await anna.page.eval("stage.share('green')")
    await ben.see(face="red", screen="green")


@pytest.mark.full
async def test_who_is_muted_or_only_listens_is_never_silent(stage: Stage) -> None:
    anna, ben = await stage.visitor("anna", "red"), await stage.visitor("ben")
    await ben.see(face="red")
    await stage.policy(anna=PersonPolicy(), ben=PersonPolicy())
    await anna.page.eval("stage.disable()")
    await asyncio.sleep(7)
    await anna.page.eval("stage.start('')")
    await asyncio.sleep(7)
    reports = [*stage.states("anna"), *stage.states("ben")]
    assert {"connected"} == {report.subscribe for report in reports[-1:]}
    assert "silent" not in {state for report in reports for state in (report.publish, report.subscribe)}
