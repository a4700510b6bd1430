"""An operator sees what is damaged, gets back what the journal still has, and can take a film out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import av
import pytest

from recorder.ends import SETTLE_NS
from recorder.files import lock_folder
from recorder.manifest import load_manifests, manifest_path
from recorder.tool import DAMAGED, OK, UNUSABLE, export_film, repair, verify
from tests.unit.recorder.test_recording import Stage
from tests.unit.recorder.test_settling import sounding


@pytest.fixture
async def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    for second in (1, 2, 3):
        stage.show(second, since_s=second - 1)
        stage.speak(second, since_s=second - 1)
        stage.mark("take", second)
        stage.recording.advance()
        stage.recording.flush(0, stage.at(second))
    stage.mark(None, 3)
    stage.recording.end_waiting(stage.at(3) + SETTLE_NS)
    await stage.recording.afterwards.work()
    return stage


def only(folder: Path, pattern: str) -> Path:
    [path] = (folder / "data").glob(pattern)
    return path


def tear_journal(folder: Path) -> None:
    path = only(folder, "journals/*/*.journal")
    data = path.read_bytes()
    middle = len(data) // 2
    path.write_bytes(data[:middle] + bytes(200) + data[middle + 200 :])


def lose_index(folder: Path) -> None:
    only(folder, "takes/*.index").unlink()


def lose_manifest(folder: Path) -> None:
    manifest_path(folder / "data", "take").unlink()


async def test_sound_that_was_mixed_anew_comes_back_without_its_manifest(stage: Stage) -> None:
    assert stage.recording.withdraw("take", "somebody", ("microphone",))
    await stage.recording.afterwards.work()
    heard = sounding(stage)
    lose_manifest(stage.folder)
    assert repair(stage.folder / "data", stage.keys) == OK
    stage.begin()
    await stage.recording.afterwards.work()
    assert (sounding(stage), heard > 10) == (heard, True)


def test_whole_recordings_are_whole(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    assert verify(stage.folder / "data", stage.keys) == OK
    assert capsys.readouterr().out.splitlines()[-1] == "1 recordings, 0 damaged"
    assert repair(stage.folder / "data", stage.keys) == OK
    assert verify(stage.folder / "data", stage.keys, "other") == UNUSABLE


@pytest.mark.parametrize("damage", [lose_index, lose_manifest])
def test_what_the_journal_has_comes_back(stage: Stage, damage: Callable[[Path], None]) -> None:
    before = stage.takes[-1]
    damage(stage.folder)
    assert verify(stage.folder / "data", stage.keys) == DAMAGED
    assert repair(stage.folder / "data", stage.keys) == OK
    assert verify(stage.folder / "data", stage.keys) == OK
    [manifest], _ = load_manifests(stage.folder / "data")
    assert (manifest.take, manifest.teacher, manifest.started_ms, manifest.state) == ("take", "teacher", before.started_ms, "ready")
    assert abs(manifest.duration_ms - before.duration_ms) < 50


def test_damage_within_the_journal_costs_only_what_stood_there(stage: Stage, tmp_path: Path) -> None:
    tear_journal(stage.folder)
    data = stage.folder / "data"
    assert verify(data, stage.keys) == DAMAGED
    repair(data, stage.keys)
    assert export_film(data, stage.keys, "take", tmp_path / "film.webm") == OK
    with av.open(str(tmp_path / "film.webm")) as film:
        times = [frame.time for frame in film.decode(video=0) if frame.time is not None]
    assert min(times) < 0.1
    assert max(times) > 2.5
    assert len(times) > 20


def test_nothing_is_repaired_under_a_recorder_that_runs(stage: Stage, capsys: pytest.CaptureFixture[str]) -> None:
    lock = lock_folder(stage.folder / "data")
    assert repair(stage.folder / "data", stage.keys) == UNUSABLE
    assert "stop Microteach first" in capsys.readouterr().err
    del lock


def test_a_film_is_exported_once_and_never_over_another_file(stage: Stage, tmp_path: Path) -> None:
    out = tmp_path / "film.webm"
    assert export_film(stage.folder / "data", stage.keys, "take", out) == OK
    assert out.stat().st_size == stage.takes[-1].size_bytes
    assert export_film(stage.folder / "data", stage.keys, "take", out) == UNUSABLE
    assert export_film(stage.folder / "data", stage.keys, "take", tmp_path / "screen.webm", screen=True) == UNUSABLE
    assert export_film(stage.folder / "data", stage.keys, "nothing", tmp_path / "none.webm") == UNUSABLE
