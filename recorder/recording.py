"""All takes that run now: markers and packets in, takes out. The loop of `recorder.main` drives it.

Order of durability: records are written, then synced, and only then does the ring forget. A take ends by its marker, or
when its markers have been gone for MARKER_GONE_NS; what becomes of it then is for `recorder.ends` and `recorder.afterwards`.
A disk that is full delays it, and an error in one take is no other's.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec

from recorder.afterwards import Afterwards
from recorder.control import AdoptRoom, StorageState, Take
from recorder.deletion import delete_take, unknown, wish_of
from recorder.ends import Ends, Told
from recorder.feeding import add_record, may_be_let_go
from recorder.files import make_folder
from recorder.held import Held
from recorder.holes import Pause
from recorder.intake import Intake, fingerprint, parse_marker
from recorder.journal import JournalError, JournalMark
from recorder.keys import KeyStore
from recorder.manifest import Manifest, load_manifests, save_manifest
from recorder.parts import Parts
from recorder.recover import restore
from recorder.running import RunningTake
from recorder.take import Library
from recorder.withdrawal import destroy_withdrawn, withdraw_tracks, without_tracks
from server.media.control import Source
from server.media.ring import Kind, Marker, Record

MARKER_GONE_NS = 10_000_000_000
ADOPTED_NS = 30_000_000_000  # a room that has come here states itself when its people are let in
_log = logging.getLogger(__name__)


class Recording:
    """`boot` names the machine's monotonic clock: it is another one after each start of the machine."""

    def __init__(self, data: Path, keys: KeyStore, library: Library, announce: Callable[[Take], None], boot: str = "unknown") -> None:
        self._data = data
        self._keys = keys
        self._library = library
        self._announce = announce
        self._boot = boot
        self._intake = Intake()
        self._storage: StorageState = "fine"
        self._sheds_pictures = False
        self._parts = Parts(data)
        self._ends = Ends(data, keys, Told(self._show, self._give_up, self._settled))
        self.held = Held(library, self._ends, boot)
        self._running = self.held.running
        self.afterwards = Afterwards(data, keys, library, self._show, self._parts)
        make_folder(data)

    def restore(self) -> None:
        """Read every manifest; takes that were being recorded go on until their marker says otherwise."""
        manifests, unreadable = load_manifests(self._data)
        for path in unreadable:
            _log.error("unreadable manifest %s", path.name)
        marks: list[JournalMark] = []
        for manifest in sorted(manifests, key=lambda manifest: manifest.started_ms):
            if self._take_up(manifest):
                with self._restoring(manifest):
                    marks += self._place_restored(*self._restored(manifest))
        for mark in sorted(marks, key=lambda mark: mark.arrival_ns):
            marker = parse_marker(bytes(mark.marker))
            if marker is not None:
                self._intake.apply(marker)

    async def adopt(self, asked: AdoptRoom, now_ns: int) -> bool:
        """What ran on another machine goes on with the next marker here. False where a manifest cannot be read."""
        self.held.released.add(asked.room)  # nothing begins while its files are read
        manifests, unreadable = load_manifests(self._data)
        for found in sorted((each for each in manifests if each.room == asked.room), key=lambda manifest: manifest.started_ms):
            manifest = found.without_lost(self._data) if asked.whole and found.state != "deleted" else found
            for peer, sources in self.held.unseen.pop(manifest.take, ()):
                manifest = without_tracks(manifest, peer, sources)
            if manifest != found:
                self._store(manifest)
            if self.held.of(manifest.take) or manifest.take in asked.late:
                self._complete(manifest)
            elif found != self._library.find(manifest.take) and self._take_up(manifest):
                with self._restoring(manifest):
                    take, mark = await asyncio.to_thread(self._restored, manifest)
                    take.waits_until_ns = now_ns + ADOPTED_NS
                    self._place_restored(take, mark)
            if manifest.state != "deleted":
                self._show(self._library.find(manifest.take) or manifest)
        self.held.released.discard(asked.room)
        return not unreadable

    def release(self, room: str) -> bool:
        """Another machine has it, or will: all that was read of it is written and left as a kill would leave it, and nothing more of
        it is taken in. False where the disk refuses that."""
        self.held.released.add(room)
        try:
            for take in self.held.all():
                if take.manifest.room == room:
                    take.leave()
                    self.held.stop(take.manifest.take)
        except (OSError, JournalError) as error:
            _log.error("room %s not let go yet: %s", room, error)
            return False
        for name in self._library.forget(room):
            self.afterwards.stop(name)
        _log.info("room %s let go", room)
        return True

    def delete(self, name: str) -> bool:
        """Destroy a take whatever it is doing. False when the disk does not let us: nothing is served, and it must be asked again."""
        self.afterwards.stop(name)
        manifest = self.held.stop(name) or self._library.find(name) or unknown(name)
        self.held.set_aside.add(name)
        self._intake.forget_take(name)
        self._library.put(wish_of(manifest))
        try:
            self._library.put(delete_take(self._data, self._keys, manifest))
        except OSError as error:
            _log.error("take %s not deleted yet: %s", name, error)
            return False
        _log.info("take %s deleted", name)
        return True

    def withdraw(self, name: str, peer: str, sources: tuple[Source, ...]) -> bool:
        """Destroy the keys of these tracks and of what was made from them. False when the disk does not let us: nothing of them
        is served or taken in, and it must be asked again."""
        takes = self.held.of(name)
        manifest = takes[0].manifest if takes else self._library.find(name)
        if manifest is None:
            self.held.unseen.setdefault(name, []).append((peer, sources))
        if manifest is None or manifest.state == "deleted":
            return True
        wished = without_tracks(manifest, peer, sources)
        if wished != manifest:
            self.afterwards.stop(name)
            for take in takes:
                take.withdraw(wished)
            self._show(wished)
        try:
            withdraw_tracks(self._data, self._keys, wished)
        except OSError as error:
            _log.error("tracks of take %s not withdrawn yet: %s", name, error)
            return False
        if wished.state == "ready" and not takes:
            self.afterwards.want(name)
        _log.info("take %s: %d tracks withdrawn", name, len(sources))
        return True

    def note_space(self, state: StorageState, now_ns: int) -> None:
        """While the disk is `full` nothing of a running take is written; its end still is."""
        self._storage = state
        for take in self._running.values():
            take.note_pause(now_ns - take.origin_ns, "full" if state == "full" else "none")

    def shed_pictures(self, on: bool) -> None:
        """While the ring fills faster than it is read, packets of pictures are let go, so that no voice is overwritten unread."""
        self._sheds_pictures = on
        _log.warning("pictures are %s", "let go: the ring fills faster than it is read" if on else "recorded again")

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
        if admitted is None or (self._sheds_pictures and may_be_let_go(admitted, record)):
            return
        take = self._running.get(admitted.room)
        if take is not None and take.manifest.take == admitted.take:
            try:
                add_record(take, admitted, record, position)
            except Exception:  # entered only then: a boundary for each packet costs as much as the packet
                with self._boundary(admitted.room):
                    raise
            return
        settling = self._ends.find_settling(admitted.take)
        if settling is not None:
            with self._boundary_of_repairs(settling):
                add_record(settling, admitted, record, position)

    def forget_handles(self) -> None:
        """Markers may have been lost: what comes now is of nobody until the next marker of its room."""
        self._intake.forget()

    def advance(self) -> None:
        for room, take in list(self._running.items()):
            with self._boundary(room):
                take.advance()
        for take in self._ends.settling:
            with self._boundary_of_repairs(take):
                take.advance()

    def close_abandoned(self, now_ns: int) -> None:
        """`now_ns` is the real time: call it only when the ring has been read to its end."""
        for room, take in list(self._running.items()):
            if now_ns < take.waits_until_ns:
                continue
            if take.boot != self._boot or now_ns - take.last_seen_ns > MARKER_GONE_NS:
                _log.warning("take %s has no marker any more", take.manifest.take)
                self._finish(room, take.last_seen_ns)

    def end_waiting(self, now_ns: int) -> None:
        """Store what could not be, and publish what repairs have brought; as `close_abandoned`, at the end of the ring."""
        self._ends.try_again(now_ns)
        self._ends.settle(now_ns)

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
                self._note_mixing(take)
        for take in self._ends.settling:
            with self._boundary_of_repairs(take):
                if not take.flush(now_ns):
                    safe = 0
                self._note_mixing(take)
        if self._ends.has_unwritten:
            safe = 0
        return safe, [*self._running.values(), *self._ends.settling]

    def close(self) -> None:
        for take in self.held.all():
            take.close()

    def _note_mixing(self, take: RunningTake) -> None:
        if take.wants_new_mix and not take.manifest.mixing:
            take.manifest = msgspec.structs.replace(take.manifest, mixing=True)
            self._store(take.manifest)

    @contextmanager
    def _boundary(self, room: str, begins: str | None = None) -> Iterator[None]:
        """An error that nobody has foreseen costs the take of its room, and no other."""
        try:
            yield
        except Exception:  # noqa: BLE001 -- task boundary of one room
            _log.exception("room %s: its take is set aside", room)
            if begins is not None:
                self.held.set_aside.add(begins)
            take = self._running.pop(room, None)
            if take is not None:
                self._give_up(take)

    @contextmanager
    def _boundary_of_repairs(self, take: RunningTake) -> Iterator[None]:
        """As `_boundary`, of a take that is published: it is built anew from what its journal has."""
        try:
            yield
        except Exception:  # noqa: BLE001 -- task boundary of one take
            _log.exception("take %s: nothing more is repaired", take.manifest.take)
            self._ends.take_back(take.manifest.take)
            with suppress(OSError):
                take.close()
            self._settled(msgspec.structs.replace(take.manifest, mixing=take.wants_new_mix, settled=False))

    def _apply(self, marker: Marker, record: Record) -> None:
        running = self._running.get(marker.room)
        if running is not None and running.manifest.take != marker.take:
            with self._boundary(marker.room):
                self._leave(running, marker, record)
        if marker.take is not None and self.held.is_wanted(marker.room, marker.take, record.arrival_ns):
            take = self._running.get(marker.room) or self._begin(marker, marker.take, record.arrival_ns)
            if take.boot != self._boot:
                take.place(marker.wall_ms, record.arrival_ns, self._boot)
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
            self._ends.put_off(self._running.pop(marker.room))

    def _begin(self, marker: Marker, name: str, arrival_ns: int) -> RunningTake:
        known = self._library.find(name)
        take = self._ends.take_back(name)
        self.afterwards.stop(name)
        if take is not None:
            _log.info("take %s goes on", name)
            was_published = take.manifest.state != "recording"
            take.go_on()
            if was_published:
                self._store(take.manifest)
        elif known is not None:
            _log.info("take %s goes on", name)
            take, _ = restore(msgspec.structs.replace(known, state="recording"), self._data, self._keys, self._parts.begin)
            self._store(take.manifest)
        else:
            _log.info("take %s begins in room %s", name, marker.room)
            manifest = Manifest(take=name, room=marker.room, teacher=marker.teacher or "", state="recording", started_ms=marker.wall_ms)
            take = RunningTake(manifest, arrival_ns, self._keys, self._parts.begin, self._boot)
            self._store(manifest)
        self._running[marker.room] = take
        return take

    def _restore_deleted(self, manifest: Manifest) -> None:
        self.held.set_aside.add(manifest.take)
        if manifest.parts:  # died while deleting it
            self.delete(manifest.take)

    def _take_up(self, manifest: Manifest) -> bool:
        """Whether it is to be restored: it was not over."""
        self._library.put(manifest)
        if manifest.state == "deleted":
            self._restore_deleted(manifest)
            return False
        with suppress(OSError):
            destroy_withdrawn(self._data, self._keys, manifest)
        if manifest.state == "ready":
            if not manifest.settled or manifest.mixing:
                self.afterwards.want(manifest.take)
            return False
        if manifest.state == "recording" and not manifest.parts:  # died between the manifest and the first part
            self._store(msgspec.structs.replace(manifest, state="failed"))
        return bool(manifest.parts)

    def _complete(self, manifest: Manifest) -> None:
        """It was restored without some of its files, which are here now."""
        running = self.held.of(manifest.take)
        for take in running:
            take.is_partial = True
            take.note_lost(manifest.parts)
        if not running and manifest.state == "ready":
            self._store(msgspec.structs.replace(manifest, settled=False, mixing=True))
            self.afterwards.want(manifest.take)

    def _restored(self, manifest: Manifest) -> tuple[RunningTake, JournalMark | None]:
        return restore(msgspec.structs.replace(manifest, state="recording"), self._data, self._keys, self._parts.begin)

    @contextmanager
    def _restoring(self, manifest: Manifest) -> Iterator[None]:
        try:
            yield
        except Exception:  # noqa: BLE001 -- task boundary of one take
            _log.exception("take %s cannot be restored", manifest.take)
            self.held.set_aside.add(manifest.take)
            self._store(msgspec.structs.replace(manifest, state="failed"))

    def _place_restored(self, take: RunningTake, mark: JournalMark | None) -> list[JournalMark]:
        """The last marker that the take's journal has, if any, and if its handles may still be live."""
        _log.info("take %s found unfinished", take.manifest.take)
        self._library.put(take.manifest)
        earlier = self._running.get(take.manifest.room)
        if earlier is not None:
            self._ends.put_off(earlier)
        self._running[take.manifest.room] = take
        return [mark] if mark is not None and take.boot == self._boot else []

    def _finish(self, room: str, end_ns: int) -> None:
        self._ends.finish(self._running.pop(room), end_ns)

    def _settled(self, manifest: Manifest) -> None:
        self._intake.forget_take(manifest.take)
        self._store(manifest)
        if not manifest.settled or manifest.mixing:
            self.afterwards.want(manifest.take)

    def _give_up(self, take: RunningTake) -> None:
        self.held.set_aside.add(take.manifest.take)
        self._intake.forget_take(take.manifest.take)
        take.live.end()
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
