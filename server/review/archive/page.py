"""The archive's first page as plain values: what a person would look for in it, by recording and by session. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from server.review.archive.files import utc
from server.review.archive.rows import Row, Tables


def page_of(tables: Tables, films: Mapping[str, Sequence[str]], slides: Sequence[str]) -> dict[str, object]:
    """`films`: names in the archive by recording; `slides` are names of pictures."""
    titles = {str(row["session"]): str(row["title"]) for row in tables["sessions"]}
    own = {str(row["take"]) for row in tables["recordings"]}
    return {
        "recordings": [_recording(row, tables, films.get(str(row["take"]), ())) for row in tables["recordings"]],
        "other_notes": [_note(row) for row in tables["notes"] if row["take"] not in own and row["deleted_ms"] is None],
        "forms": _by_session(tables["forms"], titles),
        "received": _by_session(tables["forms_you_received"], titles),
        "chat": _by_session(tables["chat"], titles),
        "sessions": [row | {"when": utc(_ms(row["created_ms"]))} for row in tables["sessions"]],
        "slides": slides,
        "tables": [(f"tables/{name}.csv", name.replace("_", " "), len(rows)) for name, rows in tables.items() if rows],
    }


def _recording(row: Row, tables: Tables, films: Sequence[str]) -> Row:
    take = row["take"]
    return {
        "title": row["title"],
        "attempt": row["attempt"],
        "when": utc(_ms(row["started_ms"])),
        "deleted": utc(_ms(row["deleted_ms"])) if row["deleted_ms"] is not None else "",
        "films": films,
        "own_view": [each["text"] for each in tables["own_view"] if each["take"] == take],
        "notes": [_note(each) for each in tables["notes"] if each["take"] == take and each["deleted_ms"] is None],
        "received": [_note(each) for each in tables["notes_you_received"] if each["take"] == take],
        "watchers": [each["name"] for each in tables["who_may_watch"] if each["take"] == take and each["ended_ms"] is None],
    }


def _note(row: Row) -> Row:
    return {"at": _position(row["at_ms"]), "text": row["text"], "name": row.get("name", "")}


def _by_session(rows: Sequence[Row], titles: Mapping[str, str]) -> list[tuple[str, list[Row]]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(str(row["session"]), []).append(row)
    return [(titles.get(session, ""), own) for session, own in found.items()]


def _position(at_ms: object) -> str:
    if not isinstance(at_ms, int):
        return ""
    return f"{at_ms // 60_000}:{at_ms // 1000 % 60:02}"


def _ms(value: object) -> int:
    assert isinstance(value, int)
    return value
