"""The database is away for a while in the middle of a session: people stay, are told in words, and nothing is lost or there twice.

`MT_POSTGRES_DOWN_S` is how long it is away each time.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from server.wire.messages import Accepted, Error
from tests.fakes import page
from tests.fakes.postgres import Postgres, own_postgres
from tests.fakes.product import running_product
from tests.faults.people import Actor, copied, group, lost
from tests.requirements import long

pytestmark = [pytest.mark.full, pytest.mark.timeout(300)]

DOWN_S = float(os.environ.get("MT_POSTGRES_DOWN_S", "4"))
PEOPLE = 4


class Patient(Actor):
    """Says it again when it was told that it could not be saved. Comes back when it was sent away: a room whose last events were
    committed after all, when nobody waited for that any more, is read again from its log."""

    refused: int = 0
    returns: int = 0
    slowest_s: float = 0.0

    async def stay(self) -> None:
        while True:
            await self.act()
            self.returns += 1
            await asyncio.sleep(0.2)

    async def _is_done(self, **message: Any) -> bool:
        loop = asyncio.get_running_loop()
        while True:
            began_s = loop.time()
            answer = await self.page.ask(**message)
            self.slowest_s = max(self.slowest_s, loop.time() - began_s)
            if isinstance(answer, Accepted):
                return True
            assert isinstance(answer, Error) and answer.code in ("not_saved", "too_fast"), answer
            self.refused += answer.code == "not_saved"
            await asyncio.sleep(0.1)


@pytest.mark.parametrize("how", ["killed", pytest.param("stopped", marks=long), pytest.param("still", marks=long)])
async def test_a_session_outlives_its_database(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(page, "DEADLINE_S", 30.0)
    with own_postgres() as postgres:
        leave, come_back = _ways(postgres)[how]
        url = await postgres.new_database()
        async with running_product(tmp_path, database=url) as product, group(product.url, PEOPLE) as (session, people):
            server = product.pid("server")
            patients = [Patient(page=actor.page, name=actor.name) for actor in people]
            acting = [asyncio.create_task(patient.stay()) for patient in patients]
            await _until_more_is_done(patients, acting)
            await asyncio.to_thread(leave)
            await asyncio.sleep(DOWN_S)
            status, words = await people[0].page.get(f"/sessions/{session}", accept="text/html")
            assert status == 503 and "Please try again in a few seconds" in words
            assert not any(task.done() for task in acting)
            await asyncio.to_thread(come_back)
            await _until_more_is_done(patients, acting)
            assert not any(task.done() for task in acting)
            assert product.pid("server") == server
            for task in acting:
                task.cancel()
            await asyncio.gather(*acting, return_exceptions=True)
            assert lost(await copied(url, tmp_path / "copy.db"), session, list(patients)) == []
            refused, slowest_s = sum(each.refused for each in patients), max(each.slowest_s for each in patients)
            returns = sum(each.returns for each in patients)
            print(f"{how} for {DOWN_S:.0f} s: {refused} acts refused, slowest answer {slowest_s:.1f} s, {returns} came back")
            assert refused


def _ways(postgres: Postgres) -> dict[str, tuple[Callable[[], None], Callable[[], None]]]:
    return {
        "killed": (postgres.kill, postgres.start),
        "stopped": (postgres.stop, postgres.start),
        "still": (postgres.pause, postgres.go_on),
    }


async def _until_more_is_done(people: list[Patient], acting: list[asyncio.Task[None]]) -> None:
    before = [sum(each.said.values()) + max(each.written.values()) for each in people]
    async with asyncio.timeout(60):
        while any(sum(each.said.values()) + max(each.written.values()) <= at + 3 for each, at in zip(people, before, strict=True)):
            assert not any(task.done() for task in acting)
            await asyncio.sleep(0.05)
