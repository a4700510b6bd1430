"""Every column has its place in the data map, and every table is emptied by what the map says."""

from __future__ import annotations

import sqlalchemy as sa

from server.keeping import document
from server.keeping.data_map import PERSONAL, TABLES
from server.store import schema_keeping, schema_review  # noqa: F401 -- their tables belong to the same metadata
from server.store.schema import metadata


def test_every_column_has_a_place_in_the_data_map() -> None:
    there = {(table.name, column.name) for table in metadata.sorted_tables for column in table.columns}
    mapped = {(table, column) for table, rows in TABLES.items() for column in rows.columns}
    assert sorted(there - mapped) == [], "say in server/keeping/data_map.py whose this is, and what takes it away"
    assert sorted(mapped - there) == []


def test_what_holds_words_is_said_to_be_personal() -> None:
    """A column of texts that is not an id, a fixed word or a hash would be easy to overlook."""
    texts = {
        f"{table.name}.{column.name}"
        for table in metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, sa.String | sa.LargeBinary) and TABLES[table.name].columns[column.name] == "number"
    }
    assert texts == {"jobs.result"}
    assert all(any(holds in PERSONAL for holds in TABLES[name].columns.values()) for name in ("notes", "chat", "entries", "outbox"))


def test_the_document_is_up_to_date() -> None:
    assert document.FILE.read_text() == document.document(), "python -m server.keeping.document --write"
