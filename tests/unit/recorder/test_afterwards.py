"""What is to be done after a lesson is tried again until it is done, and leaves nothing behind that failed."""

from __future__ import annotations

from pathlib import Path

import pytest

from recorder.check import check_take
from recorder.ends import SETTLE_NS
from recorder.manifest import load_manifests
from tests.unit.recorder.test_recording import Stage


async def test_mixing_that_fails_again_and_again_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    stage.speak(2)
    stage.mark(None, 2)
    stage.recording.end_waiting(stage.at(2) + SETTLE_NS)
    assert stage.recording.withdraw("take", "somebody", ("microphone",))

    async def broken(*_: object) -> None:
        raise RuntimeError("mixing ended with 1")

    monkeypatch.setattr("recorder.afterwards.Afterwards._mix", broken)
    for _ in range(5):
        assert await stage.recording.afterwards.work() == ["take"]
        stage.recording.afterwards.want("take")
    monkeypatch.undo()
    assert await stage.recording.afterwards.work() == []
    [manifest], _ = load_manifests(stage.folder / "data")
    assert [part.mixed for part in manifest.parts] == [False, True]
    assert check_take(stage.folder / "data", stage.keys, manifest) == []
