"""A plan: the phases of a session as data, and the forms that they use. Files: config/plans, config/forms.

A plan that a session has begun with is copied into its first event and never read again from its file.
It must not know what happens in a session, only what should.
"""

from __future__ import annotations

import tomllib
from typing import Annotated, Literal, TypeVar

import msgspec
from msgspec import Meta

from server.wire.pieces import Choice, Field, FloorMode

T = TypeVar("T")
MOST_TEACHERS = 12

Key = Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Minutes_ = Annotated[float, Meta(gt=0, le=240)]


class PlanError(Exception):
    """A plan or form file is wrong: `key` is where, the message says what to write instead."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(f"{key}: {message}")
        self.key = key


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    pass


class Minutes(Part, frozen=True, kw_only=True):
    """Planned length, and how far it may be shortened or stretched."""

    default: Minutes_
    least: Minutes_
    most: Minutes_

    @property
    def default_s(self) -> int:
        return round(self.default * 60)


class Say(Part, frozen=True, kw_only=True):
    """One or two sentences that a person in this role can say or read now."""

    teacher: str = ""
    colleague: str = ""
    facilitator: str = ""


class PhaseForms(Part, frozen=True, kw_only=True):
    teacher: Key | None = None
    colleague: Key | None = None


class PhasePlan(Part, frozen=True, kw_only=True):
    """`minutes` None: no clock, the one who leads goes on. `starts` by_teacher: the clock waits for the teacher."""

    key: Key
    title: Line
    minutes: Minutes | None = None
    starts: Literal["at_once", "by_teacher"] = "at_once"
    at_zero: Literal["go_on", "ask"] = "go_on"
    grace_s: Annotated[int, Meta(ge=0, le=120)] | None = None
    warn_s: tuple[int, ...] = (60,)
    floor: FloorMode = "open"
    cameras: Literal["on", "rest"] = "on"
    stage: Literal["everyone", "teacher", "speaker"] = "everyone"
    record: bool = False
    marks: Annotated[tuple[Choice, ...], Meta(max_length=4)] = ()
    forms: PhaseForms = PhaseForms()
    say: Say = Say()


class FormPlan(Part, frozen=True, kw_only=True):
    id: Key
    version: int
    title: Line
    fields: Annotated[tuple[Field, ...], Meta(min_length=1, max_length=12)]


class Plan(Part, frozen=True, kw_only=True):
    """`before` and `closing` happen once, `round` once for each teacher. `forms` is filled in from their own files.

    `suits` says in one line for whom and when. `alone`: one person practises, leads and teaches at once, and invites nobody.
    The form that `before` asks of those who teach is their lesson card. `teachers`: how many can teach, as it was said at set-up.
    """

    id: Key
    version: int
    title: Line
    summary: str
    suits: str = ""
    credit: str = ""
    alone: bool = False
    teachers: Annotated[int, Meta(ge=1, le=MOST_TEACHERS)] | None = None
    grace_s: Annotated[int, Meta(ge=0, le=120)]
    before: PhasePlan
    round: Annotated[tuple[PhasePlan, ...], Meta(min_length=1, max_length=20)]
    closing: PhasePlan
    forms: dict[str, FormPlan] = {}

    @property
    def round_s(self) -> int:
        return sum(phase.minutes.default_s for phase in self.round if phase.minutes)

    @property
    def places(self) -> int:
        """How many can say that they will teach."""
        return self.teachers or MOST_TEACHERS

    @property
    def card_form(self) -> str | None:
        """The form of the lesson card."""
        return self.before.forms.teacher

    @property
    def phases(self) -> tuple[PhasePlan, ...]:
        return (self.before, *self.round, self.closing)

    @property
    def marks(self) -> tuple[Choice, ...]:
        """Every kind of moment that can be noticed in a lesson."""
        return tuple({mark.key: mark for phase in self.round for mark in phase.marks}.values())

    def grace_of(self, phase: PhasePlan) -> int:
        return self.grace_s if phase.grace_s is None else phase.grace_s


def parse_form(text: str) -> FormPlan:
    """Raises PlanError."""
    return _convert(text, FormPlan)


def parse_plan(text: str, forms: dict[str, FormPlan]) -> Plan:
    """Read a plan file and copy into it the forms that it names. Raises PlanError."""
    plan = _convert(text, Plan)
    keys = [phase.key for phase in plan.phases]
    for key in keys:
        if keys.count(key) > 1:
            raise PlanError(key, "two phases have this key")
    for phase in plan.phases:
        _check_phase(phase)
    _check_forms(plan)
    if plan.alone:
        _check_alone(plan)
    named = _named(*plan.phases)
    missing = named - forms.keys()
    if missing:
        raise PlanError(min(missing), "there is no form of this name")
    return msgspec.structs.replace(plan, forms={name: forms[name] for name in sorted(named)})


def _named(*phases: PhasePlan) -> set[str]:
    return {form for phase in phases for form in (phase.forms.teacher, phase.forms.colleague) if form}


def _check_forms(plan: Plan) -> None:
    """An entry is found by round, form and author; what is asked outside of the rounds counts to the first one."""
    for_the_teacher = {phase.forms.colleague for phase in plan.round}
    own = {phase.forms.teacher for phase in plan.round}
    for form in sorted(_named(plan.before, plan.closing)):
        if form in for_the_teacher:
            raise PlanError(form, "what goes to the teacher and what stays private need different forms")
        if form in own or {form} & _named(plan.before) & _named(plan.closing):
            raise PlanError(form, "before, rounds and closing need different forms")
    for form in sorted(form for form in for_the_teacher & own if form):
        raise PlanError(form, "what goes to the teacher and what stays private need different forms")


def _check_alone(plan: Plan) -> None:
    for phase in plan.phases:
        if phase.forms.colleague or phase.floor == "round_robin":
            raise PlanError(f"{phase.key}.{'forms' if phase.forms.colleague else 'floor'}", "nobody else is there")


def _check_phase(phase: PhasePlan) -> None:
    if phase.minutes and not phase.minutes.least <= phase.minutes.default <= phase.minutes.most:
        raise PlanError(f"{phase.key}.minutes", "least, default and most must rise")
    if phase.record and phase.starts != "by_teacher":
        raise PlanError(f"{phase.key}.record", "only a phase that the teacher starts is recorded")
    if phase.starts == "by_teacher" and phase.minutes is None:
        raise PlanError(f"{phase.key}.minutes", "a phase that the teacher starts needs minutes")
    if phase.floor == "round_robin" and phase.minutes is None:
        raise PlanError(f"{phase.key}.minutes", "turns need minutes to share out")
    if len({mark.key for mark in phase.marks}) != len(phase.marks):
        raise PlanError(f"{phase.key}.marks", "two moments have the same key")


def _convert(text: str, kind: type[T]) -> T:
    try:
        return msgspec.convert(tomllib.loads(text), kind)
    except tomllib.TOMLDecodeError as error:
        raise PlanError("file", str(error)) from error
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `")
        raise PlanError(path.rstrip("`").removeprefix("$.") or "file", message) from error
