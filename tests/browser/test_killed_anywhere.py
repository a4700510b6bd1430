"""kill -9 of server, media worker and recorder at any moment of a whole session: it ends by its clock and nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.browser.driver import Browser
from tests.browser.gathering import Gathering, gathering, look, start, until
from tests.browser.material import COUNTER_JS
from tests.browser.people import Human, come_in, human
from tests.fakes.colleagues import simulated_colleagues
from tests.fakes.product import Product
from tests.requirements import long

SEED = 20
PROCESSES = ("server", "media worker", "recorder")
FILM_OF_MARIA = 5
BACK_S = 15.0
PICTURES_BACK_S = 20.0

# Somebody who does a little of everything all the time, and keeps what the server has acknowledged.
BUSY_JS = """(() => {
    const { signaling, clock } = window.microteach;
    const kept = window.kept = { moments: [], lines: [], text: "", refused: [], turns: [], away: [] };
    let number = 0;
    const ask = (command, then) => signaling.command(command).then((answer) => {
        if (answer.accepted) then(); else kept.refused.push(`${command.type}: ${answer.code}`);
    });
    signaling.addEventListener("view", ({ detail: { floor, people, phase } }) => {
        for (const { name, here } of people) if (!here) kept.away.push(`${name} in ${phase.key}`);
        const name = people.find(({ seat }) => seat === floor.turn)?.name;
        if (name && kept.turns.at(-1) !== name) kept.turns.push(name);
    });
    setInterval(() => {
        const { you, marks, form, phase } = window.lastView;
        number += 1;
        const name = `${you.seat}-${number}`;
        if (you.may.includes("tap") && marks.length) {
            ask({ type: "tap", moment: name, mark: marks[0].key, at_ms: Math.round(clock.now()) }, () => kept.moments.push(name));
        }
        if (you.may.includes("chat") && number % 2) {
            ask({ type: "chat", message: name, text: `Line ${number}` }, () => kept.lines.push(name));
        }
        if (form && phase.key === "writing") {
            const text = `Suggestion ${number}`;
            ask({ type: "write", form: form.form, round: phase.round, field: "suggestion", text }, () => { kept.text = text; });
        }
    }, 1000);
})()"""


@dataclass
class Killing:
    """Kills at times that a seed chooses, and says how soon everything was back."""

    product: Product
    watched: tuple[Human, ...]
    chance: random.Random
    killed: list[str] = field(default_factory=list)
    back_s: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in PROCESSES})

    async def kill(self, name: str, *, pictures: bool) -> None:
        """And wait until nobody notices it any more."""
        began_s = time.monotonic()
        self.product.kill(name)
        self.killed.append(name)
        if name == "server":
            await self._follows("signaling", "open", BACK_S)
        elif name == "media worker":
            await self._follows("media", "connected", PICTURES_BACK_S)
        if pictures:
            await self._pictures_go_on()
        self.back_s[name].append(round(time.monotonic() - began_s, 1))

    async def _follows(self, part: str, condition: str, within_s: float) -> None:
        """Everybody's page notices, and then it is as before."""
        of = f"window.microteach.{part}.condition"
        for person in self.watched:
            await person.page.wait_for(f"{of} !== '{condition}'", what=f"the loss for {person.name}")
        for person in self.watched:
            await person.page.wait_for(f"{of} === '{condition}'", what=f"{person.name} being back", timeout_s=within_s)

    async def _pictures_go_on(self) -> None:
        page, face = self.watched[0].page, "[aria-label^='Maria']"
        before = await page.wait_for(COUNTER_JS, face, what="Maria's film", timeout_s=PICTURES_BACK_S)
        js = f"async (face, before) => ((mark) => mark && mark.counter !== before)(await ({COUNTER_JS})(face))"
        await page.wait_for(js, face, before["counter"], what="Maria's pictures", timeout_s=PICTURES_BACK_S)

    async def each_once(self, *, pause_s: tuple[float, float], pictures: bool) -> None:
        for name in self.chance.sample(PROCESSES, len(PROCESSES)):
            await asyncio.sleep(self.chance.uniform(*pause_s))
            await self.kill(name, pictures=pictures)


@long
@pytest.mark.full
@pytest.mark.timeout(600)
async def test_a_whole_session_with_kills_all_the_way(tmp_path: Path, browser: Browser) -> None:
    """Ana leads, Maria teaches, Lina, Omar and Greta are simulated."""
    async with contextlib.AsyncExitStack() as stack:
        group, maria = await stack.enter_async_context(_with_maria(tmp_path, browser, part=0.12))
        await stack.enter_async_context(simulated_colleagues(group.product.url, tmp_path / "data", group.invitation, count=3))
        ana = group.lead
        await until(ana, "view.people.length === 5", "three simulated colleagues", timeout_s=40)
        await start(ana, maria)
        seats = await _seats(ana)
        await ana.page.eval(BUSY_JS)
        killing = Killing(group.product, (ana, maria), random.Random(SEED))
        await killing.each_once(pause_s=(1, 6), pictures=True)
        assert await look(ana, "view.phase.key") == "lesson", "the clock of the lesson ran on or was held, nothing more"
        for key in ("writing", "feedback"):
            await until(ana, f"view.phase.key === '{key}'", f"{key} by itself", timeout_s=120)
            await killing.each_once(pause_s=(0.5, 4), pictures=False)
        await until(ana, "view.phase.part === 'ended'", "the end of the session by its clock", timeout_s=180)
        print(f"killed {killing.killed}; back after {killing.back_s}")
        assert len(killing.killed) >= 6
        assert await _seats(ana) == seats
        turns = await ana.page.eval("window.kept.turns")
        assert sorted(turns) == ["Ana", "Greta", "Lina", "Omar"], f"each had one turn; away were {await ana.page.eval('window.kept.away')}"
        own = await look(ana, "view.you.seat")
        [entry] = await look(maria, f"view.received.filter((entry) => entry.author === '{own}')")
        await _nothing_is_lost(ana, maria, entry)
        assert entry["fields"]["suggestion"] == await ana.page.eval("window.kept.text")
        assert await look(maria, "view.received.filter((entry) => Object.values(entry.fields).some(Boolean)).length") >= 4
        await _plays_as_one_film(maria)
        assert "Traceback" not in group.product.log


@pytest.mark.timeout(150)
async def test_each_process_is_killed_once_in_a_lesson(tmp_path: Path, browser: Browser) -> None:
    async with _with_maria(tmp_path, browser, part=0.06) as (group, maria):
        ana = group.lead
        await start(ana, maria)
        seats = await _seats(ana)
        await ana.page.eval(BUSY_JS)
        killing = Killing(group.product, (ana, maria), random.Random(SEED))
        await killing.each_once(pause_s=(1, 2), pictures=True)
        print(f"killed {killing.killed}; back after {killing.back_s}")
        assert await look(ana, "view.phase.key") == "lesson"
        await maria.page.click("#action-advance")
        await until(ana, "view.phase.key === 'writing'", "the next step")
        assert await _seats(ana) == seats
        await _nothing_is_lost(ana, maria, await until(ana, "view.mine", "her moments"))
        await _plays_as_one_film(maria)


@contextlib.asynccontextmanager
async def _with_maria(folder: Path, browser: Browser, *, part: float) -> AsyncIterator[tuple[Gathering, Human]]:
    async with gathering(folder, browser, part=part) as group, human("Maria", source=FILM_OF_MARIA) as maria:
        await come_in(maria, group.invitation, teaches=True, recording="record")
        yield group, maria


async def _seats(person: Human) -> Any:
    return await look(person, "view.people.map(({ seat, name, teaches }) => [seat, name, teaches])")


async def _nothing_is_lost(ana: Human, maria: Human, entry: dict[str, Any]) -> None:
    """Every moment and line of Ana's that was acknowledged is where it belongs, once."""
    kept = await ana.page.eval("window.kept")
    print(f"acknowledged: {len(kept['moments'])} moments, {len(kept['lines'])} lines; refused: {kept['refused']}")
    assert len(kept["moments"]) > 3
    lines = [await look(person, "view.chat.map((line) => line.message)") for person in (ana, maria)]
    for acknowledged, shown in (
        (kept["moments"], [moment["moment"] for moment in entry["moments"]]),
        *((kept["lines"], each) for each in lines),
    ):
        assert set(acknowledged) <= set(shown)
        assert len(set(shown)) == len(shown)


async def _plays_as_one_film(maria: Human) -> None:
    take = await until(maria, "view.takes.length === 1 && view.takes[0].state === 'ready' && view.takes[0].take", "one recording", 30)
    await maria.page.goto(f"{(await maria.page.url()).partition('/sessions/')[0]}/recordings/{take}")
    await maria.page.wait_for("document.getElementById('film-video')?.readyState >= 1", what="a film that can be played", timeout_s=30)
    data = await maria.page.eval("(take) => fetch(`/recordings/${take}/data`).then((answer) => answer.json())", take)
    print(f"marked places {data['holes']} in {data['duration_ms']} ms")
    assert data["holes"], "what the death of the worker left out is marked"
    for at_ms in _between(data["holes"], data["duration_ms"]):
        await maria.page.eval("(at) => { document.getElementById('film-video').currentTime = at; }", at_ms / 1000)
        mark = await maria.page.wait_for(COUNTER_JS, "#film-video", what=f"Maria's film at {at_ms} ms")
        assert mark["source"] == FILM_OF_MARIA


def _between(holes: list[dict[str, int]], duration_ms: int) -> list[float]:
    """The middle of each part of the film that is whole for a second at least."""
    edges = [0, *(edge for hole in holes for edge in (hole["start_ms"], hole["end_ms"])), duration_ms]
    return [(begin + end) / 2 for begin, end in zip(edges[::2], edges[1::2], strict=True) if end - begin > 1_000]
