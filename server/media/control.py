"""Messages between the server and a media worker, and the framing that every local socket here uses.

The server states what a room should be (`SetRoom`, whole, never a difference); the worker makes it so and says what is.
A frame is a 4-byte big-endian length and a msgpack map tagged by `type`. Sockets are local and owned by one user.
"""

from __future__ import annotations

import asyncio
from typing import Any, Literal, TypeVar

import msgspec

MAX_FRAME_BYTES = 4 * 1024 * 1024

Source = Literal["microphone", "camera", "screen", "screen_sound"]
TransportState = Literal["new", "connecting", "connected", "silent", "closed"]
Shown = Literal["small", "soon", "large"]

T = TypeVar("T")


class Message(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", kw_only=True):
    pass


class PersonPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What one peer may send and receive. Peers named in `hears` and `sees` are forwarded to this peer.

    `screen` is screen and screen sound together; who hears a peer hears its screen sound. `camera_shown`: "large" is on stage, everybody
    gets the upper layer where it fits; "soon" sends the upper layer already, which nobody gets yet; a screen is always large.
    """

    microphone: bool = False
    camera: bool = False
    camera_max_bps: int = 250_000
    camera_shown: Shown = "small"
    screen: bool = False
    screen_max_bps: int = 2_000_000
    hears: tuple[str, ...] = ()
    sees: tuple[str, ...] = ()


class RecordedTrack(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    peer: str
    source: Source


class RecordingPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The take that runs now, and the only tracks that may reach the ring. `teacher` is the peer whose picture it is.

    No tracks: the take is held. It goes on later with a marked gap.
    """

    take: str
    teacher: str
    tracks: tuple[RecordedTrack, ...]


class RoomPolicy(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    version: int
    people: dict[str, PersonPolicy]
    recording: RecordingPolicy | None = None


# server -> worker


class SetRoom(Message, frozen=True, tag="set_room", kw_only=True):
    room: str
    policy: RoomPolicy


class CloseRoom(Message, frozen=True, tag="close_room", kw_only=True):
    room: str


class StartPeer(Message, frozen=True, tag="start_peer", kw_only=True):
    """A page has (re)loaded: forget the peer's earlier transports. `session` is the page's own random word."""

    room: str
    peer: str
    session: str


class StopPeer(Message, frozen=True, tag="stop_peer", kw_only=True):
    room: str
    peer: str


class PublishOffer(Message, frozen=True, tag="publish_offer", kw_only=True):
    """`sources` says what is on which m-line, by mid; without it audio is the microphone and video the camera."""

    room: str
    peer: str
    session: str
    offer: int
    sdp: str
    sources: dict[str, Source] = {}


class SubscribeAnswer(Message, frozen=True, tag="subscribe_answer", kw_only=True):
    room: str
    peer: str
    session: str
    offer: int
    sdp: str


class ResendOffer(Message, frozen=True, tag="resend_offer", kw_only=True):
    """The page is back on a new signaling connection: repeat the subscribe offer that it may have missed."""

    room: str
    peer: str
    session: str


# worker -> server


class PeerReport(msgspec.Struct, frozen=True, kw_only=True):
    peer: str
    session: str
    publish: TransportState
    subscribe: TransportState
    sources: tuple[Source, ...]


class RoomReport(msgspec.Struct, frozen=True, kw_only=True):
    room: str
    peers: tuple[PeerReport, ...]


class Report(Message, frozen=True, tag="report", kw_only=True):
    """First message on every connection: all that the worker knows. `worker` is new with each worker process."""

    worker: str
    rooms: tuple[RoomReport, ...]


class PolicyApplied(Message, frozen=True, tag="policy_applied", kw_only=True):
    room: str
    version: int


class PublishAnswer(Message, frozen=True, tag="publish_answer", kw_only=True):
    room: str
    peer: str
    session: str
    offer: int
    sdp: str


class Stream(msgspec.Struct, frozen=True, kw_only=True):
    """One m-line of a subscribe offer: what `peer` publishes from `source` arrives on `mid`."""

    mid: str
    peer: str
    source: Source


class SubscribeOffer(Message, frozen=True, tag="subscribe_offer", kw_only=True):
    room: str
    peer: str
    session: str
    offer: int
    sdp: str
    streams: tuple[Stream, ...]


class MediaRefused(Message, frozen=True, tag="media_refused", kw_only=True):
    """The worker did not take an offer or an answer. `code` is stable, `message` is for people."""

    room: str
    peer: str
    session: str
    offer: int
    code: str
    message: str


class PeerState(Message, frozen=True, tag="peer_state", kw_only=True):
    """Sent whenever one of these changes."""

    room: str
    report: PeerReport


class SentLayer(msgspec.Struct, frozen=True, kw_only=True):
    """What goes to one subscriber of one picture. `layer`: 0 the lower, 1 the upper one, None nothing at present."""

    peer: str
    source: Source
    layer: int | None
    wanted: int | None


class PeerQuality(msgspec.Struct, frozen=True, kw_only=True):
    """One peer's connections over the last interval. Loss is a share of packets before any repair, None where nothing was sent.

    `up` is what it publishes, `down` what it gets. `estimate_bps`: what we think its down link carries, None while nobody knows.
    """

    peer: str
    session: str
    up_bps: int
    up_loss: float | None
    up_rtt_ms: int | None
    up_jitter_ms: int | None
    down_bps: int
    down_loss: float | None
    down_rtt_ms: int | None
    estimate_bps: int | None
    layers: tuple[SentLayer, ...]


class RoomQuality(Message, frozen=True, tag="room_quality", kw_only=True):
    """Every two seconds for a room in which somebody is connected."""

    room: str
    peers: tuple[PeerQuality, ...]


class WorkerLoad(Message, frozen=True, tag="worker_load", kw_only=True):
    """Every two seconds. `cpu_share` of one core, `late_ms`: the worst lateness of the 20 ms tick, since the last one.

    `pressure` 0: all is well, 1: small pictures rest, 2: upper layers too, 3: no new rooms or people.
    """

    rooms: int
    peers: int
    cpu_share: float
    late_ms: float
    received_per_s: float
    sent_per_s: float
    unsent: int
    dropped: int
    pressure: int


class SameRoom(Message, frozen=True, tag="same_room", kw_only=True):
    """Two microphones hear the same rises of level within 50 ms: their owners seem to sit in one room."""

    room: str
    peers: tuple[str, str]


ToWorker = SetRoom | CloseRoom | StartPeer | StopPeer | PublishOffer | SubscribeAnswer | ResendOffer
FromWorker = Report | PolicyApplied | PublishAnswer | SubscribeOffer | MediaRefused | PeerState | SameRoom | RoomQuality | WorkerLoad

to_worker = msgspec.msgpack.Decoder(ToWorker)
from_worker = msgspec.msgpack.Decoder(FromWorker)

_encoder = msgspec.msgpack.Encoder()


class FrameError(Exception):
    """The other side of a local socket sent something that is no frame of this protocol."""


def encode_frame(message: msgspec.Struct) -> bytes:
    body = _encoder.encode(message)
    if len(body) > MAX_FRAME_BYTES:
        raise FrameError(f"frame of {len(body)} bytes")
    return len(body).to_bytes(4, "big") + body


async def read_frame(reader: asyncio.StreamReader, decoder: msgspec.msgpack.Decoder[T]) -> T:
    """Next message. Raises `asyncio.IncompleteReadError` at the end and `FrameError` on anything undecodable."""
    size = int.from_bytes(await reader.readexactly(4), "big")
    if size > MAX_FRAME_BYTES:
        raise FrameError(f"frame of {size} bytes")
    body = await reader.readexactly(size)
    try:
        return decoder.decode(body)
    except (ValueError, RecursionError) as error:  # msgspec's own errors are ValueErrors, and bad UTF-8 raises another one
        raise FrameError(str(error)) from error


def to_builtins(message: msgspec.Struct) -> Any:
    return msgspec.to_builtins(message)
