"""Every test that docs/security.md names for a requirement of ASVS is there, and nothing that it publishes lacks a row."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TABLE = (ROOT / "docs" / "security.md").read_text().partition("## ASVS 5.0")[2]
ROWS = [[cell.strip() for cell in line.strip("|").split("|")] for line in TABLE.splitlines() if re.match(r"\| \d", line)]
# Level 2 for what there is, the whole of chapter 17, and some of level 3
LISTED = """
1.2.4 1.2.10 1.3.6 2.2.1 2.3.1–2.3.4 2.4.1
3.2.1 3.3.1–3.3.4 3.4.1–3.4.6 3.5.1–3.5.3 3.5.8 4.1.1 4.2.1 4.4.1–4.4.4
5.1.1 5.2.1–5.2.4 5.3.2 5.4.1–5.4.2 7.2.1–7.2.4 7.3.1–7.3.2 7.4.1–7.4.5
8.1.1–8.1.2 8.2.1–8.2.3 8.3.1–8.3.2 9.1.1–9.1.3 9.2.1–9.2.4 12.1.1–12.1.3 13.1.2–13.1.3
14.1.2 14.2.1–14.2.7 14.3.1–14.3.3 15.1.1–15.1.3 15.2.1–15.2.3 15.3.1–15.3.5 15.4.2
16.2.5 16.3.1–16.3.4 16.4.1 16.5.1–16.5.4 17.1.1–17.1.2 17.2.1–17.2.8 17.3.1–17.3.2
"""


def ids(cell: str) -> set[str]:
    """`16.3.1–16.3.3` is three."""
    found = set()
    for part in cell.split(","):
        first, _, last = part.strip().partition("–")
        found.add(first)
        if last:
            section, _, number = first.rpartition(".")
            found |= {f"{section}.{each}" for each in range(int(number), int(last.rpartition(".")[2]) + 1)}
    return found


def named() -> list[str]:
    return [name for row in ROWS for name in re.findall(r"`(tests/[^`]+)`", row[3])]


def test_every_test_that_is_named_is_there() -> None:
    missing = []
    for name in named():
        path, _, test = name.partition("::")
        file = ROOT / path
        tests = (
            {node.name for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)}
            if file.is_file()
            else set()
        )
        if test not in tests:
            missing.append(name)
    assert missing == []


def test_every_requirement_that_is_published_has_a_row() -> None:
    listed = {each for cell in LISTED.split() for each in ids(cell)}
    given = {each for row in ROWS for each in ids(row[0])}
    assert listed - given == set()
    assert given - listed == {"6.2"}, "passwords: there are none"


def test_a_row_says_how_and_by_what_it_is_shown() -> None:
    for row in ROWS:
        assert len(row) == 4, row
        assert all(row), row
        assert row[3] == "—" or re.fullmatch(r"`tests/[^`]+`(, `tests/[^`]+`)*", row[3]), row
    assert len(named()) > 100


def test_what_is_not_met_is_said_in_words() -> None:
    words = [row[2] for row in ROWS if row[3] == "—"]
    assert sum("not met" in each for each in words) == 2
    assert sum("not applicable" in each for each in words) == 2
