"""A format's page says what its file says: who is heard, who writes what, who reads it when, and how long it takes."""

from __future__ import annotations

import html
import re

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request
from msgspec.structs import replace

from server.languages import Languages
from server.pages.formats import FormatPages
from server.pages.rendering import Templates
from server.plans import load_plans
from server.session.plan import PhaseForms, Plan

PLANS = load_plans()
LANGUAGES = Languages()


async def read(plan: str = "", *, language: str = "en", query: str = "", plans: dict[str, Plan] = PLANS) -> str:
    pages = FormatPages(Templates(LANGUAGES), plans)
    request = make_mocked_request("GET", f"/formats/{plan}{query}", headers={"Accept-Language": language}, match_info={"plan": plan})
    response = await (pages.one(request) if plan else pages.all(request))
    assert response.text
    return html.unescape(response.text)


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
async def test_a_page_has_every_phase_and_every_question_in_every_language(plan: Plan) -> None:
    for language in LANGUAGES.names:
        translate = LANGUAGES.translator(language)
        text = await read(plan.id, language=language)
        asked = [field.label for form in plan.forms.values() for field in form.fields]
        said = [plan.title, plan.summary, plan.credit, *(step.title for step in plan.steps), *asked]
        assert [sentence for sentence in said if translate(sentence) not in text] == []


@pytest.mark.parametrize("plan", PLANS.values(), ids=PLANS)
async def test_every_form_that_is_named_can_be_followed_to_its_questions(plan: Plan) -> None:
    text = await read(plan.id)
    assert set(re.findall(r'href="#(form-[\w-]+)"', text)) == {f"form-{form}" for form in plan.forms}
    assert set(re.findall(r'id="(form-[\w-]+)"', text)) == {f"form-{form}" for form in plan.forms}


async def test_a_divided_group_is_drawn_as_rows_and_a_second_try_apart_from_the_first() -> None:
    divided, again = await read("watch-while-they-talk"), await read("teach-again")
    assert len(re.findall(r'<rect class="row"', divided)) == 2
    assert "Your own time | Colleagues talk" in divided
    assert "Nobody hears, sees or reads the other part of the group." in divided
    assert len(re.findall(r'<rect class="recorded again"', again)) == 1
    assert len(re.findall(r'<rect class="recorded"', again)) == 1


async def test_rules_that_are_left_out_are_said_where_they_are_and_nowhere_else() -> None:
    assert "The teacher does not speak first in this format." in await read("two-plus-two")
    maker = await read("maker-led")
    assert "Colleagues are not asked for suggestions in this format." in maker
    assert "Colleagues ask first whether the teacher wants to hear their opinion." in maker
    assert "Not every colleague has a turn to speak in this format." in await read("consultant-and-colleagues")
    assert "What is different here" not in await read("twenty-minute-round")


async def test_the_whole_time_is_that_of_setting_up() -> None:
    totals = re.findall(r"<strong>(\d+) minutes</strong>", await read("twenty-minute-round"))
    assert len(totals) == 4
    assert totals == sorted(totals, key=int)
    assert len(re.findall(r"<strong>\d+ minutes</strong>", await read("consultation"))) == 1


async def test_alone_nobody_is_invited_and_nobody_simulated_comes() -> None:
    alone, group = await read("practise-alone"), await read("twenty-minute-round")
    assert 'action="/try"' in group
    assert 'action="/set-up"' in group
    assert 'action="/try"' not in alone
    assert 'action="/set-up"' not in alone
    assert "colleague" not in alone.lower()


async def test_what_was_answered_before_is_kept_on_the_way_to_setting_up() -> None:
    text = await read("two-plus-two", query="?teachers=2&minutes=60")
    assert '<input type="hidden" name="teachers" value="2"><input type="hidden" name="minutes" value="60">' in text
    assert 'name="teachers"' not in await read("two-plus-two")


async def test_a_format_without_a_lesson_says_that_nothing_is_recorded() -> None:
    assert "Nothing is recorded in this format." in await read("tuning")
    assert "Nothing is recorded in this format." not in await read("teach-again")


@pytest.mark.parametrize(
    ("forms", "read_when"),
    [
        ({"read_from": "turn"}, "The teacher reads it when its author begins to speak."),
        ({"read_from": "phase_end"}, "The teacher reads it at the end of this step."),
        ({"read_from": "round_end"}, "The teacher reads it when the round is over."),
        ({"read_by": "everybody", "read_from": "at_once"}, "Everybody reads it as it is written."),
        ({"read_by": "everybody", "read_from": "turn"}, "Everybody reads it when its author begins to speak."),
    ],
)
async def test_who_reads_a_note_from_when_on(forms: dict[str, str], read_when: str) -> None:
    plan = PLANS["twenty-minute-round"]
    asking = PhaseForms(teacher="own-view", colleague="one-thing", **forms)  # type: ignore[arg-type]
    phases = tuple(replace(phase, forms=asking) if phase.key == "writing" else phase for phase in plan.round)
    assert read_when in await read("ours", plans={"ours": replace(plan, round=phases)})


async def test_notes_wait_for_the_end_of_the_round_where_nobody_has_a_turn() -> None:
    plan = PLANS["twenty-minute-round"]
    phases = tuple(replace(phase, floor="open") if phase.key == "feedback" else phase for phase in plan.round)
    assert "The teacher reads it when the round is over." in await read("ours", plans={"ours": replace(plan, round=phases)})


async def test_formats_are_listed_by_worth_with_an_operators_own_before_the_seldom_ones() -> None:
    ours = replace(PLANS["try-out"], id="ours")
    text = await read(plans={"ours": ours, **PLANS})
    first, more = text.split('id="more-title"')
    assert re.findall(r'href="/formats/([\w-]+)"', first) == [
        "twenty-minute-round",
        "mini-lesson",
        "teach-again",
        "watch-while-they-talk",
        "two-plus-two",
        "practise-alone",
        "consultation",
        "ours",
    ]
    assert re.findall(r'href="/formats/([\w-]+)"', more)[-1] == "try-out"
    assert set(re.findall(r'href="/formats/([\w-]+)"', text)) == {"ours", *PLANS}


async def test_a_format_that_there_is_not_is_not_found() -> None:
    with pytest.raises(web.HTTPNotFound):
        await read("nothing")
