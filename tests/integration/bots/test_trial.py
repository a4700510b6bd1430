"""Simulated colleagues in the whole product: a session from coming in to the end, and what happens when something dies."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from server.bots.trials import MOST_TRIALS
from server.wire.messages import Accepted
from server.wire.view import View
from tests.fakes.colleagues import simulated_colleagues
from tests.fakes.formats import timed
from tests.fakes.page import Page
from tests.fakes.product import ROOT, Product, running_product
from tests.requirements import long

COME_IN_S = 15.0
WHOLE_TRIAL_S = 150.0


class Guest(Page):
    """The person who tries it: leads, and keeps looking at the view."""

    async def sees(self, what: Callable[[View], bool], timeout_s: float = COME_IN_S) -> View:
        async with asyncio.timeout(timeout_s):
            while self.view is None or not what(self.view):
                try:
                    await self.receive()
                except TimeoutError:
                    continue
        return self.view

    async def try_it(self) -> str:
        """Returns the link behind the door on the start page."""
        async with self._client.post(f"{self.url}/try") as answer:
            assert answer.status == 200
            return str(answer.url)

    async def advance(self) -> None:
        assert self.view
        assert isinstance(await self.ask(type="advance", decision=self.view.phase.decision), Accepted)


def here(view: View) -> list[str]:
    return sorted(person.name for person in view.people if person.here and person.simulated)


async def come_in(page: Guest, *, teaches: bool) -> str:
    """Returns the link."""
    link, _ = await page.make_session("try-out")
    await page.join(link, "Maria", teaches=teaches, recording="record" if teaches else "")
    await page.connect()
    return link


@long
@pytest.mark.full
@pytest.mark.timeout(WHOLE_TRIAL_S + 60)
async def test_one_person_alone_has_a_whole_session(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Guest(product.url) as maria:
        link = await come_in(maria, teaches=True)
        async with simulated_colleagues(product.url, tmp_path / "data", link) as process:
            await maria.sees(lambda view: here(view) == ["Greta", "Lina", "Omar"])
            await maria.advance()
            assert maria.view
            assert isinstance(await maria.ask(type="start_lesson", decision=maria.view.phase.decision), Accepted)
            await maria.sees(lambda view: any(person.name == "Lina" and person.hand_ms for person in view.people))
            await maria.sees(lambda view: all(person.hand_ms is None for person in view.people))
            await maria.sees(lambda view: bool(view.chat))
            await maria.sees(lambda view: view.phase.key == "writing", 60)
            await maria.sees(lambda view: view.ready_count == 3, 30)
            spoke: list[str] = []
            while len(spoke) < 3:
                view = await maria.sees(lambda view: view.floor.turn is not None and view.floor.turn not in spoke, 30)
                assert view.floor.turn
                spoke.append(view.floor.turn)
            view = await maria.sees(lambda view: view.phase.part == "closing", 40)
            assert {entry.author for entry in view.received} == set(spoke)
            assert all(entry.fields["helped"].endswith(".") and entry.moments for entry in view.received)
            assert view.recording.left_out in (0, 1)
            assert process.returncode is None
        assert process.returncode == 0


@long
@pytest.mark.full
@pytest.mark.timeout(WHOLE_TRIAL_S + 60)
async def test_they_talk_among_themselves_and_bring_their_list_back(tmp_path: Path) -> None:
    lengths_s = {"lesson": 10, "apart": 40, "teacher-first": 4, "feedback": 30, "choose": 4, "closing": 4}
    folder = timed(tmp_path / "formats", "watch-while-they-talk", lengths_s)
    async with running_product(tmp_path, plans=str(folder)) as product, Guest(product.url) as maria:
        link, _ = await maria.make_session("watch-while-they-talk")
        await maria.join(link, "Maria", teaches=True, recording="record")
        await maria.connect()
        async with simulated_colleagues(product.url, tmp_path / "data", link):
            await maria.sees(lambda view: len(here(view)) == 3)
            await maria.advance()
            assert maria.view
            assert isinstance(await maria.ask(type="start_lesson", decision=maria.view.phase.decision), Accepted)
            apart = await maria.sees(lambda view: view.lane is not None, 30)
            assert apart.lane
            assert (apart.phase.title, apart.phase.replay, apart.collected) == ("Your own time", True, ())
            assert {person.lane for person in apart.people if person.simulated} == {apart.lane.others[0].key}
            back = await maria.sees(lambda view: view.phase.key == "teacher-first", 60)
            assert back.lane is None
            assert len(back.collected) == 3
            assert any(line.me_too for line in back.collected)
            assert back.note_taker in {person.seat for person in back.people if person.name == "Lina"}


@long
@pytest.mark.full
async def test_they_speak_german_and_one_of_them_teaches_if_the_guest_does_not(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Guest(product.url) as maria:
        link = await come_in(maria, teaches=False)
        async with simulated_colleagues(product.url, tmp_path / "data", link, language="de"):
            view = await maria.sees(lambda view: any(person.teaches is not None for person in view.people), 25)
            [teacher] = [person for person in view.people if person.teaches is not None]
            assert (teacher.name, teacher.simulated) == ("Lina", True)
            await maria.advance()
            await maria.sees(lambda view: view.phase.key == "lesson" and view.phase.status == "running", 20)
            view = await maria.sees(lambda view: bool(view.chat), 30)
            assert view.chat[0].text == "Ist das bei größeren Zahlen auch so?"


@pytest.mark.full
async def test_they_come_back_to_a_server_that_was_killed_and_leave_with_the_product(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Guest(product.url) as maria:
        await maria.join(await maria.try_it(), "Maria", teaches=True)
        await maria.connect()
        await maria.sees(lambda view: len(here(view)) == 3)
        [trial] = trials(product)
        product.kill("server")
        await product.ready()
        await maria.connect()
        await maria.advance()
        assert maria.view
        assert isinstance(await maria.ask(type="start_lesson", decision=maria.view.phase.decision), Accepted)
        view = await maria.sees(lambda view: bool(view.chat), 30)
        assert len(here(view)) == 3
        assert alive(trial)
        product.process.send_signal(signal.SIGTERM)
        assert await asyncio.to_thread(product.process.wait, 20) == 0
        async with asyncio.timeout(10):
            while alive(trial):
                await asyncio.sleep(0.05)


async def test_a_trial_too_many_leaves_no_session_behind(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Guest(product.url) as maria:
        for _ in range(MOST_TRIALS):
            await maria.try_it()
        async with maria._client.post(f"{product.url}/try") as answer:
            assert answer.status == 503
        assert product.log.count(" made, plan=try-out") == MOST_TRIALS


async def test_colleagues_who_are_killed_leave_the_session_as_it_was(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Guest(product.url) as maria:
        link = await come_in(maria, teaches=True)
        async with simulated_colleagues(product.url, tmp_path / "data", link) as process:
            await maria.sees(lambda view: len(here(view)) == 3)
            process.send_signal(signal.SIGKILL)
            await maria.sees(lambda view: here(view) == [])
            await maria.advance()
        assert "ERROR" not in product.log


async def test_the_command_brings_them_into_any_session_and_ends_when_interrupted(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product, Guest(product.url) as maria:
        _, invitation = await maria.make_session("try-out")
        await maria.join(invitation, "Maria")
        await maria.connect()
        command = await colleagues_command(product, tmp_path, invitation)
        await maria.sees(lambda view: here(view) == ["Lina", "Omar"])
        command.send_signal(signal.SIGINT)
        async with asyncio.timeout(10):
            _, errors = await command.communicate()
        assert command.returncode == 0
        assert b"Traceback" not in errors


async def test_the_command_refuses_a_link_of_another_installation_in_words(tmp_path: Path) -> None:
    async with running_product(tmp_path) as product:
        command = await colleagues_command(product, tmp_path, "https://other.example/i/abc.def")
        _, errors = await command.communicate()
        assert command.returncode == 2
        assert b"not an invitation of this installation" in errors


async def colleagues_command(product: Product, folder: Path, link: str) -> asyncio.subprocess.Process:
    arguments = ["colleagues", "--invitation", link, "--count", "2"]
    environment = {**os.environ, "MT_LISTEN": product.url.removeprefix("http://"), "MT_DATA": str(folder / "data")}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.cli", *arguments, cwd=ROOT, env=environment, stderr=asyncio.subprocess.PIPE
    )


def trials(product: Product) -> list[int]:
    marker = "simulated colleagues come"
    return [int(line.rpartition("pid=")[2]) for line in product.log.splitlines() if marker in line]


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
