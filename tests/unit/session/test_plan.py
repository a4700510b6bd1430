from pathlib import Path

import pytest

from server.session.plan import FormPlan, LanePlan, Plan
from server.session.plan_check import PlanError, parse_form, parse_plan
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
        ("version = 3", "version = ", "file"),
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
    [
        ("try-out", 2),
        ("practise-alone", 8),
        ("two-plus-two", 15),
        ("twenty-minute-round", 20),
        ("mini-lesson", 40),
        ("teach-again", 35),
        ("consultation", 35),
        ("tuning", 40),
    ],
)
def test_a_round_lasts_as_long_as_its_name_says(plan: str, minutes: int) -> None:
    assert PLANS[plan].round_s == minutes * 60


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_every_shipped_format_begins_with_a_lesson_card_and_ends_with_something_to_take_along(plan: Plan) -> None:
    assert plan.card_form == "lesson-card"
    assert not plan.before.record
    assert plan.suits
    assert plan.alone or set(plan.closing.forms.names) == {"take-away"}


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
def test_every_lesson_of_a_shipped_format_can_be_recorded_and_nothing_else(plan: Plan) -> None:
    assert [phase.key for phase in plan.round if phase.record and phase.record_if == "teacher"] == [
        phase.key for phase in plan.round if phase.is_lesson
    ]
    assert plan.id == "consultation" or not any(phase.record_if == "all" for phase in plan.phases)
    assert bool(plan.lessons) == (plan.id not in ("consultation", "tuning"))


@pytest.mark.parametrize("plan", [plan for plan in PLANS.values() if not plan.alone], ids=lambda plan: plan.id)
def test_every_shared_format_says_what_to_do_to_everybody(plan: Plan) -> None:
    said = [step for phase in plan.round for step in phase.steps if not isinstance(step, LanePlan)]
    assert [step.key for step in said if not (step.say.teacher and step.say.colleague)] == []
    lanes = [lane for phase in plan.round for lane in phase.lanes]
    assert [lane.key for lane in lanes for role in lane.who if not getattr(lane.say, role)] == []


def test_formats_waive_only_what_they_are_made_to_do_without() -> None:
    assert {plan.id: set(plan.waives) for plan in PLANS.values() if plan.waives} == {
        "try-out": {"teacher_first"},
        "two-plus-two": {"teacher_first"},
        "consultant-and-colleagues": {"teacher_first", "everybody_heard"},
        "maker-led": {"teacher_first", "suggestion"},
    }


def test_the_one_thing_of_the_second_try_is_pinned_before_it() -> None:
    plan = PLANS["teach-again"]
    first, second = plan.lessons
    pinned = [
        index
        for index, phase in enumerate(plan.round)
        for form in phase.forms.names
        if any(field.pinned for field in plan.forms[form].fields)
    ]
    assert [first < index < second for index in pinned] == [True]
    assert plan.round[second].again == plan.round[first].key
    assert [bool(plan.forms["noticed"].fields[0].choices)] == [True]


def test_nobody_is_asked_for_anything_who_is_not_there() -> None:
    alone = PLANS["practise-alone"]
    assert alone.alone
    assert {phase.forms.colleague for phase in alone.phases} == {None}
