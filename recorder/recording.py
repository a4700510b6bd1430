"""All takes that run now: markers and packets in, takes out. The loop of `recorder.main` drives it.

Order of durability: records are written, then synced, and only then does the ring forget. A take ends by its marker, or
when its markers have been gone for MARKER_GONE_NS; it is published at once, and for SETTLE_NS repairs may still come.
A disk that is full delays it, and an error in one take is no other's.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from recorder.afterwards import Afterwards
from recorder.backoff import Backoff
from recorder.control import StorageState, Take
from recorder.deletion import delete_take, unknown, wish_of
from recorder.files import make_folder, replace_file, safe_name
from recorder.holes import Pause
from recorder.intake import Admitted, Intake, fingerprint, parse_marker
from recorder.journal import JournalError, JournalMark, PartWriter
from recorder.keys import KeyStore
from recorder.manifest import JOURNALS_FOLDER, Manifest, PartRef, load_manifests, save_manifest
from recorder.publish import publish
from recorder.recover import restore
from recorder.rtp import RtpError, parse_packet, parse_report
from recorder.running import RunningTake
from recorder.take import Library
from recorder.withdrawal import destroy_withdrawn, withdraw_tracks
from server.media.control import Source
from server.media.ring import Kind, Marker, Record

MARKER_GONE_NS = 10_000_000_000
LONGEST_WAIT_NS = 30_000_000_000
SETTLE_NS = 6_000_000_000
_PART_COUNTER = "last_part"
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Ending:
    """A take that is over but could not be stored yet."""

    take: RunningTake
    end_ns: int
    backoff: Backoff = field(default_factory=lambda: Backoff(LONGEST_WAIT_NS))


@dataclass(slots=True)
class _Settling:
    """A take that is published and may still get repairs until then."""

    take: RunningTake
    until_ns: int


class Recording:
    """`boot` names the machine's monotonic clock: it is another one after each start of the machine."""

    def __init__(self, data: Path, keys: KeyStore, library: Library, announce: Callable[[Take], None], boot: str = "unknown") -> None:
        self._data = data
        self._keys = keys
        self._library = library
        self._announce = announce
        self._boot = boot
        self._intake = Intake()
        self._running: dict[str, RunningTake] = {}  # by room
        self._ending: dict[str, _Ending] = {}  # by take
        self._settling: dict[str, _Settling] = {}  # by take
        self._set_aside: set[str] = set()  # takes that an unforeseen error has ended
        self._storage: StorageState = "fine"
        self.afterwards = Afterwards(data, keys, library, self._show, self._next_part)
        make_folder(data)

    def restore(self) -> None:
        """Read every manifest; takes that were being recorded go on until their marker says otherwise."""
        manifests, unreadable = load_manifests(self._data)
        for path in unreadable:
            _log.error("unreadable manifest %s", path.name)
        marks: list[JournalMark] = []
        for manifest in sorted(manifests, key=lambda manifest: manifest.parts[-1].part if manifest.parts else 0):
            self._library.put(manifest)
            if manifest.state == "deleted":
                self._restore_deleted(manifest)
                continue
            with suppress(OSError):
                destroy_withdrawn(self._data, self._keys, manifest)
            if manifest.state == "ready":
                if not manifest.settled or manifest.mixing:
                    self.afterwards.want(manifest.take)
            elif manifest.state == "recording" and not manifest.parts:  # died between the manifest and the first part
                self._store(msgspec.structs.replace(manifest, state="failed"))
            elif manifest.parts:
                marks.extend(self._restore_take(msgspec.structs.replace(manifest, state="recording")))
        for mark in sorted(marks, key=lambda mark: mark.arrival_ns):
            marker = parse_marker(bytes(mark.marker))
            if marker is not None:
                self._intake.apply(marker)

    def delete(self, name: str) -> bool:
        """Destroy a take whatever it is doing. False when the disk does not let us: nothing is served, and it must be asked again."""
        manifest = self._stop(name) or self._library.find(name) or unknown(name)
        self._set_aside.add(name)
        self._library.put(wish_of(manifest))
        try:
            self._library.put(delete_take(self._data, self._keys, manifest))
        except OSError as error:
            _log.error("take %s not deleted yet: %s", name, error)
            return False
        _log.info("take %s deleted", name)
        return True

    def withdraw(self, name: str, peer: str, sources: tuple[Source, ...]) -> bool:
        """Destroy the keys of these tracks and of what was made from them. False when the disk does not let us."""
        takes = [take for take in self._open_takes() if take.manifest.take == name]
        manifest = takes[0].manifest if takes else self._library.find(name)
        if manifest is None or manifest.state == "deleted":
            return True
        self.afterwards.stop(name)
        try:
            wished = withdraw_tracks(self._data, self._keys, manifest, peer, sources)
        except OSError as error:
            _log.error("tracks of take %s not withdrawn yet: %s", name, error)
            return False
        for take in takes:
            take.withdraw(wished)
        self._show(wished)
        if wished.state == "ready":
            self._settled(name)
            self.afterwards.want(name)
        _log.info("take %s: %d tracks withdrawn", name, len(sources))
        return True

    def watch(self, name: str) -> AsyncGenerator[bytes, None]:
        """The take that runs, as it comes. Raises `ReadRefused` where none of this name runs."""
        raise NotImplementedError

    def note_space(self, state: StorageState, now_ns: int) -> None:
        """While the disk is `full` nothing of a running take is written; its end still is."""
        self._storage = state
        for take in self._running.values():
            take.note_pause(now_ns - take.origin_ns, "full" if state == "full" else "none")

    def accept(self, record: Record, position: int) -> None:
        """One record of the ring; `position` is where it began."""
        if record.kind is Kind.MARKER:
            marker = parse_marker(record.payload)
            if marker is None:
                _log.warning("unreadable marker")
                return
            with self._boundary(marker.room, marker.take):
                self._apply(marker, record)
            return
        admitted = self._intake.admit(record.track)
        if admitted is None:
            return
        take = self._running.get(admitted.room)
        if take is None or take.manifest.take != admitted.take:
            settling = self._settling.get(admitted.take)
            if settling is None:
                return
            take = settling.take
        with self._boundary(admitted.room):
            _add(take, admitted, record, position)

    def forget_handles(self) -> None:
        """Markers may have been lost: what comes now is of nobody until the next marker of its room."""
        self._intake.forget()

    def advance(self) -> None:
        for room, take in list(self._running.items()):
            with self._boundary(room):
                take.advance()
        for settling in self._settling.values():
            settling.take.advance()

    def close_abandoned(self, now_ns: int) -> None:
        """`now_ns` is the real time: call it only when the ring has been read to its end."""
        for room, take in list(self._running.items()):
            if take.boot != self._boot or now_ns - take.last_seen_ns > MARKER_GONE_NS:
                _log.warning("take %s has no marker any more", take.manifest.take)
                self._finish(room, take.last_seen_ns)

    def end_waiting(self, now_ns: int) -> None:
        """Try again to store the takes that could not be; as `close_abandoned`, at the end of the ring."""
        for ending in list(self._ending.values()):
            if ending.backoff.is_due(now_ns) and not self._try_to_end(ending):
                ending.backoff.failed(now_ns)

    def end_settling(self, now_ns: int) -> None:
        """Publish what repairs have brought; as `close_abandoned`, at the end of the ring."""
        for name, settling in list(self._settling.items()):
            take = settling.take
            if now_ns < settling.until_ns or take.has_unwritten:
                continue
            self._settled(name)
            manifest = msgspec.structs.replace(take.manifest, mixing=take.wants_new_mix, settled=not take.repaired_frames)
            self._store(manifest)
            if not manifest.settled or manifest.mixing:
                self.afterwards.want(name)

    def flush(self, position: int, now_ns: int = 0) -> tuple[int, list[RunningTake]]:
        """Write what is due. Returns the ring position behind which nothing is needed any more, once these are synced."""
        safe = position
        for take in self._running.values():
            oldest = take.oldest_position()
            if oldest is not None:
                safe = min(safe, oldest)
        for room, take in list(self._running.items()):
            with self._boundary(room):
                if self._storage == "full" or not take.flush(now_ns):
                    safe = 0
                if take.wants_new_mix and not take.manifest.mixing:
                    take.manifest = msgspec.structs.replace(take.manifest, mixing=True)
                    self._store(take.manifest)
        for settling in self._settling.values():
            settling.take.flush(now_ns)
        if any(ending.take.has_unwritten for ending in self._ending.values()):
            safe = 0
        return safe, [*self._running.values(), *(settling.take for settling in self._settling.values())]

    def close(self) -> None:
        for take in self._open_takes():
            take.close()

    @contextmanager
    def _boundary(self, room: str, begins: str | None = None) -> Iterator[None]:
        """An error that nobody has foreseen costs the take of its room, and no other."""
        try:
            yield
        except Exception:  # noqa: BLE001 -- task boundary of one room
            _log.exception("room %s: its take is set aside", room)
            if begins is not None:
                self._set_aside.add(begins)
            take = self._running.pop(room, None)
            if take is not None:
                self._give_up(take)

    def _apply(self, marker: Marker, record: Record) -> None:
        running = self._running.get(marker.room)
        if running is not None and running.manifest.take != marker.take:
            self._leave(running, marker, record)
        if marker.take is not None and marker.take not in self._set_aside and not self._is_past(marker.take, record.arrival_ns):
            take = self._running.get(marker.room) or self._begin(marker, marker.take, record.arrival_ns)
            if take.boot != self._boot:
                self._place_by_wall_clock(take, marker, record.arrival_ns)
            live = [(marker.worker, marked.handle) for marked in marker.live]
            pause: Pause = "full" if self._storage == "full" else "none" if marker.allowed else "held"
            take.mark(record.arrival_ns, record.payload, fingerprint(marker), live, pause=pause)
        self._intake.apply(marker)

    def _leave(self, take: RunningTake, marker: Marker, record: Record) -> None:
        """The room's marker does not name this take."""
        if take.boot != self._boot:
            self._finish(marker.room, take.last_seen_ns)
        elif record.arrival_ns >= take.origin_ns:
            take.mark(record.arrival_ns, record.payload, fingerprint(marker), ())
            self._finish(marker.room, record.arrival_ns)
        else:  # a marker of the take before it, read a second time after a restart
            self._ending[take.manifest.take] = _Ending(self._running.pop(marker.room), take.last_seen_ns)

    def _is_past(self, name: str, arrival_ns: int) -> bool:
        """Read from the ring a second time, after a restart: the take has been finished since."""
        known = self._library.find(name)
        last = known.last_media_part() if known is not None else None
        if known is None or known.state != "ready" or last is None or last.boot != self._boot:
            return False
        return (arrival_ns - last.origin_ns) // 1_000_000 <= known.duration_ms

    def _begin(self, marker: Marker, name: str, arrival_ns: int) -> RunningTake:
        known = self._library.find(name)
        waiting = self._ending.pop(name, None) or self._settling.pop(name, None)
        self.afterwards.stop(name)
        if waiting is not None:
            _log.info("take %s goes on", name)
            take = waiting.take
            take.go_on()
            if isinstance(waiting, _Settling):
                self._store(take.manifest)
        elif known is not None:
            _log.info("take %s goes on", name)
            take, _ = restore(msgspec.structs.replace(known, state="recording"), self._data, self._keys, self._open_part)
            self._store(take.manifest)
        else:
            _log.info("take %s begins in room %s", name, marker.room)
            manifest = Manifest(take=name, room=marker.room, teacher=marker.teacher or "", state="recording", started_ms=marker.wall_ms)
            take = RunningTake(manifest, arrival_ns, self._keys, self._open_part, self._boot)
            self._store(manifest)
        self._running[marker.room] = take
        return take

    def _restore_deleted(self, manifest: Manifest) -> None:
        self._set_aside.add(manifest.take)
        if manifest.parts:  # died while deleting it
            self.delete(manifest.take)

    def _stop(self, name: str) -> Manifest | None:
        """Forget a take that runs or waits for its end."""
        self.afterwards.stop(name)
        ending = self._ending.pop(name, None)
        settling = self._settling.pop(name, None)
        takes = [each.take for each in (ending, settling) if each is not None]
        for room, take in list(self._running.items()):
            if take.manifest.take == name:
                takes.append(self._running.pop(room))
        for take in takes:
            with suppress(OSError):
                take.close()
        return takes[0].manifest if takes else None

    def _restore_take(self, manifest: Manifest) -> list[JournalMark]:
        """The last marker that the take's journal has, if any, and if its handles may still be live."""
        try:
            take, mark = restore(manifest, self._data, self._keys, self._open_part)
        except Exception:  # noqa: BLE001 -- task boundary of one take
            _log.exception("take %s cannot be restored", manifest.take)
            self._set_aside.add(manifest.take)
            self._store(msgspec.structs.replace(manifest, state="failed"))
            return []
        _log.info("take %s found unfinished", manifest.take)
        self._library.put(manifest)
        earlier = self._running.get(manifest.room)
        if earlier is not None:
            self._ending[earlier.manifest.take] = _Ending(earlier, earlier.last_seen_ns)
        self._running[manifest.room] = take
        return [mark] if mark is not None and take.boot == self._boot else []

    def _place_by_wall_clock(self, take: RunningTake, marker: Marker, arrival_ns: int) -> None:
        """Nothing on the monotonic clock ties this marker to the take's start. Never over what is there already."""
        elapsed_ns = max((marker.wall_ms - take.manifest.started_ms) * 1_000_000, take.last_seen_ns - take.origin_ns)
        take.place(arrival_ns - elapsed_ns, arrival_ns, self._boot)

    def _finish(self, room: str, end_ns: int) -> None:
        ending = _Ending(self._running.pop(room), end_ns)
        if not self._try_to_end(ending):
            self._ending[ending.take.manifest.take] = ending

    def _try_to_end(self, ending: _Ending) -> bool:
        """False if it must be tried again: until then the take counts as being recorded."""
        take = ending.take
        name = take.manifest.take
        try:
            take.manifest = manifest = publish(self._data, self._keys, *take.finish(ending.end_ns))
        except (OSError, JournalError) as error:
            if name not in self._ending:
                _log.error("take %s cannot be stored yet: %s", name, error)
            return False
        except Exception:  # noqa: BLE001 -- `LayoutError`, or a task boundary as above
            _log.exception("take %s failed", name)
            self._ending.pop(name, None)
            self._give_up(take)
            return True
        self._ending.pop(name, None)
        self._settling[name] = _Settling(take, ending.end_ns + SETTLE_NS)
        self._show(manifest)
        _log.info("take %s is ready: %d ms, %d bytes", name, manifest.duration_ms, manifest.size_bytes)
        return True

    def _settled(self, name: str) -> None:
        settling = self._settling.pop(name, None)
        if settling is not None:
            settling.take.close()

    def _open_takes(self) -> list[RunningTake]:
        ending = [each.take for each in self._ending.values()]
        return [*self._running.values(), *ending, *(each.take for each in self._settling.values())]

    def _give_up(self, take: RunningTake) -> None:
        self._set_aside.add(take.manifest.take)
        with suppress(OSError):
            take.close()
        self._store(msgspec.structs.replace(take.manifest, state="failed"))

    def _store(self, manifest: Manifest) -> None:
        """Where the disk is full: a take that runs stores its manifest again with each part, one that failed is found again."""
        try:
            save_manifest(self._data, manifest)
        except OSError as error:
            _log.error("manifest of take %s not written: %s", manifest.take, error)
        self._show(manifest)

    def _show(self, manifest: Manifest) -> None:
        self._library.put(manifest)
        self._announce(manifest.as_take())

    def _open_part(self, manifest: Manifest, origin_ns: int, boot: str) -> tuple[PartWriter, PartRef]:
        number = self._next_part()
        path = f"{JOURNALS_FOLDER}/{safe_name(manifest.room)}/{number:08x}.journal"
        writer = PartWriter(self._data / path, number)
        reference = PartRef(part=number, path=path, origin_ns=origin_ns, boot=boot)
        try:
            save_manifest(self._data, msgspec.structs.replace(manifest, parts=(*manifest.parts, reference)))
        except OSError:
            writer.close()
            writer.path.unlink(missing_ok=True)
            raise
        return writer, reference

    def _next_part(self) -> int:
        """Never given out before, also not by a recorder that died at once: the counter is durable first."""
        counter = self._data / _PART_COUNTER
        last = int(counter.read_text()) if counter.is_file() else 0
        found = [int(path.stem, 16) for path in (self._data / JOURNALS_FOLDER).glob("*/*.journal")] if not last else []
        number = max([last, *found]) + 1
        replace_file(counter, str(number).encode())
        return number


def _add(take: RunningTake, admitted: Admitted, record: Record, position: int) -> None:
    try:
        if record.kind is Kind.RTP:
            packet = parse_packet(record.payload)
            take.add_packet(admitted.worker, admitted.marked, packet, arrival_ns=record.arrival_ns, level=record.level, position=position)
        elif record.kind is Kind.SENDER_REPORT:
            report = parse_report(record.payload)
            take.add_report(admitted.worker, admitted.marked, report, arrival_ns=record.arrival_ns, raw=record.payload)
    except RtpError:
        return
