"""What the teacher showed beside their face is there to be seen afterwards, at the same moments; a break is marked as one."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.control import Hole
from recorder.recording import Recording
from server.media.control import RecordedTrack
from tests.integration.recorder.harness import Watched, watch
from tests.unit.recorder.test_recording import SCREEN, Stage

SHARED = (1, 2, 3, 4)


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def film_of(stage: Stage, version: str, size_bytes: int) -> Watched:
    return watch(b"".join(stage.library.open("take", version).chunks(0, size_bytes)))


def screen_of(stage: Stage) -> Watched:
    take = stage.takes[-1]
    return film_of(stage, take.screen_version, take.screen_size_bytes)


def share(stage: Stage, *, dies_at_s: float | None = None) -> None:
    """Five seconds of lesson, from 2 s to 4 s with a screen that beeps."""
    stage.mark("take", 0)
    stage.speak(2)
    stage.show(2)
    stage.mark("take", 2, handles=SHARED)
    stage.speak(5, since_s=2)
    stage.show(5, since_s=2)
    stage.speak(2, start_s=2, handle=4, pitch_hz=3000)
    stage.show(2, start_s=2, handle=3, size=(640, 360))
    if dies_at_s is not None:
        stage.mark("take", dies_at_s, handles=SHARED)
        stage.recording.advance()
        stage.recording.flush(0)
        stage.recording.close()
        stage.begin()
    stage.mark("take", 5)
    stage.mark(None, 5)


@pytest.mark.parametrize("dies_at_s", [None, 4.9])
def test_the_screen_has_a_film_of_its_own_on_the_same_time(stage: Stage, dies_at_s: float | None) -> None:
    share(stage, dies_at_s=dies_at_s)
    take = stage.takes[-1]
    assert (take.state, take.duration_ms) == ("ready", 5000)
    assert take.screen_version not in ("", take.version)
    screen, face = screen_of(stage), film_of(stage, take.version, take.size_bytes)
    assert {picture.shape for picture in face.pictures} == {(180, 320)}
    assert {picture.shape for picture in screen.pictures} == {(360, 640)}
    assert screen.picture_at(1.5).mean() < 20, "black before"
    assert [round(second, 1) for second in screen.flashes()] == [2.0, 3.0]
    assert len(face.flashes()) == 5
    for film in (face, screen):
        assert film.loudness(3000) > 0.005, "the screen's sound is in the mix"
        assert film.loudness(1000) > 0.005


def test_there_is_no_film_of_a_screen_that_nobody_shared(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    stage.mark(None, 2)
    take = stage.takes[-1]
    assert (take.screen_version, take.screen_size_bytes) == ("", 0)
    stage.begin()
    assert stage.library.takes() == (take,)


def test_the_screen_of_somebody_else_is_not_kept(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    other = RecordedTrack(peer="colleague", source="screen")
    monkeypatch.setitem(stage_tracks(), 3, (other, 90_000))
    stage.mark("take", 0, handles=SHARED, allowed=(SCREEN, other))
    stage.show(2, handle=3)
    stage.mark(None, 2)
    assert stage.takes[-1].screen_version == ""
    assert not list((stage.folder / "keys").rglob("colleague*"))


def stage_tracks() -> dict[int, tuple[RecordedTrack, int]]:
    from tests.unit.recorder import test_recording

    return test_recording.TRACKS


def test_a_break_is_marked_in_the_film_and_nothing_of_it_is_kept(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    stage.mark("take", 2, handles=(), allowed=())
    stage.speak(6, since_s=2)
    stage.mark("take", 6)
    stage.speak(8, since_s=6)
    stage.mark(None, 8)
    take = stage.takes[-1]
    [hole] = take.holes
    assert (round(hole.start_ms, -2), round(hole.end_ms, -2), hole.reason) == (2000, 6000, "held")
    beeps = film_of(stage, take.version, take.size_bytes).beeps(1000)
    assert [round(second) for second in beeps] == [0, 1, 6, 7]


def test_a_break_is_remembered_by_a_recorder_that_died_in_it(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    stage.mark("take", 1, handles=(), allowed=())
    stage.recording.advance()
    stage.recording.flush(0)
    stage.recording.close()
    stage.begin()
    assert isinstance(stage.recording, Recording)
    stage.mark("take", 4, handles=(), allowed=())
    stage.mark("take", 5)
    stage.mark(None, 7)
    holes = [Hole(start_ms=round(h.start_ms, -2), end_ms=h.end_ms, reason=h.reason) for h in stage.takes[-1].holes]
    assert holes == [Hole(start_ms=1000, end_ms=7000, reason="held")]
