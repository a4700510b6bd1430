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
    """`before` and `closing` happen once, `round` once for each teacher. `forms` is filled in from their own files."""

    id: Key
    version: int
    title: Line
    summary: str
    credit: str = ""
    grace_s: Annotated[int, Meta(ge=0, le=120)]
    before: PhasePlan
    round: Annotated[tuple[PhasePlan, ...], Meta(min_length=1, max_length=20)]
    closing: PhasePlan
    forms: dict[str, FormPlan] = {}

    @property
    def round_s(self) -> int:
        return sum(phase.minutes.default_s for phase in self.round if phase.minutes)

    def grace_of(self, phase: PhasePlan) -> int:
        return self.grace_s if phase.grace_s is None else phase.grace_s


def parse_form(text: str) -> FormPlan:
    """Raises PlanError."""
    return _convert(text, FormPlan)


def parse_plan(text: str, forms: dict[str, FormPlan]) -> Plan:
    """Read a plan file and copy into it the forms that it names. Raises PlanError."""
    plan = _convert(text, Plan)
    phases = (plan.before, *plan.round, plan.closing)
    keys = [phase.key for phase in phases]
    for key in keys:
        if keys.count(key) > 1:
            raise PlanError(key, "two phases have this key")
    for phase in phases:
        _check_phase(phase)
    named = {form for phase in phases for form in _forms(phase) if form}
    shared = {phase.forms.colleague for phase in plan.round} & {form for phase in (plan.before, plan.closing) for form in _forms(phase)}
    if shared - {None}:
        raise PlanError(str(min(shared - {None}, key=str)), "what goes to the teacher and what stays private need different forms")
    missing = named - forms.keys()
    if missing:
        raise PlanError(min(missing), "there is no form of this name")
    return msgspec.structs.replace(plan, forms={name: forms[name] for name in sorted(named)})


def _forms(phase: PhasePlan) -> tuple[str | None, str | None]:
    return phase.forms.teacher, phase.forms.colleague


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
