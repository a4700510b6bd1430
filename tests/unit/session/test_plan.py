from pathlib import Path

import pytest

from server.session.plan import FormPlan, PlanError, parse_form, parse_plan

CONFIG = Path(__file__).parents[3] / "config"
TEXT = (CONFIG / "plans" / "try-out.toml").read_text()


@pytest.fixture(scope="module")
def forms() -> dict[str, FormPlan]:
    return {path.stem: parse_form(path.read_text()) for path in (CONFIG / "forms").glob("*.toml")}


@pytest.mark.parametrize(
    ("old", "new", "key"),
    [
        ('key = "writing"', 'key = "lesson"', "lesson"),
        ("minutes = { default = 0.5, least = 0.5, most = 2 }", "minutes = { default = 3, least = 0.5, most = 2 }", "lesson.minutes"),
        ('starts = "by_teacher"', 'starts = "at_once"', "lesson.record"),
        ('floor = "silent"', 'floor = "quiet"', "round[1].floor"),
        ('colleague = "one-thing"', 'colleague = "other"', "other"),
        ("grace_s = 5", "grace_s = -5", "grace_s"),
        ("grace_s = 5", "grace_s = 5\nsurprise = 1", "file"),
        ("version = 1", "version = ", "file"),
        ('key = "lost"', 'key = "helped"', "lesson.marks"),
    ],
)
def test_a_wrong_plan_says_where(forms: dict[str, FormPlan], old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(PlanError) as error:
        parse_plan(TEXT.replace(old, new, 1), forms)
    assert error.value.key == key


def test_a_plan_carries_the_forms_that_it_names(forms: dict[str, FormPlan]) -> None:
    assert set(parse_plan(TEXT, forms).forms) == {"one-thing", "own-view", "take-away"}
