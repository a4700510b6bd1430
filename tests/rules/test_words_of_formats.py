"""Formats speak to educators: the code's own words stay out of them."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

CONFIG = Path(__file__).resolve().parents[2] / "config"
FILES = sorted([*(CONFIG / "plans").glob("*.toml"), *(CONFIG / "forms").glob("*.toml")])
SAID = {"title", "summary", "suits", "credit", "label", "hint", "starters", "teacher", "colleague", "consultant", "facilitator"}
CODE = re.compile(
    r"\b(marks?|marking|plan|slot|lanes?|fork|rejoin|caucus|sealed|entry|entries|floor|stage|chair|grants?|revoke|ledger|fidelity|"
    r"observers?|mentors?|peers?|participants?|bots?|overtime|muted|submit(?:ted)?|phases?|seats?|tracks?)\b",
    re.IGNORECASE,
)


def sentences(value: object, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name != "forms":
                yield from sentences(inner, name)
    elif isinstance(value, list):
        for inner in value:
            yield from sentences(inner, key)
    elif isinstance(value, str) and key in SAID:
        yield value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_format_uses_no_word_of_the_code(path: Path) -> None:
    said = list(sentences(tomllib.loads(path.read_text())))
    assert said
    assert [text for text in said if CODE.search(text)] == []


def test_the_search_bites_and_lets_pass() -> None:
    assert CODE.search("Now the floor is yours")
    assert CODE.search("Everybody submitted")
    assert not CODE.search("Take your time and remark on it")
