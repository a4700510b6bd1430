"""From the media worker to the pages: answers, offers, and the news that a page's peer connections are gone."""

from __future__ import annotations

import logging

from server.media.control import FromWorker, MediaRefused, PeerState, PublishAnswer, Report, ResendOffer, SubscribeOffer
from server.rooms.registry import Rooms
from server.rooms.room import Listener, Room
from server.wire.messages import Error, MediaLost, Published, Subscribe
from server.wire.pieces import Stream

log = logging.getLogger(__name__)


class MediaEvents:
    """Call it with every message of the worker. Remembers which media session each seat has, to resume after a gap."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._sessions: dict[tuple[str, str], str] = {}

    def resume(self, room: Room, seat: str) -> ResendOffer | None:
        """What to ask of the worker when a page is back on a new signaling connection."""
        session = self._sessions.get((room.id, seat))
        return ResendOffer(room=room.id, peer=seat, session=session) if session else None

    def __call__(self, message: FromWorker) -> None:
        if isinstance(message, Report):
            self._report(message)
        elif isinstance(message, PeerState):
            self._sessions[message.room, message.report.peer] = message.report.session
        elif isinstance(message, PublishAnswer | SubscribeOffer | MediaRefused):
            listener = self._listener(message.room, message.peer)
            if listener is not None:
                listener.send(_for_page(message))

    def _report(self, report: Report) -> None:
        before = self._sessions
        self._sessions = {(room.room, peer.peer): peer.session for room in report.rooms for peer in room.peers}
        for (room, seat), session in before.items():
            if self._sessions.get((room, seat)) != session and (listener := self._listener(room, seat)):
                log.info("media lost, session=%s seat=%s", room, seat)
                listener.send(MediaLost(session=session, reason="worker_restarted"))

    def _listener(self, room: str, seat: str) -> Listener | None:
        found = self._rooms.present(room)
        return found.listener(seat) if found else None


def _for_page(message: PublishAnswer | SubscribeOffer | MediaRefused) -> Published | Subscribe | MediaLost | Error:
    if isinstance(message, PublishAnswer):
        return Published(session=message.session, offer=message.offer, sdp=message.sdp)
    if isinstance(message, SubscribeOffer):
        streams = tuple(Stream(mid=stream.mid, seat=stream.peer, source=stream.source) for stream in message.streams)
        return Subscribe(session=message.session, offer=message.offer, sdp=message.sdp, streams=streams)
    if message.code in ("unknown_session", "unknown_peer", "unknown_room"):
        return MediaLost(session=message.session, reason=message.code)
    return Error(ref=None, code=message.code, message=message.message)
