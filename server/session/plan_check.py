"""From the text of a plan or form file to a plan that holds together: where it does not, the key and the reason.

It must not know where files are.
"""

from __future__ import annotations

import tomllib
from collections import Counter
from typing import TypeVar

import msgspec

from server.session.plan import FormPlan, LanePlan, PhasePlan, Plan, Step

T = TypeVar("T")

TURNS = ("round_robin", "queue", "permission")


class PlanError(Exception):
    """A plan or form file is wrong: `key` is where, the message says what to write instead."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key


def parse_form(text: str) -> FormPlan:
    """Raises PlanError."""
    form = _convert(text, FormPlan)
    keys = Counter(field.key for field in form.fields)
    for key, count in keys.items():
        if count > 1:
            raise PlanError(key, "two questions have this key")
    return form


def parse_plan(text: str, forms: dict[str, FormPlan]) -> Plan:
    """Read a plan file and copy into it the forms that it names. Raises PlanError."""
    plan = _convert(text, Plan)
    _check_keys(plan)
    for phase in plan.phases:
        _check_phase(phase)
    for phase in (plan.before, plan.closing):
        _check_outside(phase)
    _check_again(plan)
    _check_forms(plan)
    if plan.alone:
        _check_alone(plan)
    named = {form for step in plan.steps for form in step.forms.names}
    missing = named - forms.keys()
    if missing:
        raise PlanError(min(missing), "there is no form of this name")
    whole = msgspec.structs.replace(plan, forms={name: forms[name] for name in sorted(named)})
    if not plan.alone:
        _check_rules(whole)
    return whole


def _check_keys(plan: Plan) -> None:
    keys = Counter([phase.key for phase in plan.phases])
    for key, count in keys.items():
        if count > 1:
            raise PlanError(key, "two phases have this key")


def _check_phase(phase: PhasePlan) -> None:
    _check_step(phase, phase.key)
    _check_record(phase)
    if phase.is_lesson and phase.minutes is None:
        raise PlanError(f"{phase.key}.minutes", "a phase that the teacher starts needs minutes")
    if phase.is_lesson and phase.floor in TURNS:
        raise PlanError(f"{phase.key}.floor", "in a lesson nobody has turns")
    if len({mark.key for mark in phase.marks}) != len(phase.marks):
        raise PlanError(f"{phase.key}.marks", "two moments have the same key")
    if phase.lanes:
        _check_lanes(phase)


def _check_record(phase: PhasePlan) -> None:
    if phase.record_if == "teacher":
        if phase.record and not phase.is_lesson:
            raise PlanError(f"{phase.key}.record", "only a phase that the teacher starts is recorded, or a talk in which all want it")
    elif not phase.record:
        raise PlanError(f"{phase.key}.record_if", "nothing is recorded in this phase")
    elif phase.is_lesson or phase.lanes:
        raise PlanError(f"{phase.key}.record_if", "a lesson is recorded if its teacher wants it, and a divided group is not recorded")


def _check_step(step: Step, where: str) -> None:
    if step.minutes and not step.minutes.least <= step.minutes.default <= step.minutes.most:
        raise PlanError(f"{where}.minutes", "least, default and most must rise")
    if step.floor in ("round_robin", "queue") and step.minutes is None:
        raise PlanError(f"{where}.minutes", "turns need minutes to share out")
    if step.turns == "shared_out" and step.floor not in ("round_robin", "queue"):
        raise PlanError(f"{where}.turns", "only a round_robin or a queue has time to share out")
    if step.answers and step.floor not in ("round_robin", "queue"):
        raise PlanError(f"{where}.answers", "only beside a round_robin or a queue does the teacher answer")


def _check_lanes(phase: PhasePlan) -> None:
    where = f"{phase.key}.lanes"
    if phase.minutes is None:
        raise PlanError(f"{phase.key}.minutes", "a divided group needs a time at which all meet again")
    if phase.is_lesson:
        raise PlanError(where, "a lesson is for everybody")
    if phase.forms.names or phase.replay or phase.collects or phase.marks:
        raise PlanError(where, "in a divided group forms, replay and lists belong to its lanes")
    if phase.floor != "open" or phase.turns != "equal" or phase.answers:
        raise PlanError(f"{phase.key}.floor", "in a divided group each lane has a floor of its own")
    if sum(lane.collects for lane in phase.lanes) > 1:
        raise PlanError(f"{phase.key}.collects", "at most one lane makes a list")
    if sum(lane.shows == "everybody" for lane in phase.lanes) > 1:
        raise PlanError(f"{phase.key}.shows", "at most in one lane everybody can show something")
    roles = Counter(role for lane in phase.lanes for role in lane.who)
    for role in ("teacher", "colleague"):
        if roles[role] != 1:
            raise PlanError(where, f"exactly one lane is for the {role}")
    if roles["consultant"] > 1:
        raise PlanError(where, "two lanes are for the consultant")
    if len({lane.key for lane in phase.lanes}) != len(phase.lanes):
        raise PlanError(where, "two lanes have the same key")
    for lane in phase.lanes:
        _check_lane(phase, lane)


def _check_lane(phase: PhasePlan, lane: LanePlan) -> None:
    where = f"{phase.key}.{lane.key}"
    _check_step(lane, where)
    if lane.minutes and phase.minutes and lane.minutes.default > phase.minutes.default:
        raise PlanError(f"{where}.minutes", "a lane cannot last longer than its phase")
    if lane.replay and "teacher" not in lane.who:
        raise PlanError(f"{where}.replay", "only the teacher can watch the recording")
    if lane.floor == "permission":
        raise PlanError(f"{where}.floor", "permission is asked of the teacher with everybody there")
    if lane.floor == "teacher" and "teacher" not in lane.who:
        raise PlanError(f"{where}.floor", "the teacher is not in this lane")


def _check_outside(phase: PhasePlan) -> None:
    if phase.lanes:
        raise PlanError(f"{phase.key}.lanes", "the group is divided in rounds only")
    if phase.is_lesson:
        raise PlanError(f"{phase.key}.starts", "lessons are in rounds only")
    if phase.record:
        raise PlanError(f"{phase.key}.record", "recorded is in rounds only")
    if phase.forms.suggester or phase.floor in ("round_robin", "queue", "permission", "teacher", "colleagues", "spokesperson"):
        raise PlanError(phase.key, "outside of the rounds nobody is the teacher")


def _check_again(plan: Plan) -> None:
    """The second try repeats the first."""
    keys = [phase.key for phase in plan.round]
    for index, phase in enumerate(plan.round):
        if phase.again is None:
            continue
        if phase.again not in keys[:index]:
            raise PlanError(f"{phase.key}.again", "names no earlier phase of the round")
        if phase.is_lesson != plan.round[keys.index(phase.again)].is_lesson:
            raise PlanError(f"{phase.key}.again", "a lesson repeats a lesson")
    first, *others = plan.lessons or (None,)
    for index in others:
        if plan.round[index].again is None or first is None:
            raise PlanError(plan.round[index].key, "a second lesson says with `again` which one it repeats")
    if len(others) > 1:
        raise PlanError(plan.round[others[1]].key, "a round has a first and a second try, and no third")


def _check_forms(plan: Plan) -> None:
    """An entry is found by round, form and author; what is asked outside of the rounds counts to the first one."""
    inside = [step for phase in plan.round for step in phase.steps]
    for_the_teacher = Counter(form for step in inside for form in step.forms.of_colleagues)
    own = Counter(step.forms.teacher for step in inside if step.forms.teacher)
    for form in sorted({*plan.before.forms.names, *plan.closing.forms.names}):
        if form in for_the_teacher:
            raise PlanError(form, "what goes to the teacher and what stays private need different forms")
        if form in own or {form} & set(plan.before.forms.names) & set(plan.closing.forms.names):
            raise PlanError(form, "before, rounds and closing need different forms")
    for form in sorted(for_the_teacher.keys() & own.keys()):
        raise PlanError(form, "what goes to the teacher and what stays private need different forms")
    for form, count in sorted((for_the_teacher + own).items()):
        if count > 1:
            raise PlanError(form, "this form is asked twice in a round; the second time it would overwrite the first")
    for step in inside:
        if step.forms.suggester and not plan.tries_again:
            raise PlanError(f"{step.key}.forms.suggester", "nobody's suggestion is tried in this format")


def _check_alone(plan: Plan) -> None:
    for phase in plan.phases:
        if phase.lanes:
            raise PlanError(f"{phase.key}.lanes", "nobody else is there")
        if phase.forms.of_colleagues or phase.floor in (*TURNS, "colleagues", "spokesperson"):
            raise PlanError(f"{phase.key}.{'forms' if phase.forms.of_colleagues else 'floor'}", "nobody else is there")


def _check_rules(plan: Plan) -> None:
    """A format keeps the rules of feedback or says in plain sight that it does without."""
    kept = {
        "teacher_first": _teacher_first(plan),
        "everybody_heard": not plan.lessons or any(step.floor == "round_robin" for phase in plan.round for step in phase.steps),
        "suggestion": not plan.lessons or _asks_for_a_suggestion(plan),
    }
    for rule, is_kept in kept.items():
        if not is_kept and rule not in plan.waives:
            raise PlanError("waives", f"this format does not keep the rule `{rule}`; name it here if that is meant")
        if is_kept and rule in plan.waives:
            raise PlanError("waives", f"this format keeps the rule `{rule}`")


def _teacher_first(plan: Plan) -> bool:
    """After each lesson the first whom others hear is its teacher."""
    for lesson in plan.lessons:
        for phase in plan.round[lesson + 1 :]:
            heard = [step for step in phase.steps if step.floor != "silent"]
            if phase.is_lesson or not heard:
                continue
            if not phase.lanes and phase.floor != "teacher":
                return False
            if not phase.lanes:
                break
    return True


def _asks_for_a_suggestion(plan: Plan) -> bool:
    asked = (plan.forms[form] for phase in plan.round for step in phase.steps for form in step.forms.of_colleagues)
    return any(field.key.startswith("suggestion") for form in asked for field in form.fields)


def _convert(text: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise PlanError("file", str(error)) from error
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise PlanError(path.rstrip("`").removeprefix("$.") or "file", message) from error
