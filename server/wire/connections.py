"""How the connections of people are, in words of the protocol: what a page notices, and what pages are told of it.

Others are told one of three words and nothing finer; numbers stay between a page and the server.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from server.wire.base import Command, Message
from server.wire.pieces import Count, Id, Piece

Level = Literal["good", "fair", "poor", "lost"]
Badge = Literal["fair", "poor", "lost"]
Way = Literal["up", "down", "both"]
Sending = Literal["well", "reduced", "slow_device"]
Pictures = Literal["whole", "reduced", "server_busy"]
Percent = Annotated[int, Meta(ge=0, le=100)]
Seats = Annotated[dict[Id, Percent], Meta(max_length=64)]


class Quality(Message, frozen=True, tag="quality", kw_only=True):
    """What the page has noticed in the last seconds, at most every four: when it has changed, and again while there is trouble.

    `frozen`: pictures that stood still, by seat, in percent of the time. `gaps`: the same of voices that had to be guessed. `freezes`:
    how often a picture began to stand still since the last message. `rtt_ms`: of the receiving connection, if known. `sending`: why
    the own picture is not sent as wished; a device that has too much to do says nothing of the rest.
    """

    session: Id
    frozen: Seats
    gaps: Seats
    freezes: Count
    rtt_ms: Count | None
    sending: Sending


class SuggestCameraOff(Command, frozen=True, tag="suggest_camera_off", kw_only=True):
    """The one who leads suggests to somebody with a weak connection to go on without the own picture."""

    seat: Id


class OwnConnection(Piece, frozen=True, kw_only=True):
    """The reader's own: `up` is what others get from this person, `down` what this person gets.

    `pictures`: whether the pictures of others come smaller or not at all, so that their voices stay clear. `device`: it has too much to
    do to show or send pictures as wished.
    """

    up: Level = "good"
    down: Level = "good"
    pictures: Pictures = "whole"
    device: Literal["fine", "slow"] = "fine"


class WeakTime(Piece, frozen=True, kw_only=True):
    """How long the connection of one person was weak in this session, and how often it was made anew."""

    seat: Id
    fair_s: int
    poor_s: int
    lost_s: int
    reconnects: int
    freezes: int


class Connections(Message, frozen=True, tag="connections", kw_only=True):
    """How the connections are now, whole; until the first one, and after each `welcome`, all are good.

    `badges`: those that are not good. `ways`: for the one who leads, which way there is trouble. `weak`: for the one who led, after
    the end.
    """

    badges: dict[Id, Badge]
    yours: OwnConnection
    ways: dict[Id, Way]
    weak: tuple[WeakTime, ...]


class CameraOffSuggested(Message, frozen=True, tag="camera_off_suggested", kw_only=True):
    """Somebody who leads has suggested it."""

    seat: Id
