"""Inserts that meet a row which is there already, written once for both engines.

PostgreSQL's statement is used for both: SQLite has taken over its ON CONFLICT clause, and SQLAlchemy writes it for either.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert


def insert_ignore(table: sa.Table, values: Mapping[str, Any] | Sequence[Mapping[str, Any]]) -> sa.Insert:
    """What is there stays; `rowcount` says how many rows are new."""
    return insert(table).values(values).on_conflict_do_nothing()


def upsert(table: sa.Table, values: Mapping[str, Any], keys: Iterable[str], changed: Mapping[str, Any]) -> sa.Insert:
    """Where a row with the same `keys` is there, these of its columns are `changed`."""
    return insert(table).values(values).on_conflict_do_update(index_elements=list(keys), set_=dict(changed))
