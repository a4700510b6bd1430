"""What is known about the lesson of a recording from its session: the lesson card, what its teacher wrote, and the one thing chosen."""

from __future__ import annotations

import msgspec

from server.people.watching import Recording
from server.rooms.room import Room
from server.session.beside import EntryKey, Translate
from server.session.plan import FormPlan

CHOSEN = "try"  # the field in which a teacher says what to try


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """`form` and `field` are keys; `label` is what was asked, in the reader's language."""

    form: str
    field: str
    label: str
    text: str


class Lesson(msgspec.Struct, frozen=True, kw_only=True):
    """`card`: what the lesson is about, for whom, what to watch for. `own`: what else the teacher wrote. Nothing empty is in it."""

    card: tuple[Line, ...]
    own: tuple[Line, ...]
    chosen: str


def lesson_of(room: Room, recording: Recording, translate: Translate) -> Lesson:
    """For the teacher, who may have others read it too."""
    plan = room.state.plan
    card = _lines(room, recording, plan.card_form, 0, translate) if plan.card_form else ()
    own = tuple(
        line
        for form in plan.forms
        if form not in (plan.card_form, *plan.for_the_teacher)
        for line in _lines(room, recording, form, recording.round, translate)
    )
    return Lesson(card=card, own=own, chosen=next((line.text for line in own if line.field == CHOSEN), ""))


def _lines(room: Room, recording: Recording, form: str, round_: int, translate: Translate) -> tuple[Line, ...]:
    plan: FormPlan = room.state.plan.forms[form]
    texts = room.memory.texts.get(EntryKey(round=round_, form=form, author=recording.teacher), {})
    written = ((field, texts.get(field.key, "").strip()) for field in plan.fields)
    return tuple(Line(form=form, field=field.key, label=translate(field.label), text=text) for field, text in written if text)
