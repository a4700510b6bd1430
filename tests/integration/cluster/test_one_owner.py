"""Three nodes over one database and one (simulated) Redis, through any schedule of kills, pauses, cut lines, outages and lost memory:

- never do two nodes append events of a session in one epoch, nor anybody in an epoch that is over: the log is one;
- nothing that was acknowledged is lost;
- ten seconds after the last of it every session is owned by a node that lives and can write (P21); later only where an owner died
  while it was cut off from Redis and vouched for itself.

Real: members, liveness, placement, claims, the log. Made by the test: time, and when who does something. MT_CLUSTER_EXAMPLES: how many.
"""

from __future__ import annotations

import asyncio
import itertools
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from server.cluster.duties import HOLD_MS
from server.cluster.members import Members
from server.cluster.ownership import orphans, owned_by, owner_of, owners
from server.cluster.vouching import Vouching
from server.rooms import rows
from server.rooms.owning import Moving, Shared
from server.session.events import ReadyChanged
from server.store.engine import Store
from server.store.log import Fenced, append, load
from tests.fakes.still_cluster import STEP_S, Fault, Still, StillNode, faults
from tests.fakes.stores import ENGINES, Engine, new_store

EXAMPLES = int(os.environ.get("MT_CLUSTER_EXAMPLES", "2"))
TAKEN_OVER_S = 10.0  # P21
LOOK_S = 1.0
SESSIONS = 2


class Log:
    """What was acknowledged, in the order of its numbers."""

    def __init__(self) -> None:
        self.written: dict[str, dict[int, tuple[int, str, int]]] = {}  # session -> seq -> epoch, node, what

    def acknowledged(self, session: str, seq: int, epoch: int, node: str, what: int) -> None:
        assert seq not in self.written[session], "a number was given twice"
        self.written[session][seq] = (epoch, node, what)

    async def check(self, store: Store) -> None:
        for session, written in self.written.items():
            assert [event.at_ms for event in await load(store, session)] == [what for _, (_, _, what) in sorted(written.items())]
            epochs = [epoch for _, (epoch, _, _) in sorted(written.items())]
            assert epochs == sorted(epochs), "somebody wrote in an epoch that was over"
            for epoch, group in itertools.groupby(sorted((epoch, node) for epoch, node, _ in written.values()), lambda one: one[0]):
                assert len(set(group)) == 1, f"two nodes wrote in epoch {epoch}"


class Owner:
    """What a node does with sessions: it writes wherever it believes to own, and looks each second. A zombie writes before it looks."""

    def __init__(self, still: StillNode, members: Members, store: Store, log: Log) -> None:
        self.still = still
        self._store = store
        self._log = log
        self._members = members
        self.owning = Shared(store, members, still.name, _nothing_to_fetch, lambda: still.world.now_s)
        self._here: dict[str, tuple[int, int]] = {}  # session -> epoch, last number
        self._look_due_s = 0.0

    async def step(self) -> None:
        for session in list(self._here):
            await self.write(session)
        if self.still.world.now_s >= self._look_due_s:
            self._look_due_s = self.still.world.now_s + LOOK_S
            await self._look()

    async def write(self, session: str) -> None:
        epoch, seq = self._here[session]
        what = next(_NUMBERS)
        try:
            await append(self._store, session, seq, [ReadyChanged(at_ms=what, seat="ben", ready=True)], epoch=epoch)
        except Fenced:
            self._here.pop(session, None)
        else:
            self._log.acknowledged(session, seq + 1, epoch, self.still.name, what)
            self._here[session] = (epoch, seq + 1)

    async def _look(self) -> None:
        dead = [node for node in await owners(self._store) if self._members.dead(node)]
        for session in await orphans(self._store, dead):
            if session in self._log.written:
                try:
                    await self.owning.look(session)
                except Moving:
                    continue
        for session, epoch in (await owned_by(self._store, self.still.name)).items():
            if session in self._log.written and self._here.get(session, (None,))[0] != epoch:
                self._here[session] = (epoch, len(await load(self._store, session)))


async def _nothing_to_fetch(_: str, __: float) -> bool:
    return True


async def play(store: Store, schedule: list[Fault], *, vouching: bool) -> Log:
    """`vouching`: whoever is only cut off from Redis says in the database that it lives."""
    log = Log()
    nodes: dict[StillNode, Owner] = {}
    world = Still(
        lambda still: nodes.__setitem__(still, Owner(still, still.members, store, log)),
        lambda still: Vouching(store, _Clock(still), still.name) if vouching else None,
    )
    for _ in range(SESSIONS):
        session = f"s{next(_NUMBERS)}"
        log.written[session] = {}
        await store.write(rows.new_session(session, "Fractions", 1))

    async def go_on(for_s: float) -> None:
        for _ in range(round(for_s / STEP_S)):
            await world.go_on(STEP_S)
            await asyncio.gather(*(owner.step() for still, owner in list(nodes.items()) if still.runs_now))

    await go_on(2.0)
    for fault in schedule:
        world.suffer(fault)
        await go_on(fault.then_s)
    world.heal()
    if all(still.is_killed for still in world.nodes):
        world.nodes[0].start()
    await go_on(TAKEN_OVER_S + (HOLD_MS / 1000 if vouching else 0))
    living = {still.name: owner for still, owner in nodes.items() if still.runs_now}
    for session, written in log.written.items():
        found = await owner_of(store, session)
        assert found is not None and found.node in living, f"{session} is left to {found}"
        before = len(written)
        await living[found.node].write(session)
        assert len(written) == before + 1
    await log.check(store)
    return log


@dataclass
class _Clock:
    still: StillNode

    def now_ms(self) -> int:
        return round(self.still.world.now_s * 1000)


async def test_a_node_that_only_lost_its_line_to_redis_keeps_its_sessions(tmp_path: Path) -> None:
    async with new_store("sqlite", tmp_path) as store:
        kept = await play(store, [Fault("cut", 0, 7.0, 7.0)], vouching=True)
        assert {epoch for written in kept.written.values() for epoch, _, _ in written.values()} == {1}


@pytest.mark.full
@pytest.mark.timeout(600)
@pytest.mark.parametrize("engine", ENGINES)
def test_a_session_has_one_owner_and_one_log(engine: Engine, tmp_path: Path) -> None:
    async def with_store(use: Callable[[Store], Awaitable[object]]) -> None:
        async with new_store(engine, tmp_path) as store:
            await use(store)

    @settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(faults(8), st.booleans())
    @example([Fault("kill", 0, 0.5, 0.5), Fault("kill", 1, 0.5, 0.5)], False)
    @example([Fault("pause", 0, 7.0, 12.0), Fault("flush", 0, 0.5, 0.5), Fault("pause", 1, 12.0, 7.0)], True)
    @example([Fault("cut", 0, 12.0, 12.0), Fault("kill", 1, 0.5, 4.0), Fault("start", 1, 0.5, 0.5), Fault("outage", 0, 5.5, 2.5)], False)
    def any_schedule(schedule: list[Fault], vouching: bool) -> None:
        asyncio.run(with_store(lambda store: play(store, schedule, vouching=vouching)))

    logging.disable(logging.WARNING)
    try:
        any_schedule()
    finally:
        logging.disable(logging.NOTSET)


_NUMBERS = itertools.count(1)
