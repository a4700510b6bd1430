"""Writes docs/data_map.md from the data map: `python -m server.keeping.document --write`; `--check` says whether it is up to date."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from server.keeping.data_map import FILES, HOLDS, PERSONAL, TABLES, Rows

FILE = Path(__file__).resolve().parents[2] / "docs" / "data_map.md"
HEAD = """# What is kept where

Made from `server/keeping/data_map.py` by `python -m server.keeping.document --write`.
A test fails when a table or a column has no place in it.

**Personal** by themselves are names, words and addresses. Everything else is a random id, a time or a number; an id leads to somebody only
as long as their name is kept. "Remains" says what is left when a person deletes everything about themselves, or when a session is deleted.
"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    action = parser.add_mutually_exclusive_group(required=True)
    action.add_argument("--write", action="store_true")
    action.add_argument("--check", action="store_true")
    if parser.parse_args().write:
        FILE.write_text(document())
        return 0
    if not FILE.exists() or FILE.read_text() != document():
        print("docs/data_map.md is not up to date: python -m server.keeping.document --write", file=sys.stderr)
        return 1
    return 0


def document() -> str:
    return "\n".join([HEAD, *_kinds(), *_tables(), *_files()]) + "\n"


def _kinds() -> Iterator[str]:
    yield from ("| word | what it stands for |", "| --- | --- |")
    for word, what in HOLDS.items():
        yield f"| {f'**{word}**' if word in PERSONAL else word} | {what} |"
    yield from ("", "## The database", "")


def _tables() -> Iterator[str]:
    yield "| table | whose | personal | other columns | kept | remains of a person | remains of a session |"
    yield "| --- | --- | --- | --- | --- | --- | --- |"
    for name, rows in TABLES.items():
        others = ", ".join(f"{column}" for column, holds in rows.columns.items() if holds not in PERSONAL)
        cells = (f"`{name}`", rows.whose, _personal(rows), others, rows.kept, _remains(rows.person), _remains(rows.session))
        yield f"| {' | '.join(cells)} |"
    yield from ("", "## Files", "")


def _files() -> Iterator[str]:
    yield from ("| where | what | whose | kept | how it goes |", "| --- | --- | --- | --- | --- |")
    for file in FILES:
        yield f"| {file.path} | {file.what} | {file.whose} | {file.kept} | {file.gone} |"


def _personal(rows: Rows) -> str:
    return ", ".join(f"**{column}** ({holds})" for column, holds in rows.columns.items() if holds in PERSONAL) or "none"


def _remains(what: str) -> str:
    return {"": "nothing", "-": "not concerned"}.get(what, what)


if __name__ == "__main__":
    sys.exit(main())
