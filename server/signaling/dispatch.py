"""From a message of a page to what it asks for: a table from message type to a small handler."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from server.clock import Clock
from server.media.client import MediaClient
from server.media.control import PublishOffer, StartPeer, SubscribeAnswer, ToWorker
from server.people.seats import fresh_id
from server.rooms import rows
from server.session import commands
from server.session.view import EntryKey
from server.signaling.connection import Connection
from server.store.engine import Work
from server.wire import messages as wire

Handler = Callable[[Connection, Any], Awaitable[None]]


class Dispatch:
    """Call it with a connection and a decoded message."""

    def __init__(self, media: MediaClient, clock: Clock) -> None:
        self._media = media
        self._clock = clock
        self._handlers: dict[type[wire.Message], Handler] = {
            wire.Hello: self._hello,
            wire.Ping: self._ping,
            wire.Advance: self._advance,
            wire.StartLesson: self._start_lesson,
            wire.EndTurn: self._end_turn,
            wire.Tap: self._tap,
            wire.Untap: self._untap,
            wire.Write: self._write,
            wire.Ready: self._ready,
            wire.ChooseRecording: self._choose_recording,
            wire.StartMedia: self._start_media,
            wire.Publish: self._publish,
            wire.Subscribed: self._subscribed,
        }

    async def __call__(self, connection: Connection, message: wire.FromPage) -> None:
        await self._handlers[type(message)](connection, message)

    async def _hello(self, connection: Connection, message: wire.Hello) -> None:
        connection.refuse("hello_again", "There is one hello on a connection.")

    async def _ping(self, connection: Connection, message: wire.Ping) -> None:
        connection.send(wire.Pong(sent_ms=message.sent_ms, now_ms=self._clock.now_ms()))

    async def _advance(self, connection: Connection, message: wire.Advance) -> None:
        await _ask(connection, message, commands.Advance(seat=connection.seat, decision=message.decision))

    async def _start_lesson(self, connection: Connection, message: wire.StartLesson) -> None:
        command = commands.StartLesson(seat=connection.seat, decision=message.decision, take=fresh_id())
        await _ask(connection, message, command)

    async def _end_turn(self, connection: Connection, message: wire.EndTurn) -> None:
        await _ask(connection, message, commands.EndTurn(seat=connection.seat, decision=message.decision))

    async def _tap(self, connection: Connection, message: wire.Tap) -> None:
        command = commands.Tap(seat=connection.seat, moment=message.moment, mark=message.mark, at_ms=message.at_ms)
        await _ask(connection, message, command)

    async def _untap(self, connection: Connection, message: wire.Untap) -> None:
        await _ask(connection, message, commands.Untap(seat=connection.seat, moment=message.moment))

    async def _write(self, connection: Connection, message: wire.Write) -> None:
        room, seat = connection.room, connection.seat
        key = EntryKey(round=message.round, form=message.form, author=seat)
        row = rows.text(room.id, key, message.field, message.text, self._clock.now_ms())
        command = commands.Write(seat=seat, form=message.form, round=message.round, field=message.field)

        def keep() -> None:
            room.memory.texts.setdefault(key, {})[message.field] = message.text

        await _ask(connection, message, command, row, keep)

    async def _ready(self, connection: Connection, message: wire.Ready) -> None:
        await _ask(connection, message, commands.SetReady(seat=connection.seat, decision=message.decision, ready=message.ready))

    async def _choose_recording(self, connection: Connection, message: wire.ChooseRecording) -> None:
        await _ask(connection, message, commands.ChooseRecording(seat=connection.seat, choice=message.choice))

    async def _start_media(self, connection: Connection, message: wire.StartMedia) -> None:
        self._to_worker(connection, message.session, StartPeer(room=connection.room.id, peer=connection.seat, session=message.session))

    async def _publish(self, connection: Connection, message: wire.Publish) -> None:
        offer = PublishOffer(
            room=connection.room.id,
            peer=connection.seat,
            session=message.session,
            offer=message.offer,
            sdp=message.sdp,
            sources=message.sources,
        )
        self._to_worker(connection, message.session, offer)

    async def _subscribed(self, connection: Connection, message: wire.Subscribed) -> None:
        answer = SubscribeAnswer(
            room=connection.room.id, peer=connection.seat, session=message.session, offer=message.offer, sdp=message.sdp
        )
        self._to_worker(connection, message.session, answer)

    def _to_worker(self, connection: Connection, session: str, message: ToWorker) -> None:
        if not self._media.send(message):
            connection.send(wire.MediaLost(session=session, reason="worker_down"))


async def _ask(
    connection: Connection,
    message: wire.Command,
    command: commands.SeatCommand,
    row: Work | None = None,
    after: Callable[[], None] | None = None,
) -> None:
    refused = await connection.room.ask(command, row, after)
    if refused is None:
        connection.send(wire.Accepted(ref=message.ref))
    else:
        connection.refuse(refused.code, refused.message, message.ref)
