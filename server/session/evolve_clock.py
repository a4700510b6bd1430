"""The state after the clock reached zero, was moved, held or let go."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from server.session.events import AnyEvent, ClockHeld, ClockMoved, ClockResumed, ClockResuming
from server.session.evolve_floor import stood_still, went_on
from server.session.folding import Folder
from server.session.state import Held, State


def _clock_moved(state: State, event: ClockMoved) -> State:
    """More time in the grace: the phase goes on, and the grace that has gone by counts as time of the phase."""
    zero_ms = state.ends_ms if state.status == "running" else state.runs_ms
    added_ms = state.added_ms + event.ends_ms - (event.ends_ms if zero_ms is None else zero_ms)
    return replace(state, status="running", decision=state.decision + 1, ends_ms=event.ends_ms, added_ms=added_ms)


def _clock_held(state: State, event: ClockHeld) -> State:
    since_ms = state.held.since_ms if state.held else event.at_ms
    held = Held(since_ms=since_ms, left_ms=event.left_ms, reason=event.reason, by=event.by)
    return replace(stood_still(state, event.at_ms), decision=state.decision + 1, ends_ms=None, held=held)


def _clock_resuming(state: State, event: ClockResuming) -> State:
    held = replace(state.held, resumes_ms=event.resumes_ms) if state.held else None
    return replace(state, decision=state.decision + 1, held=held)


def _clock_resumed(state: State, event: ClockResumed) -> State:
    stood_ms = event.at_ms - state.held.since_ms if state.held else 0
    resumed = replace(state, decision=state.decision + 1, held=None, ends_ms=event.ends_ms, runs_ms=event.at_ms)
    return went_on(resumed, event.at_ms, stood_ms)


FOLDERS: Mapping[type[AnyEvent], Folder] = {
    ClockMoved: _clock_moved,
    ClockHeld: _clock_held,
    ClockResuming: _clock_resuming,
    ClockResumed: _clock_resumed,
}
