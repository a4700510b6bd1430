"""An archive in pieces is an ordinary ZIP, and its files say what the rows said."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from typing import Any

import pytest

from server.review.archive.files import ZipStream, csv_files, json_file, media_name
from server.review.archive.page import page_of
from server.review.archive.rows import Row, Tables

MADE_MS = 1_700_000_000_000
GIB = 1 << 30


def recording(take: str, **more: object) -> Row:
    row: Row = {"take": take, "session": "s", "title": "Fractions", "round": 0, "attempt": 0, "started_ms": MADE_MS}
    return row | {"deleted_ms": None, "erased_ms": None} | more


def note(note_: str, take: str | None, **more: object) -> Row:
    row: Row = {"note": note_, "session": "s", "take": take, "kind": "note", "at_ms": 65_000, "end_ms": None, "text": note_}
    return row | {"created_ms": MADE_MS, "deleted_ms": None} | more


def tables(**more: list[Row]) -> Tables:
    names = ("sessions", "recordings", "notes", "own_view", "notes_you_received", "who_may_watch", "forms", "forms_you_received", "chat")
    return {name: [] for name in names} | more


def test_pieces_put_one_after_the_other_are_a_zip() -> None:
    stream = ZipStream(MADE_MS)
    pieces = [stream.file("data.json", b"{}" * 1000)]
    film = stream.begin("media/a.webm", 6)
    pieces += [film.piece(b"abc"), film.piece(b"def"), film.end(), stream.file("last.txt", b"ok"), stream.end()]
    archive = zipfile.ZipFile(io.BytesIO(b"".join(pieces)))
    assert archive.testzip() is None
    assert archive.namelist() == ["data.json", "media/a.webm", "last.txt"]
    assert archive.read("media/a.webm") == b"abcdef"
    assert archive.getinfo("media/a.webm").compress_type == zipfile.ZIP_STORED
    assert archive.getinfo("data.json").compress_size < 2000


def test_a_film_passes_through_and_is_not_kept() -> None:
    stream = ZipStream(MADE_MS)
    film = stream.begin("media/a.webm", 1 << 20)
    chunk = b"x" * 65_536
    assert [len(film.piece(chunk)) >= len(chunk) for _ in range(16)] == [True] * 16


@pytest.mark.parametrize("sent", [b"", b"half"])
def test_a_film_that_ends_early_leaves_a_whole_archive(sent: bytes) -> None:
    stream = ZipStream(MADE_MS)
    film = stream.begin("media/a.webm", 1000)
    archive = zipfile.ZipFile(
        io.BytesIO(film.piece(sent) + film.end() + stream.file("what-is-missing.txt", b"media/a.webm") + stream.end())
    )
    assert archive.testzip() is None
    assert archive.read("media/a.webm") == sent


def test_a_film_larger_than_old_zips_can_hold_is_announced_as_such() -> None:
    stream = ZipStream(MADE_MS)
    film = stream.begin("media/long.webm", 5 * GIB)
    archive = zipfile.ZipFile(io.BytesIO(film.piece(b"beginning") + film.end() + stream.end()))
    assert archive.getinfo("media/long.webm").extract_version >= 45
    assert archive.read("media/long.webm") == b"beginning"


def test_a_machine_with_a_wrong_clock_makes_archives_too() -> None:
    assert zipfile.ZipFile(io.BytesIO(ZipStream(0).end())).namelist() == []


def test_tables_are_json_and_csv() -> None:
    given = tables(notes=[note("=1", "t", text="=1"), note("b", None, at_ms=None)])
    data: dict[str, Any] = json.loads(json_file(given, MADE_MS))
    assert (data["format"], data["version"], data["made_ms"]) == ("microteach-person", 1, MADE_MS)
    assert data["notes"] == given["notes"]
    files = dict(csv_files(given))
    assert list(files) == ["tables/notes.csv"], "nothing is said about what there is none of"
    rows = list(csv.DictReader(io.StringIO(files["tables/notes.csv"].decode("utf-8-sig"))))
    assert [row["text"] for row in rows] == ["'=1", "b"]
    assert rows[0]["created_utc"] == "2023-11-14 22:13:20"
    assert [row["at_ms"] for row in rows] == ["65000", ""], "a place in the film is no time of day"


def test_both_tries_have_files_of_their_own() -> None:
    first, again = recording("abcdefghij"), recording("klmnopqrst", attempt=1)
    names = {media_name(first, ""), media_name(first, "-screen"), media_name(again, ""), media_name(again, "", "mp4")}
    assert len(names) == 4
    assert "media/2023-11-14-first-try-abcdefgh.webm" in names


def test_the_page_puts_notes_where_they_belong() -> None:
    own = recording("t", deleted_ms=MADE_MS)
    watcher: Row = {"take": "t", "name": "Ana", "ended_ms": None}
    given = tables(
        recordings=[own],
        notes=[note("mine", "t"), note("elsewhere", "of Ben"), note("gone", "t", deleted_ms=1)],
        notes_you_received=[note("given", "t", name="Ana")],
        who_may_watch=[watcher, watcher | {"name": "Ben", "ended_ms": 5}],
    )
    page: Any = page_of(given, {}, [])
    (shown,) = page["recordings"]
    assert [(each["at"], each["text"]) for each in shown["notes"]] == [("1:05", "mine")]
    assert [(each["name"], each["text"]) for each in shown["received"]] == [("Ana", "given")]
    assert shown["deleted"] == "2023-11-14 22:13:20"
    assert shown["watchers"] == ["Ana"]
    assert [each["text"] for each in page["other_notes"]] == ["elsewhere"]
