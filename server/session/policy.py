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
    """`voices` are the seats that agreed, the teacher's among them. While `held`, nothing reaches the take, which goes on."""

    take: str
    teacher: str
    voices: tuple[str, ...]
    held: bool = False


class MediaPolicy(msgspec.Struct, frozen=True, kw_only=True):
    people: dict[str, PersonMedia]
    recording: RecordedMedia | None


def media_policy(state: State) -> MediaPolicy:
    heard = speakers(state)
    large = stage(state)
    phase = state.phase
    cameras = phase is None or phase.cameras == "on"
    people = {
        seat: PersonMedia(microphone=seat in heard, camera=cameras, camera_max_bps=STAGE_BPS if seat in large else SMALL_BPS)
        for seat in state.seats
    }
    return MediaPolicy(people=people, recording=recorded_media(state))


def speakers(state: State) -> Set[str]:
    """The seats whose microphones are forwarded."""
    phase = state.phase
    if phase is None or phase.floor == "open":
        return state.seats.keys()
    if phase.floor == "teacher" and state.teacher:
        return frozenset({state.teacher})
    if phase.floor == "round_robin":
        return frozenset({state.turn.seat}) if state.turn else state.seats.keys()
    return frozenset()


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
    voices = tuple(seat.seat for seat in state.seats.values() if seat.recording == "record")
    return RecordedMedia(take=lesson.take, teacher=lesson.teacher, voices=voices)
