"""A take that two machines record, each with its own clock: parts that end by time, rooms that go and come."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from recorder.check import check_take
from recorder.control import AdoptRoom
from recorder.journal import JournalMark, PartWriter
from recorder.journal_reader import scan
from recorder.manifest import load_manifests
from recorder.rebuild import found_in_journals
from server.media.ring import NO_LEVEL, Kind, Record
from tests.fakes.rtp_media import Sender, beeps, voice
from tests.unit.recorder.test_recording import ORIGIN_NS, SECOND_NS, VOICE, Stage, batches, voice_packets

LATER_NS = 1_000 * SECOND_NS


class Elsewhere(Stage):
    """Another machine, whose clock shows another time."""

    @staticmethod
    def at(seconds: float) -> int:
        return Stage.at(seconds) + LATER_NS


@pytest.fixture
def stage(tmp_path: Path) -> Stage:
    return Stage(tmp_path / "a")


def move(stage: Stage, folder: Path, *, without: str = "") -> Elsewhere:
    """All files of it, as the first machine has left them, on another one where a recorder runs."""
    other = Elsewhere(folder)
    other.begin("another boot")
    for name in ("data", "keys"):
        shutil.copytree(stage.folder / name, folder / name, dirs_exist_ok=True)
    if without:
        for path in (folder / "data").glob(without):
            path.unlink()
    return other


async def adopt(stage: Stage, *, late: tuple[str, ...] = (), whole: bool = True) -> bool:
    return await stage.recording.adopt(AdoptRoom(id=1, room="room", late=late, whole=whole), stage.at(3))


def cut(stage: Stage, at_s: float) -> None:
    """What the recorder's loop does when a part is long enough."""
    stage.recording.advance()
    for take in stage.recording.flush(0, stage.at(at_s))[1]:
        take.sync()
        take.end_part(SECOND_NS)


def test_parts_end_by_time_and_no_frame_is_lost(stage: Stage) -> None:
    stage.mark("take", 0)
    for second in range(4):
        for event in voice(4, Sender(), beeps(4, 1000)):
            if second * SECOND_NS <= event.at_ns < (second + 1) * SECOND_NS and not event.is_report:
                stage.recording.accept(Record(Kind.RTP, 1, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), 0)
        stage.mark("take", second + 1)
        cut(stage, second + 1)
    stage.mark(None, 4)
    assert voice_packets(stage) == 200
    assert len(list((stage.folder / "data" / "journals" / "room").iterdir())) >= 3
    take = stage.takes[-1]
    assert (take.state, take.duration_ms, take.holes) == ("ready", 4000, ())
    assert sum(map(len, stage.frames())) == take.size_bytes


def test_each_part_tells_whose_it_is_and_they_are_in_order(stage: Stage) -> None:
    record_in_parts(stage, 4)
    [manifest] = load_manifests(stage.folder / "data")[0]
    assert len(manifest.parts) >= 3
    assert [part.path for part in manifest.parts] == sorted(part.path for part in manifest.parts)
    for part in manifest.parts:
        assert any(isinstance(record, JournalMark) for record in scan(stage.folder / "data" / part.path, stage.keys))
    (stage.folder / "data" / "takes" / "take.json").unlink()
    [found] = found_in_journals(stage.folder / "data", stage.keys)
    assert [part.path for part in found.parts] == [part.path for part in manifest.parts]
    assert {part.origin_ns for part in found.parts} == {manifest.parts[0].origin_ns}


def test_no_two_parts_of_one_number_share_a_nonce(tmp_path: Path) -> None:
    firsts = set()
    for number in range(100):
        writer = PartWriter(tmp_path / f"{number}.journal", 1)
        firsts.add(writer._number)
        writer.close()
    assert len(firsts) == 100
    assert all(first % (1 << 32) == 0 and first < 1 << 63 for first in firsts)


async def test_a_take_goes_on_upon_another_machine_with_a_marked_gap(stage: Stage, tmp_path: Path) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    assert stage.recording.release("room")
    other = move(stage, tmp_path / "b")
    assert await adopt(other)
    assert [take.state for take in other.takes] == ["recording"]
    other.recording.close_abandoned(other.at(4))  # its marker is waited for, though it is of another clock
    assert other.takes[-1].state == "recording"
    other.mark("take", 4, worker="w2")
    speak_elsewhere(other, 2, start_s=4)
    other.mark(None, 6, worker="w2")
    take = other.takes[-1]
    assert (take.state, take.duration_ms) == ("ready", 6000)
    [hole] = take.holes
    assert (round(hole.start_ms, -2), round(hole.end_ms, -2)) == (2_000, 4_000)
    assert voice_packets(other) == 200
    [manifest] = load_manifests(other.folder / "data")[0]
    assert check_take(other.folder / "data", other.keys, manifest) == []
    assert {part.boot for part in manifest.parts} == {"boot", "another boot"}


async def test_a_room_that_nobody_comes_back_to_is_closed(stage: Stage, tmp_path: Path) -> None:
    stage.mark("take", 0)
    stage.speak(2)
    assert stage.recording.release("room")
    other = move(stage, tmp_path / "b")
    assert await adopt(other)
    other.recording.close_abandoned(other.at(60))
    assert other.takes[-1].state == "ready"
    assert 2_000 <= other.takes[-1].duration_ms <= 2_200  # its last report


def test_nothing_is_taken_in_of_a_room_that_was_let_go(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    assert stage.recording.release("room")
    before = len(batches(stage))
    stage.mark("take", 1.5)
    stage.speak(1, start_s=2)
    stage.mark("another", 3)
    stage.recording.advance()
    stage.recording.flush(0, stage.at(4))
    assert stage.library.takes() == ()
    assert len(batches(stage)) == before
    assert [manifest.take for manifest in load_manifests(stage.folder / "data")[0]] == ["take"]


async def test_a_room_that_comes_back_is_taken_in_again(stage: Stage) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    assert stage.recording.release("room")
    assert await adopt(stage)
    stage.mark("take", 2, worker="w2")
    stage.speak(1, start_s=2)
    stage.mark(None, 3, worker="w2")
    assert (stage.takes[-1].state, stage.takes[-1].duration_ms) == ("ready", 3000)
    assert voice_packets(stage) == 100


async def test_a_part_that_went_with_its_machine_is_lost_and_no_damage(stage: Stage, tmp_path: Path) -> None:
    last = record_in_parts(stage, 4)
    other = move(stage, tmp_path / "b", without=last)
    assert await adopt(other)
    other.recording.close_abandoned(other.at(60))
    [manifest] = load_manifests(other.folder / "data")[0]
    assert [part.path for part in manifest.parts if part.lost] == [last]
    assert check_take(other.folder / "data", other.keys, manifest) == []
    shutil.copy(stage.folder / "data" / last, other.folder / "data" / last)  # and it comes back
    other.recording.end_waiting(other.at(70))
    assert await adopt(other, late=("take",))
    await other.recording.afterwards.work()
    [manifest] = load_manifests(other.folder / "data")[0]
    assert [part for part in manifest.parts if part.lost] == []
    assert manifest.revision > 1


async def test_what_is_withdrawn_before_the_files_are_here_does_not_come_with_them(stage: Stage, tmp_path: Path) -> None:
    stage.mark("take", 0)
    stage.speak(1)
    assert stage.recording.release("room")
    other = Elsewhere(tmp_path / "b")
    other.begin("another boot")
    assert other.recording.withdraw("take", VOICE.peer, (VOICE.source,))
    for name in ("data", "keys"):
        shutil.copytree(stage.folder / name, other.folder / name, dirs_exist_ok=True)
    assert await adopt(other)
    assert not list((other.folder / "keys").rglob("*microphone.key"))
    [manifest] = load_manifests(other.folder / "data")[0]
    assert [(track.peer, track.source) for track in manifest.withdrawn] == [(VOICE.peer, VOICE.source)]


def record_in_parts(stage: Stage, seconds: int) -> str:
    """The path of the last one."""
    stage.mark("take", 0)
    stage.speak(seconds)
    for second in range(1, seconds + 1):
        stage.mark("take", second)
        cut(stage, second)
        stage.speak(0.1, start_s=second + 10)
    assert stage.recording.release("room")
    return load_manifests(stage.folder / "data")[0][0].parts[-1].path


def speak_elsewhere(stage: Stage, seconds: float, *, start_s: float) -> None:
    stage.speak(seconds, start_s=start_s + LATER_NS / SECOND_NS)
