"""A node that does not reach Redis says in the database that it lives."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from pathlib import Path

import pytest

from server.cluster.duties import HOLD_MS
from server.cluster.vouching import AGAIN_MS, Vouching
from server.store.engine import Store
from tests.fakes.still_clock import StillClock
from tests.fakes.still_cluster import Fault, Still
from tests.fakes.stores import ENGINES, new_store


@pytest.fixture(params=ENGINES)
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Store]:
    async with new_store(request.param, tmp_path) as opened:
        yield opened


async def test_it_is_believed_for_a_while_and_until_it_is_taken_back(store: Store) -> None:
    clock = StillClock()
    a, b = Vouching(store, clock, "a"), Vouching(store, clock, "b")
    assert await b.living(["a", "b"]) == frozenset()
    await a.live()
    assert await b.living(["a", "c"]) == {"a"}
    clock.ms += HOLD_MS - 1
    assert await b.living(["a"]) == {"a"}
    clock.ms += 1
    assert await b.living(["a"]) == frozenset()
    await a.live()
    clock.ms += AGAIN_MS
    await a.live()
    clock.ms += HOLD_MS - 1
    assert await b.living(["a"]) == {"a"}, "it was said again"
    await Vouching(store, clock, "a").live()  # after a restart
    await a.end()
    await a.end()
    assert await b.living(["a"]) == frozenset()


async def test_without_the_database_nobody_is_silent(tmp_path: Path) -> None:
    async with new_store("sqlite", tmp_path) as store:
        vouching = Vouching(store, StillClock(), "a")
        (tmp_path / "test.db").write_bytes(b"no database" * 1000)
        await vouching.live()
        await vouching.end()
        assert await vouching.living(["b", "c"]) == {"b", "c"}


class Said:
    """A database in memory."""

    def __init__(self, living: set[str], node: str) -> None:
        self._living = living
        self._node = node

    async def live(self) -> None:
        self._living.add(self._node)

    async def end(self) -> None:
        self._living.discard(self._node)

    async def living(self, nodes: Collection[str]) -> frozenset[str]:
        return frozenset(nodes) & self._living


async def test_a_node_that_only_lost_its_line_is_not_thought_dead_and_one_that_stands_still_is() -> None:
    said: set[str] = set()
    world = Still(vouches=lambda node: Said(said, node.name))
    a, b, c = (node.members for node in world.nodes)
    await world.play([Fault("nothing", 0, 0.5, 2.0), Fault("cut", 0, 12.0, 0.5), Fault("pause", 1, 12.0, 0.5)])
    dead: set[str] = set()
    await world.go_on(10.0, lambda: dead.update(name for name in "ab" if c.dead(name)))
    assert dead == {"b"}
    assert said == {"a"}
    assert not c.alive("a")
    await world.go_on(4.0)
    assert said == set()
    assert c.alive("a") and c.alive("b") and a.alive("b") and b.alive("c")


async def test_a_name_that_was_never_seen_is_looked_up_before_it_is_called_dead() -> None:
    said = {"y"}
    world = Still(vouches=lambda node: Said(said, node.name))
    await world.go_on(8.0)
    members = world.nodes[0].members
    assert not members.dead("y") and not members.dead("z")
    await world.go_on(1.5)
    assert not members.dead("y") and members.dead("z")
