"""Who reads which words, and when: forms, entries and moments in one person's view."""

from __future__ import annotations

from collections.abc import Sequence

from server.session.beside import Beside, EntryKey
from server.session.state import Moment, State
from server.session.writing import (
    MOMENT_FIELD,
    Asked,
    asked_of,
    form_of_turn,
    forms_of,
    forms_so_far,
    is_released,
    takes_moments,
)
from server.wire import pieces as wire


def may_read(state: State, reader: str, key: EntryKey) -> bool:
    """The author always; the teacher of the round, and everybody where the format says so, from when on the format says."""
    if reader == key.author:
        return True
    if key.round >= len(state.order) or state.plan.asking(key.form) is None:
        return False
    meant = reader == state.order[key.round] or forms_of(state.plan, key.form).read_by == "everybody"
    return meant and is_released(state, key.author, key.round, key.form)


def form(state: State, asked: Asked | None, beside: Beside) -> wire.Form | None:
    if asked is None:
        return None
    plan = state.plan.forms[asked.form]
    fields = tuple(
        wire.Field(
            key=field.key,
            label=beside.words(field.label),
            hint=beside.words(field.hint),
            large=field.large,
            private=field.private,
            starters=tuple(beside.words(starter) for starter in field.starters),
            choices=tuple(wire.Choice(key=choice.key, label=beside.words(choice.label)) for choice in field.choices),
            pinned=field.pinned,
            optional=field.optional,
        )
        for field in plan.fields
    )
    rules, to_teacher = forms_of(state.plan, asked.form), asked.form in state.plan.for_the_teacher
    return wire.Form(
        form=asked.form,
        title=beside.words(plan.title),
        fields=fields,
        read_by=rules.read_by if to_teacher else "everybody" if asked.form == state.plan.card_form else "author",
        read_from=rules.read_from,
        later_h=state.plan.later_h,
    )


def mine(state: State, seat: str, beside: Beside, now_ms: int) -> wire.Entry | None:
    """What is asked now; else what was asked last in this part."""
    asked = asked_of(state, seat, now_ms)
    writes = asked is not None
    if asked is None:
        round_ = state.position.round
        forms = [name for name in forms_so_far(state, seat, round_) if state.position.part != "round" or name != state.plan.card_form]
        asked = Asked(round=round_, form=forms[-1]) if forms else None
    return _entry(state, EntryKey(round=asked.round, form=asked.form, author=seat), beside, seat, writes=writes) if asked else None


def received(state: State, reader: str, beside: Beside) -> tuple[wire.Entry, ...]:
    """Entries of the reader's own round that others wrote; empty ones are left out."""
    if reader not in state.order:
        return ()
    return _of_colleagues(state, reader, state.order.index(reader), beside)


def others_wrote(state: State, reader: str, beside: Beside) -> tuple[wire.Entry, ...]:
    """What colleagues wrote in this round to somebody else, where the format lets everybody read it."""
    if state.teacher is None or state.teacher == reader:
        return ()
    return _of_colleagues(state, reader, state.position.round, beside)


def _of_colleagues(state: State, reader: str, round_: int, beside: Beside) -> tuple[wire.Entry, ...]:
    forms = sorted(state.plan.for_the_teacher, key=lambda name: (state.plan.for_the_teacher[name], name))
    keys = [EntryKey(round=round_, form=name, author=author) for author in state.seats if author != reader for name in forms]
    found = (_entry(state, key, beside, reader) for key in keys if may_read(state, reader, key))
    entries = [entry for entry in found if entry.moments or any(entry.fields.values())]
    return tuple(entry for entry in entries if not _only_repeats(state, entry, entries))


def _only_repeats(state: State, entry: wire.Entry, entries: Sequence[wire.Entry]) -> bool:
    """Two forms can be about one lesson. In the one that its author was not asked for stand the same moments, and no words."""

    def counts(other: wire.Entry) -> bool:
        return any(other.fields.values()) or other.form in forms_so_far(state, other.author, other.round)

    alike = (other for other in entries if other is not entry and (other.author, other.moments) == (entry.author, entry.moments))
    return not counts(entry) and any(counts(other) for other in alike)


def pinned(state: State, reader: str, beside: Beside) -> wire.Pinned | None:
    """What the teacher of this round tries: in the teacher's own words to the teacher, in theirs to those who suggested it."""
    teacher, round_ = state.teacher, state.position.round
    if teacher is None or not state.plan.tries_again:
        return None
    authors = state.tries.get(round_, ())
    if reader == teacher:
        text = next((words for form, field in _pins(state) if (words := _words(beside, round_, form, reader, field))), "")
        return wire.Pinned(text=text, suggested_by=authors) if text else None
    if reader not in authors:
        return None
    asked = [form for form in forms_so_far(state, reader, round_) if form in state.plan.for_the_teacher]
    fields = ((form, field.key) for form in asked for field in state.plan.forms[form].fields if field.key.startswith("suggestion"))
    suggestions = (_words(beside, round_, form, reader, field) for form, field in fields)
    return wire.Pinned(text=next((words for words in suggestions if words), ""), suggested_by=(reader,))


def _pins(state: State) -> tuple[tuple[str, str], ...]:
    """Forms and fields in which a teacher says what to try."""
    return tuple((form, field.key) for form, plan in state.plan.forms.items() for field in plan.fields if field.pinned)


def _words(beside: Beside, round_: int, form: str, author: str, field: str) -> str:
    return beside.texts.get(EntryKey(round=round_, form=form, author=author), {}).get(field, "").strip()


def lesson_card(state: State, reader: str, beside: Beside) -> wire.Entry | None:
    """What the teacher of this round wants everybody to know."""
    card = state.plan.card_form
    if card is None or state.teacher is None:
        return None
    entry = _entry(state, EntryKey(round=0, form=card, author=state.teacher), beside, reader)
    return entry if any(entry.fields.values()) else None


def turn_entry(state: State, reader: str, beside: Beside) -> wire.Entry | None:
    """Somebody without a microphone has the turn: their note is what everybody reads."""
    name = form_of_turn(state)
    if name is None or state.turn is None:
        return None
    return _entry(state, EntryKey(round=state.position.round, form=name, author=state.turn.seat), beside, reader)


def _entry(state: State, key: EntryKey, beside: Beside, reader: str, *, writes: bool = False) -> wire.Entry:
    moments = tuple(
        moment_of(state, moment, beside)
        for moment in state.moments.values()
        if moment.seat == key.author and moment.round == key.round and (moment.round, moment.index) in state.lessons
        if takes_moments(state.plan, key.form, moment.index)
    )
    fields = [field for field in state.plan.forms[key.form].fields if reader == key.author or not field.private]
    texts = beside.texts.get(key, {})
    asked = (*(field.key for field in fields), *(MOMENT_FIELD + moment.moment for moment in moments))
    return wire.Entry(
        form=key.form,
        round=key.round,
        author=key.author,
        fields={field: _read(state, key, field, texts[field], beside, writes=writes) for field in asked if field in texts},
        labels={field.key: beside.words(field.label) for field in fields},
        moments=moments,
        kept=_is_teacher_of(state, reader, key.round) and (key.round, key.author) in state.kept and may_read(state, reader, key),
    )


def _is_teacher_of(state: State, seat: str, round_: int) -> bool:
    return round_ < len(state.order) and state.order[round_] == seat


def _read(state: State, key: EntryKey, name: str, text: str, beside: Beside, *, writes: bool) -> str:
    """Of an answer that was chosen whoever still chooses gets the key, and whoever reads it what it says."""
    field = state.plan.forms[key.form].field(name)
    if field is None or not field.choices or writes:
        return text
    return next((beside.words(choice.label) for choice in field.choices if choice.key == text), "")


def moment_of(state: State, moment: Moment, beside: Beside) -> wire.Moment:
    """The moment as its author and the teacher see it, with its place in the lesson."""
    lesson = state.lessons[moment.round, moment.index]
    labels = {mark.key: mark.label for mark in state.plan.marks}
    return wire.Moment(
        moment=moment.moment,
        mark=moment.mark,
        label=beside.words(labels.get(moment.mark, "")),
        at_ms=moment.at_ms - lesson.started_ms,
        take=lesson.take,
        attempt=state.plan.attempt(moment.index),
    )
