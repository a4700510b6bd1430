"""Turns in a round robin: done, passed on, added, and what happens when a speaker's line drops."""

from __future__ import annotations

from collections.abc import Mapping

from server.session.answers import Answer, Events, Handler, Refused
from server.session.commands import AddTurn, AnyCommand, EndTurn, PassTurn
from server.session.events import TurnAdded, TurnPassed
from server.session.floors import free_floor
from server.session.row import turn_of
from server.session.state import State, Turn
from server.session.steps import go_on, offered


def next_turn(state: State, now_ms: int) -> Events:
    """Whoever of the row is here comes next. When nobody is, those who are left are passed over."""
    turn = turn_of(state, state.turn.waiting, now_ms) if state.turn else None
    return (turn,) if turn else go_on(state, now_ms)


def speaker_dropped(state: State, now_ms: int) -> Events:
    assert state.turn
    return _later(state, state.turn, now_ms, counts=False)


def _end_turn(state: State, command: EndTurn, now_ms: int) -> Answer:
    move = free_floor(state, now_ms) if state.speaking else next_turn(state, now_ms)
    return offered(state, command.seat, "turn", move, now_ms)


def _pass_turn(state: State, command: PassTurn, now_ms: int) -> Answer:
    assert state.turn
    move = _later(state, state.turn, now_ms, counts=command.seat == state.turn.seat)
    return offered(state, command.seat, "turn", move, now_ms)


def _later(state: State, turn: Turn, now_ms: int, *, counts: bool) -> Events:
    passed = TurnPassed(at_ms=now_ms, seat=turn.seat, counts=counts)
    following = turn_of(state, turn.waiting, now_ms, behind=(turn.seat,))
    return (passed, following) if following else ()


def _add_turn(state: State, command: AddTurn, now_ms: int) -> Answer:
    if command.whose not in state.seats or command.whose == state.teacher:
        return Refused("no_turn", "This person does not speak in this round.")
    if (state.position.round, state.position.index, command.whose) in state.spoken:
        return Refused("has_spoken", "This person has spoken already.")
    if state.turn is None:
        turn = turn_of(state, (command.whose,), now_ms)
        return (turn,) if turn else Refused("not_here", "This person is not here now.")
    if command.whose in state.turn.waiting:
        return ()
    return (TurnAdded(at_ms=now_ms, seat=command.whose),)


HANDLERS: Mapping[type[AnyCommand], Handler] = {EndTurn: _end_turn, PassTurn: _pass_turn, AddTurn: _add_turn}
