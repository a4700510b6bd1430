"""What is queued by itself when a recording is ready, changes, loses a voice or is mixed anew. No clock, no database."""

from __future__ import annotations

import msgspec

from recorder.control import Take, TakeTrack
from server.jobs.kinds import PRIORITY_AWAITED, Job, JobKind, JobState, Moment, Spec
from server.jobs.queue import MIXING_MS, Changes, changes

NOW = 1_774_000_000_000
VOICES = (TakeTrack(peer="maria", source="microphone"), TakeTrack(peer="ben", source="microphone"))


def take(version: str = "v1", *, screen: str = "", mixing: bool = False, tracks: tuple[TakeTrack, ...] = VOICES) -> Take:
    return Take(take="t", room="r", state="ready", version=version, screen_version=screen, mixing=mixing, tracks=tracks)


def job(kind: JobKind, state: JobState = "done", version: str = "v1", screen: str = "", priority: int = 10) -> Job:
    spec = Spec(screen_version=screen, people={"maria": "Maria", "ben": "Ben"}, moments=(Moment(at_ms=7, label="?"),))
    return Job(job=f"{kind}-{version}", kind=kind, take="t", version=version, spec=spec, state=state, priority=priority, not_before_ms=NOW)


def queued(wanted: Changes) -> list[tuple[str, str, int]]:
    return [(job.kind, job.version, job.priority) for job in wanted.new]


def test_a_recording_that_is_ready_gets_pictures_and_waveform() -> None:
    wanted = changes(take(screen="s1"), [], NOW)
    assert queued(wanted) == [("pictures", "v1", 10), ("waveform", "v1", 10)]
    assert {job.spec.screen_version for job in wanted.new} == {"s1"}
    assert {job.not_before_ms for job in wanted.new} == {NOW}
    assert len({job.job for job in wanted.new}) == 2


def test_what_was_made_or_could_not_be_made_is_not_made_again() -> None:
    assert changes(take(), [job("pictures"), job("waveform", "failed"), job("film")], NOW) == Changes()


def test_a_new_version_gets_new_ones_and_the_old_ones_go() -> None:
    wanted = changes(take("v2"), [job("pictures", "running"), job("waveform")], NOW)
    assert queued(wanted) == [("pictures", "v2", 10), ("waveform", "v2", 10)]
    assert wanted.old == {"pictures-v1", "waveform-v1"}


def test_a_film_that_somebody_asked_for_is_made_of_the_new_version_too() -> None:
    states: tuple[JobState, ...] = ("queued", "running", "done")
    for state in states:
        wanted = changes(take("v2"), [job("film", state, priority=PRIORITY_AWAITED)], NOW)
        assert ("film", "v2", PRIORITY_AWAITED) in queued(wanted)
        assert wanted.old == {"film-v1"}
    over: tuple[JobState, ...] = ("cancelled", "failed")
    for state in over:
        assert "film" not in {kind for kind, _, _ in queued(changes(take("v2"), [job("film", state)], NOW))}


def test_the_name_of_a_voice_that_was_taken_out_goes_with_it() -> None:
    wanted = changes(take("v2", tracks=VOICES[:1]), [job("film")], NOW)
    spec = wanted.new[-1].spec
    assert spec.people == {"maria": "Maria"}
    assert spec.moments == (Moment(at_ms=7, label="?"),)


def test_nothing_is_kept_that_shows_a_screen_which_was_taken_out() -> None:
    wanted = changes(take(screen=""), [job(kind, screen="s1") for kind in ("film", "pictures", "waveform")], NOW)
    assert wanted.old == {"film-v1", "pictures-v1", "waveform-v1"}
    assert queued(wanted) == [("pictures", "v1", 10), ("waveform", "v1", 10), ("film", "v1", 10)]


def test_while_the_sound_is_made_anew_all_wait_for_it() -> None:
    waiting = changes(take("v2", mixing=True), [job("film")], NOW).new
    assert {job.not_before_ms for job in waiting} == {NOW + MIXING_MS}
    later = NOW + 1_000
    assert not changes(take("v2", mixing=True), waiting, later).hurry
    assert changes(take("v2"), waiting, later) == Changes(hurry=True)
    assert queued(changes(take("v3"), waiting, later)) == [("pictures", "v3", 10), ("waveform", "v3", 10), ("film", "v3", 10)]


def test_the_pause_after_a_failure_is_not_cut_short() -> None:
    failed_once = msgspec.structs.replace(job("pictures", "queued"), attempts=1, not_before_ms=NOW + 5_000)
    assert changes(take(), [failed_once, job("waveform")], NOW) == Changes()
