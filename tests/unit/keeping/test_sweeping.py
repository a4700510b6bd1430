"""One look after another: who is told, what is deleted, and that a look which is done again does nothing twice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
import sqlalchemy as sa

from server.errors import UserError
from server.keeping.erasing import Erasing, Hands
from server.keeping.ledger import NAME, Ledger, read_ledger
from server.keeping.retention import DAY_MS
from server.keeping.scrubbing import Scrubbing
from server.keeping.sweeping import Keep, Sweeping, kept_until_ms
from server.notify.notices import Notice, Notices
from server.review.recorder_client import RecorderClient, Told
from server.review.withdrawing import Withdrawing
from server.rooms.registry import Rooms
from server.rooms.room import Outside
from server.rooms.rows import note_erased
from server.store.engine import Store, Work, statement
from server.store.schema import decks, people, seats, sessions, takes
from server.store.schema_review import outbox, reviews
from tests.fakes.filled import ANA, BEN, fill, rows_with, words_in
from tests.fakes.still_clock import StillClock

MADE_MS = 1_000 * DAY_MS


def _ignore(*_: object) -> None:
    pass


class Cut(Exception):
    pass


class Installation:
    def __init__(self, folder: Path, store: Store) -> None:
        self.folder = folder
        self.store = store
        self.clock = StillClock(MADE_MS)
        self.told: list[Notice] = []
        self.deleted: list[str] = []
        self.tasks: set[asyncio.Task[None]] = set()
        self.rooms = Rooms(store, self.clock, Outside(set_media=_ignore, close_media=_ignore, stop_peer=_ignore, delete_take=self.delete))
        recorder = RecorderClient(folder / "nobody", Told(_ignore, _ignore, _ignore, _ignore))
        self.withdrawing = Withdrawing(store, recorder, self.clock)
        self.gone_elsewhere: list[tuple[str, str]] = []
        self.storage_answers = True
        hands = Hands(delete_take=self.delete, scrub=Scrubbing(store).scrub, erase_deck=self.erase_deck)
        self.erasing = Erasing(store, self.clock, self.rooms, self.withdrawing, Ledger(folder / "keys"), hands, slides=folder / "slides")
        self.notices = Notices(store, self.clock, compose=self.compose, can_report=False, wake=_ignore)

    def compose(self, notice: Notice, message: str, address: str, now_ms: int) -> bytes:
        self.told.append(notice)
        return b"mail"

    async def erase_deck(self, session: str, deck: str) -> bool:
        if self.storage_answers:
            self.gone_elsewhere.append((session, deck))
        return self.storage_answers

    def delete(self, take: str) -> None:
        """As the recorder, which answers a little later."""
        self.deleted.append(take)
        task = asyncio.create_task(note_erased(self.store, take, self.clock.now_ms()))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def sweep(self, *, recordings_days: int = 0, sessions_days: int = 0) -> Sweeping:
        keep = Keep(recordings_days=recordings_days, sessions_days=sessions_days)
        sweeping = Sweeping(
            self.store, self.clock, self.rooms, self.erasing, self.notices, keep, lambda language, ms: f"day {ms // DAY_MS}"
        )
        sweeping.last = await sweeping.once()
        await asyncio.gather(*self.tasks)
        return sweeping

    async def one(self, query: sa.Select[Any]) -> object:
        async with self.store.read() as connection:
            return await connection.scalar(query)


@pytest_asyncio.fixture
async def here(tmp_path: Path, store: Store) -> AsyncIterator[Installation]:
    await fill(store, MADE_MS)
    await store.write(statement(sa.update(reviews).values(sent_ms=MADE_MS)))
    made = Installation(tmp_path, store)
    yield made
    await made.rooms.close()


async def test_a_recording_is_announced_and_a_week_later_deleted(here: Installation) -> None:
    await here.store.write(statement(sa.update(people).where(people.c.person == BEN).values(name="Ben")))
    here.clock.ms = MADE_MS + 23 * DAY_MS
    assert (await here.sweep(recordings_days=30)).last.warned == 2
    assert (await here.sweep(recordings_days=30)).last.warned == 0
    here.clock.ms = MADE_MS + 30 * DAY_MS - 1
    assert (await here.sweep(recordings_days=30)).last.recordings == 0
    here.clock.ms = MADE_MS + 30 * DAY_MS
    assert (await here.sweep(recordings_days=30)).last.recordings == 2
    assert sorted(here.deleted) == ["t", "u"]
    assert (await here.sweep(recordings_days=30)).last.recordings == 0
    assert {gone.id for gone in read_ledger(here.folder / "keys" / NAME)} == {"t", "u"}


async def test_who_is_told_reads_until_when(here: Installation) -> None:
    address = "ana@school.example"
    await here.store.write(statement(sa.text("UPDATE emails SET address = :a WHERE person = :p").bindparams(a=address, p=ANA)))
    here.clock.ms = MADE_MS + 23 * DAY_MS
    await here.sweep(recordings_days=30)
    assert [(each.kind, each.person, each.fields["due"]) for each in here.told] == [
        ("recording_ends", ANA, f"day {MADE_MS // DAY_MS + 30}")
    ]
    assert await here.one(sa.select(sa.func.count()).select_from(outbox).where(outbox.c.kind == "recording_ends")) == 1


async def test_a_view_that_is_still_expected_holds_a_recording_back(here: Installation) -> None:
    later = {"sent_ms": None, "declined_ms": None, "offered_ms": None, "due_ms": MADE_MS + 40 * DAY_MS}
    await here.store.write(statement(sa.update(reviews).where(reviews.c.take == "t").values(later)))
    await here.store.write(statement(sa.update(takes).values(warned_ms=MADE_MS)))
    here.clock.ms = MADE_MS + 30 * DAY_MS
    await here.sweep(recordings_days=30)
    assert here.deleted == ["u"]
    assert await kept_until_ms(here.store, "t", 30, here.clock.now_ms()) == MADE_MS + 40 * DAY_MS
    assert await kept_until_ms(here.store, "t", 0, here.clock.now_ms()) is None


async def test_slides_of_who_is_gone_go_from_every_node_and_storage(here: Installation) -> None:
    theirs = await _decks_of(here.store, ANA)
    here.storage_answers = False
    with pytest.raises(UserError):
        await here.erasing.person(ANA)
    here.storage_answers = True
    await here.erasing.person(ANA)
    assert theirs and set(here.gone_elsewhere) == theirs
    for _, deck in theirs:  # as on a node that was away meanwhile
        (here.folder / "slides" / deck).mkdir(parents=True)
    await here.erasing.catch_up()
    assert not list((here.folder / "slides").iterdir())
    assert len(here.gone_elsewhere) == 2 * len(theirs)


async def _decks_of(store: Store, person: str) -> set[tuple[str, str]]:
    """With their sessions."""
    mine = (seats.c.session == decks.c.session) & (seats.c.seat == decks.c.seat)
    async with store.read() as connection:
        found = await connection.execute(sa.select(decks.c.session, decks.c.deck).join(seats, mine).where(seats.c.person == person))
        return {(row.session, row.deck) for row in found}


async def test_a_session_goes_when_its_recordings_have_gone(here: Installation) -> None:
    here.clock.ms = MADE_MS + 90 * DAY_MS
    assert (await here.sweep(sessions_days=60)).last.sessions == 0
    await here.store.write(statement(sa.update(takes).values(deleted_ms=MADE_MS, erased_ms=MADE_MS)))
    await here.store.write(statement(sa.update(sessions).where(sessions.c.session == "o").values(starts_ms=MADE_MS + 80 * DAY_MS)))
    assert (await here.sweep(sessions_days=60)).last.sessions == 1
    assert await rows_with(here.store, "s") == {"audit"}
    assert "sessions" in await rows_with(here.store, "o")
    assert (await here.sweep(sessions_days=60)).last.sessions == 0


async def test_a_look_that_is_cut_off_anywhere_is_ended_by_the_next(here: Installation, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the 1st, 2nd, … write of the database, as by kill -9: nothing is left half-done for good."""
    await here.store.write(statement(sa.update(takes).values(warned_ms=MADE_MS)))
    here.clock.ms = MADE_MS + 90 * DAY_MS
    real, left, cut = here.store.write, 0, 0

    async def write(work: Work) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cut
        await real(work)

    monkeypatch.setattr(here.store, "write", write)
    for step in range(1, 100):
        left = step
        try:
            await here.sweep(recordings_days=30, sessions_days=60)
            if left > 0:
                break
        except Cut:
            cut += 1
            await asyncio.gather(*here.tasks, return_exceptions=True)
            await here.erasing.catch_up()
    await asyncio.gather(*here.tasks)
    left = 1_000
    await here.sweep(recordings_days=30, sessions_days=60)
    assert cut >= 4
    assert {await here.one(sa.select(sa.func.count()).select_from(table)) for table in (takes, sessions)} == {0}
    assert {gone.id for gone in read_ledger(here.folder / "keys" / NAME)} == {"t", "u", "s", "o"}


@pytest.mark.parametrize("step", range(1, 6))
async def test_an_erasure_that_was_cut_off_is_ended_after_the_next_start(
    here: Installation, monkeypatch: pytest.MonkeyPatch, step: int
) -> None:
    real, left = here.store.write, step

    async def write(work: Work) -> None:
        nonlocal left
        left -= 1
        if left == 0:
            raise Cut
        await real(work)

    monkeypatch.setattr(here.store, "write", write)
    with contextlib.suppress(Cut):
        await here.erasing.person(ANA)
    await here.erasing.finish()
    await asyncio.gather(*here.tasks, return_exceptions=True)
    assert [word for word in await words_in(here.store) if word.endswith(f"-of-{ANA}")] == []
    assert await here.one(sa.select(takes.c.deleted_ms).where(takes.c.take == "t")) is not None


async def test_a_person_goes_with_recordings_and_voice(here: Installation) -> None:
    await here.erasing.person(ANA)
    await asyncio.gather(*here.tasks)
    assert here.deleted == ["t"]
    gone = {(each.what, each.id, each.peer) for each in read_ledger(here.folder / "keys" / NAME)}
    assert gone == {("person", ANA, ""), ("take", "t", ""), ("track", "u", f"{ANA}-in-o")}
    assert "withdrawals" in await rows_with(here.store, f"{ANA}-in-o")
    await here.erasing.person(ANA)
