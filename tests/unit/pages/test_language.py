"""Which language somebody reads, and where the choice of it leads back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.languages import Languages
from server.pages.language import own_path

LANGUAGES = Languages()


@pytest.mark.parametrize(
    ("chosen", "accepted", "language"),
    [
        ("", "", "en"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "de"),
        ("", "en;q=0.5, de;q=0.9", "de"),
        ("", "fr, it;q=0.9", "en"),
        ("", "de;q=0, en", "en"),
        ("", "de;q=nonsense", "en"),
        ("en", "de", "en"),
        ("de", "en", "de"),
        ("xx", "de", "de"),
    ],
)
def test_the_choice_on_this_device_goes_before_the_browsers(chosen: str, accepted: str, language: str) -> None:
    assert LANGUAGES.best(chosen, accepted) == language


def test_a_sentence_without_a_translation_stays_english() -> None:
    translate = LANGUAGES.translator("de")
    assert translate("Come in") == "Hereinkommen"
    assert translate("A format of our own school") == "A format of our own school"
    assert LANGUAGES.translator("en")("Come in") == "Come in"


def test_a_catalogue_beside_the_others_is_a_language_more(tmp_path: Path) -> None:
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n\n'
    (tmp_path / "fr.po").write_text(f'{header}msgid "Come in"\nmsgstr "Entrer"\n\n#, fuzzy\nmsgid "Back"\nmsgstr "Avant"\n')
    languages = Languages(tmp_path)
    assert languages.names == {"en": "English", "fr": "français"}
    assert languages.translator("fr")("Come in") == "Entrer"
    assert languages.translator("fr")("Back") == "Back", "a fuzzy entry is a guess"


@pytest.mark.parametrize("back", ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:1", "", "/a\r\nb", "/ä"])
def test_the_choice_leads_nowhere_else(back: str) -> None:
    assert own_path(back) == "/"


def test_the_choice_leads_back() -> None:
    assert own_path("/set-up?teachers=2&minutes=45") == "/set-up?teachers=2&minutes=45"
