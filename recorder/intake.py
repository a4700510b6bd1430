"""What the ring's markers say now: which room records which take, and which handle may be recorded for it.

The recorder's own gate: a packet counts only if the current marker of its room declares its handle live, consent covers
the track, and it is a voice, or the teacher's picture or screen. A new worker's first marker forgets every handle of the
last one; where markers may have been lost, `forget` must be called, since a handle may stand for somebody else now.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

from server.media.ring import MarkedTrack, Marker, decode_marker


@dataclass(frozen=True, slots=True)
class Admitted:
    room: str
    take: str
    worker: str
    marked: MarkedTrack


class Intake:
    def __init__(self) -> None:
        self._worker = ""
        self._handles: dict[int, Admitted] = {}
        self.refused_packets = 0

    def apply(self, marker: Marker) -> None:
        if marker.worker != self._worker:
            self._worker = marker.worker
            self.forget()
        self._handles = {
            handle: admitted
            for handle, admitted in self._handles.items()
            if admitted.room != marker.room or handle in marker.repairing  # for the take that it was for
        }
        if marker.take is None:
            return
        for marked in marker.live:
            if _may_be_recorded(marker, marked):
                self._handles[marked.handle] = Admitted(marker.room, marker.take, marker.worker, marked)

    def forget(self) -> None:
        self._handles.clear()

    def forget_take(self, take: str) -> None:
        self._handles = {handle: admitted for handle, admitted in self._handles.items() if admitted.take != take}

    def admit(self, handle: int) -> Admitted | None:
        admitted = self._handles.get(handle)
        if admitted is None:
            self.refused_packets += 1
        return admitted


def parse_marker(payload: bytes) -> Marker | None:
    try:
        return decode_marker(payload)
    except (ValueError, RecursionError):  # msgspec's own errors, and bad UTF-8
        return None


def is_held(marker: bytes, take: str) -> bool:
    """The take goes on, but nothing may be recorded for it now."""
    parsed = parse_marker(marker)
    return parsed is not None and parsed.take == take and not parsed.allowed


def fingerprint(marker: Marker) -> bytes:
    """Equal for markers that say the same at different times."""
    return msgspec.msgpack.encode(msgspec.structs.replace(marker, wall_ms=0))


def _may_be_recorded(marker: Marker, marked: MarkedTrack) -> bool:
    if marked.track not in marker.allowed or marked.clock_rate_hz <= 0:
        return False
    return marked.track.source == "microphone" or marked.track.peer == marker.teacher
