"""What the worker is told of a room."""

from __future__ import annotations

from server.media.control import RecordedTrack
from server.rooms.reconcile import room_policy
from server.session.policy import MediaPolicy, PersonMedia, RecordedMedia


def person(**other: bool) -> PersonMedia:
    return PersonMedia(**{"microphone": True, "camera": True, "camera_max_bps": 1} | other)  # type: ignore[arg-type]


def recorded(*, held: bool) -> RecordedMedia:
    return RecordedMedia(take="t", teacher="maria", voices=("maria", "ana"), held=held)


def test_a_device_that_uses_anothers_sound_hears_nobody_but_sees_all() -> None:
    people = {"maria": person(), "ana": person(), "ben": person(hears=False)}
    policy = room_policy(MediaPolicy(people=people, recording=None), 7)
    assert (policy.people["ben"].hears, policy.people["ben"].sees) == ((), ("maria", "ana"))
    assert policy.people["ana"].hears == ("maria", "ben")
    assert policy.version == 7
    assert policy.recording is None


def test_a_screen_goes_out_from_its_owner_only() -> None:
    policy = room_policy(MediaPolicy(people={"maria": person(screen=True), "ana": person()}, recording=None), 1)
    assert [policy.people[seat].screen for seat in ("maria", "ana")] == [True, False]


def test_the_worker_hears_how_each_face_is_shown() -> None:
    soon = PersonMedia(microphone=True, camera=True, camera_max_bps=1, camera_shown="soon")
    policy = room_policy(MediaPolicy(people={"maria": soon, "ana": person()}, recording=None), 1)
    assert [policy.people[seat].camera_shown for seat in ("maria", "ana")] == ["soon", "small"]


def test_recorded_are_the_teachers_face_screen_and_sound_and_the_voices_that_agreed() -> None:
    policy = room_policy(MediaPolicy(people={"maria": person(), "ana": person()}, recording=recorded(held=False)), 1)
    assert policy.recording
    assert set(policy.recording.tracks) == {
        *(RecordedTrack(peer="maria", source=source) for source in ("camera", "screen", "screen_sound", "microphone")),
        RecordedTrack(peer="ana", source="microphone"),
    }


def test_a_held_lesson_is_the_same_take_without_anything_in_it() -> None:
    policy = room_policy(MediaPolicy(people={"maria": person()}, recording=recorded(held=True)), 1)
    assert policy.recording
    assert (policy.recording.take, policy.recording.tracks) == ("t", ())
