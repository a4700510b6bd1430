"""All takes that run now: markers and packets in, takes out. The loop of `recorder.main` drives it.

Order of durability: records are written, then synced, and only then does the ring forget. A take ends by its marker, or
when its markers have been gone for MARKER_GONE_NS.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from pathlib import Path

import msgspec

from recorder.control import Take
from recorder.files import make_folder, replace_file, safe_name
from recorder.index import StoredIndex, save_index
from recorder.intake import Intake, fingerprint, parse_marker
from recorder.journal import JournalError, JournalMark, PartWriter
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest, PartRef, index_path, load_manifests, save_manifest
from recorder.recover import restore
from recorder.rtp import RtpError, parse_packet, parse_report
from recorder.running import RunningTake
from recorder.take import Library
from recorder.webm import LayoutError
from server.media.ring import Kind, Marker, Record

MARKER_GONE_NS = 10_000_000_000
JOURNALS_FOLDER = "journals"
_PART_COUNTER = "last_part"
_log = logging.getLogger(__name__)


class Recording:
    def __init__(self, data: Path, keys: KeyStore, library: Library, announce: Callable[[Take], None]) -> None:
        self._data = data
        self._keys = keys
        self._library = library
        self._announce = announce
        self._intake = Intake()
        self._running: dict[str, RunningTake] = {}  # by room
        make_folder(data)

    def restore(self) -> None:
        """Read every manifest; takes that were being recorded go on until their marker says otherwise."""
        manifests, unreadable = load_manifests(self._data)
        for path in unreadable:
            _log.error("unreadable manifest %s", path.name)
        marks: list[JournalMark] = []
        for manifest in manifests:
            self._library.put(manifest)
            if manifest.state == "recording":
                marks.extend(self._restore_take(manifest))
        for mark in sorted(marks, key=lambda mark: mark.arrival_ns):
            marker = parse_marker(bytes(mark.marker))
            if marker is not None:
                self._intake.apply(marker)

    def accept(self, record: Record, position: int) -> None:
        """One record of the ring; `position` is where it began."""
        if record.kind is Kind.MARKER:
            marker = parse_marker(record.payload)
            if marker is None:
                _log.warning("unreadable marker")
                return
            self._apply(marker, record, position)
            return
        admitted = self._intake.admit(record.track)
        take = self._running.get(admitted.room) if admitted is not None else None
        if admitted is None or take is None or take.manifest.take != admitted.take:
            return
        try:
            if record.kind is Kind.RTP:
                packet = parse_packet(record.payload)
                take.add_packet(
                    admitted.worker, admitted.marked, packet, arrival_ns=record.arrival_ns, level=record.level, position=position
                )
            elif record.kind is Kind.SENDER_REPORT:
                report = parse_report(record.payload)
                take.add_report(admitted.worker, admitted.marked, report, arrival_ns=record.arrival_ns, raw=record.payload)
        except RtpError:
            return

    def advance(self) -> None:
        for take in self._running.values():
            take.advance()

    def close_abandoned(self, now_ns: int, position: int) -> None:
        """`now_ns` is the real time: call it only when the ring has been read to its end."""
        for room, take in list(self._running.items()):
            if abs(now_ns - take.last_seen_ns) > MARKER_GONE_NS:  # far in the future: seen before a reboot
                _log.warning("take %s has no marker any more", take.manifest.take)
                self._finish(room, take.last_seen_ns, position)

    def flush(self, position: int) -> tuple[int, list[RunningTake]]:
        """Write what is due. Returns the ring position behind which nothing is needed any more, once these are synced."""
        safe = position
        written: list[RunningTake] = []
        for take in self._running.values():
            oldest = take.oldest_position()
            if oldest is not None:
                safe = min(safe, oldest)
        for take in self._running.values():
            if take.flush(safe):
                written.append(take)
            else:
                safe = 0
        return safe, written

    def close(self) -> None:
        for take in self._running.values():
            take.close()

    def _apply(self, marker: Marker, record: Record, position: int) -> None:
        running = self._running.get(marker.room)
        if running is not None and running.manifest.take != marker.take:
            self._finish(marker.room, record.arrival_ns, position)
        if marker.take is not None and not self._is_past(marker, marker.take):
            take = self._running.get(marker.room) or self._begin(marker, marker.take, record.arrival_ns)
            if record.arrival_ns < take.origin_ns:
                self._place_by_wall_clock(take, marker, record.arrival_ns)  # the machine has been started anew
            take.mark(record.arrival_ns, record.payload, fingerprint(marker))
        self._intake.apply(marker)

    def _is_past(self, marker: Marker, name: str) -> bool:
        """Read from the ring a second time, after a restart: the take has been finished since."""
        known = self._library.find(name)
        return known is not None and known.state == "ready" and marker.wall_ms <= known.started_ms + known.duration_ms

    def _begin(self, marker: Marker, name: str, arrival_ns: int) -> RunningTake:
        known = self._library.find(name)
        if known is not None:
            _log.info("take %s goes on", name)
            take = self._resume(msgspec.structs.replace(known, state="recording"), marker, arrival_ns)
        else:
            _log.info("take %s begins in room %s", name, marker.room)
            manifest = Manifest(take=name, room=marker.room, teacher=marker.teacher or "", state="recording", started_ms=marker.wall_ms)
            take = RunningTake(manifest, arrival_ns, self._keys, self._open_part)
            self._store(manifest)
        self._running[marker.room] = take
        return take

    def _restore_take(self, manifest: Manifest) -> list[JournalMark]:
        """The last marker that the take's journal has, if any."""
        if not manifest.parts:  # died between the manifest and the first part
            self._store(msgspec.structs.replace(manifest, state="failed"))
            return []
        take, mark = restore(manifest, self._data, self._keys, self._open_part)
        _log.info("take %s found unfinished", manifest.take)
        self._running[manifest.room] = take
        return [mark] if mark is not None else []

    def _resume(self, manifest: Manifest, marker: Marker, arrival_ns: int) -> RunningTake:
        take, _ = restore(manifest, self._data, self._keys, self._open_part)
        if not manifest.parts:
            self._place_by_wall_clock(take, marker, arrival_ns)
        self._store(take.manifest)
        return take

    @staticmethod
    def _place_by_wall_clock(take: RunningTake, marker: Marker, arrival_ns: int) -> None:
        """Nothing on the monotonic clock ties this marker to the take's start."""
        take.origin_ns = arrival_ns - (marker.wall_ms - take.manifest.started_ms) * 1_000_000
        take.last_seen_ns = arrival_ns

    def _finish(self, room: str, end_ns: int, position: int) -> None:
        take = self._running.pop(room)
        try:
            manifest, index = take.finish(end_ns, position)
            self._store(self._publish(manifest, index))
            if take.manifest.index not in ("", index_path(manifest.take, index.version())):
                (self._data / take.manifest.index).unlink(missing_ok=True)
        except (OSError, JournalError, LayoutError) as error:
            _log.error("take %s failed: %s", take.manifest.take, type(error).__name__)
            self._store(msgspec.structs.replace(take.manifest, state="failed"))
        finally:
            take.close()

    def _publish(self, manifest: Manifest, index: StoredIndex) -> Manifest:
        size = index.layout_of().size
        version = index.version()
        path = index_path(manifest.take, version)
        save_index(self._data / path, index, self._keys.find_or_make(KeyName(manifest.take, "", "index")))
        _log.info("take %s is ready: %d ms, %d bytes", manifest.take, manifest.duration_ms, size)
        return msgspec.structs.replace(manifest, state="ready", version=version, index=path, size_bytes=size)

    def _store(self, manifest: Manifest) -> None:
        save_manifest(self._data, manifest)
        self._library.put(manifest)
        self._announce(manifest.as_take())

    def _open_part(self, manifest: Manifest, origin_ns: int) -> tuple[PartWriter, PartRef]:
        number = self._next_part()
        path = f"{JOURNALS_FOLDER}/{safe_name(manifest.room)}/{number:08x}.journal"
        make_folder((self._data / path).parent)
        writer = PartWriter(self._data / path, number)
        reference = PartRef(part=number, path=path, origin_ns=origin_ns)
        save_manifest(self._data, msgspec.structs.replace(manifest, parts=(*manifest.parts, reference)))
        return writer, reference

    def _next_part(self) -> int:
        """Never given out before, also not by a recorder that died at once: the counter is durable first."""
        counter = self._data / _PART_COUNTER
        last = int(counter.read_text()) if counter.is_file() else 0
        found = [int(path.stem, 16) for path in (self._data / JOURNALS_FOLDER).glob("*/*.journal")] if not last else []
        number = max([last, *found]) + 1
        replace_file(counter, str(number).encode())
        return number
