"""What a divided group makes together: its list, who keeps it; whose suggestion is tried; who is here as the consultant."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import NOT_YOURS, Answer, Handler, Refused
from server.session.commands import AddLine, AnyCommand, ChooseTry, MeToo, SetConsultant, TakeNotes
from server.session.events import ConsultantChanged, LineAdded, MeTooChanged, NoteTakerChanged, TryChosen
from server.session.lanes import lane_of, step_for
from server.session.schedule import lesson_waits
from server.session.state import Line, State

MOST_LINES_OF_ONE = 30
NO_LINE = Refused("no_line", "This line is not on the list.")


def list_open(state: State, seat: str) -> bool:
    """Whether this seat is in a part of the group that makes a list now."""
    phase = state.phase
    if phase is None or lesson_waits(state):
        return False
    return step_for(state, phase, seat, state.position.round).collects


def lines_now(state: State) -> tuple[Line, ...]:
    """Those of this round."""
    return tuple(line for line in state.lines if state.position.part == "round" and line.round == state.position.round)


def _add_line(state: State, command: AddLine, now_ms: int) -> Answer:
    known = _line(state, command.line)
    if known:
        return () if known.seat == command.seat else NOT_YOURS
    if sum(line.seat == command.seat for line in lines_now(state)) >= MOST_LINES_OF_ONE:
        return Refused("too_many", "These are more lines than anybody can talk about.")
    return (LineAdded(at_ms=now_ms, line=command.line, seat=command.seat),)


def _me_too(state: State, command: MeToo, now_ms: int) -> Answer:
    line = _line(state, command.line)
    if line is None or line not in lines_now(state) or lane_of(state, line.seat) != lane_of(state, command.seat):
        return NO_LINE
    if line.seat == command.seat or command.on == (command.seat in line.me_too):
        return ()
    return (MeTooChanged(at_ms=now_ms, line=command.line, seat=command.seat, on=command.on),)


def _take_notes(state: State, command: TakeNotes, now_ms: int) -> Answer:
    keeps = state.note_taker == command.seat
    if keeps == command.on:
        return ()
    return (NoteTakerChanged(at_ms=now_ms, seat=command.seat if command.on else None),)


def _choose_try(state: State, command: ChooseTry, now_ms: int) -> Answer:
    authors = tuple(dict.fromkeys(command.authors))
    own = command.round < len(state.order) and state.order[command.round] == command.seat
    if not own or command.seat in authors or not set(authors) <= state.seats.keys():
        return NOT_YOURS
    if authors == state.tries.get(command.round):
        return ()
    return (TryChosen(at_ms=now_ms, round=command.round, authors=authors),)


def _set_consultant(state: State, command: SetConsultant, now_ms: int) -> Answer:
    seat = state.seats.get(command.whose)
    if seat is None:
        return Refused("no_seat", "Choose somebody who is in this session.")
    if seat.consults == command.on:
        return ()
    return (ConsultantChanged(at_ms=now_ms, seat=command.whose, on=command.on),)


def _line(state: State, line: str) -> Line | None:
    return next((known for known in state.lines if known.line == line), None)


HANDLERS: Mapping[type[AnyCommand], Handler] = {
    AddLine: _add_line,
    MeToo: _me_too,
    TakeNotes: _take_notes,
    ChooseTry: _choose_try,
    SetConsultant: _set_consultant,
}
