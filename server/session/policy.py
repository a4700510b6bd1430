"""What media should do now: who is heard, who is seen and how well, and what is recorded. A pure function of the state."""

from __future__ import annotations

from collections.abc import Mapping, Set

import msgspec

from server.session.here import is_here
from server.session.lanes import lane_state
from server.session.stage import Shown, shown
from server.session.state import State
from server.session.talks import all_want, talks_together

STAGE_BPS = 1_500_000
SMALL_BPS = 250_000


class PersonMedia(msgspec.Struct, frozen=True, kw_only=True):
    """What one seat may send. It receives everybody else in its lane who may send; `hears` False: this device is to make no sound.

    `camera_shown` "soon": nobody sees it large yet, and it is sent in full already.
    """

    microphone: bool
    camera: bool
    camera_max_bps: int
    camera_shown: Shown = "small"
    screen: bool = False
    hears: bool = True
    lane: str | None = None


class RecordedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """`voices` are the seats whose microphones may be in it: everybody who speaks into one agreed.

    While `held`, nothing reaches the take, which goes on: the clock stands, or somebody is missing from a talk.
    """

    take: str
    teacher: str
    voices: tuple[str, ...]
    held: bool = False


class MediaPolicy(msgspec.Struct, frozen=True, kw_only=True):
    people: dict[str, PersonMedia]
    recording: RecordedMedia | None


def media_policy(state: State, now_ms: int) -> MediaPolicy:
    parts = {lane: lane_state(state, lane) for lane in state.lanes}
    people: dict[str, PersonMedia] = {}
    faces = shown(state, now_ms)
    for lane, seen in parts.items() if parts else ((None, state),):
        people |= _people(seen, lane, faces)
    return MediaPolicy(people={seat: people[seat] for seat in state.seats}, recording=recorded_media(state))


def _people(state: State, lane: str | None, faces: Mapping[str, Shown]) -> dict[str, PersonMedia]:
    cameras = state.phase.cameras if state.phase else "on"
    heard, speaking = microphones(state), speakers(state)
    return {
        seat: PersonMedia(
            microphone=seat in heard,
            camera=cameras == "on" or (cameras == "speakers" and seat in speaking),
            camera_max_bps=SMALL_BPS if faces[seat] == "small" else STAGE_BPS,
            camera_shown=faces[seat],
            screen=seat == state.screen,
            hears=own.microphone != "shared",
            lane=lane,
        )
        for seat, own in state.seats.items()
    }


def speakers(state: State) -> Set[str]:
    """The seats that may speak now, each to those in its own lane."""
    if state.lanes:
        return frozenset().union(*(speakers(lane_state(state, lane)) for lane in state.lanes))
    phase = state.phase
    everybody = state.seats.keys()
    others, teacher = everybody - {state.teacher}, everybody & {state.teacher}
    mode = phase.floor if phase else "open"
    answers = teacher if phase and phase.answers else frozenset()
    if mode in ("open", "silent", "teacher", "colleagues"):
        return {"open": everybody, "silent": frozenset(), "teacher": teacher, "colleagues": others}[mode]
    if mode == "spokesperson":
        return frozenset(seat for seat in others & {state.note_taker} if is_here(state, seat)) or others
    if mode == "round_robin":
        return frozenset({state.turn.seat}) | answers if state.turn else everybody
    asked = frozenset({state.speaking.seat} if state.speaking else ())
    return asked | (teacher if mode == "permission" else answers)


def microphones(state: State) -> Set[str]:
    """The seats whose microphones are forwarded, so that those who may speak are heard."""
    used = (microphone_of(state, seat) for seat in speakers(state))
    return frozenset(seat for seat in used if seat)


def microphone_of(state: State, seat: str) -> str | None:
    """Whose microphone this seat speaks into. None: it has none, and writes what it has to say.

    A microphone of somebody in another lane carries no word from here.
    """
    own = state.seats[seat]
    if own.microphone == "own":
        return seat
    return own.shares if own.microphone == "shared" and own.shares in state.seats else None


def sharers(state: State, host: str) -> tuple[str, ...]:
    """Who else speaks into this microphone."""
    return tuple(seat.seat for seat in state.seats.values() if seat.microphone == "shared" and seat.shares == host)


def recorded_media(state: State) -> RecordedMedia | None:
    lesson = state.recorded
    if lesson is None or lesson.take is None:
        return None
    held = state.held is not None
    if lesson == state.talk:
        if not all_want(state):
            return None
        held = held or not talks_together(state)
    voices = tuple(seat for seat in state.seats if agreed(state, seat))
    return RecordedMedia(take=lesson.take, teacher=lesson.teacher, voices=voices, held=held)


def agreed(state: State, host: str) -> bool:
    """Whether everybody who speaks into this seat's own microphone said yes to being recorded."""
    heard = (host, *sharers(state, host))
    return state.seats[host].microphone == "own" and all(state.seats[seat].recording == "record" for seat in heard)
