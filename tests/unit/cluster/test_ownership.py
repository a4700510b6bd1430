"""One owner for each session, whoever else believes to be it; one holder for each duty."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.cluster.duties import HOLD_MS, Duty
from server.cluster.ownership import Owner, claim, node_url, note_node, orphans, owned_by, owner_of, owners, release
from server.rooms import rows
from server.session.events import ReadyChanged
from server.store.engine import Store
from server.store.log import Fenced, append, load
from tests.fakes.stores import ENGINES, new_place

NOW = 1_774_000_000_000


@pytest.fixture(params=ENGINES)
async def place(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Path | str]:
    async with new_place(request.param, tmp_path) as made:
        yield made


@pytest.fixture
async def store(place: Path | str) -> AsyncIterator[Store]:
    async with Store(place) as opened:
        await opened.write(rows.new_session("s", "Fractions", NOW))
        yield opened


def ready(at_ms: int) -> ReadyChanged:
    return ReadyChanged(at_ms=at_ms, seat="ben", ready=True)


async def test_of_many_who_saw_the_same_epoch_one_gets_it(store: Store, place: Path | str) -> None:
    async with Store(place) as other:
        claims = [claim(store if number % 2 else other, "s", f"node{number}", 0) for number in range(10)]
        won = [epoch for epoch in await asyncio.gather(*claims) if epoch is not None]
    assert won == [1]
    owner = await owner_of(store, "s")
    assert owner is not None and owner.epoch == 1
    assert await claim(store, "nowhere", "node", 0) is None
    assert await owner_of(store, "nowhere") is None


async def test_a_session_is_handed_over_and_let_go(store: Store) -> None:
    assert await claim(store, "s", "a", 0) == 1
    assert not await release(store, "s", "b", 1)
    assert not await release(store, "s", "a", 0)
    assert await release(store, "s", "a", 1, to="b")
    assert await owner_of(store, "s") == Owner("b", 2)
    assert await owned_by(store, "a") == {}
    assert await owned_by(store, "b") == {"s": 2}
    assert await orphans(store, ["a"]) == {}
    assert await orphans(store, ["b"], nobodys=False) == {"s": Owner("b", 2)}
    assert await owners(store) == {"b"}
    assert await release(store, "s", "b", 2)
    assert await orphans(store, []) == {"s": Owner(None, 3)}


async def test_who_lost_a_session_writes_no_more_of_it(store: Store) -> None:
    assert await claim(store, "s", "a", 0) == 1
    await append(store, "s", 0, [ready(1)], epoch=1)
    assert await claim(store, "s", "b", 1) == 2
    for events in ([ready(2)], []):
        with pytest.raises(Fenced):
            await append(store, "s", 1, events, rows.chat_line("s", "m", "ben", "late", NOW), epoch=1)
    await append(store, "s", 1, [ready(3)], epoch=2)
    assert [event.at_ms for event in await load(store, "s")] == [1, 3]
    assert await rows.load_chat(store, "s") == {}


async def test_a_claim_and_an_append_never_both_win(store: Store, place: Path | str) -> None:
    """Many zombies write while others claim: each event was written by whoever owned the session when it was."""
    log: list[tuple[int, int]] = []

    async def own(mine: Store, node: str) -> None:
        while (owner := await owner_of(mine, "s")) is not None and owner.epoch < 20:
            epoch = await claim(mine, "s", node, owner.epoch)
            if epoch is None:
                continue
            seq = len(await load(mine, "s"))
            for _ in range(3):
                try:
                    seq = await append(mine, "s", seq, [ready(epoch)], epoch=epoch)
                except Fenced:
                    break
                log.append((seq, epoch))

    async with Store(place) as other:
        await asyncio.gather(own(store, "a"), own(other, "b"))
    events = [event.at_ms for event in await load(store, "s")]
    assert events == sorted(events)
    assert sorted(log) == list(enumerate(events, 1))


async def test_nodes_are_found(store: Store) -> None:
    await note_node(store, "a", "http://10.0.0.1:8081", NOW)
    await note_node(store, "a", "http://10.0.0.2:8081", NOW + 1)
    assert await node_url(store, "a") == "http://10.0.0.2:8081"
    assert await node_url(store, "b") is None


async def test_a_duty_is_one_nodes_until_it_forgets_it(store: Store) -> None:
    first, second = (Duty(store, "outbox", holder) for holder in ("a", "b"))
    assert await first.hold(NOW)
    assert not await second.hold(NOW + HOLD_MS - 1)
    assert await first.hold(NOW + 10_000)
    assert not await second.hold(NOW + HOLD_MS)
    assert await second.hold(NOW + 10_000 + HOLD_MS)
    assert not await first.hold(NOW + 10_000 + HOLD_MS)
    await first.give_up()
    assert not await first.hold(NOW + 10_000 + HOLD_MS)
    await second.give_up()
    assert await first.hold(NOW + 10_000 + HOLD_MS)
    assert await Duty(store, "reminders", "b").hold(NOW)
