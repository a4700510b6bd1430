"""The questions of the own view: strengths first, about goals that were written, read by nobody before they are shared."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from server.errors import UserError
from server.people.seats import Person, new_person
from server.people.watching import Part, Recording, Use, Watcher
from server.review.lesson import Line
from server.review.own.reflections import ChangedElsewhere, answers_of, share_answers, write_answer
from server.review.own.view import MOST_CHARACTERS, Answer, checked, questions, readable
from server.rooms.rows import new_session
from server.store.engine import Store, statement
from server.store.schema import takes

CARD = (Line(form="lesson-card", field="goal", label="By the end they can", text="add halves"),)
WRITTEN = Answer(text="The pizza", changed_ms=1)
SHARED = Answer(text="They all said it", changed_ms=1, shared_ms=2)


def watcher(use: Use, *includes: Part) -> Watcher:
    recording = Recording(take="t", session="s", round=0, teacher="seat", started_ms=0, attempt=0)
    return Watcher(recording=recording, person=Person(person="p", name="P"), owner="maria", use=use, includes=frozenset(includes))


def test_what_to_change_waits_for_what_worked() -> None:
    asked = {each.key: each.waits for each in questions(CARD, {}, str)}
    assert asked == {"worked": False, "goal": False, "differently": True}
    assert not any(each.waits for each in questions(CARD, {"worked": WRITTEN}, str))


def test_what_was_written_is_never_hidden_again() -> None:
    asked = questions((), {"differently": WRITTEN}, str)
    assert [(each.key, each.waits) for each in asked] == [("worked", False), ("differently", False)]


def test_goals_are_asked_about_in_her_own_words() -> None:
    assert next(each.about for each in questions(CARD, {}, str) if each.key == "goal") == "add halves"


@pytest.mark.parametrize(
    ("who", "reads"),
    [
        (watcher("own"), {"worked", "goal"}),
        (watcher("consult", "own"), {"worked", "goal"}),
        (watcher("consult", "notes", "talk"), {"goal"}),
        (watcher("watch"), {"goal"}),
    ],
)
def test_others_read_what_is_shared_or_shown_to_them(who: Watcher, reads: set[str]) -> None:
    assert set(readable(who, {"worked": WRITTEN, "goal": SHARED})) == reads


@pytest.mark.parametrize(("question", "text"), [("other", "x"), ("worked", None), ("worked", "x" * (MOST_CHARACTERS + 1))])
def test_what_cannot_be_kept_is_refused(question: str, text: object) -> None:
    with pytest.raises(UserError):
        checked(question, text)


async def test_an_answer_that_was_emptied_is_private_when_it_is_written_anew(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await _a_recording(store)
        await store.write(write_answer("t", "maria", "worked", "for all", 1))
        await store.write(share_answers("t", "maria", 2))
        await store.write(write_answer("t", "maria", "worked", "for all, corrected", 3))
        assert set(readable(watcher("watch"), await answers_of(store, "t", "maria"))) == {"worked"}
        for text in ("", "only mine"):
            await store.write(write_answer("t", "maria", "worked", text, 4))
        assert readable(watcher("watch"), await answers_of(store, "t", "maria")) == {}


async def test_what_another_device_has_written_meanwhile_is_not_written_over(tmp_path: Path) -> None:
    async with Store(tmp_path / "test.db") as store:
        await _a_recording(store)
        await store.write(write_answer("t", "maria", "worked", "From the phone", 1, base=""))
        with pytest.raises(ChangedElsewhere) as elsewhere:
            await store.write(write_answer("t", "maria", "worked", "From the desk", 2, base=""))
        assert elsewhere.value.text == "From the phone"
        assert (await answers_of(store, "t", "maria"))["worked"].text == "From the phone"
        for text, base in (("From both", "From the phone"), ("From both", "")):  # the second time its answer was lost
            await store.write(write_answer("t", "maria", "worked", text, 3, base=base))
        assert (await answers_of(store, "t", "maria"))["worked"].text == "From both"


async def _a_recording(store: Store) -> None:
    await store.write(new_session("s", "Fractions", 1))
    await store.write(new_person(Person(person="maria", name="Maria"), "token", 1))
    await store.write(statement(sa.insert(takes).values(take="t", session="s", round=0, teacher="seat", started_ms=1)))
