"""Journals cut off or damaged anywhere: the next recorder makes a recording that opens, and no more is missing than was damaged."""

from __future__ import annotations

import random
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from recorder.index import load_index
from recorder.journal import FILE_HEADER, RECORD_HEADER, EntryKind, RecordKind
from recorder.journal_reader import Batch, scan
from recorder.keys import KeyName, KeyStore
from recorder.recording import MARKER_GONE_NS
from recorder.webm import VIDEO
from server.media.ring import NO_LEVEL, Kind, Record
from tests.fakes.rtp_media import Sender, beeps, film, voice
from tests.integration.recorder.harness import watch
from tests.unit.recorder.test_recording import ORIGIN_NS, SECOND_NS, Stage

pytestmark = pytest.mark.full

SECONDS = 2
DAMAGES = 200
DECODED_EACH = 20
FLUSH_NS = SECOND_NS // 10


@dataclass(frozen=True)
class Journal:
    """`pictures`: end of a record in the file → how many pictures there are up to there. `others`: where records of other tracks lie."""

    folder: Path
    path: Path
    whole: bytes
    pictures: dict[int, int]
    others: tuple[range, ...]

    def pictures_before(self, offset: int) -> int:
        return max((count for end, count in self.pictures.items() if end <= offset), default=0)

    def least_pictures_without(self, offset: int) -> int:
        """A wrong byte costs its own record, and what cannot be read without that; the last record also tells where the film ends."""
        if any(offset in lies for lies in self.others):
            return max(self.pictures.values()) - (offset in self.others[-1])
        return self.pictures_before(offset)

    def damaged(self, folder: Path, content: bytes) -> Stage:
        """A recorder that finds this instead."""
        shutil.copytree(self.folder, folder)
        (folder / self.path).write_bytes(content)
        return Stage(folder)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Journal:
    """As a recorder leaves it that is killed at the end of a lesson of two seconds."""
    folder = tmp_path_factory.mktemp("whole")
    stage = Stage(folder)
    stage.mark("take", 0)
    media = [(1, event) for event in voice(SECONDS, Sender(), beeps(SECONDS, 1000))]
    media += [(2, event) for event in film(SECONDS, Sender(ssrc=2), size=(320, 180))]
    flushed_ns = 0
    for handle, event in sorted(media, key=lambda item: item[1].at_ns):
        kind = Kind.SENDER_REPORT if event.is_report else Kind.RTP
        stage.recording.accept(Record(kind, handle, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), 0)
        if event.at_ns - flushed_ns > FLUSH_NS:
            flushed_ns = event.at_ns
            stage.recording.advance()
            stage.recording.flush(0)
    stage.recording.flush(0)
    stage.recording.close()
    (path,) = folder.rglob("*.journal")
    return _read(folder, path, stage.keys)


def _read(folder: Path, path: Path, keys: KeyStore) -> Journal:
    whole = path.read_bytes()
    pictures: dict[int, int] = {}
    others: list[range] = []
    for record in scan(path, keys):
        if not isinstance(record, Batch):
            continue
        lies = range(record.offset, record.offset + RECORD_HEADER.size + RECORD_HEADER.unpack_from(whole, record.offset)[0])
        if record.track.source == "camera":
            frames = sum(entry.kind is EntryKind.FRAME for entry in record.entries)
            pictures[lies.stop] = max(pictures.values(), default=0) + frames
        else:
            others.append(lies)
    assert len(pictures) > 10
    assert len(others) > 10
    return Journal(folder, path.relative_to(folder), whole, pictures, tuple(others))


def test_journal_that_is_cut_off_anywhere(journal: Journal, tmp_path: Path) -> None:
    for number in range(DAMAGES):
        cut = random.randrange(len(journal.whole))
        stage = journal.damaged(tmp_path / str(number), journal.whole[:cut])
        assert _pictures(stage, decode=number % DECODED_EACH == 0) == journal.pictures_before(cut), f"cut at {cut}"


def test_journal_with_one_wrong_bit_anywhere(journal: Journal, tmp_path: Path) -> None:
    for number in range(DAMAGES):
        at = random.randrange(len(journal.whole))
        content = bytearray(journal.whole)
        content[at] ^= 1 << random.randrange(8)
        stage = journal.damaged(tmp_path / str(number), bytes(content))
        assert _pictures(stage, decode=number % DECODED_EACH == 0) >= journal.least_pictures_without(at), f"bit at {at}"


def test_journal_that_ends_exactly_with_a_record_or_within_its_header(journal: Journal, tmp_path: Path) -> None:
    ends = [0, FILE_HEADER.size - 1, FILE_HEADER.size, *list(journal.pictures)[::4]]
    for number, cut in enumerate(end + more for end in ends for more in (0, 1, RECORD_HEADER.size)):
        stage = journal.damaged(tmp_path / str(number), journal.whole[:cut])
        assert _pictures(stage, decode=False) == journal.pictures_before(cut), f"cut at {cut}"


def _pictures(stage: Stage, *, decode: bool) -> int:
    """How many there are in the recording, which is read to its end."""
    stage.recording.close_abandoned(stage.at(SECONDS) + 2 * MARKER_GONE_NS)
    take = stage.takes[-1]
    assert (take.state, len(stage.takes)) == ("ready", 1)
    data = b"".join(stage.frames())
    assert len(data) == take.size_bytes
    manifest = stage.library.find("take")
    assert manifest
    cipher = stage.keys.find(KeyName("take", "", "index"))
    assert cipher
    rows = load_index(stage.folder / "data" / manifest.index, cipher).table()
    shown = rows[(rows["track"] == VIDEO) & (rows["record"] >= 0)]
    if decode:
        watch(data)
    stage.recording.close()
    return len({(row["record"], row["payload"]) for row in shown})  # the first one may stand there from the start, too


def test_kinds_of_records_are_all_met(journal: Journal) -> None:
    kinds, offset = set(), FILE_HEADER.size
    while offset < len(journal.whole):
        size, kind, *_ = RECORD_HEADER.unpack_from(journal.whole, offset)
        kinds.add(RecordKind(kind))
        offset += RECORD_HEADER.size + size
    assert kinds == set(RecordKind)
