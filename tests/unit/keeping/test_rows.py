"""Of a person or a session that is erased no word is left in any table, and nobody else loses anything."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from server.keeping import rows
from server.keeping.scrubbing import Scrubbing
from server.store.engine import Store, Work
from server.store.schema import devices, metadata, people
from server.store.schema_review import notes
from tests.fakes.filled import ANA, BEN, DAY_MS, canary, fill, rows_with, words_in

NOW_MS = 2_000 * DAY_MS
BY_ANA_ABOUT_BEN = {canary("grants", "name", BEN)}  # what she calls him, at a permission that she gave
BENS_IN_HERS = {canary("reviews", column, BEN) for column in ("questions", "about", "address", "message", "summary")}  # of her recording


async def test_everybodys_words_are_there_before(store: Store) -> None:
    await fill(store)
    found = await words_in(store)
    assert {canary("notes", "text", ANA), canary("emails", "address", BEN), canary("sessions", "title", "session-s")} <= found
    assert {word.rpartition("-of-")[2] for word in found} == {ANA, BEN, "session-s", "session-o"}


async def test_of_an_erased_person_no_word_is_left(store: Store) -> None:
    await fill(store)
    before = await words_in(store)
    await store.write(erasing_ana)
    after = await words_in(store)
    assert {word for word in after if word.endswith(f"-of-{ANA}")} == set()
    lost = before - after - {word for word in before if word.endswith(f"-of-{ANA}")}
    assert lost == BY_ANA_ABOUT_BEN | BENS_IN_HERS | {canary("outbox", each, BEN) for each in ("body", "address")}, (
        "the mail was about her recording"
    )


async def test_only_ids_of_an_erased_person_are_left(store: Store) -> None:
    await fill(store)
    await store.write(erasing_ana)
    assert await rows_with(store, ANA) == {"people", "seats", "notes", "grants", "reviews"}
    async with store.read() as connection:
        assert await connection.scalar(sa.select(people.c.name).where(people.c.person == ANA)) == "…"
        kept = (await connection.execute(sa.select(notes).where(notes.c.author == ANA))).all()
    assert [(note.note, note.text) for note in kept] == [("asked-t", "")], "Ben has answered it"


async def test_erasing_a_person_again_changes_nothing(store: Store) -> None:
    await fill(store)
    await store.write(erasing_ana)
    before = await everything(store)
    await store.write(erasing_ana)
    assert await everything(store) == before


async def test_of_an_erased_session_nothing_is_left_but_what_was_noted(store: Store) -> None:
    await fill(store)
    before = await words_in(store)
    await store.write(lambda connection: rows.erase_session(connection, "s"))
    assert await rows_with(store, "s") == {"audit"}
    assert await rows_with(store, "t") == {"audit"}
    left = await words_in(store)
    assert canary("sessions", "title", "session-s") not in left
    kept = {word for word in before if "people" in word or "emails" in word or "trying" in word or word.endswith("session-o")}
    assert kept <= left
    assert await rows_with(store, "o") >= {"sessions", "seats", "takes", "notes", "chat", "entries"}


async def test_who_has_nothing_left_is_forgotten_after_a_while(store: Store) -> None:
    await fill(store)

    async def leave(connection: AsyncConnection) -> None:
        for session in ("s", "o"):
            await rows.erase_session(connection, session)
        for table in ("emails", "identities"):
            await connection.execute(sa.delete(metadata.tables[table]).where(metadata.tables[table].c.person == BEN))

    await store.write(leave)
    assert await forgotten(store, before_ms=DAY_MS) == 0, "they have only just come"
    assert await forgotten(store, before_ms=NOW_MS) == 1
    async with store.read() as connection:
        assert list((await connection.execute(sa.select(people.c.person))).scalars()) == [ANA]
        assert list((await connection.execute(sa.select(devices.c.person))).scalars()) == [ANA]


async def test_deleted_words_are_in_no_file_of_the_database(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await fill(store)
        assert b"canary-notes-text-of-ana-id" in raw(tmp_path)
        await store.write(erasing_ana)
        await store.write(lambda connection: rows.erase_session(connection, "s"))
        await Scrubbing(store).scrub()
        assert b"-of-ana-id" not in raw(tmp_path)
        assert b"session-s" not in raw(tmp_path)
        assert b"canary-people-name-of-ben-id" in raw(tmp_path)


erasing_ana: Work = lambda connection: rows.erase_person(connection, ANA, NOW_MS)  # noqa: E731


async def forgotten(store: Store, before_ms: int) -> int:
    count = 0

    async def work(connection: AsyncConnection) -> None:
        nonlocal count
        count = await rows.forget_strangers(connection, before_ms)

    await store.write(work)
    return count


async def everything(store: Store) -> dict[str, list[object]]:
    async with store.read() as connection:
        return {
            table.name: sorted((tuple(row) for row in await connection.execute(sa.select(table))), key=str)
            for table in metadata.sorted_tables
        }


def raw(folder: Path) -> bytes:
    return b"\0".join(path.read_bytes() for path in sorted(folder.iterdir()))
