"""Notes by everybody who may watch, over the whole product: who reads what, at which address, and what a killed server leaves."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from server.keeping.ledger import Ledger
from server.people.seats import fresh_id
from tests.fakes.studio import Copy, Studio, now_ms, studio

pytestmark = [pytest.mark.asyncio(loop_scope="module"), pytest.mark.timeout(120)]

OF_MARIA = "canary of Maria"
OF_BEN = "canary of Ben"
OF_ANA = "canary of Ana"
OF_ITO = "canary of Ito"


def prepared(copy: Copy) -> None:
    """Ben and Ana may watch; Ito is asked for a review of what Maria includes, Lee of the film alone."""
    for name in ("Ben", "Ana"):
        copy.allow(name)
    for name, includes in (("Ito", True), ("Lee", False)):
        copy.new_person(name)
        asked = {"questions": "[]", "about": "{}", "address": "", "due_ms": now_ms(), "asked_ms": now_ms(), "changed_ms": now_ms()}
        parts = {f"include_{part}": includes for part in ("notes", "own", "talk")}
        grant = copy.allow(name, use="consult")
        copy.insert("reviews", review=f"of-{name}", take=copy.first, grant=grant, teacher=copy.people["Maria"].person, **asked, **parts)
    copy.new_person("Eve")


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def here(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    folder = tmp_path_factory.mktemp("studio")
    async with studio(
        folder, before=prepared, smtp_host="127.0.0.1", smtp_port="9", mail_from="here@example.org"
    ) as running:  # nobody listens
        yield running


class Notes:
    def __init__(self, here: Studio, client: aiohttp.ClientSession, take: str) -> None:
        self.client = client
        self.url = f"/recordings/{take}/notes"

    async def write(self, text: str, note: str = "", **more: Any) -> tuple[int, Any]:
        body = {"kind": "note", "text": text, "version": 0, "at_ms": 2000, "end_ms": None, "parent": None, "addressee": None} | more
        async with self.client.put(f"{self.url}/{note or fresh_id()}", json=body, headers={"Accept": "application/json"}) as answer:
            return answer.status, await answer.json()

    async def texts(self) -> set[str]:
        return {note["text"] for note in (await self.read())["notes"]}

    async def read(self) -> Any:
        async with self.client.get(self.url) as answer:
            assert answer.status == 200
            return await answer.json()

    async def ask(self, method: str, path: str, **options: Any) -> tuple[int, Any]:
        async with self.client.request(method, self.url + path, headers={"Accept": "application/json"}, **options) as answer:
            return answer.status, await answer.json()


@contextlib.asynccontextmanager
async def notes_of(here: Studio, name: str, take: str = "") -> AsyncIterator[Notes]:
    async with here.client(name) as client:
        yield Notes(here, client, take or here.first)


async def test_who_reads_what(here: Studio) -> None:
    async with contextlib.AsyncExitStack() as stack:
        people = {name: await stack.enter_async_context(notes_of(here, name)) for name in ("Maria", "Ben", "Ana", "Ito", "Lee")}
        written = {"Maria": OF_MARIA, "Ben": OF_BEN, "Ana": OF_ANA, "Ito": OF_ITO}
        for name, text in written.items():
            assert (await people[name].write(text))[0] == 201
        seen = {name: await notes.texts() & set(written.values()) for name, notes in people.items()}
        assert seen == {
            "Maria": {OF_MARIA, OF_BEN, OF_ANA},
            "Ben": {OF_BEN},
            "Ana": {OF_ANA},
            "Ito": {OF_MARIA, OF_BEN, OF_ANA, OF_ITO},
            "Lee": set(),
        }
        assert (await people["Maria"].ask("POST", "/share", json={"notes": "all"}))[0] == 200
        assert OF_MARIA in await people["Ben"].texts() & await people["Lee"].texts()
        assert (await people["Maria"].ask("POST", "/unshare", json={"notes": "all"}))[0] == 200
        assert OF_MARIA not in await people["Ben"].texts() | await people["Lee"].texts()
        assert (await people["Ben"].ask("POST", "/share", json={"notes": "all"}))[0] == 404
        with here.database() as database:
            database.execute("update reviews set sent_ms = 1 where review = 'of-Lee'")
        assert (await people["Lee"].write("added after it was sent"))[0] == 201
        assert "added after it was sent" in await people["Maria"].texts()


@pytest.mark.parametrize("name", ["Eve", None])
async def test_for_anybody_else_there_is_nothing(here: Studio, name: str | None) -> None:
    async with here.client(name) as client:
        notes = Notes(here, client, here.first)
        for method, path in (("GET", ""), ("POST", "/share"), ("GET", f"/{fresh_id()}/history"), ("DELETE", f"/{fresh_id()}")):
            assert (await notes.ask(method, path))[0] == 404
        assert (await notes.write("from nowhere"))[0] == 404
    async with notes_of(here, "Ben", here.second) as second:
        assert (await second.write("not let in there"))[0] == 404


async def test_a_question_is_heard_and_answered_at_once(here: Studio) -> None:
    async with notes_of(here, "Maria") as maria, notes_of(here, "Ben") as ben, notes_of(here, "Ana") as ana:
        asked = {each["name"]: each["person"] for each in (await maria.read())["people"]}
        assert set(asked) == {"Ben", "Ana", "Ito", "Lee"}
        async with ben.client.ws_connect(f"/recordings/{here.first}/news") as news:
            question = fresh_id()
            status, _ = await maria.write("What did you see?", question, kind="question", addressee=asked["Ben"])
            assert status == 201
            heard = {(await news.receive_json(timeout=5))["name"] for _ in range(2)}
            assert heard == {"notes", "home"}
        assert "What did you see?" in await ben.texts()
        assert "What did you see?" not in await ana.texts()
        assert (await ana.write("not for me", parent=question))[0] == 409
        assert (await ben.write("The last row.", parent=question, at_ms=None))[0] == 201
        [answer] = [note for note in (await maria.read())["notes"] if note["parent"] == question]
        assert (answer["text"], answer["author"]["name"]) == ("The last row.", "Ben")
        status, told = await maria.write("You?", kind="question", addressee=here.people["Eve"].person)
        assert (status, told["code"]) == (409, "not_to_be_asked")


async def test_who_is_asked_and_who_is_answered_hear_of_it_by_mail(here: Studio) -> None:
    for name in ("Ben", "Maria"):
        here.insert("emails", address=f"{name.lower()}@example.org", person=here.people[name].person, proven_ms=1)
    async with notes_of(here, "Maria") as maria, notes_of(here, "Ben") as ben:
        question = fresh_id()
        await maria.write("canary by mail?", question, kind="question", addressee=here.people["Ben"].person)
        await ben.write("canary by mail.", parent=question, at_ms=None)
        await ben.write("one more", parent=None)
        await ben.write("and one more", parent=None)
    with here.database() as database:
        waiting = database.execute("select kind, address, body from outbox order by created_ms").fetchall()
    told = [(kind, address.partition("@")[0]) for kind, address, _ in waiting]
    assert told[-3:] == [("question_asked", "ben"), ("question_answered", "maria"), ("note_added", "maria")]
    assert not any(b"canary" in body for _, _, body in waiting)


async def test_a_question_waits_on_the_start_page_as_long_as_its_film_may_be_watched(here: Studio) -> None:
    here.new_person("Gil")
    grant, note = here.allow("Gil"), fresh_id()
    async with notes_of(here, "Maria") as maria, here.client("Gil") as gil:
        assert (await maria.write("And you, Gil?", note, kind="question", addressee=here.people["Gil"].person))[0] == 201
        async with gil.get("/") as answer:
            assert f"#note-{note}" in await answer.text()
        with here.database() as database:
            database.execute('update grants set ended_ms = 1 where "grant" = ?', (grant,))
        async with gil.get("/") as answer:
            assert f"#note-{note}" not in await answer.text()


async def test_a_consultants_answer_arrives_and_the_rest_waits(here: Studio) -> None:
    async with notes_of(here, "Maria") as maria, notes_of(here, "Ito") as ito:
        question = fresh_id()
        await maria.write("Was I too fast?", question, kind="question", addressee=here.people["Ito"].person)
        assert (await ito.read())["waits"] is True
        assert (await ito.write("A little.", parent=question, at_ms=None))[0] == 201
        assert (await ito.write("canary that waits", kind="question"))[0] == 201
        assert "A little." in await maria.texts()
        assert "canary that waits" not in await maria.texts()


async def test_what_is_changed_twice_is_told_with_both_texts(here: Studio) -> None:
    async with notes_of(here, "Ben") as ben:
        note = fresh_id()
        assert [(await ben.write("one", note))[0] for _ in range(2)] == [201, 200]
        assert (await ben.write("two", note, version=1))[0] == 200
        status, told = await ben.write("three", note, version=1)
        assert (status, told["code"], told["yours"]["text"], told["note"]["text"]) == (409, "note_changed", "three", "two")
        status, history = await ben.ask("GET", f"/{note}/history")
        assert [each["text"] for each in history["versions"]] == ["one"]
        status, gone = await ben.ask("DELETE", f"/{note}")
        assert (status, gone["version"]) == (200, 3)
        assert (await ben.ask("DELETE", f"/{note}"))[0] == 200
        assert "two" not in await ben.texts()
        noted = [gone for gone in Ledger(here.data / "keys").all() if gone.id == note]
        assert [(gone.what, gone.version) for gone in noted] == [("note", 2)], "no backup from before brings it back"
        assert (await ben.write("two", note, version=3))[0] == 200
        assert "two" in await ben.texts()
    with contextlib.closing(sqlite3.connect(here.data / "microteach.db")) as database:
        assert database.execute("select count(*) from note_versions where note = ?", (note,)).fetchone() == (0,)


@pytest.mark.parametrize(
    ("more", "status", "code"),
    [
        ({"text": "x" * 10_001}, 413, "note_too_long"),
        ({"text": ""}, 400, "note_empty"),
        ({"at_ms": 10_000_000}, 400, "outside_film"),
        ({"kind": "mark"}, 400, "not_a_note"),
        ({"version": "1"}, 400, "not_a_note"),
        ({"parent": "nothing"}, 409, "note_unanswerable"),
    ],
)
async def test_what_cannot_be_kept_is_told_in_words(here: Studio, more: dict[str, Any], status: int, code: str) -> None:
    async with notes_of(here, "Ben") as ben:
        answer, told = await ben.write(**({"text": "words"} | more))
        assert (answer, told["code"]) == (status, code)
        assert told["message"]
        assert (await ben.write("words", "short"))[0] == 400
        async with ben.client.put(f"{ben.url}/{fresh_id()}", data=b"x" * 70_000, headers={"Accept": "application/json"}) as large:
            assert large.status == 413


async def test_before_the_lesson_everybody_with_a_seat_asks_and_answers(here: Studio) -> None:
    url = f"/sessions/{here.session}/questions"
    question = {"kind": "question", "text": "Which class is it?", "version": 0}
    async with here.client("Ben") as ben, here.client("Maria") as maria, here.client("Eve") as eve:
        note = fresh_id()
        async with ben.put(f"{url}/{note}", json=question | {"addressee": here.people["Maria"].person}) as answer:
            assert answer.status == 201
        async with maria.put(f"{url}/{fresh_id()}", json={"kind": "note", "text": "Year five.", "version": 0, "parent": note}) as answer:
            assert answer.status == 201
        async with ben.get(f"{url}/all") as answer:
            found = (await answer.json())["notes"]
        assert [(each["text"], each["author"]["name"]) for each in found] == [("Which class is it?", "Ben"), ("Year five.", "Maria")]
        async with ben.get(url) as page:
            assert page.status == 200
        for path in (url, f"{url}/all"):
            async with eve.get(path) as answer:
                assert answer.status == 404
    async with notes_of(here, "Maria") as of_recording:
        assert "Which class is it?" not in await of_recording.texts()


async def test_a_server_that_is_killed_before_it_answers_keeps_exactly_one_note(here: Studio) -> None:
    note, text = fresh_id(), "written when the server died"
    async with notes_of(here, "Ben") as ben:
        asking = asyncio.create_task(ben.write(text, note))
        with contextlib.closing(sqlite3.connect(here.data / "microteach.db")) as database:
            while database.execute("select count(*) from notes where note = ?", (note,)).fetchone() != (1,) and not asking.done():
                await asyncio.sleep(0)
        here.product.kill("server")
        with contextlib.suppress(aiohttp.ClientError):
            await asking
        await here.product.ready()
        assert (await ben.write(text, note))[0] == 200
        assert [each["text"] for each in (await ben.read())["notes"]].count(text) == 1


async def test_no_words_are_in_the_log(here: Studio) -> None:
    for words in (OF_MARIA, OF_BEN, OF_ITO, "Ito", "Year five"):
        assert words not in here.product.log
    assert " ERROR " not in here.product.log
