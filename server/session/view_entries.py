"""Who reads which words, and when: forms, entries and moments in one person's view."""

from __future__ import annotations

from server.session.beside import Beside, EntryKey
from server.session.state import Moment, State
from server.session.writing import MOMENT_FIELD, Asked, asked_of, colleague_forms, form_of_turn, forms_so_far, is_over
from server.wire import pieces as wire


def may_read(state: State, reader: str, key: EntryKey) -> bool:
    """The author always; the teacher of the round when the author's turn has begun, or the round is over."""
    if reader == key.author:
        return True
    if key.round >= len(state.order) or reader != state.order[key.round] or key.form not in colleague_forms(state.plan):
        return False
    return is_over(state, key.round) or (key.round, key.author) in state.spoken


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
        )
        for field in plan.fields
    )
    return wire.Form(form=asked.form, title=beside.words(plan.title), fields=fields)


def mine(state: State, seat: str, beside: Beside, now_ms: int) -> wire.Entry | None:
    """What is asked now; else what was asked last in this part."""
    asked = asked_of(state, seat, now_ms)
    if asked is None:
        round_ = state.position.round
        forms = [name for name in forms_so_far(state, seat, round_) if state.position.part != "round" or name != state.plan.card_form]
        asked = Asked(round=round_, form=forms[-1]) if forms else None
    return _entry(state, EntryKey(round=asked.round, form=asked.form, author=seat), beside, seat) if asked else None


def received(state: State, reader: str, beside: Beside) -> tuple[wire.Entry, ...]:
    """Entries of the reader's own round that others wrote; empty ones are left out."""
    if reader not in state.order:
        return ()
    round_ = state.order.index(reader)
    keys = [
        EntryKey(round=round_, form=name, author=author)
        for author in state.seats
        if author != reader
        for name in sorted(colleague_forms(state.plan))
    ]
    entries = (_entry(state, key, beside, reader) for key in keys if may_read(state, reader, key))
    return tuple(entry for entry in entries if entry.moments or any(entry.fields.values()))


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


def _entry(state: State, key: EntryKey, beside: Beside, reader: str) -> wire.Entry:
    with_moments = key.form in colleague_forms(state.plan)
    moments = tuple(
        moment_of(state, moment, beside)
        for moment in state.moments.values()
        if with_moments and moment.seat == key.author and moment.round == key.round and moment.round in state.lessons
    )
    fields = [field for field in state.plan.forms[key.form].fields if reader == key.author or not field.private]
    texts = beside.texts.get(key, {})
    asked = (*(field.key for field in fields), *(MOMENT_FIELD + moment.moment for moment in moments))
    return wire.Entry(
        form=key.form,
        round=key.round,
        author=key.author,
        fields={field: texts[field] for field in asked if field in texts},
        labels={field.key: beside.words(field.label) for field in fields},
        moments=moments,
        kept=reader != key.author and (key.round, key.author) in state.kept and may_read(state, reader, key),
    )


def moment_of(state: State, moment: Moment, beside: Beside) -> wire.Moment:
    """The moment as its author and the teacher see it, with its place in the lesson."""
    lesson = state.lessons[moment.round]
    labels = {mark.key: mark.label for phase in state.plan.round for mark in phase.marks}
    return wire.Moment(
        moment=moment.moment,
        mark=moment.mark,
        label=beside.words(labels.get(moment.mark, "")),
        at_ms=moment.at_ms - lesson.started_ms,
        take=lesson.take,
    )
