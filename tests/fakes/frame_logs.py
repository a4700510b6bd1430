"""Rows of frame logs without a journal: what a test says was captured when."""

from __future__ import annotations

from recorder.frame_log import FrameLog, StreamLog
from recorder.journal import Entry, EntryKind

MS = 1_000_000


def log_frame(log: FrameLog, number: int, timestamp: int, at_ms: int, *, key: bool = True, size: int = 100, level: int = 255) -> None:
    """Frame `number` of those that were sent, one packet each; its record is 1000 + number."""
    entry = Entry(EntryKind.FRAME, number + 1, timestamp, at_ms * MS, bytes(size), key, level)
    log.append(entry, at_ms * MS, part=0, record=1000 + number, payload=32)


def camera_log(times_ms: list[int], *, keys_every: int = 10, peer: str = "teacher", lost: frozenset[int] = frozenset()) -> StreamLog:
    stream = StreamLog(peer, "camera", 90_000)
    for number, at_ms in enumerate(times_ms):
        if number not in lost:
            log_frame(stream.frames, number, at_ms * 90, at_ms, key=number % keys_every == 0)
    return stream


def voice_log(times_ms: list[int], *, peer: str = "teacher", level: int = 20) -> StreamLog:
    stream = StreamLog(peer, "microphone", 48_000)
    for number, at_ms in enumerate(times_ms):
        log_frame(stream.frames, number, at_ms * 48, at_ms, size=50, level=level)
    return stream


def mix_log(packets: range) -> FrameLog:
    log = FrameLog()
    for number in packets:
        log_frame(log, number, number * 960, number * 20, size=50)
    return log
