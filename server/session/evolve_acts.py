"""The state after what people did without moving the session."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from server.session.events import AnyEvent, MomentRemoved, MomentTapped, ReadyChanged, RecordingChosen
from server.session.folding import Folder
from server.session.state import Moment, State


def _recording_chosen(state: State, event: RecordingChosen) -> State:
    seat = replace(state.seats[event.seat], recording=event.choice)
    return replace(state, seats={**state.seats, event.seat: seat})


def _moment_tapped(state: State, event: MomentTapped) -> State:
    moment = Moment(moment=event.moment, seat=event.seat, round=event.round, mark=event.mark, at_ms=event.at_ms)
    return replace(state, moments={**state.moments, event.moment: moment})


def _moment_removed(state: State, event: MomentRemoved) -> State:
    return replace(state, moments={key: moment for key, moment in state.moments.items() if key != event.moment})


def _ready_changed(state: State, event: ReadyChanged) -> State:
    return replace(state, ready=state.ready | {event.seat} if event.ready else state.ready - {event.seat})


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    RecordingChosen: _recording_chosen,
    MomentTapped: _moment_tapped,
    MomentRemoved: _moment_removed,
    ReadyChanged: _ready_changed,
}
