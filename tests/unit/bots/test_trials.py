"""The server's end of a trial: a process that dies hurts nobody, and there are never too many."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
from pathlib import Path

import msgspec
import pytest

from server.bots.door import Address, local_address
from server.bots.trials import MOST_TRIALS, SimulatedColleagues
from server.bots.visit import Visit
from server.errors import UserError

ADDRESS = Address("http://127.0.0.1:1")
STAYS = "import sys; sys.stdin.read()"


def colleagues(script: str) -> SimulatedColleagues:
    return SimulatedColleagues(ADDRESS, lambda session: f"{session}.signed", (sys.executable, "-c", script))


async def invite(simulated: SimulatedColleagues, session: str, language: str = "en") -> None:
    with simulated.place() as invited:
        await invited(session, language)


async def until_none_runs(simulated: SimulatedColleagues) -> None:
    async with asyncio.timeout(10):
        while simulated.running:
            await asyncio.sleep(0.02)


async def test_the_process_is_told_everything_on_its_input_and_nothing_in_its_arguments(tmp_path: Path) -> None:
    told = tmp_path / "told"
    simulated = colleagues(f"import sys; open({str(told)!r}, 'w').write(sys.stdin.readline())")
    await invite(simulated, "s1", "de")
    await until_none_runs(simulated)
    plan = msgspec.json.decode(told.read_bytes(), type=Visit)
    assert plan == Visit(address=ADDRESS, invitation="s1.signed", language="de", count=3, stays_with=os.getppid())


async def test_a_process_that_dies_makes_room_for_another() -> None:
    simulated = colleagues("raise SystemExit(3)")
    for number in range(MOST_TRIALS + 1):
        await invite(simulated, f"s{number}")
        await until_none_runs(simulated)


async def test_one_too_many_is_told_in_words_and_all_end_with_the_server() -> None:
    simulated = colleagues(STAYS)
    for number in range(MOST_TRIALS):
        await invite(simulated, f"s{number}")
    with pytest.raises(UserError) as refused, simulated.place():
        raise AssertionError("nothing may be made for it")
    assert refused.value.code == "too_many_trials"
    assert "try again" in refused.value.message
    assert simulated.running == MOST_TRIALS
    await simulated.close()
    assert simulated.running == 0
    await simulated.close()


async def test_a_place_that_is_promised_is_taken() -> None:
    simulated = colleagues(STAYS)
    with contextlib.ExitStack() as places:
        for _ in range(MOST_TRIALS):
            places.enter_context(simulated.place())
        with pytest.raises(UserError), simulated.place():
            pass
    with simulated.place():
        assert simulated.running == 0


async def test_one_that_does_not_want_to_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.bots.trials.ENDS_S", 0.1)
    simulated = colleagues("import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(60)")
    await invite(simulated, "s")
    async with asyncio.timeout(5):
        await simulated.close()


async def test_a_process_that_cannot_be_started_is_told_in_words() -> None:
    simulated = SimulatedColleagues(ADDRESS, str, ("/nowhere/python",))
    with pytest.raises(UserError) as refused:
        await invite(simulated, "s")
    assert refused.value.code == "no_trial"


def test_colleagues_come_by_the_address_on_which_the_server_listens() -> None:
    assert local_address("0.0.0.0", 8080, "") == Address("http://127.0.0.1:8080")
    assert local_address("::", 8080, "") == Address("http://[::1]:8080")
    assert local_address("192.0.2.1", 80, "") == Address("http://192.0.2.1:80")
