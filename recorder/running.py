"""A take that is being recorded: its live tracks, its part of the journal, its mix; and its end, after which repairs may still come.

Its only clock are the arrivals that it reads (nanoseconds of the monotonic clock), so a backlog gives the same take. What
a packet left here is either still held, and then its ring position counts, or handed to the journal. Only tracks that the
caller has found allowed may be passed in; what was withdrawn is refused here too.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass

import msgspec

from recorder import vp8
from recorder.assembler import Assembler, Frame, OpusAssembler, Resume, Vp8Assembler
from recorder.backoff import Backoff
from recorder.description import describe
from recorder.frame_log import FrameLog, StreamLog
from recorder.holes import Pause
from recorder.index import PICTURES, StoredIndex
from recorder.journal import Entry, EntryKind, JournalError, PartWriter, Written
from recorder.keys import KeyName, KeyStore
from recorder.live_mix import DELAY_NS, LiveMix
from recorder.live_pictures import LiveFilms
from recorder.manifest import VOICES, Manifest, PartRef
from recorder.opus import FRAME_SAMPLES
from recorder.rtp import Packet, SenderReport
from recorder.timeline import Report
from recorder.unwritten import Track, cost, entry_of, first_bytes
from recorder.voice_gate import is_loud
from server.media.ring import MarkedTrack

BATCH_BYTES = 4 * 1024 * 1024  # of one track in one flush; a reader opens a whole batch for each of its frames
MAX_UNWRITTEN_BYTES = 64 * 1024 * 1024  # of one take, while the disk is full
MAX_PARTS = 1 << 16  # an index row has 16 bits for its part
LONGEST_WAIT_NS = 10_000_000_000
MAX_MIXED_AT_ONCE = 250
MOST_UNMIXED_NS = 5_000_000_000  # a backlog of few packets covers long times: the mixer does not hold voices for that long
MIX_STEP_NS = 100_000_000
MAX_EDGE_PIXELS = 4096
_FOREVER_NS = 1 << 62
_log = logging.getLogger(__name__)

StreamId = tuple[str, int]  # worker, handle
OpenPart = Callable[[Manifest, int, str], tuple[PartWriter, PartRef]]


@dataclass(slots=True)
class Stream:
    log: StreamLog
    assembler: Assembler
    track: Track


class RunningTake:
    """`origin_ns` and all arrivals are on the monotonic clock of one `boot` of the machine."""

    def __init__(self, manifest: Manifest, origin_ns: int, keys: KeyStore, open_part: OpenPart, boot: str) -> None:
        self.manifest = manifest
        self.origin_ns = origin_ns
        self.boot = boot
        self.last_seen_ns = origin_ns
        self.streams: dict[StreamId, Stream] = {}
        self.mix = LiveMix()
        self.mix_track = Track(KeyName(manifest.take, "", manifest.mix), FrameLog())
        self.live = LiveFilms(manifest.teacher)
        self.mix_was_interrupted = False
        self.repaired_frames = 0  # that came after its end
        self.waits_until_ns = 0  # of the real time: it came from another machine, and its markers are still to come
        self.is_partial = False  # some of its files came only after it was restored from them
        self._ended = False
        self._sizes: dict[str, tuple[int, int]] = {}  # of the first key frame, by source
        self._pauses: list[tuple[int, Pause]] = []  # since when (nanoseconds from the start) it is so
        self._read_until_ns = 0
        self._part_since_ns = 0
        self._keys = keys
        self._open_part = open_part
        self._writers: list[PartWriter] = []
        self._numbers: dict[Track, int] = {}  # of the open part
        self._marks: list[tuple[int, bytes]] = []
        self._last_mark = b""
        self._newest_mark: list[tuple[int, bytes]] = []  # at most one
        self._unwritten_bytes = 0
        self._backoff = Backoff(LONGEST_WAIT_NS)
        self._failing = False
        self._dropping = False

    def place(self, wall_ms: int, arrival_ns: int, boot: str) -> None:
        """Go on upon another clock, which shows `arrival_ns` now: nothing on it tells of the take's start, so the wall clock of both
        has to. Never over what is there already."""
        elapsed_ns = max((wall_ms - self.manifest.started_ms) * 1_000_000, self.last_seen_ns - self.origin_ns)
        self.origin_ns, self.last_seen_ns, self.boot = arrival_ns - elapsed_ns, arrival_ns, boot

    def note_lost(self, parts: Sequence[PartRef]) -> None:
        """Which of the parts that it had when they were looked at are there."""
        self.manifest = msgspec.structs.replace(self.manifest, parts=(*parts, *self.manifest.parts[len(parts) :]))

    def go_on(self) -> None:
        """It had ended, and its markers are back."""
        self._ended = False
        self.live.begin_anew()
        self.manifest = msgspec.structs.replace(self.manifest, state="recording", settled=False)

    def mark(self, arrival_ns: int, marker: bytes, fingerprint: bytes, live: Iterable[StreamId], *, pause: Pause = "none") -> None:
        """A marker of this take; kept when it says something new."""
        self._see(arrival_ns)
        self.note_pause(arrival_ns - self.origin_ns, pause)
        for stream_id in self.streams.keys() - set(live):
            stream = self.streams[stream_id]
            if stream.assembler.oldest_position() is None:
                self.mix.drop_idle(stream.log)
        if fingerprint != self._last_mark:
            self._last_mark = fingerprint
            self._newest_mark = [(arrival_ns, marker)]
            self._marks.append((arrival_ns, marker))

    def note_pause(self, since_ns: int, pause: Pause) -> None:
        """From `since_ns` of the take on nothing is recorded, and why, or something is."""
        if pause != (self._pauses[-1][1] if self._pauses else "none"):
            self._pauses.append((since_ns, pause))

    def withdraw(self, manifest: Manifest) -> None:
        """As this manifest has it: what is left of these tracks here is forgotten. Their voices leave the mix only when it is made anew."""
        self.manifest = msgspec.structs.replace(manifest, parts=self.manifest.parts)
        for stream_id, stream in list(self.streams.items()):
            if self._is_withdrawn(stream.log.peer, stream.log.source):
                self._forget_unwritten(stream.track, len(stream.track.unwritten))
                self.mix.drop(stream.log)
                self._sizes.pop(stream.log.source, None)
                self._numbers.pop(stream.track, None)
                del self.streams[stream_id]
        if self.mix_track.name.source != manifest.mix:
            self._forget_unwritten(self.mix_track, len(self.mix_track.unwritten))
            self.mix_track = Track(KeyName(manifest.take, "", manifest.mix), FrameLog())
        self.live.begin_anew()

    def add_packet(self, worker: str, marked: MarkedTrack, packet: Packet, *, arrival_ns: int, level: int, position: int) -> None:
        if self.manifest.withdrawn and self._is_withdrawn(marked.track.peer, marked.track.source):
            return
        self._see(arrival_ns)
        self._stream(worker, marked).assembler.add(packet, arrival_ns=arrival_ns, level=level, position=position)

    def add_report(self, worker: str, marked: MarkedTrack, report: SenderReport, *, arrival_ns: int, raw: bytes) -> None:
        if self._is_withdrawn(marked.track.peer, marked.track.source):
            return
        stream = self._stream(worker, marked)
        timestamp = stream.assembler.near_timestamp(report.timestamp)
        self._remember_report(stream, Report(arrival_ns - self.origin_ns, report.ntp_ns, timestamp))
        self._journal(stream.track, Entry(EntryKind.REPORT, 0, timestamp, arrival_ns, raw))

    def advance(self) -> None:
        """Take what is due from the assemblers, and mix what is old enough: by the newest arrival that was read here."""
        for stream in self.streams.values():
            self._collect(stream, self._read_until_ns)
        if self._ended:
            return
        until_ns = self._read_until_ns - self.origin_ns - DELAY_NS
        until_ns -= until_ns % MIX_STEP_NS
        self._mix_until(min(until_ns, max((self.mix.mixer.next_packet + MAX_MIXED_AT_ONCE) * 20_000_000, until_ns - MOST_UNMIXED_NS)))
        if self._unwritten_bytes > MAX_UNWRITTEN_BYTES:
            self._drop_unwritten()

    def collect_rest(self) -> None:
        """What still waits for repairs goes to the journal as it is."""
        for stream in self.streams.values():
            self._collect(stream, _FOREVER_NS)

    def oldest_position(self) -> int | None:
        """Ring position of the oldest packet that is not with the journal yet."""
        positions = [stream.assembler.oldest_position() for stream in self.streams.values()]
        return min((position for position in positions if position is not None), default=None)

    @property
    def wants_new_mix(self) -> bool:
        """Voices came too late for the one that was made while it ran, one was withdrawn, or two processes have made it: that is heard."""
        return self.mix.late_frames > 0 or self.mix_was_interrupted or self.manifest.mixing

    @property
    def has_unwritten(self) -> bool:
        return self._unwritten_bytes > 0

    def flush(self, now_ns: int) -> bool:
        """Write some of what waits. False while something still does: it could not be written, or it is too much for once."""
        if not self._backoff.is_due(now_ns):
            return False
        try:
            self._write()
        except (OSError, JournalError):
            self._backoff.failed(now_ns)
            return False
        self._backoff.succeeded()
        return not self.has_unwritten

    def sync(self) -> None:
        """May run in a thread."""
        for writer in self._writers:
            writer.sync()

    def end_part(self, after_ns: int) -> None:
        """What comes now goes into a new part, if this one is as old. Only when all that was written is synced."""
        if self._writers and self._read_until_ns - self._part_since_ns >= after_ns:
            self.close()
            self._marks[:0] = self._newest_mark  # each part tells by itself whose it is

    def leave(self) -> None:
        """All that was read of it is written, and synced, as if it went on. Raises OSError and JournalError."""
        self.live.end()
        self.collect_rest()
        while self.has_unwritten or self._marks:
            self._write()
        self.sync()
        self.close()

    def close(self) -> None:
        for writer in self._writers:
            writer.close()
        self._writers = []

    def finish(self, end_ns: int) -> tuple[Manifest, list[StoredIndex]]:
        """Everything that is still held goes to the journal; then `described`. Raises OSError or JournalError where it cannot
        be written; then call again later."""
        duration_ms = max((end_ns - self.origin_ns) // 1_000_000, 20)
        self.manifest = msgspec.structs.replace(self.manifest, duration_ms=duration_ms)
        self.collect_rest()
        self._mix_until(duration_ms * 1_000_000)
        self.live.end()
        self._write()
        while self.has_unwritten:
            self._write()
        self.sync()
        self._ended = True
        self.repaired_frames = 0
        return self.described()

    def described(self) -> tuple[Manifest, list[StoredIndex]]:
        """What its journal comes to, with final times, the face's film first. The caller stores it."""
        streams = [stream.log for stream in self.streams.values()]
        return describe(self.manifest, streams, self.mix_track.log, self._sizes, self._pauses)

    def restore_stream(self, stream_id: StreamId, name: KeyName, clock_rate_hz: int, resume: Resume | None) -> Stream:
        """For a track that an earlier process has journaled up to `resume`."""
        worker, handle = stream_id
        source: type[Assembler] = Vp8Assembler if name.source in PICTURES else OpusAssembler
        log = StreamLog(name.peer, name.source, clock_rate_hz)
        stream = Stream(log, source(resume), Track(name, log.frames, worker, handle, clock_rate_hz))
        self.streams[stream_id] = stream
        return stream

    def restore_frame(self, stream: Stream, frame: Frame, arrival_ns: int) -> None:
        """`arrival_ns` from the take's start. The caller has put the frame into the log."""
        if stream.log.source in PICTURES:
            self._note_size(stream.log.source, frame)
        elif not self._ended:
            self.mix.add_frame(stream.log, frame, arrival_ns)

    def restore_report(self, stream: Stream, report: Report) -> None:
        self._remember_report(stream, report)

    def _see(self, arrival_ns: int) -> None:
        if arrival_ns > self.last_seen_ns:
            self.last_seen_ns = arrival_ns
        if arrival_ns > self._read_until_ns:
            self._read_until_ns = arrival_ns

    def _stream(self, worker: str, marked: MarkedTrack) -> Stream:
        stream = self.streams.get((worker, marked.handle))
        if stream is None:
            name = KeyName(self.manifest.take, marked.track.peer, marked.track.source)
            stream = self.restore_stream((worker, marked.handle), name, marked.clock_rate_hz, None)
        return stream

    def _collect(self, stream: Stream, now_ns: int) -> None:
        for frame in stream.assembler.take(now_ns):
            self._journal(stream.track, entry_of(frame))
            self.restore_frame(stream, frame, frame.arrival_ns - self.origin_ns)
            self.live.add_frame(stream.log, frame, frame.arrival_ns - self.origin_ns)
            if self._ended:
                self.repaired_frames += 1
                self.mix.late_frames += stream.log.source in VOICES and (stream.log.source == "screen_sound" or is_loud(frame.level))

    def _remember_report(self, stream: Stream, report: Report) -> None:
        stream.log.reports.append(report)
        self.mix.add_report(stream.log.peer, report)
        self.live.add_report(stream.log.peer, report)

    def _note_size(self, source: str, frame: Frame) -> None:
        if frame.key and source not in self._sizes:
            width, height = vp8.key_size(frame.payload)
            if 0 < width <= MAX_EDGE_PIXELS and 0 < height <= MAX_EDGE_PIXELS:
                self._sizes[source] = width, height

    def _is_withdrawn(self, peer: str, source: str) -> bool:
        return any((track.peer, track.source) == (peer, source) for track in self.manifest.withdrawn)

    def _mix_until(self, until_ns: int) -> None:
        number = self.mix.mixer.next_packet
        while packets := self.mix.advance(until_ns):
            self.live.add_voices(number, packets)
            for packet in packets:
                arrival_ns = self.origin_ns + number * 20_000_000
                self._journal(self.mix_track, Entry(EntryKind.FRAME, number + 1, number * FRAME_SAMPLES, arrival_ns, packet, True))
                number += 1

    def _journal(self, track: Track, entry: Entry) -> None:
        track.unwritten.append(entry)
        self._unwritten_bytes += cost(entry)

    def _drop_unwritten(self) -> None:
        """The disk has been full for long, and this is a hole. Pictures go before voices."""
        if not self._dropping:
            _log.error("take %s drops what cannot be written", self.manifest.take)
        self._dropping = True
        for stream in self.streams.values():
            if isinstance(stream.assembler, Vp8Assembler):
                self._forget_unwritten(stream.track, len(stream.track.unwritten))
        if self._unwritten_bytes > MAX_UNWRITTEN_BYTES:
            for track in self._tracks():
                self._forget_unwritten(track, len(track.unwritten) // 2)

    def _forget_unwritten(self, track: Track, count: int) -> None:
        self._unwritten_bytes -= sum(map(cost, track.unwritten[:count]))
        del track.unwritten[:count]

    def _tracks(self) -> list[Track]:
        return [*(stream.track for stream in self.streams.values()), self.mix_track]

    def _write(self) -> None:
        try:
            writer = self._writer()
            for arrival_ns, marker in self._marks:
                writer.mark(arrival_ns, marker)
            handed = self._hand_over(writer)
            written = writer.flush()
        except (OSError, JournalError) as error:
            if not self._failing:
                _log.error("take %s journal not written: %s", self.manifest.take, error)
            self._failing = True
            with suppress(OSError):
                self.sync()  # what is whole in it may be let go by the ring when the next part is synced
            self.close()  # its tail may be torn: the next try opens a new part
            raise
        self._failing = self._dropping = False
        self._marks.clear()
        for place in written:
            self._remember_places(*handed[place.track], place)

    def _writer(self) -> PartWriter:
        if not self._writers:
            if len(self.manifest.parts) >= MAX_PARTS:
                raise JournalError("too many parts")
            writer, reference = self._open_part(self.manifest, self.origin_ns, self.boot)
            self.manifest = msgspec.structs.replace(self.manifest, parts=(*self.manifest.parts, reference))
            self._writers = [writer]
            self._part_since_ns = self._read_until_ns
            self._numbers = {}
        return self._writers[0]

    def _hand_over(self, writer: PartWriter) -> dict[int, tuple[Track, list[Entry]]]:
        """Hands about BATCH_BYTES of each track to the writer; what that is, by the track's number in its part."""
        handed: dict[int, tuple[Track, list[Entry]]] = {}
        for track in self._tracks():
            if not track.unwritten:
                continue
            number = self._numbers.get(track)
            if number is None:
                cipher = self._keys.find_or_make(track.name)
                number = writer.declare(track.name, cipher, worker=track.worker, handle=track.handle, clock_rate_hz=track.clock_rate_hz)
                self._numbers[track] = number
            entries = first_bytes(track.unwritten, BATCH_BYTES)
            for entry in entries:
                writer.add(number, entry)
            handed[number] = track, entries
        return handed

    def _remember_places(self, track: Track, entries: list[Entry], place: Written) -> None:
        frames = [entry for entry in entries if entry.kind is EntryKind.FRAME]
        part = len(self.manifest.parts) - 1
        for entry, payload in zip(frames, place.payloads, strict=True):
            track.log.append(entry, entry.arrival_ns - self.origin_ns, part=part, record=place.record, payload=payload)
        self._forget_unwritten(track, len(entries))
