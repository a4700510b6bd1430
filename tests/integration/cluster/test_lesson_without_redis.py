"""P21 on whole nodes: a lesson goes on, on the same connections, while Redis stands still, forgets all, or is lost to its owner alone."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

from server.store.engine import Store
from server.store.schema import duties, sessions
from server.wire.messages import Accepted
from tests.fakes.cluster import Cluster, running_cluster
from tests.fakes.page import Page
from tests.fakes.redis import tcp_line
from tests.requirements import require

pytestmark = pytest.mark.full

COMMAND_S = 0.5  # P21
RECOVERED_S = 5.0  # P21
LONG_S = 9.0  # in which a dead node would be followed


class Lesson:
    """Ana taps through node a, which owns the session; Maria looks on through b."""

    def __init__(self, cluster: Cluster, ana: Page, maria: Page) -> None:
        self._cluster = cluster
        self._ana = ana
        self._maria = maria
        self._number = 0
        self.slowest_s = 0.0

    async def begin(self) -> None:
        a, b = self._cluster.nodes
        self._cluster.balancer.to = lambda node: node is a
        lead, invitation = await self._ana.make_session()
        await self._ana.join(lead, "Ana")
        self._cluster.balancer.to = lambda node: node is b
        await self._maria.join(invitation, "Maria", teaches=True)
        await self._maria.connect()
        self._cluster.balancer.to = lambda node: node is a
        await self._ana.connect()
        assert isinstance(await self._ana.ask(type="advance", decision=0), Accepted)
        view = await self._maria.until_seen(lambda view: "start_lesson" in view.you.may)
        assert isinstance(await self._maria.ask(type="start_lesson", decision=view.phase.decision), Accepted)
        await self._ana.until_seen(lambda view: "tap" in view.you.may and bool(view.marks))

    async def go_on(self, for_s: float) -> None:
        """Every tap is taken, on connections that were open before."""
        until_s = time.monotonic() + for_s
        while time.monotonic() < until_s:
            self._number += 1
            view = self._ana.view
            assert view
            began_s = time.monotonic()
            tapped = await self._ana.ask(type="tap", moment=f"m{self._number}", mark=view.marks[0].key, at_ms=view.now_ms)
            assert isinstance(tapped, Accepted)
            self.slowest_s = max(self.slowest_s, time.monotonic() - began_s)
            await asyncio.sleep(0.5)

    async def owner(self) -> tuple[str, int]:
        query = sa.select(sessions.c.owner, sessions.c.epoch).where(sessions.c.session == self._ana.session)
        async with Store(self._cluster.database) as store, store.read() as connection:
            row = (await connection.execute(query)).one()
            return row.owner, row.epoch

    async def vouched(self) -> int:
        async with Store(self._cluster.database) as store, store.read() as connection:
            query = sa.select(sa.func.count()).where(duties.c.duty.like("lives:%"))
            return await connection.scalar(query) or 0


async def test_a_lesson_goes_on_whatever_happens_to_redis(tmp_path: Path) -> None:
    require("postgresql"), require("redis-server")
    async with running_cluster(tmp_path, names=()) as cluster, tcp_line(cluster.redis.port) as line:
        a = await cluster.add("a", redis=f"redis://127.0.0.1:{line.port}/0")
        b = await cluster.add("b")
        await asyncio.gather(a.ready(), b.ready())
        async with Page(cluster.url) as ana, Page(cluster.url) as maria:
            lesson = Lesson(cluster, ana, maria)
            await lesson.begin()
            outages = a.log.count("Redis cannot be reached")

            cluster.redis.stop()
            await lesson.go_on(LONG_S)
            assert await lesson.vouched() == 2
            cluster.redis.cont()
            for node in (a, b):
                assert await cluster.logged(node, "Redis answers again") <= RECOVERED_S
            await lesson.go_on(1.0)

            await cluster.redis.flush()
            await lesson.go_on(2.0)

            line.cut()
            await lesson.go_on(LONG_S)
            line.mend()
            await lesson.go_on(RECOVERED_S)

            assert a.log.count("Redis cannot be reached") == a.log.count("Redis answers again") == outages + 2
            assert b.log.count("Redis cannot be reached") == 1
            assert await lesson.owner() == ("a", 1), "nobody has followed it"
            assert await lesson.vouched() == 0
            assert lesson.slowest_s <= COMMAND_S
            print(f"slowest command {lesson.slowest_s * 1000:.0f} ms")
