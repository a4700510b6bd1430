"""Everything about a person as one file: it opens, its film plays, and nobody else's words are in it."""

from __future__ import annotations

import asyncio
import csv
import io
import json
import zipfile
from collections.abc import AsyncIterator
from html.parser import HTMLParser
from typing import Any

import av
import pytest
import pytest_asyncio

from tests.browser.material import HEARD_DB, TEACHER_HZ
from tests.browser.steps import level_in, sound_of
from tests.fakes.studio import Studio, studio
from tests.fakes.studio_lesson import OF_ANA, OF_BEN, ONE_THING, OWN_VIEW

pytestmark = pytest.mark.asyncio(loop_scope="module")

BENS_OWN = "What Ben keeps to himself."
BENS_SHARED = "What Ben told Maria."
DRAFT = "What Ana has not sent yet."
OWN_NOTE = '=HYPERLINK("http://example.org") <script>alert(1)</script>'
TIMES: dict[str, Any] = {"version": 1, "created_ms": 1_700_000_000_000, "changed_ms": 1_700_000_000_000}

REVIEW: dict[str, Any] = dict.fromkeys(("include_notes", "include_own", "include_talk"), 0) | {"about": "{}", "address": ""}
REVIEW |= dict.fromkeys(("due_ms", "asked_ms", "changed_ms"), 1) | {"questions": "[]"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    async with studio(tmp_path_factory.mktemp("my-data")) as running:
        maria, ben = (running.people[name].person for name in ("Maria", "Ben"))
        note = {"session": running.session, "take": running.first, "kind": "note", "at_ms": 4_200, **TIMES}
        running.allow("Ben")
        asked = {"review": "r", "take": running.first, "grant": running.allow("Ana", use="consult"), "teacher": maria, "summary": DRAFT}
        running.insert("reviews", **asked, **REVIEW)
        running.insert("notes", note="n1", author=maria, text=OWN_NOTE, **note)
        running.insert("notes", note="n2", author=ben, text=BENS_OWN, **note)
        running.insert("notes", note="n3", author=ben, text=BENS_SHARED, shared_ms=1, **note)
        running.insert("note_versions", note="n1", version=1, kind="note", at_ms=4_200, text="Before.", changed_ms=1)
        yield running


async def test_the_archive_of_a_teacher_opens_and_its_film_plays(ready: Studio) -> None:
    archive = await archive_of(ready, "Maria")
    assert archive.testzip() is None
    films = [name for name in archive.namelist() if name.endswith(".webm")]
    assert len(films) == 2
    film = archive.read(films[0])
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        assert sum(1 for _ in container.decode(video=0)) > 50
    assert level_in(sound_of(film), TEACHER_HZ) > HEARD_DB
    data = json.loads(archive.read("data.json"))
    assert (data["format"], data["version"]) == ("microteach-person", 1)
    assert data["person"][0]["name"] == "Maria"
    assert {row["text"] for row in data["forms"]} >= {OWN_VIEW, ONE_THING}
    assert {row["text"] for row in data["forms_you_received"]} >= {OF_ANA, OF_BEN}, "what was said to her"
    assert [row["recording"] for row in data["choices"]] == ["record"]
    assert [row["text"] for row in data["note_versions"]] == ["Before."]
    assert [(row["name"], row["use"]) for row in data["who_may_watch"]] == [("Ben", "watch"), ("Ana", "consult")]


async def test_its_tables_are_safe_and_its_page_can_be_read(ready: Studio) -> None:
    archive = await archive_of(ready, "Maria")
    rows = list(csv.DictReader(io.StringIO(archive.read("tables/notes.csv").decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == ["'" + OWN_NOTE]
    assert rows[0]["created_utc"] == "2023-11-14 22:13:20"
    assert rows[0]["at_ms"] == "4200"
    page = Page(archive.read("index.html").decode())
    assert "script" not in page.tags
    assert page.links <= set(archive.namelist()), "what it leads to is there"
    assert OWN_NOTE in page.text
    assert "0:04" in page.text


async def test_nobody_elses_words_are_in_it(ready: Studio) -> None:
    maria, ben, ana = [await whole(ready, name) for name in ("Maria", "Ben", "Ana")]
    assert BENS_OWN.encode() not in maria
    assert BENS_SHARED.encode() in maria
    assert DRAFT.encode() not in maria
    assert DRAFT.encode() in ana
    assert BENS_OWN.encode() in ben
    assert OWN_NOTE.encode() not in ben
    assert b".webm" not in b"".join(name.encode() for name in (await archive_of(ready, "Ben")).namelist())
    assert all(text.encode() not in ana for text in (BENS_OWN, BENS_SHARED, OWN_VIEW))


async def test_the_page_says_what_is_in_it_and_only_to_whom_it_is_about(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as nobody:
        async with maria.get("/me/data", headers={"Accept": "text/html"}) as answer:
            page = Page(await answer.text())
        assert "Films of your lessons: 2" in page.text
        assert "/me/data.zip" in page.links
        for path in ("/me/data", "/me/data.zip"):
            async with nobody.get(path) as answer:
                assert answer.status == 404


async def test_a_recording_that_is_deleted_leaves_the_rest(ready: Studio) -> None:
    async with ready.client("Maria") as maria, maria.post(f"/recordings/{ready.first}/delete", allow_redirects=False) as answer:
        assert answer.status == 303
    archive = await archive_of(ready, "Maria")
    assert archive.testzip() is None
    assert len([name for name in archive.namelist() if name.endswith(".webm")]) == 1
    assert "Deleted for good" in Page(archive.read("index.html").decode()).text
    assert BENS_SHARED.encode() in await whole(ready, "Ben"), "what a colleague wrote stays theirs"


async def archive_of(ready: Studio, name: str) -> zipfile.ZipFile:
    async with asyncio.timeout(30), ready.client(name) as client, client.get("/me/data.zip") as answer:
        assert answer.status == 200
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["Cache-Control"] == "no-store"
        return zipfile.ZipFile(io.BytesIO(await answer.read()))


async def whole(ready: Studio, name: str) -> bytes:
    """Everything that can be read in it."""
    archive = await archive_of(ready, name)
    return b"".join(archive.read(entry) for entry in archive.namelist() if not entry.endswith(".webm")).replace(b'\\"', b'"')


class Page(HTMLParser):
    def __init__(self, markup: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.text = ""
        self.feed(markup)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.links |= {value for name, value in attrs if name in ("href", "src") and value}

    def handle_data(self, data: str) -> None:
        self.text += data
