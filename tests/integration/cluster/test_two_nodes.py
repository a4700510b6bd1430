"""A session on one node, used through another: nodes that die, hang, come back as zombies, and end in order; Redis and PostgreSQL go."""

from __future__ import annotations

import asyncio
import contextlib
import io
import time
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio
import sqlalchemy as sa
from yarl import URL

from server.store.engine import Store
from server.store.schema import events, sessions
from server.wire.messages import Accepted, Error, Leaving
from tests.fakes.cluster import Cluster, Node, on_this_machine, running_cluster
from tests.fakes.page import Page
from tests.fakes.postgres import own_postgres
from tests.integration.server.test_slides import pdf
from tests.requirements import require

pytestmark = [pytest.mark.full, pytest.mark.asyncio(loop_scope="module")]

TRIES = 3
TAKEOVER_S = 10.0  # P21
COMMAND_S = 0.5  # P21


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def cluster(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Cluster]:
    require("postgresql"), require("redis-server")
    async with running_cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


@pytest_asyncio.fixture(loop_scope="module")
async def nodes(cluster: Cluster) -> tuple[Node, Node]:
    """Both serve, and people are sent to either."""
    a, b = cluster.nodes
    for node in (a, b):
        if node.process is None or node.process.poll() is not None:
            node.start()
    await asyncio.gather(a.ready(), b.ready())
    cluster.balancer.to = lambda node: True
    return a, b


class Group:
    """Maria teaches; Ana leads, looks on, and taps."""

    def __init__(self, cluster: Cluster, ana: Page, maria: Page) -> None:
        self._cluster = cluster
        self.ana = ana
        self.maria = maria

    @property
    def session(self) -> str:
        return self.ana.session

    async def begin(self, on: Node, through: Node) -> None:
        """Once more where a node that was a zombie has just found out, and lets its rooms go."""
        for _ in range(TRIES):
            with contextlib.suppress(ConnectionError):
                await self._begin(on, through)
                return
            await asyncio.sleep(1)
        await self._begin(on, through)

    async def _begin(self, on: Node, through: Node) -> None:
        self._cluster.balancer.to = lambda node: node is on
        async with asyncio.timeout(20):  # one that has just started is not given anything yet
            while True:
                lead, invitation = await self.ana.make_session()
                if (await owner(self._cluster, lead.rpartition("/")[2].partition(".")[0]))[0] == on.name:
                    break
        await self.ana.join(lead, "Ana")
        self._cluster.balancer.to = lambda node: node is through
        await self.maria.join(invitation, "Maria", teaches=True)
        await self.maria.connect()
        await self.ana.connect()
        assert isinstance(await self.ana.ask(type="advance", decision=0), Accepted)
        view = await self.maria.until_seen(lambda view: "start_lesson" in view.you.may)
        assert isinstance(await self.maria.ask(type="start_lesson", decision=view.phase.decision), Accepted)
        await self.ana.until_seen(lambda view: "tap" in view.you.may and bool(view.marks))


@pytest_asyncio.fixture(loop_scope="module")
async def group(cluster: Cluster) -> AsyncIterator[Group]:
    async with Page(cluster.url) as ana, Page(cluster.url) as maria:
        yield Group(cluster, ana, maria)
    cluster.balancer.idle()


async def comes_back(page: Page, within_s: float = 30.0) -> float:
    """As a browser's page does. After how many seconds it was there."""
    began = time.monotonic()
    while True:
        try:
            async with asyncio.timeout(3):
                await page.connect()
            return time.monotonic() - began
        except (aiohttp.ClientError, ConnectionError, TimeoutError, AssertionError):
            assert time.monotonic() - began < within_s, "it does not come back"
            await asyncio.sleep(0.1)


async def tap(page: Page, number: int) -> Accepted | Error:
    assert page.view
    return await page.ask(type="tap", moment=f"m{number}", mark=page.view.marks[0].key, at_ms=page.view.now_ms)


async def acknowledged_by(page: Page) -> list[int]:
    """What is still taken on a connection until it is closed."""
    accepted = []
    try:
        for number in range(1000, 1200):
            accepted += [number] if isinstance(await tap(page, number), Accepted) else []
            await asyncio.sleep(0.05)
    except ConnectionError:
        return accepted
    raise AssertionError("it is not sent away")


async def owner(cluster: Cluster, session: str) -> tuple[str | None, int]:
    store = Store(cluster.database)
    async with store, store.read() as connection:
        row = (await connection.execute(sa.select(sessions.c.owner, sessions.c.epoch).where(sessions.c.session == session))).one()
    return row.owner, row.epoch


async def bodies(cluster: Cluster, session: str) -> list[bytes]:
    async with Store(cluster.database) as store, store.read() as connection:
        found = await connection.execute(sa.select(events.c.seq, events.c.body).where(events.c.session == session).order_by(events.c.seq))
        rows = found.all()
    assert [seq for seq, _ in rows] == list(range(1, len(rows) + 1))
    return [bytes(body) for _, body in rows]


async def test_pages_and_commands_by_the_other_node(cluster: Cluster, nodes: tuple[Node, Node], group: Group) -> None:
    a, b = nodes
    await group.begin(on=a, through=b)
    assert await owner(cluster, group.session) == ("a", 1)
    assert isinstance(await tap(group.ana, 1), Accepted)
    for path in (f"/sessions/{group.session}", f"/sessions/{group.session}/questions", "/", "/me"):
        status, text = await group.maria.get(path)
        assert status == 200, (path, text)
    assert (await group.maria.get(f"/sessions/{group.session}/slides/nothing/1"))[0] == 404
    status, said = await group.ana.upload(f"/sessions/{group.session}/slides", ("no slides.txt", b"x" * 300_000))
    assert (status, said["code"]) == (403, "not_allowed"), "by whom the body is read makes no difference"


async def test_nobody_but_nodes_is_heard_between_them(nodes: tuple[Node, Node]) -> None:
    a, _ = nodes
    async with Page(f"http://127.0.0.1:{a.inner_port}") as stranger:
        assert (await stranger.get("/"))[0] == 403
        assert (await stranger.get("/", X_Microteach_Passed_On="1 http 127.0.0.1 00"))[0] == 403


async def test_a_node_is_killed(cluster: Cluster, nodes: tuple[Node, Node], group: Group) -> None:
    a, b = nodes
    await group.begin(on=a, through=b)
    said = [number for number in range(30) if isinstance(await tap(group.ana, number), Accepted)]
    a.kill()
    took_s = await comes_back(group.ana)
    assert took_s <= on_this_machine(TAKEOVER_S)
    assert await owner(cluster, group.session) == ("b", 2)
    assert group.ana.view
    assert group.ana.view.phase.key == "lesson"
    assert isinstance(await tap(group.ana, 999), Accepted)
    written = b"".join(await bodies(cluster, group.session))
    assert all(f'"m{number}"'.encode() in written for number in said), "what was acknowledged is there"
    print(f"taken over after {took_s:.1f} s")


async def test_a_zombie_is_fenced(cluster: Cluster, nodes: tuple[Node, Node], group: Group) -> None:
    a, b = nodes
    await group.begin(on=a, through=a)
    async with Page(cluster.url) as ben:
        a.pause()
        try:
            cluster.balancer.to = lambda node: node is b
            await cluster.logged(b, f"session {group.session} is taken over by b", on_this_machine(TAKEOVER_S))
            ben._client.cookie_jar.update_cookies(group.ana._client.cookie_jar.filter_cookies(URL(cluster.url)))
            ben.session = group.session
            await comes_back(ben)
        finally:
            a.go_on()
        # Ana's old page is still open on the zombie: nothing that it does there counts, and it is sent away.
        assert not await acknowledged_by(group.ana), "a zombie has acknowledged something"
        await cluster.logged(a, "is another node's now", 5)
    assert (await owner(cluster, group.session))[0] == "b"
    assert b"m1000" not in b"".join(await bodies(cluster, group.session))
    await comes_back(group.ana)
    assert isinstance(await tap(group.ana, 1), Accepted)


async def test_redis_goes_and_comes_back(cluster: Cluster, nodes: tuple[Node, Node], group: Group) -> None:
    a, b = nodes
    await group.begin(on=a, through=b)
    await cluster.redis.kill()
    try:
        slowest_s = 0.0
        for number in range(40):
            began = time.monotonic()
            assert isinstance(await tap(group.ana, number), Accepted)
            slowest_s = max(slowest_s, time.monotonic() - began)
            await asyncio.sleep(0.2)
        await comes_back(group.maria)
    finally:
        await cluster.redis.start()
    await cluster.logged(b, "Redis answers again")
    await asyncio.sleep(7)
    assert await owner(cluster, group.session) == ("a", 1), "nobody was thought dead"
    assert slowest_s <= on_this_machine(COMMAND_S)
    print(f"slowest command {slowest_s * 1000:.0f} ms")


async def test_a_node_is_ended_in_order(cluster: Cluster, nodes: tuple[Node, Node], group: Group) -> None:
    a, b = nodes
    await group.begin(on=a, through=b)
    began = time.monotonic()
    a.terminate()
    try:
        while True:
            message = await group.ana.receive()
            if isinstance(message, Leaving):
                assert message.reason == "restarting"
    except ConnectionError:
        pass
    took_s = await comes_back(group.ana)
    assert (await owner(cluster, group.session))[0] == "b"
    assert isinstance(await tap(group.ana, 1), Accepted)
    await a.gone(20)
    print(f"handed over: {took_s:.1f} s away, ended after {time.monotonic() - began:.1f} s")
    assert took_s <= on_this_machine(TAKEOVER_S / 2)


async def test_postgres_is_away_for_ten_seconds(tmp_path: Path) -> None:
    require("postgresql"), require("redis-server")
    with own_postgres() as postgres:
        async with running_cluster(tmp_path, database=postgres.url()) as cluster:
            a, b = cluster.nodes
            async with Page(cluster.url) as ana, Page(cluster.url) as maria:
                group = Group(cluster, ana, maria)
                await group.begin(on=a, through=b)
                assert isinstance(await tap(ana, 0), Accepted)
                postgres.kill()
                said, refused = [0], 0
                until = time.monotonic() + 10
                number = 0
                while time.monotonic() < until:
                    number += 1
                    answer = await tap(ana, number)
                    refused += isinstance(answer, Error)
                    said += [number] if isinstance(answer, Accepted) else []
                    await asyncio.sleep(0.2)
                assert refused, "in words, and the page is still there"
                postgres.start()
                answer = await tap(ana, 999)
                while isinstance(answer, Error):
                    await asyncio.sleep(0.2)
                    answer = await tap(ana, 999)
                written = b"".join(await bodies(cluster, group.session))
                assert all(written.count(f'"m{number}"'.encode()) == 1 for number in (*said, 999))
                assert await owner(cluster, group.session) == ("a", 1)


async def test_an_archive_has_what_lies_on_the_other_node(cluster: Cluster, nodes: tuple[Node, Node], group: Group) -> None:
    a, b = nodes
    await group.begin(a, b)
    status, made = await group.maria.upload(f"/sessions/{group.session}/slides", ("Fractions.pdf", pdf(2)))
    assert (status, made["pages"]) == (201, 2)
    assert not list((b.data / "slides").glob(made["deck"])), "they are its owner's"
    cookies, host = group.maria.cookies(), {"Host": URL(cluster.url).authority}
    async with aiohttp.ClientSession(cookies=cookies, cookie_jar=aiohttp.CookieJar(unsafe=True), headers=host) as maria:
        for node in nodes:
            async with maria.get(f"{node.url}/me/data.zip") as answer:
                assert answer.status == 200, await answer.text()
                archive = zipfile.ZipFile(io.BytesIO(await answer.read()))
            assert sorted(name for name in archive.namelist() if name.startswith("slides/")) == ["slides/01/000.webp", "slides/01/001.webp"]
            assert archive.read("slides/01/001.webp").startswith(b"RIFF")
            assert "what-is-missing.txt" not in archive.namelist()
