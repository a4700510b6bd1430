"""web/static/js/media_watch.js: when a page gives its connections a new path, when it makes new ones, and when it does nothing."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from tests.browser.driver import Browser, Page

pytestmark = pytest.mark.browser

SCRIPTS = Path(__file__).parents[3] / "web" / "static" / "js"
# A story is a list of [ms that pass, what changes]; told is [when, remedy] of all that was to be done. Reports come each second.
PAGE = """<!doctype html><link rel="icon" href="data:,"><script type="module">
import { MediaWatch } from "/js/media_watch.js";
class Fake {
  connectionState = "connected";
  heard = 1;
  getTransceivers() { return [{ direction: "sendonly", sender: this, receiver: this }]; }
  getSenders() { return [{ track: { readyState: "live" } }]; }
  async getStats() { return new Map([["P", { id: "P", type: "candidate-pair", bytesReceived: this.heard }]]); }
}
window.tell = async (story) => {
  const [up, down] = [new Fake(), new Fake()];
  const now = { reports: true, reachable: true, state: "connected", answers: true };
  const told = [];
  let at = 1_000_000, answerAt = 0;
  const watch = new MediaWatch(up, down, at);
  const begin = at;
  const note = (remedy) => {
    if (remedy === "nothing") return;
    told.push([at - begin, remedy]);
    if (remedy === "restart") answerAt = now.answers ? at + 100 : Infinity;
  };
  for (const [ms, change] of story) {
    const { returns, ...news } = change;
    Object.assign(now, news);
    up.connectionState = down.connectionState = now.state;
    if (returns) note(watch.reachable(at));
    for (const end = at + ms; at < end; at += 250) {
      if (now.reports && (at - begin) % 1000 === 0) up.heard = down.heard += 100;
      watch.look(at);
      await 0; await 0; await 0; await 0;
      if (answerAt && at >= answerAt) { watch.answered(at); answerAt = 0; }
      note(watch.remedy(at, now.reachable));
      if (told.at(-1)?.[1] === "anew") return told;
    }
  }
  return told;
};
</script>"""
CALM: list[Any] = [8_000, {}]
# Seconds are rounded. The last report before a silence from 8 s on came at 7 s.
STORIES: dict[str, tuple[list[Any], list[tuple[int, str]]]] = {
    "all is well": ([CALM, CALM], []),
    "silence: a new path, another one, new connections": (
        [CALM, [30_000, {"reports": False}]],
        [(9, "restart"), (15, "restart"), (26, "anew")],
    ),
    "the path that was broken works again by itself": ([CALM, [1_000, {"reports": False}], [9_000, {"reports": True}]], []),
    "a new path helps": ([CALM, [2_500, {"reports": False}], [20_000, {"reports": True}]], [(9, "restart")]),
    "nothing is tried while nobody can be asked, then at once": (
        [CALM, [20_000, {"reports": False, "reachable": False, "state": "failed"}], [2_000, {"reachable": True, "returns": True}]],
        [(28, "restart")],
    ),
    "a restart that nobody answers is not held against the path": (
        [CALM, [9_000, {"reports": False, "answers": False}]],
        [(9, "restart")],
    ),
    "a connection that has failed is not waited for": ([CALM, [600, {"state": "failed"}]], [(8, "restart")]),
    "one that is only disconnected comes back by itself": ([CALM, [1_000, {"state": "disconnected"}], [3_000, {"state": "connected"}]], []),
    "after a false alarm patience is longer": (
        [CALM, [2_500, {"reports": False}], [8_500, {"reports": True}], [1_700, {"reports": False}], [5_000, {"reports": True}]],
        [(9, "restart")],
    ),
}


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async def index(request: web.Request) -> web.Response:
        return web.Response(text=PAGE, content_type="text/html")

    app = web.Application()
    app.router.add_get("/", index)
    app.router.add_static("/js", SCRIPTS)
    runner = web.AppRunner(app)
    await runner.setup()
    listening = socket.create_server(("127.0.0.1", 0))
    await web.SockSite(runner, listening).start()
    async with Browser() as browser:
        page = await browser.page(f"http://127.0.0.1:{listening.getsockname()[1]}/")
        await page.wait_for("!!window.tell")
        yield page
    await runner.cleanup()


async def test_what_is_done_about_a_silence(page: Page) -> None:
    """One page for all stories: they have no time but their own."""
    told = {name: await page.eval("story => tell(story)", story) for name, (story, _) in STORIES.items()}
    done = {name: [(round(at_ms / 1000), remedy) for at_ms, remedy in remedies] for name, remedies in told.items()}
    assert done == {name: wanted for name, (_, wanted) in STORIES.items()}
