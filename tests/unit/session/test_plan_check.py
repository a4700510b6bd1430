"""What makes a format wrong: each reason once, in the smallest format that has it, with what people would have met otherwise."""

from __future__ import annotations

from pathlib import Path

import pytest

from server.session.plan import FormPlan, Plan
from server.session.plan_check import PlanError, parse_form, parse_plan

CONFIG = Path(__file__).parents[3] / "config"
MINUTES = "minutes = { default = 5, least = 1, most = 9 }"
LESSON = f'key = "lesson"\ntitle = "Lesson"\n{MINUTES}\nstarts = "by_teacher"'
WRITING = f'key = "writing"\ntitle = "Writing"\n{MINUTES}\nfloor = "silent"\nforms = {{ teacher = "own-view", colleague = "one-thing" }}'
FIRST = f'key = "first"\ntitle = "First"\n{MINUTES}\nfloor = "teacher"'
TALK = f'key = "talk"\ntitle = "Talk"\n{MINUTES}\nfloor = "round_robin"'
ROUND = (LESSON, WRITING, FIRST, TALK)
AGAIN = LESSON.replace('"lesson"', '"second"', 1) + '\nagain = "lesson"'
TEACHER = 'key = "own"\ntitle = "Own"\nwho = ["teacher"]\nfloor = "silent"'
COLLEAGUES = 'key = "theirs"\ntitle = "Theirs"\nwho = ["colleague"]'


@pytest.fixture(scope="module")
def forms() -> dict[str, FormPlan]:
    return {path.stem: parse_form(path.read_text()) for path in (CONFIG / "forms").glob("*.toml")}


def apart(*lanes: str, more: str = MINUTES) -> str:
    """A divided phase."""
    return "\n".join(['key = "apart"', 'title = "Apart"', more, *(f"[[round.lanes]]\n{lane}" for lane in lanes)])


def text(*phases: str, head: str = "", before: str = "", closing: str = "") -> str:
    return "\n".join(
        [
            f'id = "ours"\nversion = 1\ntitle = "Ours"\nsummary = "Ours."\ngrace_s = 5\n{head}',
            f'[before]\nkey = "before"\ntitle = "Before"\n{before}',
            *(f"[[round]]\n{phase}" for phase in phases),
            f'[closing]\nkey = "closing"\ntitle = "Closing"\n{closing}',
        ]
    )


def test_the_smallest_format_is_right(forms: dict[str, FormPlan]) -> None:
    plan = parse_plan(text(*ROUND), forms)
    assert isinstance(plan, Plan)
    assert parse_plan(text(LESSON, apart(TEACHER, COLLEAGUES), *ROUND[1:]), forms).round[1].lanes
    assert parse_plan(text(*ROUND, AGAIN, FIRST.replace('"first"', '"first-again"', 1)), forms).lessons == (0, 4)


# (the format, where, what the reason says)
WRONG = {
    "who asks whom would be left to chance": (text(*ROUND, TALK), "talk", "two phases have this key"),
    "an adviser would be filmed": (text(*ROUND[:3], TALK + "\nrecord = true"), "talk.record", "only a phase that the teacher starts"),
    "a lesson would never end": (text(LESSON.replace(MINUTES, ""), *ROUND[1:]), "lesson.minutes", "needs minutes"),
    "learners would wait for their turn": (text(LESSON + '\nfloor = "queue"', *ROUND[1:]), "lesson.floor", "nobody has turns"),
    "a turn would have no length": (text(*ROUND[:3], TALK.replace(MINUTES, "")), "talk.minutes", "turns need minutes"),
    "a queue would have no length": (
        text(*ROUND, 'key = "queue"\ntitle = "Queue"\nfloor = "queue"'),
        "queue.minutes",
        "turns need minutes",
    ),
    "nobody's time would be shared": (text(*ROUND[:2], FIRST + '\nturns = "shared_out"', TALK), "first.turns", "time to share out"),
    "the teacher would answer nobody": (text(*ROUND[:2], FIRST + "\nanswers = true", TALK), "first.answers", "does the teacher answer"),
    "there would be nothing to want": (text(*ROUND[:3], TALK + '\nrecord_if = "all"'), "talk.record_if", "nothing is recorded"),
    "a lesson would need everybody's yes": (
        text(LESSON + '\nrecord = true\nrecord_if = "all"', *ROUND[1:]),
        "lesson.record_if",
        "if its teacher wants it",
    ),
    "the end would be recorded": (text(*ROUND, closing='record = true\nrecord_if = "all"'), "closing.record", "in rounds only"),
    "the bounds would cross": (text(*ROUND[:3], TALK.replace("least = 1", "least = 6")), "talk.minutes", "must rise"),
    "nobody would know when all meet again": (
        text(LESSON, apart(TEACHER, COLLEAGUES, more=""), *ROUND[1:]),
        "apart.minutes",
        "needs a time at which all meet again",
    ),
    "a lesson would have no learners": (
        text(*ROUND, apart(TEACHER, COLLEAGUES, more=f'{MINUTES}\nstarts = "by_teacher"\nagain = "lesson"')),
        "apart.lanes",
        "for everybody",
    ),
    "two forms would be open at once": (
        text(LESSON, apart(TEACHER, COLLEAGUES, more=f'{MINUTES}\nforms = {{ teacher = "own-time" }}'), *ROUND[1:]),
        "apart.lanes",
        "belong to its lanes",
    ),
    "colleagues would have no place": (text(LESSON, apart(TEACHER), *ROUND[1:]), "apart.lanes", "exactly one lane is for the colleague"),
    "the teacher would be in two places": (
        text(LESSON, apart(TEACHER, COLLEAGUES, TEACHER.replace('"own"', '"other"', 1)), *ROUND[1:]),
        "apart.lanes",
        "exactly one lane is for the teacher",
    ),
    "the consultant would be in two places": (
        text(LESSON, apart(*(lane.replace('"]', '", "consultant"]') for lane in (TEACHER, COLLEAGUES))), *ROUND[1:]),
        "apart.lanes",
        "two lanes are for the consultant",
    ),
    "parts could not be told apart": (
        text(LESSON, apart(TEACHER, COLLEAGUES.replace('"theirs"', '"own"', 1)), *ROUND[1:]),
        "apart.lanes",
        "two lanes have the same key",
    ),
    "a part would go on after all met": (
        text(LESSON, apart(TEACHER + "\nminutes = { default = 8, least = 1, most = 9 }", COLLEAGUES), *ROUND[1:]),
        "apart.own.minutes",
        "cannot last longer",
    ),
    "colleagues would see the recording": (
        text(LESSON, apart(TEACHER, COLLEAGUES + "\nreplay = true"), *ROUND[1:]),
        "apart.theirs.replay",
        "only the teacher can watch",
    ),
    "nobody could say yes": (
        text(LESSON, apart(TEACHER, COLLEAGUES + '\nfloor = "permission"'), *ROUND[1:]),
        "apart.theirs.floor",
        "with everybody there",
    ),
    "nobody would be heard in a part": (
        text(LESSON, apart(TEACHER, COLLEAGUES + '\nfloor = "teacher"'), *ROUND[1:]),
        "apart.theirs.floor",
        "not in this lane",
    ),
    "a part without minutes would have turns": (
        text(LESSON, apart(TEACHER, COLLEAGUES + '\nfloor = "round_robin"'), *ROUND[1:]),
        "apart.theirs.minutes",
        "turns need minutes",
    ),
    "the closing would be divided": (
        text(*ROUND, closing=f"{MINUTES}\n[[closing.lanes]]\n{TEACHER}\n[[closing.lanes]]\n{COLLEAGUES}"),
        "closing.lanes",
        "in rounds only",
    ),
    "a lesson would be nobody's": (text(*ROUND, closing=f'{MINUTES}\nstarts = "by_teacher"'), "closing.starts", "in rounds only"),
    "nobody would be the one to listen": (text(*ROUND, closing='floor = "colleagues"'), "closing", "nobody is the teacher"),
    "the second try would repeat nothing": (text(AGAIN, *ROUND), "second.again", "names no earlier phase"),
    "a talk would count as a second try": (text(*ROUND[:3], TALK + '\nagain = "lesson"'), "talk.again", "a lesson repeats a lesson"),
    "two recordings could not be told apart": (
        text(*ROUND, AGAIN.replace('\nagain = "lesson"', "")),
        "second",
        "which one it repeats",
    ),
    "there would be a third try": (text(*ROUND, AGAIN, AGAIN.replace('"second"', '"third"', 1)), "third", "no third"),
    "a private note would go to the teacher": (
        text(*ROUND[:2], FIRST + '\nforms = { teacher = "one-thing" }', TALK),
        "one-thing",
        "need different forms",
    ),
    "the lesson card would be overwritten": (
        text(*ROUND, before='forms = { teacher = "own-view" }'),
        "own-view",
        "need different forms",
    ),
    "the second note would overwrite the first": (
        text(*ROUND[:3], TALK + '\nforms = { colleague = "one-thing" }'),
        "one-thing",
        "would overwrite the first",
    ),
    "a part's note would overwrite another": (
        text(LESSON, apart(TEACHER, COLLEAGUES + '\nforms = { colleague = "one-thing" }'), *ROUND[1:]),
        "one-thing",
        "would overwrite the first",
    ),
    "nobody would ever be asked": (
        text(*ROUND[:3], TALK + '\nforms = { suggester = "noticed" }'),
        "talk.forms.suggester",
        "nobody's suggestion is tried",
    ),
    "a form would be missing": (text(*ROUND, closing='forms = { teacher = "nowhere" }'), "nowhere", "no form of this name"),
    "somebody alone would be divided": (
        text(LESSON, apart(TEACHER, COLLEAGUES), head="alone = true"),
        "apart.lanes",
        "nobody else is there",
    ),
    "somebody alone would listen to nobody": (
        text(LESSON, TALK.replace("round_robin", "colleagues"), head="alone = true"),
        "talk.floor",
        "nobody else is there",
    ),
    "others would speak before the teacher, unsaid": (text(LESSON, WRITING, TALK), "waives", "`teacher_first`; name it here"),
    "others would speak first after the second try, unsaid": (
        text(*ROUND, AGAIN, FIRST.replace('"first"', '"again"', 1).replace('"teacher"', '"open"')),
        "waives",
        "`teacher_first`; name it here",
    ),
    "somebody would not be heard, unsaid": (
        text(*ROUND[:3], TALK.replace("round_robin", "open")),
        "waives",
        "`everybody_heard`; name it here",
    ),
    "nobody would be asked for a suggestion, unsaid": (
        text(LESSON, WRITING.replace("one-thing", "meaning"), FIRST, TALK),
        "waives",
        "`suggestion`; name it here",
    ),
    "a page would say that a rule is left out which is kept": (
        text(*ROUND, head='waives = ["everybody_heard"]'),
        "waives",
        "keeps the rule `everybody_heard`",
    ),
    "a rule would be waived that there is not": (text(*ROUND, head='waives = ["silence"]'), "waives[0]", "Invalid enum value"),
}


@pytest.mark.parametrize("why", WRONG)
def test_a_wrong_format_says_where_and_why(forms: dict[str, FormPlan], why: str) -> None:
    wrong, key, reason = WRONG[why]
    with pytest.raises(PlanError) as error:
        parse_plan(wrong, forms)
    assert error.value.key == key
    assert reason in str(error.value)


@pytest.mark.parametrize("rule", ["teacher_first", "everybody_heard", "suggestion"])
def test_a_format_may_do_without_a_rule_when_it_says_so(forms: dict[str, FormPlan], rule: str) -> None:
    rounds = {
        "teacher_first": (LESSON, WRITING, TALK),
        "everybody_heard": (*ROUND[:3], TALK.replace("round_robin", "spokesperson")),
        "suggestion": (LESSON, WRITING.replace("one-thing", "meaning"), FIRST, TALK),
    }
    assert parse_plan(text(*rounds[rule], head=f'waives = ["{rule}"]'), forms).waives == (rule,)


def test_own_time_between_lesson_and_the_teachers_word_keeps_the_teacher_first(forms: dict[str, FormPlan]) -> None:
    assert parse_plan(text(LESSON, apart(TEACHER, COLLEAGUES), *ROUND[1:]), forms).waives == ()


def test_without_a_lesson_no_rule_has_to_be_kept(forms: dict[str, FormPlan]) -> None:
    assert parse_plan(text(TALK.replace("round_robin", "open")), forms).lessons == ()


def test_two_questions_of_one_key_would_share_an_answer() -> None:
    field = '[[fields]]\nkey = "one"\nlabel = "One"\n'
    with pytest.raises(PlanError, match="one: two questions have this key"):
        parse_form(f'id = "ours"\nversion = 1\ntitle = "Ours"\n{field}{field}')
