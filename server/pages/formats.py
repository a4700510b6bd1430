"""What formats are like, before anybody picks one: GET /formats for all, GET /formats/{id} for one, phase by phase.

Knows no session. Says of a format only what its file says.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from aiohttp import web

from server.pages.pictures import card_of
from server.pages.rendering import Templates
from server.pages.set_up import LAST, WELCOME_MIN, read_wish, worth
from server.session.beside import Translate
from server.session.pacing import session_s
from server.session.plan import FormPlan, LanePlan, PhaseForms, PhasePlan, Plan, Step
from server.wire.pieces import FloorMode

MOST_TEACHERS = 4

HEARD: Mapping[FloorMode, str] = {
    "open": "Everybody can speak.",
    "silent": "Nobody speaks.",
    "teacher": "The teacher speaks, the others listen.",
    "colleagues": "The colleagues speak, the teacher listens.",
    "spokesperson": "One colleague speaks for all, the others listen.",
    "round_robin": "One colleague after the other speaks, each as long as the others.",
    "queue": "Whoever asks to speak comes in turn; whoever has spoken least comes first.",
    "permission": "The teacher speaks. Colleagues ask first whether the teacher wants to hear their opinion.",
}
LESSON_HEARD = "Everybody can speak: the teacher teaches, the others are learners."
ALONE_HEARD: Mapping[FloorMode, str] = {"open": "You speak.", "silent": "A quiet time."}
ANSWERS = "The teacher may answer."
SHARED_OUT = "The time is shared out among all who still want to speak."

READ_BY_TEACHER = {
    "turn": "The teacher reads it when its author begins to speak.",
    "phase_end": "The teacher reads it at the end of this step.",
    "round_end": "The teacher reads it when the round is over.",
    "at_once": "The teacher reads it as it is written.",
}
READ_BY_EVERYBODY = {
    "turn": "Everybody reads it when its author begins to speak.",
    "phase_end": "Everybody reads it at the end of this step.",
    "round_end": "Everybody reads it when the round is over.",
    "at_once": "Everybody reads it as it is written.",
}
OWN = "Only its author reads it."
CARD = "Everybody reads it in its author's round, except for lines that only the author sees."
ALONE = "Only you read it."

WRITES = {
    "teacher": "The teacher writes:",
    "colleague": "Each colleague writes:",
    "suggester": "Those whose suggestion is tried write instead:",
}
TEACHERS_WRITE, ALL_WRITE, YOU_WRITE = "Each person who teaches writes:", "Each person writes:", "You write:"
PEOPLE = {"teacher": "The teacher", "colleague": "The colleagues", "consultant": "The consultant"}
JOIN = {
    "at_zero": "All come together again when the time is over.",
    "when_ready": "All come together again when everybody is ready, or the time is over.",
}

WAIVED = {
    "teacher_first": "The teacher does not speak first in this format.",
    "everybody_heard": "Not every colleague has a turn to speak in this format.",
    "suggestion": "Colleagues are not asked for suggestions in this format.",
    "three_suggestions": "The teacher may keep more than three suggestions to talk about in this format.",
}


class FormatPages:
    def __init__(self, templates: Templates, plans: Mapping[str, Plan]) -> None:
        self._templates = templates
        self._plans = plans

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/formats", self.all), web.get("/formats/{plan}", self.one)]

    async def all(self, request: web.Request) -> web.Response:
        translate = self._templates.translator(request)
        plans = sorted(self._plans.values(), key=lambda plan: worth(plan.id))
        first = [card_of(plan, translate) for plan in plans if plan.id not in LAST]
        more = [card_of(plan, translate) for plan in plans if plan.id in LAST]
        return self._templates.page(request, "all_formats.html", first=first, more=more)

    async def one(self, request: web.Request) -> web.Response:
        plan = self._plans.get(request.match_info["plan"])
        if plan is None:
            raise web.HTTPNotFound
        translate = self._templates.translator(request)
        return self._templates.page(
            request,
            "format.html",
            card=card_of(plan, translate),
            waived=[translate(WAIVED[rule]) for rule in plan.waives],
            totals=[(teachers, _total_minutes(plan, teachers)) for teachers in _numbers(plan)],
            parts=[[_phase(plan, phase, translate) for phase in part] for part in ((plan.before,), plan.round, (plan.closing,))],
            forms=[_form(form, translate) for form in _asked(plan)],
            later_days=plan.later_h / 24 if any(step.forms.of_colleagues for phase in plan.round for step in phase.steps) else 0,
            wish=read_wish(request.query),
        )


def _numbers(plan: Plan) -> range:
    return range(1, (1 if plan.alone else min(plan.places, MOST_TEACHERS)) + 1)


def _total_minutes(plan: Plan, teachers: int) -> int:
    """With a welcome, as at set-up; alone nobody is welcomed."""
    return math.ceil(session_s(plan, teachers) / 60 + (0 if plan.alone else WELCOME_MIN))


def _asked(plan: Plan) -> list[FormPlan]:
    """In the order in which they come."""
    names = dict.fromkeys(form for step in plan.steps for form in step.forms.names)
    return [plan.forms[name] for name in names]


def _phase(plan: Plan, phase: PhasePlan, translate: Translate) -> dict[str, object]:
    return _step(plan, phase, phase, translate) | {
        "recorded": phase.record and phase.is_lesson,
        "recorded_if_all": phase.record_if == "all",
        "again": phase.again is not None,
        "marks": [translate(mark.label) for mark in phase.marks],
        "parts": [
            _step(plan, phase, lane, translate) | {"who": [translate(PEOPLE[role]) for role in _who(phase, lane)]} for lane in phase.lanes
        ],
        "join": translate(JOIN[phase.join]) if phase.lanes else "",
    }


def _step(plan: Plan, phase: PhasePlan, step: Step, translate: Translate) -> dict[str, object]:
    return {
        "key": step.key,
        "title": translate(step.title),
        "minutes": step.minutes,
        "heard": [translate(sentence) for sentence in _heard(plan, phase, step)],
        "cameras_rest": step.cameras == "rest",
        "replay": step.replay,
        "collects": step.collects,
        "writes": [
            {"who": translate(who), "form": form, "title": translate(plan.forms[form].title), "read": translate(read)}
            for who, form, read in _written(plan, phase, step.forms)
        ],
    }


def _who(phase: PhasePlan, lane: LanePlan) -> tuple[str, ...]:
    """A consultant whom no part names goes with the colleagues."""
    named = any("consultant" in each.who for each in phase.lanes)
    return lane.who if named or "colleague" not in lane.who else (*lane.who, "consultant")


def _heard(plan: Plan, phase: PhasePlan, step: Step) -> Iterator[str]:
    if isinstance(step, PhasePlan) and step.lanes:
        return
    if plan.alone:
        yield ALONE_HEARD.get(step.floor, HEARD[step.floor])
        return
    yield LESSON_HEARD if phase.is_lesson and step.floor == "open" else HEARD[step.floor]
    if step.answers:
        yield ANSWERS
    if step.turns == "shared_out":
        yield SHARED_OUT


def _written(plan: Plan, phase: PhasePlan, forms: PhaseForms) -> Iterator[tuple[str, str, str]]:
    """Who writes, in which form, and who reads it when."""
    if phase not in plan.round:
        yield from _written_outside(plan, phase, forms)
        return
    if forms.teacher:
        yield (YOU_WRITE, forms.teacher, ALONE) if plan.alone else (WRITES["teacher"], forms.teacher, OWN)
    for role, form in (("colleague", forms.colleague), ("suggester", forms.suggester)):
        if form:
            yield WRITES[role], form, _read(plan, phase, forms)


def _written_outside(plan: Plan, phase: PhasePlan, forms: PhaseForms) -> Iterator[tuple[str, str, str]]:
    if plan.alone and forms.teacher:
        yield YOU_WRITE, forms.teacher, ALONE
        return
    if forms.teacher and forms.teacher == forms.colleague:
        yield ALL_WRITE, forms.teacher, OWN
        return
    if forms.teacher:
        yield TEACHERS_WRITE, forms.teacher, CARD if phase is plan.before else OWN
    if forms.colleague:
        yield WRITES["colleague"], forms.colleague, OWN


def _read(plan: Plan, phase: PhasePlan, forms: PhaseForms) -> str:
    """Where nobody has a turn any more in the round, its end comes first."""
    later = plan.round[plan.round.index(phase) :]
    turns = any(step.floor in ("round_robin", "queue", "permission") for each in later for step in each.steps)
    when = "round_end" if forms.read_from == "turn" and not turns else forms.read_from
    return (READ_BY_EVERYBODY if forms.read_by == "everybody" else READ_BY_TEACHER)[when]


def _form(form: FormPlan, translate: Translate) -> dict[str, object]:
    return {
        "id": form.id,
        "title": translate(form.title),
        "credit": translate(form.credit),
        "fields": [
            {
                "label": translate(field.label),
                "hint": translate(field.hint),
                "choices": [translate(choice.label) for choice in field.choices],
                "optional": field.optional,
                "pinned": field.pinned,
            }
            for field in form.fields
        ],
    }
