"""Which takes are being recorded or wait for their end, and of which nothing is taken in. It writes nothing."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import suppress

from recorder.ends import Ends
from recorder.index import Picture
from recorder.manifest import Manifest
from recorder.running import RunningTake
from recorder.take import Library, ReadRefused
from server.media.control import Source


class Held:
    """`running` by room. `set_aside`: takes that an error has ended, or that are deleted. `released`: another machine's rooms.

    `unseen`: what was withdrawn from takes whose files are still on their way here.
    """

    def __init__(self, library: Library, ends: Ends, boot: str) -> None:
        self._library = library
        self._ends = ends
        self._boot = boot
        self.running: dict[str, RunningTake] = {}
        self.set_aside: set[str] = set()
        self.released: set[str] = set()
        self.unseen: dict[str, list[tuple[str, tuple[Source, ...]]]] = {}

    def all(self) -> list[RunningTake]:
        return [*self.running.values(), *self._ends.takes]

    def of(self, name: str) -> list[RunningTake]:
        return [take for take in self.all() if take.manifest.take == name]

    def watch(self, name: str, picture: Picture) -> AsyncGenerator[bytes, None]:
        """The take that runs, as it comes. Raises `ReadRefused` where none of this name runs, or has no such picture yet."""
        for take in self.running.values():
            if take.manifest.take == name:
                with suppress(KeyError):
                    return take.live.watch(picture)
        raise ReadRefused("missing")

    def is_wanted(self, room: str, name: str, arrival_ns: int) -> bool:
        return room not in self.released and name not in self.set_aside and not self._is_past(name, arrival_ns)

    def stop(self, name: str) -> Manifest | None:
        """Forget a take that runs or waits for its end."""
        over = self._ends.take_back(name)
        takes = [over] if over is not None else []
        for room, take in list(self.running.items()):
            if take.manifest.take == name:
                takes.append(self.running.pop(room))
        for take in takes:
            take.live.end()
            with suppress(OSError):
                take.close()
        return takes[0].manifest if takes else None

    def _is_past(self, name: str, arrival_ns: int) -> bool:
        """Read from the ring a second time, after a restart: the take has been finished since."""
        known = self._library.find(name)
        last = known.last_media_part() if known is not None else None
        if known is None or known.state != "ready" or last is None or last.boot != self._boot:
            return False
        return (arrival_ns - last.origin_ns) // 1_000_000 <= known.duration_ms
