"""The formats there are: shipped ones, and an operator's own."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.plans import CONFIG, load_plans, shipped_forms
from server.settings import SettingsError

# Cards that can be the form of any phase, for formats of one's own.
PROMPT_CARDS = {"plus-delta", "like-wish-what-if", "tag", "glow-grow", "start-stop-continue", "situation-behaviour-impact"}


def own(folder: Path, text: str) -> Path:
    (folder / "mine.toml").write_text(text)
    return folder


def test_ones_own_formats_stand_beside_the_shipped_ones(tmp_path: Path) -> None:
    shipped = load_plans()
    text = (CONFIG / "plans" / "try-out.toml").read_text()
    plans = load_plans(own(tmp_path, text.replace('id = "try-out"', 'id = "ours"', 1)))
    assert plans.keys() == shipped.keys() | {"ours"}
    lengths = [plan.round_s for plan in plans.values()]
    assert lengths == sorted(lengths)


def test_every_shipped_form_is_asked_somewhere_or_is_a_prompt_card() -> None:
    used = {form for plan in load_plans().values() for form in plan.forms}
    assert shipped_forms().keys() - used == PROMPT_CARDS


@pytest.mark.parametrize("card", sorted(PROMPT_CARDS))
def test_a_prompt_card_can_be_what_colleagues_write_in_any_format(tmp_path: Path, card: str) -> None:
    text = (CONFIG / "plans" / "try-out.toml").read_text()
    assert card in load_plans(own(tmp_path, text.replace('"one-thing"', f'"{card}"')))["try-out"].forms
    form = shipped_forms()[card]
    assert form.credit
    assert [field.large for field in form.fields].count(True) == 1


def test_every_file_is_called_as_what_stands_in_it() -> None:
    assert {path.stem for path in (CONFIG / "plans").glob("*.toml")} == load_plans().keys()
    assert {path.stem for path in (CONFIG / "forms").glob("*.toml")} == shipped_forms().keys()


def test_one_of_the_same_id_replaces_the_shipped_one(tmp_path: Path) -> None:
    text = (CONFIG / "plans" / "try-out.toml").read_text()
    title = load_plans()["try-out"].title
    assert load_plans(own(tmp_path, text.replace(f'"{title}"', '"Ours"', 1)))["try-out"].title == "Ours"


def test_a_format_may_use_forms_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "forms").mkdir()
    form = (CONFIG / "forms" / "one-thing.toml").read_text()
    (tmp_path / "forms" / "one-thing.toml").write_text(form.replace("version = ", "version = 9", 1))
    plans = load_plans(own(tmp_path, (CONFIG / "plans" / "try-out.toml").read_text()))
    assert plans["try-out"].forms["one-thing"].version > 90


@pytest.mark.parametrize("text", ["", "id =", 'id = "x"'])
def test_a_wrong_format_is_named_by_its_file(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError, match=r"mine\.toml"):
        load_plans(own(tmp_path, text))


def test_a_folder_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no folder"):
        load_plans(tmp_path / "nowhere")
