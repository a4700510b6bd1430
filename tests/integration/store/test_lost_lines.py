"""A line to PostgreSQL that breaks at the worst moment: what was told to be written is there, once; what was refused is not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.cluster.ownership import claim
from server.rooms import rows
from server.session.events import ReadyChanged
from server.store import engines, log
from server.store.engine import Store, Work, statement
from server.store.failures import Doubtful, NotSaved, Unreachable
from server.store.log import append, load
from server.store.schema import people, sessions
from tests.fakes.postgres_line import Line, line_to
from tests.fakes.stores import new_place

pytestmark = pytest.mark.full

NOW = 1_774_000_000_000


@pytest.fixture
async def line(tmp_path: Path) -> AsyncIterator[Line]:
    async with new_place("postgresql", tmp_path) as place, line_to(str(place)) as opened:
        yield opened


@pytest.fixture
async def store(line: Line) -> AsyncIterator[Store]:
    async with Store(line.url) as opened:
        await append(opened, "s", 0, [ready(0)], rows.new_session("s", "Fractions", NOW))
        yield opened


def ready(at_ms: int) -> ReadyChanged:
    return ReadyChanged(at_ms=at_ms, seat="ben", ready=True)


async def times(store: Store) -> list[int]:
    return [event.at_ms for event in await load(store, "s")]


async def test_events_whose_commit_nobody_answered_are_looked_for(store: Store, line: Line) -> None:
    line.cut_at_commit = "after"
    assert await append(store, "s", 1, [ready(1), ready(2)]) == 3
    assert await times(store) == [0, 1, 2]


async def test_events_that_were_not_committed_are_refused_and_may_come_again(store: Store, line: Line) -> None:
    line.cut_at_commit = "before"
    with pytest.raises(Unreachable):
        await append(store, "s", 1, [ready(1)])
    assert await append(store, "s", 1, [ready(2)]) == 2
    assert await times(store) == [0, 2]


async def test_a_claim_whose_commit_nobody_answered_is_looked_for(store: Store, line: Line) -> None:
    for at, epoch in (("after", 1), ("before", 2)):
        line.cut_at_commit = at  # type: ignore[assignment]
        assert await claim(store, "s", "node", epoch - 1) == epoch


async def test_other_rows_are_refused_when_nobody_knows(store: Store, line: Line) -> None:
    """All that were in that commit: none is tried again behind anybody's back."""
    line.cut_at_commit = "after"
    new = [statement(sa.insert(people).values(person=f"p{number}", name="", created_ms=NOW)) for number in range(5)]
    answers = await asyncio.gather(*(store.write(each) for each in new), return_exceptions=True)
    refused = [answer for answer in answers if answer is not None]
    assert refused and all(isinstance(answer, Doubtful) for answer in refused)
    async with store.read() as connection:
        assert await connection.scalar(sa.select(sa.func.count()).select_from(people)) == 5


async def test_a_line_that_is_silent_is_given_up_in_time(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """And used again by itself when it is back."""
    monkeypatch.setattr(engines, "WRITE_S", 1.0)
    monkeypatch.setattr(engines, "READ_S", 1.0)
    monkeypatch.setattr(engines, "CONNECT_S", 0.5)
    monkeypatch.setattr(log, "LOOK_FOR_S", 0.5)
    async with Store(line.url) as store:
        await append(store, "s", 0, [ready(0)], rows.new_session("s", "Fractions", NOW))
        line.silent = True
        async with asyncio.timeout(15):
            for _ in range(2):
                with pytest.raises(NotSaved):
                    await append(store, "s", 1, [ready(1)])
                with pytest.raises(NotSaved):
                    await load(store, "s")
        line.silent = False
        assert await append(store, "s", len(await times(store)), [ready(3)])
        assert (await times(store))[-1] == 3


async def test_nodes_that_wait_for_each_other_both_get_through(line: Line) -> None:
    """The database ends such a knot by refusing one of them."""
    both = asyncio.Barrier(2)
    tries = 0

    def twice(first: str, second: str) -> Work:
        async def work(connection: AsyncConnection) -> None:
            nonlocal tries
            tries += 1
            for title, session in (("1", first), ("2", second)):
                await connection.execute(sa.update(sessions).where(sessions.c.session == session).values(title=title))
                if title == "1" and tries <= 2:
                    await both.wait()

        return work

    async with Store(line.url) as one, Store(line.url) as other:
        for session in ("a", "b"):
            await one.write(rows.new_session(session, "Fractions", NOW))
        await asyncio.gather(one.write(twice("a", "b")), other.write(twice("b", "a")))
    assert tries == 3
