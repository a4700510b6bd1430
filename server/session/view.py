"""What one person may see of a session, and nothing else: the only way from the state to a page."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from typing import Literal

import msgspec

from server.session.commands import Advance, ChooseRecording, EndTurn, SeatCommand, SetReady, StartLesson, Tap, Untap, Write
from server.session.policy import speakers, stage
from server.session.rights import may
from server.session.rights_acts import SHOWN_ONLY_WHEN
from server.session.schedule import ahead
from server.session.state import Moment, State
from server.session.writing import colleague_forms, form_of, forms_so_far
from server.wire import pieces as wire

TakeState = Literal["recording", "ready", "failed"]

COMMAND_NAMES: dict[type[SeatCommand], str] = {
    Advance: "advance",
    StartLesson: "start_lesson",
    EndTurn: "end_turn",
    Tap: "tap",
    Untap: "untap",
    Write: "write",
    SetReady: "ready",
    ChooseRecording: "choose_recording",
}


class EntryKey(msgspec.Struct, frozen=True, kw_only=True):
    round: int
    form: str
    author: str


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept beside the log because it can be erased or passes: names, words, which films are ready, the reader's language.

    `chat` has the words of lines by message, `decks` titles by deck. `claims` are all that wait for an answer. `same_room` are seats
    whose microphones hear one room. `lines` are seats whose sound and picture have been connected since they opened the page.
    """

    title: str
    names: Mapping[str, str]
    texts: Mapping[EntryKey, Mapping[str, str]]
    here: Set[str]
    takes: Mapping[str, TakeState]
    chat: Mapping[str, str] = {}
    decks: Mapping[str, str] = {}
    claims: tuple[wire.Claim, ...] = ()
    same_room: Mapping[str, str] = {}
    lines: Set[str] = frozenset()
    translate: Callable[[str], str] = str


def view(state: State, seat: str, beside: Beside, now_ms: int) -> wire.View:
    """Raises KeyError for somebody without a seat."""
    state.seats[seat]
    phase = state.phase
    form = form_of(state, seat)
    return wire.View(
        session=state.session,
        title=beside.title,
        plan_title=state.plan.title,
        now_ms=now_ms,
        you=_you(state, seat, now_ms),
        people=tuple(_person(state, other, beside) for other in state.seats),
        phase=_phase(state, seat),
        teacher=state.teacher,
        steps=_steps(state, now_ms),
        stage=stage(state),
        floor=_floor(state),
        recording=_recording(state, seat),
        marks=phase.marks if phase and state.status != "waiting" else (),
        form=_form(state, form) if form else None,
        mine=_mine(state, seat, beside),
        received=_received(state, seat, beside),
        ready=tuple(other for other in state.seats if other in state.ready) if state.seats[seat].leads else (),
        ready_count=len(state.ready),
        expected=sum(form_of(state, other) is not None for other in state.seats),
        takes=_takes(state, seat, beside),
    )


def may_read(state: State, reader: str, key: EntryKey) -> bool:
    """The author always; the teacher of the round when the author's turn has begun, or the round is over."""
    if reader == key.author:
        return True
    if key.round >= len(state.order) or reader != state.order[key.round] or key.form not in colleague_forms(state.plan):
        return False
    over = state.position.part in ("closing", "ended") or (state.position.part == "round" and state.position.round > key.round)
    return over or (key.round, key.author) in state.spoken


def _you(state: State, seat: str, now_ms: int) -> wire.You:
    own = state.seats[seat]
    offered = [
        name
        for command, name in COMMAND_NAMES.items()
        if may(state, seat, command, now_ms) and (command not in SHOWN_ONLY_WHEN or SHOWN_ONLY_WHEN[command](state, seat, now_ms))
    ]
    return wire.You(
        seat=seat,
        role="teacher" if seat == state.teacher else "colleague",
        leads=own.leads,
        recording=own.recording,
        may=tuple(offered),
        ready=seat in state.ready,
    )


def _person(state: State, seat: str, beside: Beside) -> wire.Person:
    return wire.Person(
        seat=seat,
        name=beside.names.get(seat, "…"),
        here=seat in beside.here,
        leads=state.seats[seat].leads,
        teaches=state.order.index(seat) if seat in state.order else None,
    )


def _phase(state: State, seat: str) -> wire.Phase:
    phase = state.phase
    say = ""
    begun = phase is not None and phase.starts == "by_teacher" and state.status != "waiting"
    if phase and not (begun and seat == state.teacher):  # nothing to read while teaching
        own = phase.say.teacher if seat == state.teacher else phase.say.colleague
        say = phase.say.facilitator if state.seats[seat].leads and phase.say.facilitator else own
    return wire.Phase(
        part=state.position.part,
        round=state.position.round,
        key=phase.key if phase else "ended",
        title=phase.title if phase else "",
        status=state.status,
        decision=state.decision,
        seconds=phase.minutes.default_s if phase and phase.minutes else None,
        started_ms=state.started_ms,
        ends_ms=state.ends_ms,
        warn_s=phase.warn_s if phase else (),
        say=say,
    )


def _steps(state: State, now_ms: int) -> tuple[wire.Step, ...]:
    return tuple(
        wire.Step(
            part=step.position.part,
            round=step.position.round,
            title=step.phase.title,
            teacher=state.order[step.position.round] if step.position.part == "round" else None,
            begins_ms=step.begins_ms,
            seconds=step.phase.minutes.default_s if step.phase.minutes else 0,
        )
        for step in ahead(state, now_ms)
    )


def _floor(state: State) -> wire.Floor:
    phase = state.phase
    heard = speakers(state)
    return wire.Floor(
        mode=phase.floor if phase else "open",
        speakers=tuple(seat for seat in state.seats if seat in heard),
        turn=state.turn.seat if state.turn else None,
        turn_ends_ms=state.ends_ms if state.turn else None,
        next=state.turn.waiting if state.turn else (),
    )


def _recording(state: State, reader: str) -> wire.Recording:
    lesson = state.recorded
    told = lesson is not None and (reader == lesson.teacher or state.seats[reader].leads)
    left_out = sum(seat.recording != "record" for seat in state.seats.values()) if told else 0
    return wire.Recording(
        on=lesson is not None,
        teacher=lesson.teacher if lesson else None,
        started_ms=lesson.started_ms if lesson else None,
        left_out=left_out,
    )


def _form(state: State, form: str) -> wire.Form:
    plan = state.plan.forms[form]
    return wire.Form(form=form, title=plan.title, fields=plan.fields)


def _mine(state: State, seat: str, beside: Beside) -> wire.Entry | None:
    forms = forms_so_far(state, seat, state.position.round)
    return _entry(state, EntryKey(round=state.position.round, form=forms[-1], author=seat), beside) if forms else None


def _entry(state: State, key: EntryKey, beside: Beside) -> wire.Entry:
    with_moments = key.form in colleague_forms(state.plan)
    moments = tuple(
        moment_of(state, moment)
        for moment in state.moments.values()
        if with_moments and moment.seat == key.author and moment.round == key.round
    )
    labels = {field.key: field.label for field in state.plan.forms[key.form].fields}
    fields = dict(beside.texts.get(key, {}))
    return wire.Entry(form=key.form, round=key.round, author=key.author, fields=fields, labels=labels, moments=moments)


def moment_of(state: State, moment: Moment) -> wire.Moment:
    """The moment as its author and the teacher see it, with its place in the lesson."""
    lesson = state.lessons[moment.round]
    labels = {mark.key: mark.label for phase in state.plan.round for mark in phase.marks}
    at_ms = moment.at_ms - lesson.started_ms
    return wire.Moment(moment=moment.moment, mark=moment.mark, label=labels.get(moment.mark, ""), at_ms=at_ms, take=lesson.take)


def _received(state: State, reader: str, beside: Beside) -> tuple[wire.Entry, ...]:
    """Entries of the reader's own round that others wrote; empty ones are left out."""
    if reader not in state.order:
        return ()
    round_ = state.order.index(reader)
    keys = [
        EntryKey(round=round_, form=form, author=author)
        for author in state.seats
        if author != reader
        for form in sorted(colleague_forms(state.plan))
    ]
    entries = (_entry(state, key, beside) for key in keys if may_read(state, reader, key))
    return tuple(entry for entry in entries if entry.moments or any(entry.fields.values()))


def _takes(state: State, seat: str, beside: Beside) -> tuple[wire.OwnTake, ...]:
    return tuple(
        wire.OwnTake(take=lesson.take, round=lesson.round, state=beside.takes.get(lesson.take, "recording"))
        for lesson in state.lessons.values()
        if lesson.take and lesson.teacher == seat
    )
