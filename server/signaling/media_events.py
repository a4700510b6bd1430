"""From the media worker to the pages: answers, offers, and the news that a page's peer connections are gone."""

from __future__ import annotations

import logging

from server.media.control import (
    FromWorker,
    MediaRefused,
    PeerReport,
    PeerState,
    PublishAnswer,
    Report,
    ResendOffer,
    RoomQuality,
    SameRoom,
    SubscribeOffer,
    WorkerLoad,
)
from server.rooms.audience import Listener
from server.rooms.registry import Rooms
from server.rooms.room import Room
from server.session.beside import Translate
from server.wire.messages import Error, MediaLost, Published, Subscribe
from server.wire.pieces import Stream

log = logging.getLogger(__name__)

FULL = 3
"""The pressure at which the worker takes no new rooms and people."""

WORDS = {
    "too_many_offers": "This page has set up sound and picture too many times in a row. Please load it again.",
    "worker_error": "Sound and picture could not be set up. Please load this page again.",
}
"""What people read of a refusal that they may see. The worker's own words are for logs and speak of its matters."""


class MediaEvents:
    """Call it with every message of the worker. Remembers how each seat's peer connections are, for rooms and pages that come back."""

    def __init__(self, rooms: Rooms) -> None:
        self._rooms = rooms
        self._peers: dict[tuple[str, str], PeerReport] = {}
        self.load: WorkerLoad | None = None

    def resume(self, room: Room, seat: str) -> ResendOffer | None:
        """What to ask of the worker when a page is back on a new signaling connection."""
        report = self._peers.get((room.id, seat))
        if report is None:
            return None
        room.media_changed(report)
        return ResendOffer(room=room.id, peer=seat, session=report.session)

    def room_closed(self, room: str) -> None:
        self._peers = {key: report for key, report in self._peers.items() if key[0] != room}

    def peer_stopped(self, room: str, seat: str) -> None:
        self._peers.pop((room, seat), None)

    def __call__(self, message: FromWorker) -> None:
        if isinstance(message, Report):
            self._report(message)
        elif isinstance(message, PeerState):
            self._peer_state(message)
        elif isinstance(message, SameRoom):
            if room := self._rooms.present(message.room):
                room.same_room(message.peers)
        elif isinstance(message, RoomQuality):
            if room := self._rooms.present(message.room):
                room.quality_heard(message.peers, self.load.pressure if self.load else 0)
        elif isinstance(message, WorkerLoad):
            self.load = message
            self._rooms.full = message.pressure >= FULL
        elif isinstance(message, PublishAnswer | SubscribeOffer | MediaRefused):
            listener = self._listener(message.room, message.peer)
            if listener is not None:
                listener.send(_for_page(message, listener.translate))

    def _peer_state(self, message: PeerState) -> None:
        report = message.report
        self._peers[message.room, report.peer] = report
        if room := self._rooms.present(message.room):
            room.media_changed(report)

    def _report(self, report: Report) -> None:
        before = self._peers
        self.load, self._rooms.full = None, False
        self._peers = {(room.room, peer.peer): peer for room in report.rooms for peer in room.peers}
        for (room_id, seat), known in before.items():
            now = self._peers.get((room_id, seat))
            if now is None or now.session != known.session:
                self._lost(room_id, seat, known.session)
        for (room_id, _), peer in self._peers.items():
            if room := self._rooms.present(room_id):
                room.media_changed(peer)

    def _lost(self, room_id: str, seat: str, session: str) -> None:
        log.info("media lost, session=%s seat=%s", room_id, seat)
        if room := self._rooms.present(room_id):
            room.media_lost(seat)
        if listener := self._listener(room_id, seat):
            listener.send(MediaLost(session=session, reason="worker_restarted"))

    def _listener(self, room: str, seat: str) -> Listener | None:
        found = self._rooms.present(room)
        return found.listener(seat) if found else None


def _for_page(message: PublishAnswer | SubscribeOffer | MediaRefused, translate: Translate) -> Published | Subscribe | MediaLost | Error:
    if isinstance(message, PublishAnswer):
        return Published(session=message.session, offer=message.offer, sdp=message.sdp)
    if isinstance(message, SubscribeOffer):
        streams = tuple(Stream(mid=stream.mid, seat=stream.peer, source=stream.source) for stream in message.streams)
        return Subscribe(session=message.session, offer=message.offer, sdp=message.sdp, streams=streams)
    if message.code in ("unknown_session", "unknown_peer", "unknown_room"):
        return MediaLost(session=message.session, reason=message.code)
    return Error(ref=None, code=message.code, message=translate(WORDS.get(message.code, message.message)))
