"""A take rebuilt from its journal: after a restart, ready to go on in a new part or to be closed, and after something was withdrawn.

The journal is the truth: columns, reports, the end of each live track (what comes again from the ring is dropped by its
number) and the end of the mix. Nothing is written here and no torn tail is touched.
"""

from __future__ import annotations

import logging
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from recorder.assembler import Frame, Resume
from recorder.control import TakeTrack
from recorder.frame_log import FrameLog
from recorder.holes import Pause
from recorder.index import PICTURES
from recorder.intake import is_held
from recorder.journal import EntryKind, JournalError, JournalMark, JournalTrack
from recorder.journal_reader import Batch, key_name, scan
from recorder.keys import KeyStore
from recorder.live_mix import DELAY_NS
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
    frames: FrameLog = field(default_factory=FrameLog)
    reports: list[Report] = field(default_factory=list)
    tail: deque[tuple[Frame, int]] = field(default_factory=lambda: deque(maxlen=_TAIL_FRAMES))
    resume: list[Resume] = field(default_factory=list)  # at most one


class _Scanned:
    def __init__(self) -> None:
        self.streams: dict[StreamId, _Stream] = {}
        self.mix = FrameLog()
        self.mixed_until = 0  # packets
        self.marks: list[JournalMark] = []
        self.pauses: list[tuple[int, Pause]] = []
        self.seen_ns = 0  # from the take's start: parts may be on different clocks


def restore(manifest: Manifest, data: Path, keys: KeyStore, open_part: OpenPart) -> tuple[RunningTake, JournalMark | None]:
    """The take as its journal has it, and the last marker that was kept."""
    scanned = _Scanned()
    for number, part in enumerate(manifest.parts):
        if part.lost:
            continue
        try:
            _scan_part(scanned, manifest, number, part, data / part.path, keys)
        except (OSError, JournalError):
            _log.warning("take %s part %d is unreadable", manifest.take, part.part)
    last = manifest.last_media_part() or PartRef(part=0, path="", origin_ns=0)
    take = RunningTake(manifest, last.origin_ns, keys, open_part, last.boot)
    take.last_seen_ns = last.origin_ns + scanned.seen_ns
    for since_ns, pause in scanned.pauses:
        take.note_pause(since_ns, pause)
    take.mix_track.log = scanned.mix
    take.mix.mixer.next_packet = scanned.mixed_until
    take.mix_was_interrupted = scanned.mixed_until > 0
    if manifest.is_silent:  # all of it comes anew: nothing is caught up with
        take.mix.mixer.next_packet = max(scanned.mixed_until, (scanned.seen_ns - DELAY_NS) // 20_000_000)
    for stream_id, found in scanned.streams.items():
        _fill_stream(take, stream_id, found)
    return take, scanned.marks[-1] if scanned.marks else None


def _scan_part(scanned: _Scanned, manifest: Manifest, number: int, part: PartRef, path: Path, keys: KeyStore) -> None:
    for record in scan(path, keys):
        if isinstance(record, JournalMark):
            scanned.marks.append(record)
            scanned.seen_ns = max(scanned.seen_ns, record.arrival_ns - part.origin_ns)
            held = is_held(bytes(record.marker), manifest.take)
            scanned.pauses.append((record.arrival_ns - part.origin_ns, "held" if held else "none"))
        elif isinstance(record, Batch) and record.track.take == manifest.take:
            if TakeTrack(peer=record.track.peer, source=record.track.source) in manifest.withdrawn:
                continue  # its key may be left, where the disk has refused
            if record.track.peer:
                _scan_batch(scanned, record, number, part.origin_ns)
            elif record.track.source == manifest.mix:
                _log_frames(scanned.mix, record, number, part.origin_ns)
                scanned.mixed_until = max(scanned.mixed_until, record.entries[-1].timestamp // FRAME_SAMPLES + 1)


def _scan_batch(scanned: _Scanned, batch: Batch, number: int, origin_ns: int) -> None:
    stream = scanned.streams.setdefault((batch.track.worker, batch.track.handle), _Stream(batch.track))
    _log_frames(stream.frames, batch, number, origin_ns)
    for entry in batch.entries:
        arrival_ns = entry.arrival_ns - origin_ns
        scanned.seen_ns = max(scanned.seen_ns, arrival_ns)
        if entry.kind is EntryKind.REPORT:
            try:
                stream.reports.append(Report(arrival_ns, parse_report(entry.payload).ntp_ns, entry.timestamp))
            except RtpError:
                continue
        else:
            frame = Frame(
                entry.sequence_begin, entry.sequence_end, entry.timestamp, entry.arrival_ns, entry.key, entry.level, entry.payload
            )
            if batch.track.source not in PICTURES or (entry.key and not stream.tail):
                stream.tail.append((frame, arrival_ns))
            if not stream.resume or entry.sequence_end > stream.resume[0].sequence:
                stream.resume = [Resume(entry.sequence_end, entry.timestamp, entry.arrival_ns)]


def _log_frames(log: FrameLog, batch: Batch, number: int, origin_ns: int) -> None:
    for entry, start in zip(batch.entries, batch.starts, strict=True):
        if entry.kind is EntryKind.FRAME:
            log.append(entry, entry.arrival_ns - origin_ns, part=number, record=batch.offset, payload=start)


def _fill_stream(take: RunningTake, stream_id: StreamId, found: _Stream) -> None:
    stream = take.restore_stream(stream_id, key_name(found.track), found.track.clock_rate_hz, found.resume[0] if found.resume else None)
    stream.log.frames = stream.track.log = found.frames
    for report in found.reports:
        take.restore_report(stream, report)
    mixed_ns = take.mix.mixer.next_packet * 20_000_000
    for frame, arrival_ns in found.tail:
        if stream.log.source in PICTURES or arrival_ns >= mixed_ns - _PRE_ROLL_NS:
            take.restore_frame(stream, frame, arrival_ns)
