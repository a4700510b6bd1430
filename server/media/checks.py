"""Throw-away connections to the media worker, so that a page learns before a session whether sound and picture get through.

Each has a room of its own in which nobody may send or hear anything, and which ends by itself. It must not know who asks.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable

from server.media.control import (
    FromWorker,
    MediaRefused,
    PeerState,
    PersonPolicy,
    PublishAnswer,
    PublishOffer,
    RoomPolicy,
    StartPeer,
    ToWorker,
)

LASTS_S = 15.0
ANSWER_S = 4.0
MOST_AT_ONCE = 60
_PREFIX = "check-"
_PEER = "check"
_NOTHING = RoomPolicy(version=1, people={_PEER: PersonPolicy()})


class CheckError(Exception):
    """There is no check at present, which says nothing about the network of the one who asks."""


class BadOffer(CheckError):
    """What was sent is no offer that anybody could answer."""


class Checks:
    """Call `take` with every message of the worker; it tells whether the message was about a check."""

    def __init__(
        self, set_room: Callable[[str, RoomPolicy], None], close_room: Callable[[str], None], send: Callable[[ToWorker], bool]
    ) -> None:
        self._set_room = set_room
        self._close_room = close_room
        self._send = send
        self._open: dict[str, asyncio.Future[str]] = {}

    def __len__(self) -> int:
        return len(self._open)

    async def answer(self, sdp: str) -> str:
        """The worker's answer to the offer of a page, for a connection of `LASTS_S` at most. Raises CheckError."""
        if len(self._open) >= MOST_AT_ONCE:
            raise CheckError("too many at once")
        room = _PREFIX + secrets.token_hex(8)
        loop = asyncio.get_running_loop()
        answered: asyncio.Future[str] = loop.create_future()
        self._open[room] = answered
        self._set_room(room, _NOTHING)
        offer = PublishOffer(room=room, peer=_PEER, session=_PEER, offer=1, sdp=sdp)
        ends = loop.call_later(LASTS_S, self._end, room)
        try:
            if not (self._send(StartPeer(room=room, peer=_PEER, session=_PEER)) and self._send(offer)):
                raise CheckError("no media worker")
            async with asyncio.timeout(ANSWER_S):
                return await answered
        except TimeoutError as error:
            raise CheckError("no answer") from error
        finally:
            if not answered.done() or answered.cancelled() or answered.exception():
                ends.cancel()
                self._end(room)

    def take(self, message: FromWorker) -> bool:
        room = getattr(message, "room", "")
        if not isinstance(room, str) or not room.startswith(_PREFIX):
            return False
        answered = self._open.get(room)
        if answered is not None and not answered.done():
            if isinstance(message, PublishAnswer):
                answered.set_result(message.sdp)
            elif isinstance(message, MediaRefused):
                answered.set_exception(BadOffer(message.code))
        elif isinstance(message, PeerState) and message.report.publish == "closed":
            self._end(room)
        return True

    def _end(self, room: str) -> None:
        if self._open.pop(room, None) is not None:
            self._close_room(room)
