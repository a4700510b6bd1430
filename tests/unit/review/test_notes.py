"""Who sees which note, who may write what, and what becomes of a note that is written twice: the rules, and the rows that keep to them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable

import msgspec
import pytest
import pytest_asyncio
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st

from server.errors import UserError
from server.people.grants import fresh_grant, write_grant
from server.people.seats import Person, fresh_id, new_person
from server.people.watching import Part
from server.review.consulting.asking import Review, sent
from server.review.consulting.reviews import add, changing
from server.review.notes import rows
from server.review.notes.rows import Outcome, Place
from server.review.notes.rules import MOST_CHARACTERS, ChangedElsewhere, Kind, Note, Reader, Role, Written, check, shared_from, visible
from server.review.notes.waiting import questions_to
from server.rooms.rows import new_session
from server.store.engine import Store, statement
from server.store.schema import seats, takes

MARIA, BEN, ANA, ITO, LEE = "maria", "ben", "ana", "ito", "lee"
ROLES: dict[str, Role] = {MARIA: "teacher", BEN: "colleague", ANA: "colleague", ITO: "consultant", LEE: "consultant"}
ALL: frozenset[Part] = frozenset({"notes", "own", "talk"})
NOTHING: frozenset[Part] = frozenset()


def note(author: str, *, shared: bool, parent: str | None = None, addressee: str | None = None, kind: Kind = "note") -> Note:
    return Note(
        note=f"{author}-{parent or ''}",
        session="s",
        take="t",
        author=author,
        parent=parent,
        kind=kind,
        at_ms=5,
        end_ms=None,
        text="words",
        addressee=addressee,
        version=1,
        created_ms=1,
        changed_ms=1,
        shared_ms=1 if shared else None,
        deleted_ms=None,
    )


def reader(person: str, parts: frozenset[Part] = NOTHING) -> Reader:
    return Reader(person=person, role=ROLES[person], parts=parts)


EVERYBODY = (reader(MARIA), reader(BEN), reader(ANA), reader(ITO), reader(LEE, ALL))


def who_sees(asked: Note, among: Iterable[Note]) -> set[str]:
    notes = list(among)
    return {each.person for each in EVERYBODY if asked.note in {seen.note for seen in visible(each, notes, ROLES)}}


@pytest.mark.parametrize(
    ("author", "shared", "seen_by"),
    [
        (MARIA, False, {MARIA, LEE}),
        (MARIA, True, {MARIA, BEN, ANA, ITO, LEE}),
        (BEN, True, {BEN, MARIA, LEE}),
        (BEN, False, {BEN}),
        (ITO, False, {ITO}),
        (ITO, True, {ITO, MARIA}),
        (LEE, True, {LEE, MARIA}),
    ],
)
def test_who_sees_a_note(author: str, shared: bool, seen_by: set[str]) -> None:
    written = note(author, shared=shared)
    assert who_sees(written, [written]) == seen_by


def test_a_consultant_sees_only_what_the_teacher_includes() -> None:
    of_maria, of_ben = note(MARIA, shared=False), note(BEN, shared=True)
    for parts, seen in (({"notes"}, {of_ben.note}), ({"own"}, {of_maria.note}), ({"talk"}, set()), (ALL, {of_ben.note, of_maria.note})):
        found = visible(reader(ITO, frozenset(parts)), [of_maria, of_ben], ROLES)  # type: ignore[arg-type]
        assert {each.note for each in found} == seen


def test_who_is_asked_sees_the_question_although_it_is_not_shared() -> None:
    asked = note(MARIA, shared=False, kind="question", addressee=BEN)
    assert who_sees(asked, [asked]) == {MARIA, BEN, LEE}
    no_question = note(MARIA, shared=False, addressee=BEN)
    assert who_sees(no_question, [no_question]) == {MARIA, LEE}
    waiting = note(ITO, shared=False, kind="question", addressee=MARIA)
    assert who_sees(waiting, [waiting]) == {ITO}


@pytest.mark.parametrize("root_shared", [False, True])
def test_an_answer_is_seen_by_those_who_see_what_it_answers(root_shared: bool) -> None:
    root = note(MARIA, shared=root_shared)
    answer = note(LEE, shared=True, parent=root.note)
    waits = note(LEE, shared=False, parent=root.note)
    assert who_sees(answer, [root, answer]) == who_sees(root, [root])
    assert who_sees(waits, [root, waits]) == {LEE}


@given(st.lists(st.tuples(st.sampled_from(list(ROLES)), st.booleans(), st.booleans(), st.sampled_from([None, *ROLES])), max_size=8))
def test_nobody_but_its_author_sees_what_waits(made: list[tuple[str, bool, bool, str | None]]) -> None:
    roots = [note(author, shared=shared, addressee=asked) for author, shared, root, asked in made if root]
    answers = [note(author, shared=shared, parent=roots[0].note) for author, shared, root, _ in made if not root and roots]
    for each in EVERYBODY:
        for seen in visible(each, [*roots, *answers], ROLES):
            private = seen.shared_ms is None and ROLES[seen.author] != "teacher"
            assert seen.author == each.person or not private


@pytest.mark.parametrize(
    ("person", "holds_back", "answers", "shared"),
    [
        (MARIA, False, None, None),
        (MARIA, False, "note", 9),
        (BEN, False, None, 9),
        (BEN, False, "note", 9),
        (ITO, True, None, None),
        (ITO, True, "note", None),
        (ITO, True, "asked", 9),
        (ITO, False, None, 9),
    ],
)
def test_from_when_on_a_note_is_seen(person: str, holds_back: bool, answers: str | None, shared: int | None) -> None:
    """A consultant's before the review is sent only where the teacher asked for it."""
    writer = Reader(person=person, role=ROLES[person], holds_back=holds_back)
    asked = note(MARIA, shared=False, kind="question", addressee=person)
    parent = None if answers is None else asked if answers == "asked" else note(MARIA, shared=True)
    assert shared_from(writer, parent, 9) == shared


def test_a_deleted_note_stays_as_a_place_for_its_answers() -> None:
    root = msgspec.structs.replace(note(BEN, shared=True), deleted_ms=2, text="")
    answer = note(MARIA, shared=True, parent=root.note)
    assert visible(reader(MARIA), [root], ROLES) == []
    assert visible(reader(MARIA), [root, answer], ROLES) == [root, answer]
    gone = msgspec.structs.replace(answer, deleted_ms=3)
    assert visible(reader(MARIA), [root, gone], ROLES) == []


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ({"text": "x" * (MOST_CHARACTERS + 1)}, "note_too_long"),
        ({"text": " \n"}, "note_empty"),
        ({"kind": "worked", "text": ""}, "note_empty"),
        ({"kind": "worked", "text": "", "at_ms": 5, "parent": "p"}, "note_empty"),
        ({"at_ms": 2001}, "outside_film"),
        ({"at_ms": -1}, "outside_film"),
        ({"at_ms": 10, "end_ms": 10}, "outside_film"),
        ({"at_ms": 10, "end_ms": 2001}, "outside_film"),
        ({"end_ms": 10}, "outside_film"),
    ],
)
def test_what_cannot_be_a_note_is_refused_in_words(written: dict[str, object], code: str) -> None:
    with pytest.raises(UserError) as refused:
        check(msgspec.convert({"kind": "note", "text": "words", "version": 0} | written, Written), 1000)
    assert refused.value.code == code


def test_a_note_where_the_last_picture_stands_is_kept() -> None:
    """Its last picture may end after the length that a film says that it has."""
    check(Written(kind="note", text="the end", version=0, at_ms=1019), 1000)
    check(Written(kind="note", text="the end", version=0, at_ms=900, end_ms=1019), 1000)


def test_a_moment_without_words_is_a_note() -> None:
    check(Written(kind="worked", text="", version=0, at_ms=5), 1000)
    check(Written(kind="change", text="", version=0, at_ms=5, end_ms=9), None)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def store(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Store]:
    async with Store(tmp_path_factory.mktemp("notes") / "test.db") as opened:
        await opened.write(new_session("s", "Fractions", 1))
        for each in ROLES:
            await opened.write(new_person(Person(person=each, name=each.title()), each, 1))
        yield opened


@pytest_asyncio.fixture(loop_scope="module")
async def place(store: Store) -> Place:
    """A recording of its own for each test."""
    take = fresh_id()
    await store.write(statement(sa.insert(takes).values(take=take, session="s", round=0, teacher="seat", started_ms=1)))
    return Place(session="s", take=take, roles=ROLES, names={}, may_be_asked=())


on_disk = pytest.mark.asyncio(loop_scope="module")


async def put(store: Store, note: str, writer: Reader, place: Place, written: Written, now_ms: int) -> Outcome:
    """Ids are the same in each test, and each has its own."""
    parent = f"{place.take}-{written.parent}" if written.parent else None
    return await rows.put(store, f"{place.take}-{note}", writer, place, msgspec.structs.replace(written, parent=parent), now_ms)


def named(place: Place, notes: Iterable[Note]) -> list[str]:
    return [each.note.removeprefix(f"{place.take}-") for each in notes]


def written(text: str, version: int, **more: str) -> Written:
    return Written(kind="note", text=text, version=version, parent=more.get("parent"))


@on_disk
async def test_a_note_that_arrives_twice_is_one(store: Store, place: Place) -> None:
    for change in ("new", "same", "same"):
        outcome = await put(store, "n", reader(BEN), place, written("one", 0), 5)
        assert (outcome.change, outcome.note.version, outcome.note.text) == (change, 1, "one")
    changed = await put(store, "n", reader(BEN), place, written("two", 1), 6)
    assert (changed.change, changed.note.version) == ("changed", 2)
    late = await put(store, "n", reader(BEN), place, written("one", 0), 7)
    assert (late.change, late.note.text) == ("same", "two")
    [version] = await rows.versions_of(store, changed.note)
    assert (version.version, version.text) == (1, "one")
    assert len(await rows.notes_at(store, place)) == 1


@on_disk
async def test_two_devices_that_change_one_note_lose_nothing(store: Store, place: Place) -> None:
    await put(store, "n", reader(BEN), place, written("one", 0), 5)
    await put(store, "n", reader(BEN), place, written("on the phone", 1), 6)
    with pytest.raises(ChangedElsewhere) as changed:
        await put(store, "n", reader(BEN), place, written("on the desk", 1), 7)
    assert changed.value.now.text == "on the phone"
    chosen = await put(store, "n", reader(BEN), place, written("on the desk", changed.value.now.version), 8)
    assert [each.text for each in await rows.versions_of(store, chosen.note)] == ["one", "on the phone"]


@on_disk
async def test_a_note_is_its_authors_alone(store: Store, place: Place) -> None:
    await put(store, "n", reader(BEN), place, written("one", 0), 5)
    for person in (MARIA, ANA):
        with pytest.raises(UserError) as refused:
            await put(store, "n", reader(person), place, written("mine", 1), 6)
        assert refused.value.status == 404
        assert await rows.note_of(store, f"{place.take}-n", person, place) is None
    elsewhere = msgspec.structs.replace(place, take="t2")
    assert await rows.note_of(store, f"{place.take}-n", BEN, elsewhere) is None


@on_disk
async def test_deleting_takes_words_and_versions_away_and_can_be_undone(store: Store, place: Place) -> None:
    await put(store, "n", reader(BEN), place, written("one", 0), 5)
    outcome = await put(store, "n", reader(BEN), place, written("two", 1), 6)
    await store.write(rows.delete(outcome.note, 7))
    [left] = await rows.notes_at(store, place)
    assert (left.text, left.version, left.deleted_ms) == ("", 3, 7)
    assert await rows.versions_of(store, left) == []
    with pytest.raises(ChangedElsewhere):
        await put(store, "n", reader(BEN), place, written("late", 2), 8)
    back = await put(store, "n", reader(BEN), place, written("two", 3), 9)
    assert (back.note.text, back.note.deleted_ms) == ("two", None)


@on_disk
async def test_only_what_one_sees_can_be_answered(store: Store, place: Place) -> None:
    await put(store, "private", reader(MARIA), place, written("mine", 0), 5)
    await put(store, "of-ben", reader(BEN), place, written("to Maria", 0), 5)
    for person, parent in ((BEN, "private"), (ANA, "of-ben"), (BEN, "nothing")):
        with pytest.raises(UserError) as refused:
            await put(store, f"answer-{person}", reader(person), place, written("answer", 0, parent=parent), 6)
        assert refused.value.code == "note_unanswerable"
    answer = await put(store, "answer", reader(MARIA), place, written("thanks", 0, parent="of-ben"), 7)
    assert answer.parent is not None
    with pytest.raises(UserError):
        await put(store, "deeper", reader(BEN), place, written("answer", 0, parent="answer"), 8)


@on_disk
async def test_a_review_that_is_sent_shares_what_waited(store: Store, place: Place) -> None:
    waits = msgspec.structs.replace(reader(ITO), holds_back=True)
    await put(store, "n", waits, place, written("seen later", 0), 5)
    await put(store, "m", reader(MARIA), place, written("mine", 0), 5)
    assert named(place, visible(reader(MARIA), await rows.notes_at(store, place), ROLES)) == ["m"]
    await store.write(rows.share_all(ITO, place.take or "", 9))
    assert {each.author: each.shared_ms for each in await rows.notes_at(store, place)} == {ITO: 9, MARIA: None}


@on_disk
async def test_a_note_that_arrives_while_the_review_is_sent_reaches_the_teacher(store: Store, place: Place) -> None:
    take, waits = place.take or "", msgspec.structs.replace(reader(ITO), holds_back=True)
    grant = fresh_grant(take, "Ito", "consult", 1, person=ITO)
    review = Review(review=take, take=take, grant=grant.grant, teacher=MARIA, due_ms=99, asked_ms=1, changed_ms=1, opened_ms=1)
    await store.write(add(review, grant, take))
    await put(store, "before", waits, place, written("one", 0), 5)
    assert visible(reader(MARIA), await rows.notes_at(store, place), ROLES) == []
    await store.write(changing(take, lambda each: sent(each, 6), lambda _: rows.share_all(ITO, take, 6)))
    await put(store, "last", waits, place, written("two", 0), 7)  # who writes was looked at before
    assert named(place, visible(reader(MARIA), await rows.notes_at(store, place), ROLES)) == ["before", "last"]


@on_disk
async def test_what_waited_for_a_review_that_is_over_reaches_the_teacher_when_it_is_written_again(store: Store, place: Place) -> None:
    """Nobody else sends it: from then on its author may watch as a colleague does."""
    await put(store, "n", msgspec.structs.replace(reader(ITO), holds_back=True), place, written("one", 0), 5)
    await put(store, "m", reader(MARIA), place, written("mine", 0), 5)
    await put(store, "m", reader(MARIA), place, written("still mine", 1), 6)
    await put(store, "n", Reader(person=ITO, role="colleague"), place, written("two", 1), 7)
    assert {each.author: each.shared_ms for each in await rows.notes_at(store, place)} == {ITO: 7, MARIA: None}


@on_disk
async def test_the_teacher_shares_and_stops_sharing(store: Store, place: Place) -> None:
    for each in ("a", "b"):
        await put(store, each, reader(MARIA), place, written(each, 0), 5)
    a, b = await rows.notes_at(store, place)
    await store.write(rows.share(MARIA, a.take or "", [a.note], 6))
    assert named(place, visible(reader(BEN), await rows.notes_at(store, place), ROLES)) == ["a"]
    await store.write(rows.share(MARIA, a.take or "", [a.note, b.note], None))
    assert visible(reader(BEN), await rows.notes_at(store, place), ROLES) == []


@on_disk
async def test_there_is_a_limit_for_each_person(store: Store, place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rows, "MOST_NOTES", 2)
    for each in ("a", "b"):
        await put(store, each, reader(BEN), place, written("x", 0), 5)
    with pytest.raises(UserError) as refused:
        await put(store, "c", reader(BEN), place, written("x", 0), 5)
    assert refused.value.code == "too_many_notes"
    await put(store, "a", reader(BEN), place, written("still changed", 1), 6)
    await put(store, "d", reader(ANA), place, written("x", 0), 5)


@on_disk
async def test_a_question_waits_on_the_start_page_until_it_is_answered(store: Store, place: Place) -> None:
    await store.write(statement(sa.insert(seats).values(session="s", seat=f"seat-{place.take}", person=MARIA)))
    await store.write(statement(sa.update(takes).where(takes.c.take == place.take).values(teacher=f"seat-{place.take}")))
    question = Written(kind="question", text="?", version=0, addressee=BEN)
    await put(store, "q", reader(MARIA), place, question, 5)
    assert await questions_to(store, BEN, 9) == []  # who may not watch any more is not asked any more
    await store.write(write_grant(fresh_grant(place.take or "", "Ben", "watch", 1, person=BEN, expires_ms=20)))
    [waiting] = await questions_to(store, BEN, 9)
    assert (waiting.name, waiting.path) == ("Maria", f"/recordings/{place.take}#note-{place.take}-q")
    assert await questions_to(store, BEN, 21) == []
    assert await questions_to(store, ANA, 9) == []
    await put(store, "a", reader(BEN), place, written("!", 0, parent="q"), 6)
    assert await questions_to(store, BEN, 9) == []
    back = msgspec.structs.replace(question, addressee=MARIA)
    await put(store, "later", msgspec.structs.replace(reader(ITO), holds_back=True), place, back, 7)
    assert await questions_to(store, MARIA, 9) == []
    await store.write(rows.share_all(ITO, place.take or "", 8))
    assert [each.name for each in await questions_to(store, MARIA, 9)] == ["Ito"]
