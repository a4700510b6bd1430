"""What one person may see of a session, and nothing else: the only way from the state to a page."""

from __future__ import annotations

import re
from collections.abc import Mapping

from server.session import report
from server.session import view_around as around
from server.session import view_clock as clock
from server.session import view_entries as entries
from server.session import view_together as together
from server.session.beside import Beside
from server.session.commands import SeatCommand, SetReady
from server.session.here import is_here, runs_by_itself
from server.session.lanes import state_of
from server.session.policy import agreed, sharers
from server.session.rights import RIGHTS, taken
from server.session.rights_acts import SHOWN_ONLY_WHEN, may_be_ready_early
from server.session.row import came_late
from server.session.schedule import Ahead, ahead
from server.session.seating import places_taken
from server.session.stage import Shown, shown, stage
from server.session.state import State
from server.session.writing import asked_of, asked_to_write
from server.wire import pieces as wire
from server.wire.view import View, You

Outlook = tuple[tuple[Ahead, ...], Mapping[str, Shown]]


def view(state: State, seat: str, beside: Beside, now_ms: int, reckoned: Outlook | None = None) -> View:
    """Raises KeyError for somebody without a seat. `reckoned` is what `outlook` gives, once for all who are drawn at one moment.

    `seen` is the reader's own part of a divided group.
    """
    own, seen = state.seats[seat], state_of(state, seat)
    over = own.leads and state.position.part == "ended"
    reckoned_ms = _reckoned_ms(state, beside.agreed_ms, now_ms)
    to_come, faces = outlook(state, beside.agreed_ms, now_ms) if reckoned is None else reckoned
    return View(
        session=state.session,
        title=beside.title,
        plan_title=beside.words(state.plan.title),
        now_ms=now_ms,
        you=_you(state, seat, now_ms, sends_large=faces[seat] != "small"),
        people=tuple(around.person(state, other, beside, seat) for other in state.seats),
        phase=_phase(seen, seat, beside),
        teacher=state.teacher,
        steps=clock.steps(state, to_come, beside.words),
        stage=stage(seen),
        floor=together.floor(seen),
        recording=around.recording(state, seat, beside),
        marks=_marks(seen, beside),
        form=entries.form(state, asked_of(state, seat, now_ms), beside),
        mine=entries.mine(state, seat, beside, now_ms),
        received=entries.received(state, seat, beside),
        ready=tuple(other for other in seen.seats if other in state.ready) if own.leads else (),
        ready_count=len(state.ready & seen.seats.keys()),
        expected=sum(_waited_for(state, other) and (is_here(state, other) or other in state.ready) for other in seen.seats),
        takes=_takes(state, seat, beside),
        pace=clock.pace(state, to_come, reckoned_ms),
        missing=clock.missing(state, now_ms),
        undo=clock.undo(state, seat, now_ms),
        spent=clock.spent(state, beside.words) if over else (),
        lesson_card=entries.lesson_card(state, seat, beside),
        turn_entry=entries.turn_entry(seen, seat, beside),
        chat=around.chat(state, seat, beside),
        card=around.card(state, seat),
        slide=around.slide(seen),
        decks=around.decks(state, seat, beside),
        stills=around.stills(seen),
        lesson_started_ms=state.lesson.started_ms if state.lesson else None,
        screen=state.screen if state.screen in seen.seats else None,
        next_time=around.next_time(state),
        claims=around.claims(state, seat, beside),
        same_room=around.same_room(state, seat, beside),
        sharing_asks=around.sharing_asks(state, seat),
        sharing_asked=around.sharing_asked(state, seat),
        alone=state.plan.alone,
        runs_by_itself=runs_by_itself(state),
        places_taken=places_taken(state) and state.position.part in ("before", "round"),
        lane=together.lane(state, seat, beside),
        collected=together.collected(state, seat, beside),
        note_taker=together.note_taker(state, seat),
        offers=together.offers(state, beside),
        pinned=entries.pinned(state, seat, beside),
        others_wrote=entries.others_wrote(state, seat, beside),
        heard=report.heard(state) if over else (),
        rules=report.rules(state) if over else (),
    )


def _waited_for(state: State, seat: str) -> bool:
    return asked_to_write(state, seat) or may_be_ready_early(state, seat)


def outlook(state: State, agreed_ms: int | None, now_ms: int) -> Outlook:
    """What is to come, and when; and how faces are shown until then."""
    return ahead(state, _reckoned_ms(state, agreed_ms, now_ms)), shown(state, now_ms)


def _reckoned_ms(state: State, agreed_ms: int | None, now_ms: int) -> int:
    """What is expected is counted from here: before the start from when the group means to meet."""
    return now_ms if agreed_ms is None or state.position.part != "before" else max(now_ms, agreed_ms)


def command_name(command: type[SeatCommand]) -> str:
    """As the page says it."""
    return "ready" if command is SetReady else re.sub(r"(?<!^)(?=[A-Z])", "_", command.__name__).lower()


OFFERED = {command: command_name(command) for command in RIGHTS}


def _you(state: State, seat: str, now_ms: int, *, sends_large: bool) -> You:
    own = state.seats[seat]
    offered = [
        OFFERED[command]
        for command in taken(state, seat, now_ms, OFFERED)
        if command not in SHOWN_ONLY_WHEN or SHOWN_ONLY_WHEN[command](state, seat, now_ms)
    ]
    return You(
        seat=seat,
        role="teacher" if seat == state.teacher else "colleague",
        leads=own.leads,
        recording=own.recording,
        may=tuple(offered),
        ready=seat in state.ready,
        came_late=came_late(state, seat),
        recording_asked=own.recording == "record" and bool(sharers(state, seat)) and not agreed(state, seat),
        consults=own.consults,
        sends_large=sends_large,
    )


def _marks(state: State, beside: Beside) -> tuple[wire.Choice, ...]:
    """Those of the lesson, also where a moment can still be chosen among its slides."""
    phase = state.phase
    if phase is None or state.status == "waiting":
        return ()
    marks = phase.marks or (state.plan.marks if around.stills(state) else ())
    return tuple(wire.Choice(key=mark.key, label=beside.words(mark.label)) for mark in marks)


def _phase(state: State, seat: str, beside: Beside) -> wire.Phase:
    phase = state.phase
    say = say_lead = ""
    begun = phase is not None and phase.starts == "by_teacher" and state.status != "waiting"
    if phase and not (begun and seat == state.teacher):  # nothing to read while teaching
        consults = state.seats[seat].consults and phase.say.consultant
        say = phase.say.teacher if seat == state.teacher else consults or phase.say.colleague
        say_lead = phase.say.facilitator if state.seats[seat].leads else ""
    return clock.phase(state, say, say_lead, beside.words)


def _takes(state: State, seat: str, beside: Beside) -> tuple[wire.OwnTake, ...]:
    return tuple(
        wire.OwnTake(
            take=lesson.take,
            round=lesson.round,
            state="deleted" if lesson.take in state.deleted else beside.takes.get(lesson.take, "recording"),
            asks=lesson.take in state.asked and lesson.ended_ms is not None,
            attempt=state.plan.attempt(lesson.index),
            over=lesson.ended_ms is not None,
        )
        for lesson in state.all_lessons
        if lesson.take and lesson.teacher == seat
    )
