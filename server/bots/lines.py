"""What each simulated colleague is called, says and writes, read from `texts/<language>.toml`."""

from __future__ import annotations

import tomllib
from pathlib import Path

import msgspec

HERE = Path(__file__).parent
LANGUAGES = tuple(sorted(path.stem for path in (HERE / "texts").glob("*.toml")))
DEFAULT_LANGUAGE = "en"


class Lines(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One colleague in one language. `said` is spoken, by key of the line; `written` is typed, by key of the form's field."""

    key: str
    name: str
    voice: str
    pitch: int
    said: dict[str, str]
    written: dict[str, str]


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    colleague: tuple[Lines, ...]


def read_lines(language: str) -> tuple[Lines, ...]:
    """All colleagues in the order in which they come in. Raises KeyError for a language that there is not."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return msgspec.convert(tomllib.loads((HERE / "texts" / f"{language}.toml").read_text()), _File).colleague


def known_language(wanted: str) -> str:
    """The language to speak for somebody who asks for this one: `de-AT` is German; what there is not is English."""
    language = wanted.partition("-")[0].lower()
    return language if language in LANGUAGES else DEFAULT_LANGUAGE
