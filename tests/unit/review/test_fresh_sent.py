"""fresh"""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from server.people.grants import fresh_grant
from server.people.seats import Person, new_person, new_seat
from server.people.watching import Recording
from server.review import note_rows as rows
from server.review.asking import Review
from server.review.notes import Reader, Written, visible
from server.review.reviews import add, changing
from server.review import asking
from server.rooms.rows import new_session
from server.store.engine import Store, statement
from server.store.schema import takes

async def test_a_note_that_arrives_while_the_review_is_sent_reaches_the_teacher(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await store.write(new_session("s", "Fractions", 1))
        for each in ("maria", "ito"):
            await store.write(new_person(Person(person=each, name=each.title()), each, 1))
        await store.write(new_seat("s", "seat", "maria"))
        await store.write(statement(sa.insert(takes).values(take="t", session="s", round=0, teacher="seat", started_ms=1)))
        grant = fresh_grant("t", "Ito", "consult", 1, person="ito")
        review = Review(review="r", take="t", grant=grant.grant, teacher="maria", due_ms=10**9, asked_ms=1, changed_ms=1, opened_ms=1)
        await store.write(add(review, grant, "link"))
        recording = Recording(take="t", session="s", round=0, teacher="seat", started_ms=1, attempt=0)
        place = await rows.place_of_recording(store, recording, "maria", "ito", 2)
        ito = Reader(person="ito", role="consultant", holds_back=not await rows.review_is_sent(store, "r"))
        shares = rows.share_all("ito", "t", 3)
        await store.write(changing("r", lambda each: asking.sent(each, 3), lambda _: shares))
        await rows.put(store, "n" * 20, ito, place, Written(kind="note", text="the last one", version=0), 4)
        seen = visible(Reader(person="maria", role="teacher"), await rows.notes_at(store, place), place.roles)
        assert [each.text for each in seen] == ["the last one"]
