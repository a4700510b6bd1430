"""A voice or a face that is withdrawn is gone from everything; the rest plays on."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from recorder.control import TakeTrack
from recorder.ends import SETTLE_NS
from recorder.journal_reader import Batch
from recorder.keys import KeyName
from recorder.manifest import load_manifests, save_manifest
from recorder.opus import SILENCE
from recorder.take import ReadRefused
from recorder.webm import AUDIO, VIDEO
from tests.unit.recorder.test_recording import Stage, batches, voice_packets

VOICE = TakeTrack(peer="teacher", source="microphone")


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    stage.show(3)
    stage.speak(3)
    return stage


async def finish(stage: Stage) -> None:
    stage.mark(None, 3)
    stage.recording.end_waiting(stage.at(3) + SETTLE_NS)
    await stage.recording.afterwards.work()


def stored(stage: Stage) -> tuple[int, int]:
    """Pictures of the film that are no constants, and packets that hold more than silence."""
    take = stage.takes[-1]
    rows = stage.library.open(take.take, take.version).index.table()
    rows = rows[rows["record"] >= 0]
    return int((rows["track"] == VIDEO).sum()), int(((rows["track"] == AUDIO) & (rows["size"] > len(SILENCE))).sum())


def sealed_with(stage: Stage, peer: str, source: str) -> bool:
    return stage.keys.find(KeyName("take", peer, source)) is not None


async def test_a_picture_that_is_withdrawn_leaves_the_sound(stage: Stage) -> None:
    await finish(stage)
    before, voices = stage.takes[-1], stored(stage)[1]
    assert stage.recording.withdraw("take", "teacher", ("camera",))
    assert not sealed_with(stage, "teacher", "camera")
    with pytest.raises(ReadRefused, match="gone"):
        stage.library.open("take", before.version)
    assert (stage.takes[-1].version, stage.takes[-1].mixing) == ("", False)
    await stage.recording.afterwards.work()
    last = stage.takes[-1]
    assert (last.revision, last.state, last.tracks) == (before.revision + 1, "ready", (VOICE,))
    assert stored(stage) == (0, voices)
    stage.frames()


async def test_a_voice_that_is_withdrawn_takes_the_mix_with_it_and_the_picture_stays(stage: Stage) -> None:
    await finish(stage)
    assert stage.recording.withdraw("take", "teacher", ("microphone",))
    assert not sealed_with(stage, "teacher", "microphone")
    assert not sealed_with(stage, "", "mix")
    assert stage.takes[-1].mixing
    await stage.recording.afterwards.work()
    last = stage.takes[-1]
    assert (last.mixing, [track.source for track in last.tracks]) == (False, ["camera"])
    assert stored(stage)[0] == 76  # the first one stands there from the start, too
    assert stage.library.talk("take", last.version) == ()
    stage.frames()


async def test_withdrawing_twice_changes_nothing(stage: Stage) -> None:
    await finish(stage)
    assert stage.recording.withdraw("take", "teacher", ("camera",))
    await stage.recording.afterwards.work()
    version = stage.takes[-1].version
    assert stage.recording.withdraw("take", "teacher", ("camera",))
    await stage.recording.afterwards.work()
    assert stage.takes[-1].version == version
    assert stage.recording.withdraw("unknown", "teacher", ("camera",))


async def test_a_voice_that_is_withdrawn_while_the_lesson_runs_is_in_nothing_that_comes_of_it(stage: Stage) -> None:
    stage.recording.advance()
    stage.recording.flush(0, stage.at(3))
    assert stage.recording.withdraw("take", "teacher", ("microphone",))
    assert not sealed_with(stage, "teacher", "microphone")
    assert not sealed_with(stage, "", "mix")
    stage.speak(4, since_s=3)
    stage.show(4, since_s=3)
    stage.mark(None, 4)
    assert not sealed_with(stage, "teacher", "microphone")
    assert [track.source for track in stage.takes[-1].tracks] == ["camera"]
    await finish(stage)
    assert stored(stage)[0] == 101
    stage.frames()


@pytest.mark.parametrize("source", ["camera", "microphone"])
async def test_whoever_dies_after_the_wish_is_on_disk_finishes_it_at_the_next_start(stage: Stage, source: str) -> None:
    await finish(stage)
    [manifest], _ = load_manifests(stage.folder / "data")
    wish = TakeTrack(peer="teacher", source=source)
    mix = "mix-2" if source == "microphone" else "mix"
    wished = msgspec.structs.replace(manifest, withdrawn=(wish,), version="", index="", settled=False, mix=mix, mixing=mix != "mix")
    save_manifest(stage.folder / "data", wished)
    stage.begin()
    assert not sealed_with(stage, "teacher", source)
    await stage.recording.afterwards.work()
    assert (stage.takes[-1].state, stage.takes[-1].mixing) == ("ready", False)
    assert stored(stage)[0 if source == "camera" else 1] == 0
    stage.frames()


@pytest.mark.parametrize("what", ["recorder.withdrawal.save_manifest", "recorder.keys.KeyStore.destroy_these"])
async def test_where_the_disk_refuses_nothing_is_served_and_it_can_be_asked_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    await finish(stage)
    version = stage.takes[-1].version
    monkeypatch.setattr(what, full)
    assert not stage.recording.withdraw("take", "teacher", ("camera",))
    with pytest.raises(ReadRefused, match="gone"):
        stage.library.open("take", version)
    monkeypatch.undo()
    assert stage.recording.withdraw("take", "teacher", ("camera",))
    assert not sealed_with(stage, "teacher", "camera")


def test_where_the_disk_refuses_nothing_more_of_it_is_recorded(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recorder.keys.KeyStore.destroy_these", full)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(3))
    kept = voice_packets(stage)
    assert not stage.recording.withdraw("take", "teacher", ("microphone",))
    stage.speak(5, since_s=3)
    stage.mark("take", 5)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(5))
    assert voice_packets(stage) == kept
    [manifest], _ = load_manifests(stage.folder / "data")
    assert manifest.withdrawn == (VOICE,)


async def test_what_is_withdrawn_is_not_shown_although_its_key_is_left(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await finish(stage)
    monkeypatch.setattr("recorder.keys.KeyStore.destroy_these", full)
    assert not stage.recording.withdraw("take", "teacher", ("camera",))
    stage.begin()
    await stage.recording.afterwards.work()
    assert sealed_with(stage, "teacher", "camera")
    assert (stage.takes[-1].tracks, stored(stage)[0]) == ((VOICE,), 0)


async def test_what_is_recorded_after_a_withdrawal_can_be_opened(tmp_path: Path) -> None:
    """The voice that goes is the first of several, so that its place in memory is free for what comes next."""
    stage = Stage(tmp_path)
    stage.mark("take", 0, handles=(1, 4))
    stage.speak(2)
    stage.speak(2, handle=4, pitch_hz=500)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(2))
    assert stage.recording.withdraw("take", "teacher", ("microphone",))
    stage.speak(4, since_s=2, handle=4, pitch_hz=500)
    stage.mark("take", 4, handles=(1, 4))
    stage.recording.advance()
    stage.recording.flush(0, stage.at(4))
    written: list[Batch] = batches(stage)
    assert {(batch.track.peer, batch.track.source) for batch in written} == {("teacher", "screen_sound"), ("", "mix-2")}
    stage.mark(None, 4)
    assert stored(stage)[1]
    stage.frames()


def test_a_screen_that_is_withdrawn_while_the_lesson_runs_has_no_film(stage: Stage) -> None:
    stage.mark("take", 0, handles=(1, 2, 3))
    stage.show(3, handle=3)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(3))
    assert stage.recording.withdraw("take", "teacher", ("screen",))
    stage.mark(None, 3)
    assert (stage.takes[-1].state, stage.takes[-1].screen_version) == ("ready", "")


def test_a_recorder_that_dies_after_a_withdrawal_does_not_mix_the_whole_lesson_at_once(stage: Stage) -> None:
    stage.recording.advance()
    stage.show(1, start_s=1_000)
    stage.mark("take", 1_004)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(1_004))
    assert stage.recording.withdraw("take", "teacher", ("microphone",))
    stage.recording.close()
    stage.begin()
    stage.mark("take", 1_005)
    stage.recording.advance()
    [take] = stage.recording._running.values()
    assert len(take.mix_track.unwritten) < 500


async def test_many_withdrawals_do_not_make_each_slower(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    await finish(stage)
    for number in range(20):
        assert stage.recording.withdraw("take", f"peer{number}", ("microphone",))
    synced: list[Path] = []
    monkeypatch.setattr("recorder.keys.sync_folder", synced.append)
    assert stage.recording.withdraw("take", "one more", ("microphone",))
    stage.begin()
    assert len(synced) < 10


def full(*_: object) -> None:
    raise OSError(28, "no space left")
