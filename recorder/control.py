"""Messages between the server and the recorder: what takes there are, and their bytes. Framing as in `server.media.control`.

The server never tells the recorder what to record: that comes through the ring. Each request carries an `id`, and its
answers repeat it; requests on one connection are answered concurrently.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from server.media.control import Message

TakeState = Literal["recording", "ready", "failed"]
HoleReason = Literal["lost", "held"]
CHUNK_BYTES = 128 * 1024
TAKES_AT_ONCE = 1_000  # far below the largest frame


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Where nothing of the teacher is, in milliseconds from the take's start: it was lost, or the take was held."""

    start_ms: int
    end_ms: int
    reason: HoleReason = "lost"


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """`version` names one byte sequence for ever; empty until the take is ready. `started_ms` is UTC.

    `screen_version` names a second film of the same length and sound, with the screen for the face; empty where none was shared.
    """

    take: str
    room: str
    state: TakeState
    version: str = ""
    started_ms: int = 0
    duration_ms: int = 0
    size_bytes: int = 0
    holes: tuple[Hole, ...] = ()
    screen_version: str = ""
    screen_size_bytes: int = 0


# server -> recorder


class ReadTake(Message, frozen=True, tag="read_take", kw_only=True):
    """Bytes `start` up to, not including, `end` of one version of a take."""

    id: int
    take: str
    version: str
    start: int
    end: int


class CancelRead(Message, frozen=True, tag="cancel_read", kw_only=True):
    id: int


class DeleteTake(Message, frozen=True, tag="delete_take", kw_only=True):
    """For good: its keys are destroyed. Said again after every connection until `TakeDeleted` has come."""

    take: str


# recorder -> server


class Takes(Message, frozen=True, tag="takes", kw_only=True):
    """First message on every connection: the newest takes, at most TAKES_AT_ONCE. A `TakeChanged` for each older one follows."""

    takes: tuple[Take, ...]


class TakeChanged(Message, frozen=True, tag="take_changed", kw_only=True):
    take: Take


class Chunk(Message, frozen=True, tag="chunk", kw_only=True):
    """Next bytes of a read, at most CHUNK_BYTES; `last` ends it."""

    id: int
    data: bytes
    last: bool


class ReadFailed(Message, frozen=True, tag="read_failed", kw_only=True):
    """`gone`: that version is no longer served. `missing`: no such take. `range`: outside of it. `damaged`: unreadable."""

    id: int
    code: Literal["gone", "missing", "range", "damaged"]


class TakeDeleted(Message, frozen=True, tag="take_deleted", kw_only=True):
    """Its keys are gone from the disk, or there never was such a take."""

    take: str


ToRecorder = ReadTake | CancelRead | DeleteTake
FromRecorder = Takes | TakeChanged | Chunk | ReadFailed | TakeDeleted

to_recorder = msgspec.msgpack.Decoder(ToRecorder)
from_recorder = msgspec.msgpack.Decoder(FromRecorder)
