"""A lesson on one machine, its people by the address of another; the first one dies, and the lesson is finished on the second.

What the dead machine had recorded comes from the S3 storage: one recording, with a gap that is marked.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import Browser
from tests.browser.material import COLLEAGUE_A_HZ, COUNTER_JS, HEARD_DB, TEACHER_HZ
from tests.browser.people import Human, come_in, human, mark_near, set_up
from tests.browser.steps import people_in
from tests.fakes.cluster import Node, on_this_machine, running_cluster
from tests.fakes.formats import scaled
from tests.fakes.s3 import KEY_ID, REGION, SECRET, Storage, storage
from tests.requirements import require

FILM_OF_MARIA = 3
TAKEOVER_S = 10.0  # P21
MEDIA_S = 20.0
FILES, KEYS = "files", "keys"


@pytest.mark.timeout(400)
async def test_a_lesson_begun_on_one_node_is_finished_on_another(tmp_path: Path, browser: Browser, screenshots: Path) -> None:
    require("postgresql"), require("redis-server")
    async with contextlib.AsyncExitStack() as stack:
        s3, plans = stack.enter_context(storage()), scaled(tmp_path / "plans", "try-out", 4)
        cluster = await stack.enter_async_context(running_cluster(tmp_path, plans=str(plans), **_settings_of(s3)))
        a, b = cluster.nodes
        maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
        ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
        [ina] = await people_in(browser, "Ina")
        cluster.balancer.to = lambda node: node is a
        invitation = await set_up(ben, cluster)
        cluster.balancer.to = lambda node: node is b
        await come_in(ben, None, teaches=False, recording="leave-out")
        await come_in(ina, invitation, teaches=False, recording="leave-out")
        await come_in(maria, invitation, teaches=True, recording="record")
        people = (maria, ben, ina)
        session = (await maria.page.url()).rpartition("/")[2]
        assert f"page open, session={session}" in a.log, "the room is on A, and its pages came by B"
        await ben.page.click("#action-advance")
        await maria.page.click("#action-start-lesson")
        for person in people:
            await person.until("Recording", where="#now-recording")
        await ben.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film", timeout_s=30)
        await _copied(s3, a, session)
        before = await asyncio.gather(*(_place(person) for person in people))

        killed_s = time.monotonic()
        a.kill()
        await asyncio.gather(*(_back_on(b, person, session) for person in people))
        back_s = time.monotonic() - killed_s
        assert await asyncio.gather(*(_place(person) for person in people)) == before, "same phase, same deadline"
        await ben.page.wait_for(_RECEIVES_AGAIN, what="sound and picture anew", timeout_s=MEDIA_S)
        media_s = time.monotonic() - killed_s
        await ben.page.wait_for(COUNTER_JS, "[aria-label^='Maria']", what="Maria's film again", timeout_s=30)
        assert (await ben.hears("Maria"))[TEACHER_HZ] > HEARD_DB
        await ben.page.screenshot(screenshots / "two-nodes-back.png")
        print(f"A was killed: pages back after {back_s:.1f} s, sound and picture after {media_s:.1f} s")

        await asyncio.sleep(8)
        await maria.page.click("#action-advance")
        link = await maria.page.wait_for("document.querySelector('#takes a')?.href", what="the link to the recording", timeout_s=60)
        await maria.page.goto(link)
        await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film that can be played", timeout_s=60)
        data = await maria.page.eval("fetch(document.querySelector('[data-url]').dataset.url).then((answer) => answer.json())")
        print(f"recording of {data['duration_ms']} ms, holes {data['holes']}")
        await maria.page.screenshot(screenshots / "two-nodes-recording.png")
        assert data["holes"], "what is missing is said"
        for at_s in (1.0, data["duration_ms"] / 1000 - 4):
            assert (await mark_near(maria.page, at_s))["source"] == FILM_OF_MARIA, f"the film of {at_s:.0f} s"
        assert back_s <= on_this_machine(TAKEOVER_S)


_RECEIVES_AGAIN = """(async () => {
    const { subscriber } = window.microteach.media.connections ?? {};
    if (!subscriber || subscriber.connectionState !== "connected") return false;
    const now = () => subscriber.getStats().then((all) => [...all.values()].filter((each) => each.type === "inbound-rtp" &&
        each.kind === "video").reduce((sum, each) => sum + (each.framesDecoded ?? 0), 0));
    const first = await now();
    await new Promise((resolve) => setTimeout(resolve, 500));
    return (await now()) > first;
})()"""


def _settings_of(s3: Storage) -> dict[str, str]:
    for bucket in (FILES, KEYS):
        s3.make_bucket(bucket, versions=False)
    named = {"s3_bucket": FILES, "s3_keys_bucket": KEYS}
    return named | {"s3_endpoint": s3.url, "s3_region": REGION, "s3_key_id": KEY_ID, "s3_secret": SECRET}


async def _copied(s3: Storage, node: Node, session: str) -> None:
    """Until some of the lesson is in the storage."""
    async with asyncio.timeout(60):
        while True:
            found = await asyncio.to_thread(s3.everything, FILES)
            if sum(len(body) for body in found.values()) > 300_000:
                print(f"in the storage: {len(found)} files, {sum(map(len, found.values()))} bytes")
                return
            await asyncio.sleep(0.5)


async def _place(person: Human) -> Any:
    """Where the session is for this person."""
    return await person.page.eval("(({ key, decision, ends_ms, status }) => ({ key, decision, ends_ms, status }))(window.lastView.phase)")


async def _back_on(node: Node, person: Human, session: str) -> None:
    await person.page.wait_for("window.microteach.signaling.condition !== 'open'", what=f"{person.name} noticing it", timeout_s=20)
    await person.page.wait_for("window.microteach.signaling.condition === 'open'", what=f"{person.name} being back", timeout_s=40)
    assert f"page open, session={session}" in node.log
