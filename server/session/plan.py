"""A plan: the phases of a session as data, and the forms that they use. Files: config/plans, config/forms.

A plan that a session has begun with is copied into its first event and never read again from its file.
It must not know what happens in a session, only what should. What makes a plan wrong stands in `plan_check`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from server.wire.pieces import Choice, Field, FloorMode, ReadFrom

MOST_TEACHERS = 12

Key = Annotated[str, Meta(pattern="^[a-z0-9-]{1,40}$")]
Line = Annotated[str, Meta(min_length=1, max_length=200)]
Minutes_ = Annotated[float, Meta(gt=0, le=240)]
LaneRole = Literal["teacher", "colleague", "consultant"]
Waived = Literal["teacher_first", "everybody_heard", "suggestion", "three_suggestions"]


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
    consultant: str = ""
    facilitator: str = ""


class PhaseForms(Part, frozen=True, kw_only=True):
    """What each role fills in. `suggester`: those whose suggestion the teacher tries; without it they are asked what colleagues are.

    `read_by` and `read_from` say who but the author reads what colleagues write, and from when on: the author's turn, the end of the
    phase, the end of the round, or as it is written. When the round is over its teacher reads everything.
    """

    teacher: Key | None = None
    colleague: Key | None = None
    suggester: Key | None = None
    read_by: Literal["teacher", "everybody"] = "teacher"
    read_from: ReadFrom = "turn"

    @property
    def of_colleagues(self) -> tuple[str, ...]:
        """Those that go to the teacher."""
        return tuple(filter(None, (self.colleague, self.suggester)))

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(form for form in (self.teacher, self.colleague, self.suggester) if form)


class Step(Part, frozen=True, kw_only=True):
    """What a phase and a lane have in common.

    `floor`: who is heard. `turns`: how long one has it; `shared_out` is what is left of the phase for each who still speaks, reckoned
    anew as people come and go. `answers`: the teacher may speak too while somebody else has the floor. `shows`: who may share slides
    and a screen. `replay`: the teacher can watch the last recording. `collects`: there is a list to which everybody can add a line.
    `minutes` None: no clock.
    """

    key: Key
    title: Line
    minutes: Minutes | None = None
    grace_s: Annotated[int, Meta(ge=0, le=120)] | None = None
    warn_s: tuple[int, ...] = (60,)
    floor: FloorMode = "open"
    turns: Literal["equal", "shared_out"] = "equal"
    answers: bool = False
    cameras: Literal["on", "rest", "speakers"] = "on"
    stage: Literal["everyone", "teacher", "speaker"] = "everyone"
    shows: Literal["teacher", "everybody", "nobody"] = "teacher"
    replay: bool = False
    collects: bool = False
    forms: PhaseForms = PhaseForms()
    say: Say = Say()


class LanePlan(Step, frozen=True, kw_only=True):
    """One part of a divided group, side by side with others in the same phase. `minutes` None: until the phase is over.

    `who`: a consultant who is named by no lane goes with the colleagues.
    """

    who: Annotated[tuple[LaneRole, ...], Meta(min_length=1, max_length=3)]


class PhasePlan(Step, frozen=True, kw_only=True):
    """`starts` by_teacher: the clock waits for the teacher; that is a lesson.

    `record_if`: who has to want the recording: the teacher, whose lesson it is; or everybody who is here, of a talk.
    `again` names the phase of the same round that this one repeats: a lesson with it is the second try.
    `lanes`: the group is divided, each lane with people, floor and clock of its own. `join`: all meet again when the clock of the phase
    is over, or sooner when everybody in every lane is ready.
    """

    starts: Literal["at_once", "by_teacher"] = "at_once"
    at_zero: Literal["go_on", "ask"] = "go_on"
    record: bool = False
    record_if: Literal["teacher", "all"] = "teacher"
    marks: Annotated[tuple[Choice, ...], Meta(max_length=4)] = ()
    again: Key | None = None
    lanes: Annotated[tuple[LanePlan, ...], Meta(max_length=4)] = ()
    join: Literal["at_zero", "when_ready"] = "when_ready"

    @property
    def is_lesson(self) -> bool:
        return self.starts == "by_teacher"

    @property
    def steps(self) -> tuple[Step, ...]:
        """The lanes where there are some, else the phase itself: what asks people for something."""
        return self.lanes or (self,)

    def asks_colleagues(self, form: str) -> PhaseForms | None:
        """What is said where this phase asks colleagues for this form."""
        return next((step.forms for step in self.steps if form in (step.forms.colleague, step.forms.suggester)), None)


class FormPlan(Part, frozen=True, kw_only=True):
    id: Key
    version: int
    title: Line
    fields: Annotated[tuple[Field, ...], Meta(min_length=1, max_length=12)]
    credit: str = ""

    def field(self, key: str) -> Field | None:
        return next((field for field in self.fields if field.key == key), None)


class Plan(Part, frozen=True, kw_only=True, dict=True):
    """`before` and `closing` happen once, `round` once for each teacher. `forms` is filled in from their own files.

    `suits` says in one line for whom and when. `alone`: one person practises, leads and teaches at once, and invites nobody.
    The form that `before` asks of those who teach is their lesson card. `teachers`: how many can teach, as it was said at set-up.
    `waives`: rules that this format does without, in plain sight. `later_h`: how long after the session somebody who wrote nothing
    to a teacher may still do so.
    """

    id: Key
    version: int
    title: Line
    summary: str
    suits: str = ""
    credit: str = ""
    alone: bool = False
    waives: tuple[Waived, ...] = ()
    later_h: Annotated[int, Meta(ge=0, le=24 * 31)] = 24
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
    def steps(self) -> Iterator[Step]:
        return (step for phase in self.phases for step in phase.steps)

    @cached_property
    def marks(self) -> tuple[Choice, ...]:
        """Every kind of moment that can be noticed in a lesson."""
        return tuple({mark.key: mark for phase in self.round for mark in phase.marks}.values())

    @cached_property
    def lessons(self) -> tuple[int, ...]:
        """Which phases of a round are lessons: the first try, and perhaps a second."""
        return tuple(index for index, phase in enumerate(self.round) if phase.is_lesson)

    def grace_of(self, phase: Step) -> int:
        return self.grace_s if phase.grace_s is None else phase.grace_s

    def asking(self, form: str) -> int | None:
        """Which phase of a round asks colleagues for this form, which goes to the teacher."""
        return self.for_the_teacher.get(form)

    @cached_property
    def for_the_teacher(self) -> dict[str, int]:
        """The forms whose entries go to the teacher of their round, each with the phase that asks for it."""
        asked = ((index, form) for index, phase in enumerate(self.round) for step in phase.steps for form in step.forms.of_colleagues)
        return {form: index for index, form in asked}

    @cached_property
    def records_talks(self) -> bool:
        """Whether a talk is recorded if everybody in it wants that."""
        return any(phase.record_if == "all" for phase in self.round)

    @property
    def tries_again(self) -> bool:
        return any(phase.again for phase in self.round)

    def attempt(self, index: int) -> int:
        """How many lessons a round had before the lesson that is its phase `index`: 0 for the first try."""
        return sum(lesson < index for lesson in self.lessons)
