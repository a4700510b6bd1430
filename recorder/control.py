"""Messages between the server and the recorder: what takes there are, and their bytes. Framing as in `server.media.control`.

The server never tells the recorder what to record: that comes through the ring. Each request carries an `id`, and its
answers repeat it; requests on one connection are answered concurrently.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from server.media.control import Message, Source

TakeState = Literal["recording", "ready", "failed"]
HoleReason = Literal["lost", "held", "full"]
Missing = Literal["all", "picture", "voice"]
ProductName = Literal["film.mp4", "poster.jpg", "sprite.jpg", "sprite.json", "stills.json", "waveform.bin"]
StorageState = Literal["fine", "low", "full"]
CHUNK_BYTES = 128 * 1024
TAKES_AT_ONCE = 1_000  # far below the largest frame


class Hole(msgspec.Struct, frozen=True, kw_only=True):
    """Where nothing of the teacher is, or no picture or no voice alone, in milliseconds from the take's start.

    It was lost, the take was held, or the disk was full.
    """

    start_ms: int
    end_ms: int
    reason: HoleReason = "lost"
    what: Missing = "all"


class TakeTrack(msgspec.Struct, frozen=True, kw_only=True):
    """Whose voice or picture is in the take."""

    peer: str
    source: str


class Take(msgspec.Struct, frozen=True, kw_only=True):
    """`version` names one byte sequence for ever; empty until the take is ready. `started_ms` is UTC.

    `screen_version` names a second film of the same length and sound, with the screen for the face; empty where none was shared.
    A take is ready at once as revision 1; a later revision has what repairs brought, or lacks what was withdrawn.
    `settled`: no repair is waited for any more. `mixing`: the voices are being mixed anew; `silent`: until then there are none.
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
    revision: int = 1
    settled: bool = False
    mixing: bool = False
    silent: bool = False
    tracks: tuple[TakeTrack, ...] = ()


class VoiceTalk(msgspec.Struct, frozen=True, kw_only=True):
    """When somebody speaks: begin and end in milliseconds from the take's start, in order.

    `levels`: those that the packets carried (RFC 6464), or of the decoded sound.
    """

    peer: str
    levels: Literal["header", "decoded"]
    segments: tuple[tuple[int, int], ...]


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


class WatchTake(Message, frozen=True, tag="watch_take", kw_only=True):
    """The take that runs now, as one WebM without an end from its newest key frame on: chunks until it is over, or `CancelRead`.

    `screen` is `missing` until one is shared.
    """

    id: int
    take: str
    picture: Literal["camera", "screen"] = "camera"


class ReadTalk(Message, frozen=True, tag="read_talk", kw_only=True):
    id: int
    take: str
    version: str


class OpenProduct(Message, frozen=True, tag="open_product", kw_only=True):
    """Something that a job has made from one version of a take."""

    id: int
    take: str
    version: str
    name: ProductName


class ReadProduct(Message, frozen=True, tag="read_product", kw_only=True):
    id: int
    take: str
    version: str
    name: ProductName
    start: int
    end: int


class WithdrawTracks(Message, frozen=True, tag="withdraw_tracks", kw_only=True):
    """For good: the keys of these tracks are destroyed, and of everything that was made from them.

    Said again after every connection until `TracksWithdrawn` has come.
    """

    take: str
    peer: str
    sources: tuple[Source, ...]


class AdoptRoom(Message, frozen=True, tag="adopt_room", kw_only=True):
    """Files of this room's takes have been put into the recorder's folders: what ran elsewhere goes on here, in new parts.

    `whole`: what is not there will not come any more. Of the takes `late` more has come since this was said before.
    """

    id: int
    room: str
    late: tuple[str, ...] = ()
    whole: bool = True


class ReleaseRoom(Message, frozen=True, tag="release_room", kw_only=True):
    """Another machine goes on with it: everything is written and closed, and nothing of it is taken in here until `AdoptRoom`."""

    id: int
    room: str


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


class Talk(Message, frozen=True, tag="talk", kw_only=True):
    id: int
    voices: tuple[VoiceTalk, ...]


class ProductOpened(Message, frozen=True, tag="product_opened", kw_only=True):
    id: int
    size_bytes: int


class RoomMoved(Message, frozen=True, tag="room_moved", kw_only=True):
    """Answers `AdoptRoom` and `ReleaseRoom`. Not `done`: the disk refuses, ask again."""

    id: int
    done: bool


class ReadFailed(Message, frozen=True, tag="read_failed", kw_only=True):
    """`gone`: that version is no longer served. `missing`: no such take or product. `range`: outside of it. `damaged`: unreadable."""

    id: int
    code: Literal["gone", "missing", "range", "damaged"]


class TakeDeleted(Message, frozen=True, tag="take_deleted", kw_only=True):
    """Its keys are gone from the disk, or there never was such a take."""

    take: str


class TracksWithdrawn(Message, frozen=True, tag="tracks_withdrawn", kw_only=True):
    """Their keys are gone from the disk, or there never were any."""

    take: str
    peer: str
    sources: tuple[Source, ...]


class StorageChanged(Message, frozen=True, tag="storage_changed", kw_only=True):
    """Sent on every connection, and at every change. `low`: a lesson may not fit any more. `full`: nothing more is recorded now."""

    state: StorageState
    free_bytes: int


Asked = ReadTake | WatchTake | ReadTalk | OpenProduct | ReadProduct
Move = AdoptRoom | ReleaseRoom
ToRecorder = Asked | Move | CancelRead | WithdrawTracks | DeleteTake
FromRecorder = Takes | TakeChanged | Chunk | Talk | ProductOpened | RoomMoved | ReadFailed | TracksWithdrawn | TakeDeleted | StorageChanged

to_recorder = msgspec.msgpack.Decoder(ToRecorder)
from_recorder = msgspec.msgpack.Decoder(FromRecorder)
