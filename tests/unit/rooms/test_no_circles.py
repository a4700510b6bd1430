"""A room that is over is gone at once, with all that its session said: Python's collector may come hours later."""

from __future__ import annotations

import asyncio
import gc
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.rooms.audience import Audience
from server.rooms.presence import Presence
from server.rooms.room import Room
from server.session.commands import Untap
from server.session.state import State
from server.store.engine import Store
from tests.unit.rooms.test_room import Ear, House, house_on

WATCHED = (Room, Audience, Presence, State)


@pytest.fixture
def no_collector() -> Iterator[None]:
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def there() -> Counter[type]:
    found = Counter(type(one) for one in gc.get_objects())
    return Counter({kind: found[kind] for kind in WATCHED})


async def played(house: House) -> None:
    """To its end, with pages that saw all of it."""
    room = await house.room_with_people()
    ears = {"ana": Ear(), "maria": Ear()}
    for seat, ear in ears.items():
        room.join(seat, ear)
    await house.lesson_begins(room)
    while room.state.position.part != "ended":
        house.clock.ms += 3_600_000
        await room.ask(Untap(seat="ana", moment="none"))
    for seat, ear in ears.items():
        room.leave(seat, ear)
    while house.rooms.present(room.id) is not None:
        await asyncio.sleep(0.01)


@pytest.mark.usefixtures("no_collector")
async def test_nothing_of_a_room_that_is_over_waits_for_the_collector(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.rooms.room.LINGER_S", 0.01)
    async with Store(tmp_path / "test.db") as store, house_on(store) as house:
        before = there()
        await played(house)
        await asyncio.sleep(0.05)
        after = there()
    assert {kind.__name__: count for kind, count in after.items() if count > before[kind]} == {}
