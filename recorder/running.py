"""A take that is being recorded: its live tracks, its part of the journal, its mix; and its end.

Its only clock are the arrivals that it reads (nanoseconds of the monotonic clock), so a backlog gives the same take. What
a packet left here is either still held, and then its ring position counts, or handed to the journal. Only tracks that the
caller has found allowed may be passed in.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field

import msgspec

from recorder import vp8
from recorder.assembler import Assembler, Frame, OpusAssembler, Resume, Vp8Assembler
from recorder.index import DEFAULT_SIZE, FrameLog, StoredIndex, StreamLog, build_index, find_holes
from recorder.journal import Entry, EntryKind, JournalError, PartWriter, Written
from recorder.keys import KeyName, KeyStore
from recorder.live_mix import DELAY_NS, LiveMix
from recorder.manifest import Manifest, PartRef, TrackRef
from recorder.opus import FRAME_SAMPLES
from recorder.rtp import Packet, SenderReport
from recorder.timeline import Report
from server.media.ring import MarkedTrack

MAX_UNWRITTEN_ENTRIES = 20_000
MAX_MIXED_AT_ONCE = 250
MIX_STEP_NS = 100_000_000
MAX_EDGE_PIXELS = 4096
_FOREVER_NS = 1 << 62
_log = logging.getLogger(__name__)

StreamId = tuple[str, int]  # worker, handle
OpenPart = Callable[[Manifest, int], tuple[PartWriter, PartRef]]


@dataclass(slots=True)
class Track:
    """One line of entries into the journal; `unwritten` until `flush` says where they are."""

    name: KeyName
    log: FrameLog
    worker: str = ""
    handle: int = 0
    clock_rate_hz: int = 48_000
    unwritten: list[Entry] = field(default_factory=list)


@dataclass(slots=True)
class Stream:
    log: StreamLog
    assembler: Assembler
    track: Track


class RunningTake:
    def __init__(self, manifest: Manifest, origin_ns: int, keys: KeyStore, open_part: OpenPart) -> None:
        self.manifest = manifest
        self.origin_ns = origin_ns
        self.last_seen_ns = origin_ns
        self.streams: dict[StreamId, Stream] = {}
        self.size = DEFAULT_SIZE
        self.mix = LiveMix()
        self.mix_track = Track(KeyName(manifest.take, "", "mix"), FrameLog())
        self._sized = False
        self._read_until_ns = 0
        self._keys = keys
        self._open_part = open_part
        self._writers: list[PartWriter] = []
        self._numbers: dict[int, int] = {}  # of the open part, by the track's identity
        self._marks: list[tuple[int, bytes]] = []
        self._last_mark = b""
        self._failing = False

    def mark(self, arrival_ns: int, marker: bytes, fingerprint: bytes) -> None:
        """A marker of this take; kept when it says something new."""
        self._see(arrival_ns)
        if fingerprint != self._last_mark:
            self._last_mark = fingerprint
            self._marks.append((arrival_ns, marker))

    def add_packet(self, worker: str, marked: MarkedTrack, packet: Packet, *, arrival_ns: int, level: int, position: int) -> None:
        self._see(arrival_ns)
        self._stream(worker, marked).assembler.add(packet, arrival_ns=arrival_ns, level=level, position=position)

    def add_report(self, worker: str, marked: MarkedTrack, report: SenderReport, *, arrival_ns: int, raw: bytes) -> None:
        stream = self._stream(worker, marked)
        timestamp = stream.assembler.near_timestamp(report.timestamp)
        self._remember_report(stream, Report(arrival_ns - self.origin_ns, report.ntp_ns, timestamp))
        self._journal(stream.track, Entry(EntryKind.REPORT, 0, timestamp, arrival_ns, raw))

    def advance(self) -> None:
        """Take what is due from the assemblers, and mix what is old enough: by the newest arrival that was read here."""
        for stream in self.streams.values():
            self._collect(stream, self._read_until_ns)
        until_ns = self._read_until_ns - self.origin_ns - DELAY_NS
        until_ns -= until_ns % MIX_STEP_NS
        self._mix_until(min(until_ns, (self.mix.mixer.next_packet + MAX_MIXED_AT_ONCE) * 20_000_000))

    def oldest_position(self) -> int | None:
        """Ring position of the oldest packet that is not with the journal yet."""
        positions = [stream.assembler.oldest_position() for stream in self.streams.values()]
        return min((position for position in positions if position is not None), default=None)

    def flush(self, position: int) -> bool:
        """Write; False if nothing could be written, and then all of it is kept for the next time."""
        try:
            writer = self._writer()
            for arrival_ns, marker in self._marks:
                writer.mark(arrival_ns, marker)
            tracks = self._unwritten_tracks(writer)
            writer.cursor(position)
            written = writer.flush()
        except OSError as error:
            if not self._failing:
                _log.error("take %s journal not written errno=%s", self.manifest.take, error.errno)
            self._failing = True
            self.close()  # its tail may be torn: the next try opens a new part
            return False
        self._failing = False
        self._marks.clear()
        for place in written:
            self._remember_places(tracks[place.track], place)
        return True

    def sync(self) -> None:
        """May run in a thread."""
        for writer in self._writers:
            writer.sync()

    def close(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers = []

    def finish(self, end_ns: int, position: int) -> tuple[Manifest, StoredIndex]:
        """Everything that is still held goes to the journal; then the final times. The caller stores both."""
        duration_ms = max((end_ns - self.origin_ns) // 1_000_000, 20)
        for stream in self.streams.values():
            self._collect(stream, _FOREVER_NS)
        self._mix_until(duration_ms * 1_000_000)
        if not self.flush(position) and not self.flush(position):
            raise JournalError("the end of the take could not be written")
        self.sync()
        streams = [stream.log for stream in self.streams.values()]
        index = build_index(
            take=self.manifest.take,
            teacher=self.manifest.teacher,
            duration_ms=duration_ms,
            parts=[(part.part, part.path) for part in self.manifest.parts],
            streams=streams,
            mix=self.mix_track.log,
            size=self.size,
        )
        named = {(stream.peer, stream.source) for stream in streams}
        manifest = msgspec.structs.replace(
            self.manifest,
            duration_ms=duration_ms,
            holes=find_holes(streams, self.manifest.teacher, duration_ms),
            tracks=tuple(TrackRef(peer=peer, source=source) for peer, source in sorted(named)),
        )
        return manifest, index

    def restore_stream(self, stream_id: StreamId, name: KeyName, clock_rate_hz: int, resume: Resume | None) -> Stream:
        """For a track that an earlier process has journaled up to `resume`."""
        worker, handle = stream_id
        source: type[Assembler] = Vp8Assembler if name.source == "camera" else OpusAssembler
        log = StreamLog(name.peer, name.source, clock_rate_hz)
        stream = Stream(log, source(resume), Track(name, log.frames, worker, handle, clock_rate_hz))
        self.streams[stream_id] = stream
        return stream

    def restore_frame(self, stream: Stream, frame: Frame, arrival_ns: int) -> None:
        """`arrival_ns` from the take's start. The caller has put the frame into the log."""
        if stream.log.source == "camera":
            self._note_size(frame)
        else:
            self.mix.add_frame(stream.log, frame, arrival_ns)

    def restore_report(self, stream: Stream, report: Report) -> None:
        self._remember_report(stream, report)

    def _see(self, arrival_ns: int) -> None:
        self.last_seen_ns = max(self.last_seen_ns, arrival_ns)
        self._read_until_ns = max(self._read_until_ns, arrival_ns)

    def _stream(self, worker: str, marked: MarkedTrack) -> Stream:
        stream = self.streams.get((worker, marked.handle))
        if stream is None:
            name = KeyName(self.manifest.take, marked.track.peer, marked.track.source)
            stream = self.restore_stream((worker, marked.handle), name, marked.clock_rate_hz, None)
        return stream

    def _collect(self, stream: Stream, now_ns: int) -> None:
        for frame in stream.assembler.take(now_ns):
            self._journal(
                stream.track,
                Entry(EntryKind.FRAME, frame.sequence_end, frame.timestamp, frame.arrival_ns, frame.payload, frame.key, frame.level),
            )
            self.restore_frame(stream, frame, frame.arrival_ns - self.origin_ns)

    def _remember_report(self, stream: Stream, report: Report) -> None:
        stream.log.reports.append(report)
        self.mix.add_report(stream.log.peer, report)

    def _note_size(self, frame: Frame) -> None:
        if frame.key and not self._sized:
            width, height = vp8.key_size(frame.payload)
            if 0 < width <= MAX_EDGE_PIXELS and 0 < height <= MAX_EDGE_PIXELS:
                self.size = width, height
                self._sized = True

    def _mix_until(self, until_ns: int) -> None:
        number = self.mix.mixer.next_packet
        while packets := self.mix.advance(until_ns):
            for packet in packets:
                arrival_ns = self.origin_ns + number * 20_000_000
                self._journal(self.mix_track, Entry(EntryKind.FRAME, number + 1, number * FRAME_SAMPLES, arrival_ns, packet, True))
                number += 1

    def _journal(self, track: Track, entry: Entry) -> None:
        if len(track.unwritten) > MAX_UNWRITTEN_ENTRIES:
            track.unwritten.clear()  # the disk has been full for long: this is a hole
        track.unwritten.append(entry)

    def _writer(self) -> PartWriter:
        if not self._writers:
            writer, reference = self._open_part(self.manifest, self.origin_ns)
            self.manifest = msgspec.structs.replace(self.manifest, parts=(*self.manifest.parts, reference))
            self._writers = [writer]
            self._numbers = {}
        return self._writers[0]

    def _unwritten_tracks(self, writer: PartWriter) -> dict[int, Track]:
        """Hands everything that is unwritten to the writer; the tracks by their number in its part."""
        handed: dict[int, Track] = {}
        for track in [*(stream.track for stream in self.streams.values()), self.mix_track]:
            if not track.unwritten:
                continue
            number = self._numbers.get(id(track))
            if number is None:
                cipher = self._keys.find_or_make(track.name)
                number = writer.declare(track.name, cipher, worker=track.worker, handle=track.handle, clock_rate_hz=track.clock_rate_hz)
                self._numbers[id(track)] = number
            for entry in track.unwritten:
                writer.add(number, entry)
            handed[number] = track
        return handed

    def _remember_places(self, track: Track, place: Written) -> None:
        frames = [entry for entry in track.unwritten if entry.kind is EntryKind.FRAME]
        part = len(self.manifest.parts) - 1
        for entry, payload in zip(frames, place.payloads, strict=True):
            arrival_ns = entry.arrival_ns - self.origin_ns
            track.log.append(entry.timestamp, arrival_ns, len(entry.payload), entry.key, part, place.record, payload)
        track.unwritten.clear()
