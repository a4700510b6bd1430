from pathlib import Path

import pytest

from server.session.plan import FormPlan, Plan, PlanError, parse_form, parse_plan
from tests.fakes.played_session import PLANS

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
        ("version = 2", "version = ", "file"),
        ('teacher = "listening-notes"', 'colleague = "take-away"', "take-away"),
        ('teacher = "lesson-card"', 'teacher = "take-away"', "take-away"),
        ('teacher = "lesson-card"', 'teacher = "own-view"', "own-view"),
        ('teacher = "own-view"', 'teacher = "one-thing"', "one-thing"),
        ("grace_s = 5", "grace_s = 5\nalone = true", "writing.forms"),
        ('key = "lost"', 'key = "helped"', "lesson.marks"),
    ],
)
def test_a_wrong_plan_says_where(forms: dict[str, FormPlan], old: str, new: str, key: str) -> None:
    assert old in TEXT
    with pytest.raises(PlanError) as error:
        parse_plan(TEXT.replace(old, new, 1), forms)
    assert error.value.key == key


def test_a_plan_carries_the_forms_that_it_names(forms: dict[str, FormPlan]) -> None:
    assert set(parse_plan(TEXT, forms).forms) == {"lesson-card", "listening-notes", "one-thing", "own-view", "take-away"}


@pytest.mark.parametrize(
    ("plan", "minutes"),
    [("try-out", 2), ("practise-alone", 8), ("two-plus-two", 15), ("twenty-minute-round", 20), ("mini-lesson", 40)],
)
def test_a_round_lasts_as_long_as_its_name_says(plan: str, minutes: int) -> None:
    assert PLANS[plan].round_s == minutes * 60


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_every_shipped_format_begins_with_a_lesson_card_and_records_one_lesson(plan: Plan) -> None:
    assert plan.card_form == "lesson-card"
    assert [phase.key for phase in plan.round if phase.record] == ["lesson"]
    assert not plan.before.record
    assert plan.suits


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.alone], ids=lambda plan: plan.id)
def test_every_shared_format_asks_for_a_suggestion_and_hears_everybody(plan: Plan) -> None:
    asked = [plan.forms[phase.forms.colleague] for phase in plan.round if phase.forms.colleague]
    assert [any(field.key == "suggestion" and field.large for field in form.fields) for form in asked] == [True]
    assert any(phase.floor == "round_robin" for phase in plan.round)
    assert plan.closing.forms.colleague == "take-away"


def test_nobody_is_asked_for_anything_who_is_not_there() -> None:
    alone = PLANS["practise-alone"]
    assert alone.alone
    assert {phase.forms.colleague for phase in alone.phases} == {None}
