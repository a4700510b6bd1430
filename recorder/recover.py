"""After a restart: a take rebuilt from its journal, ready to go on in a new part or to be closed.

The journal is the truth: columns, reports, the end of each live track (what comes again from the ring is dropped by its
number) and the end of the mix. Nothing is written here and no torn tail is touched.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from recorder.assembler import Frame, Resume
from recorder.index import PICTURES
from recorder.intake import is_held
from recorder.journal import EntryKind, JournalError, JournalMark, JournalTrack
from recorder.journal_reader import Batch, key_name, scan
from recorder.keys import KeyStore
from recorder.manifest import Manifest, PartRef
from recorder.opus import FRAME_SAMPLES
from recorder.rtp import RtpError, parse_report
from recorder.running import OpenPart, RunningTake, StreamId
from recorder.timeline import Report

_PRE_ROLL_NS = 2_000_000_000
_TAIL_FRAMES = 5_000
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Stream:
    track: JournalTrack
    rows: list[tuple[int, int, int, bool, int, int, int]] = field(default_factory=list)  # as `FrameLog.append` takes them
    reports: list[Report] = field(default_factory=list)
    tail: deque[tuple[Frame, int]] = field(default_factory=lambda: deque(maxlen=_TAIL_FRAMES))
    resume: list[Resume] = field(default_factory=list)  # at most one


class _Scanned:
    def __init__(self) -> None:
        self.streams: dict[StreamId, _Stream] = {}
        self.mix: list[tuple[int, int, int, bool, int, int, int]] = []
        self.marks: list[JournalMark] = []
        self.holds: list[tuple[int, bool]] = []
        self.seen_ns = 0  # from the take's start: parts may be on different clocks


def restore(manifest: Manifest, data: Path, keys: KeyStore, open_part: OpenPart) -> tuple[RunningTake, JournalMark | None]:
    """The take as its journal has it, and the last marker that was kept."""
    scanned = _Scanned()
    for number, part in enumerate(manifest.parts):
        try:
            _scan_part(scanned, manifest, number, part, data / part.path, keys)
        except (OSError, JournalError):
            _log.warning("take %s part %d is unreadable", manifest.take, part.part)
    last = manifest.parts[-1] if manifest.parts else PartRef(part=0, path="", origin_ns=0)
    take = RunningTake(manifest, last.origin_ns, keys, open_part, last.boot)
    take.last_seen_ns = last.origin_ns + scanned.seen_ns
    for since_ns, held in scanned.holds:
        take.note_hold(since_ns, held)
    _fill_mix(take, scanned)
    for stream_id, found in scanned.streams.items():
        _fill_stream(take, stream_id, found)
    return take, scanned.marks[-1] if scanned.marks else None


def _scan_part(scanned: _Scanned, manifest: Manifest, number: int, part: PartRef, path: Path, keys: KeyStore) -> None:
    for record in scan(path, keys):
        if isinstance(record, JournalMark):
            scanned.marks.append(record)
            scanned.seen_ns = max(scanned.seen_ns, record.arrival_ns - part.origin_ns)
            scanned.holds.append((record.arrival_ns - part.origin_ns, is_held(bytes(record.marker), manifest.take)))
        elif isinstance(record, Batch) and record.track.take == manifest.take:
            if record.track.source == "mix":
                scanned.mix.extend(_rows(record, number, part.origin_ns))
            else:
                _scan_batch(scanned, record, number, part.origin_ns)


def _scan_batch(scanned: _Scanned, batch: Batch, number: int, origin_ns: int) -> None:
    stream = scanned.streams.setdefault((batch.track.worker, batch.track.handle), _Stream(batch.track))
    stream.rows.extend(_rows(batch, number, origin_ns))
    for entry in batch.entries:
        arrival_ns = entry.arrival_ns - origin_ns
        scanned.seen_ns = max(scanned.seen_ns, arrival_ns)
        if entry.kind is EntryKind.REPORT:
            try:
                stream.reports.append(Report(arrival_ns, parse_report(entry.payload).ntp_ns, entry.timestamp))
            except RtpError:
                continue
        else:
            frame = Frame(entry.sequence_end, entry.timestamp, entry.arrival_ns, entry.key, entry.level, entry.payload)
            if batch.track.source not in PICTURES or (entry.key and not stream.tail):
                stream.tail.append((frame, arrival_ns))
            stream.resume = [Resume(entry.sequence_end, entry.timestamp)]


def _rows(batch: Batch, number: int, origin_ns: int) -> list[tuple[int, int, int, bool, int, int, int]]:
    return [
        (entry.timestamp, entry.arrival_ns - origin_ns, len(entry.payload), entry.key, number, batch.offset, start)
        for entry, start in zip(batch.entries, batch.starts, strict=True)
        if entry.kind is EntryKind.FRAME
    ]


def _fill_mix(take: RunningTake, scanned: _Scanned) -> None:
    for row in scanned.mix:
        take.mix_track.log.append(*row)
    if scanned.mix:
        take.mix.mixer.next_packet = max(row[0] for row in scanned.mix) // FRAME_SAMPLES + 1


def _fill_stream(take: RunningTake, stream_id: StreamId, found: _Stream) -> None:
    stream = take.restore_stream(stream_id, key_name(found.track), found.track.clock_rate_hz, found.resume[0] if found.resume else None)
    for row in found.rows:
        stream.log.frames.append(*row)
    for report in found.reports:
        take.restore_report(stream, report)
    mixed_ns = take.mix.mixer.next_packet * 20_000_000
    for frame, arrival_ns in found.tail:
        if stream.log.source in PICTURES or arrival_ns >= mixed_ns - _PRE_ROLL_NS:
            take.restore_frame(stream, frame, arrival_ns)
