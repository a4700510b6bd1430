"""A take that somebody had deleted can never be seen again, whatever the recorder was doing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from recorder.keys import KeyStore
from recorder.manifest import load_manifests
from recorder.take import ReadRefused
from tests.unit.recorder.test_recording import Stage


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path)


def record(stage: Stage, take: str = "take", *, room: str = "room", end: bool = True) -> None:
    stage.mark(take, 0, room=room)
    stage.speak(2)
    stage.show(2)
    stage.recording.advance()
    stage.recording.flush(0)
    if end:
        stage.mark(None, 2, room=room)


def left(stage: Stage, take: str = "take") -> list[str]:
    """Keys, journals and indexes that are on the disk."""
    parts = [part.path for manifest in load_manifests(stage.folder / "data")[0] for part in manifest.parts if manifest.take == take]
    places = [*(stage.folder / "keys" / take).glob("*"), *(stage.folder / "data" / "takes").glob(f"{take}.*.index*")]
    return [*map(str, places), *parts]


def test_its_bytes_cannot_be_read_any_more(stage: Stage) -> None:
    record(stage)
    take = stage.takes[-1]
    reading = stage.library.open("take", take.version).chunks(0, take.size_bytes)
    assert left(stage)
    assert stage.recording.delete("take")
    assert left(stage) == []
    assert not list((stage.folder / "data" / "journals").rglob("*.journal"))
    assert stage.library.takes() == ()
    assert not stage.library.is_current("take", take.version), "who reads it now is cut off"
    with pytest.raises(ReadRefused):
        list(reading)
    with pytest.raises(ReadRefused) as refused:
        stage.library.open("take", take.version)
    assert refused.value.code == "missing"
    assert stage.recording.delete("take"), "again is harmless"
    stage.begin()
    assert stage.library.takes() == ()


def test_a_take_that_is_being_recorded_ends_and_does_not_come_back(stage: Stage) -> None:
    record(stage, end=False)
    assert stage.recording.delete("take")
    announced = len(stage.takes)
    stage.mark("take", 3)
    stage.speak(6, since_s=3)
    stage.recording.advance()
    stage.recording.flush(0)
    stage.mark(None, 6)
    assert left(stage) == []
    assert len(stage.takes) == announced
    stage.begin()
    stage.mark("take", 7)
    assert left(stage) == []


def test_a_take_that_was_never_heard_of_is_not_recorded_later(stage: Stage) -> None:
    assert stage.recording.delete("take")
    record(stage)
    assert (left(stage), stage.takes) == ([], [])


def test_other_takes_stay(stage: Stage) -> None:
    record(stage, "one")
    record(stage, "two")
    assert stage.recording.delete("one")
    assert [take.take for take in stage.library.takes()] == ["two"]
    assert stage.frames()


@pytest.mark.parametrize("after", ["recorder.deletion.save_manifest", "recorder.keys.KeyStore.destroy"])
def test_who_dies_in_the_middle_finishes_at_the_next_start(stage: Stage, monkeypatch: pytest.MonkeyPatch, after: str) -> None:
    record(stage)
    step: Callable[..., object] = KeyStore.destroy
    if after.endswith("save_manifest"):
        from recorder.manifest import save_manifest

        step = save_manifest

    def dies(*arguments: object) -> None:
        step(*arguments)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(after, dies)
        with pytest.raises(KeyboardInterrupt):
            stage.recording.delete("take")
    assert left(stage)
    stage.begin()
    assert left(stage) == []
    assert stage.library.takes() == ()


def test_where_the_disk_refuses_nothing_is_served_and_it_can_be_asked_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    record(stage)
    version = stage.takes[-1].version

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("recorder.deletion.save_manifest", full)
        assert not stage.recording.delete("take")
    with pytest.raises(ReadRefused):
        stage.library.open("take", version)
    assert stage.recording.delete("take")
    assert left(stage) == []
