"""What media should do now: who is heard, who is seen and how well, and what is recorded. A pure function of the state."""

from __future__ import annotations

from collections.abc import Set

import msgspec

from server.session.state import State

STAGE_BPS = 1_500_000
SMALL_BPS = 250_000


class PersonMedia(msgspec.Struct, frozen=True, kw_only=True):
    """What one seat may send. It receives everybody else who may send; `hears` False: this device is to make no sound."""

    microphone: bool
    camera: bool
    camera_max_bps: int
    screen: bool = False
    hears: bool = True


class RecordedMedia(msgspec.Struct, frozen=True, kw_only=True):
    """`voices` are the seats whose microphones may be in it: everybody who speaks into one agreed.

    While `held`, nothing reaches the take, which goes on.
    """

    take: str
    teacher: str
    voices: tuple[str, ...]
    held: bool = False


class MediaPolicy(msgspec.Struct, frozen=True, kw_only=True):
    people: dict[str, PersonMedia]
    recording: RecordedMedia | None


def media_policy(state: State) -> MediaPolicy:
    forwarded = microphones(state)
    large = stage(state)
    phase = state.phase
    cameras = phase is None or phase.cameras == "on"
    people = {
        seat.seat: PersonMedia(
            microphone=seat.seat in forwarded,
            camera=cameras,
            camera_max_bps=STAGE_BPS if seat.seat in large else SMALL_BPS,
            screen=seat.seat == state.screen,
            hears=seat.microphone != "shared",
        )
        for seat in state.seats.values()
    }
    return MediaPolicy(people=people, recording=recorded_media(state))


def speakers(state: State) -> Set[str]:
    """The seats that may speak now."""
    phase = state.phase
    if phase is None or phase.floor == "open":
        return state.seats.keys()
    if phase.floor == "teacher" and state.teacher:
        return frozenset({state.teacher})
    if phase.floor == "round_robin":
        return frozenset({state.turn.seat}) if state.turn else state.seats.keys()
    return frozenset()


def microphones(state: State) -> Set[str]:
    """The seats whose microphones are forwarded, so that those who may speak are heard."""
    used = (microphone_of(state, seat) for seat in speakers(state))
    return frozenset(seat for seat in used if seat)


def microphone_of(state: State, seat: str) -> str | None:
    """Whose microphone this seat speaks into. None: it has none, and writes what it has to say."""
    own = state.seats[seat]
    if own.microphone == "own":
        return seat
    return own.shares if own.microphone == "shared" else None


def sharers(state: State, host: str) -> tuple[str, ...]:
    """Who else speaks into this microphone."""
    return tuple(seat.seat for seat in state.seats.values() if seat.microphone == "shared" and seat.shares == host)


def stage(state: State) -> tuple[str, ...]:
    """The seats shown large, the most important first."""
    phase = state.phase
    if phase is None or phase.stage == "everyone":
        return ()
    speaker = (state.turn.seat,) if phase.stage == "speaker" and state.turn else ()
    return speaker + ((state.teacher,) if state.teacher else ())


def recorded_media(state: State) -> RecordedMedia | None:
    lesson = state.recorded
    if lesson is None or lesson.take is None:
        return None
    voices = tuple(seat for seat in state.seats if agreed(state, seat))
    return RecordedMedia(take=lesson.take, teacher=lesson.teacher, voices=voices, held=state.held is not None)


def agreed(state: State, host: str) -> bool:
    """Whether everybody who speaks into this seat's own microphone said yes to being recorded."""
    heard = (host, *sharers(state, host))
    return state.seats[host].microphone == "own" and all(state.seats[seat].recording == "record" for seat in heard)
