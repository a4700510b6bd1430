"""From a message of a page to what comes of it: a table from message type to a small handler.

Most messages are a wish to the session and nothing else; those stand in `asked`.
"""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from typing import Any

from server.clock import Clock
from server.media.client import MediaClient
from server.media.control import PublishOffer, StartPeer, SubscribeAnswer, ToWorker
from server.rate import Buckets
from server.relay import Relays
from server.rooms import rows
from server.rooms.room import Room
from server.session import commands
from server.session.answers import NOT_YOURS, Refused
from server.session.beside import EntryKey, line_key, offer_key
from server.session.here import may_vouch
from server.session.lanes import state_of
from server.session.writing import forms_of
from server.signaling.asked import ASKED
from server.signaling.connection import Connection
from server.wire import base, connections
from server.wire import messages as wire

Handler = Callable[[Connection, Any], Awaitable[None]]

CHAT_LINES_AT_ONCE = 10
CHAT_LINES_PER_S = 0.5
QUALITIES_AT_ONCE = 3
QUALITIES_PER_S = 0.5
COMMANDS_AT_ONCE = 40
COMMANDS_PER_S = 3
TOO_MANY_LINES = Refused("too_fast", "That is a lot to read for the others. Please wait a moment.")
TOO_FAST = Refused("too_fast", "That was a lot at once. Please wait a moment and do it again.")
OLDER_TAKE = Refused("not_allowed", "This recording began before this device was let in. Please decide on the device that was there.")
NO_RELAY = Relays()
NOT_HERE = Refused("not_here", "This person is not here now.")
NO_CLAIM = Refused("no_claim", "This question has been answered already.")


class Dispatch:
    """Call it with a connection and a decoded message."""

    def __init__(self, media: MediaClient, clock: Clock, clock_s: Callable[[], float] = time.monotonic, relays: Relays = NO_RELAY) -> None:
        self._media = media
        self._clock = clock
        self._relays = relays
        self._clock_s = clock_s
        self._command_rate = Buckets(COMMANDS_AT_ONCE, COMMANDS_PER_S)
        self._chat_rate = Buckets(CHAT_LINES_AT_ONCE, CHAT_LINES_PER_S)
        self._quality_rate = Buckets(QUALITIES_AT_ONCE, QUALITIES_PER_S)
        self._handlers: dict[type[base.Message], Handler] = {
            **dict.fromkeys(ASKED, _ask),
            wire.Hello: self._hello,
            wire.Ping: self._ping,
            wire.Write: self._write,
            wire.Chat: self._chat,
            wire.AddLine: self._add_line,
            wire.OfferOpinion: self._offer_opinion,
            wire.DecideTake: self._decide_take,
            wire.AnswerClaim: self._answer_claim,
            wire.StartMedia: self._start_media,
            wire.Publish: self._publish,
            wire.Subscribed: self._subscribed,
            wire.AskRelay: self._ask_relay,
            connections.Quality: self._quality,
            connections.SuggestCameraOff: self._suggest_camera_off,
        }

    async def __call__(self, connection: Connection, message: wire.FromPage) -> None:
        """Words are written as fast as people type; of everything else that would make the log longer a person does only so much."""
        if isinstance(message, base.Command) and not isinstance(message, wire.Write) and not self._may_ask(connection):
            _answer(connection, message, TOO_FAST)
            return
        await self._handlers[type(message)](connection, message)

    def _may_ask(self, connection: Connection) -> bool:
        return self._command_rate.take((connection.room.id, connection.seat), self._clock_s())

    async def _hello(self, connection: Connection, message: wire.Hello) -> None:
        connection.refuse("hello_again", "There is one hello on a connection.")

    async def _ping(self, connection: Connection, message: wire.Ping) -> None:
        connection.send(wire.Pong(sent_ms=message.sent_ms, now_ms=self._clock.now_ms()))

    async def _write(self, connection: Connection, message: wire.Write) -> None:
        room, seat = connection.room, connection.seat
        key = EntryKey(round=message.round, form=message.form, author=seat)
        row = rows.text(room.id, key, message.field, message.text, self._clock.now_ms())
        command = commands.Write(seat=seat, form=message.form, round=message.round, field=message.field, empty=not message.text.strip())

        def keep() -> None:
            room.memory.texts.setdefault(key, {})[message.field] = message.text

        _answer(connection, message, await room.ask(command, row, keep, readers(room, key)))

    async def _chat(self, connection: Connection, message: wire.Chat) -> None:
        room, seat = connection.room, connection.seat
        if not self._chat_rate.take((room.id, seat), self._clock_s()):
            _answer(connection, message, TOO_MANY_LINES)
            return
        row = rows.chat_line(room.id, message.message, seat, message.text, self._clock.now_ms())

        def keep() -> None:
            room.memory.chat.setdefault(message.message, message.text)

        command = commands.Chat(seat=seat, message=message.message, to=message.to)
        _answer(connection, message, await room.ask(command, row, keep, frozenset()))

    async def _add_line(self, connection: Connection, message: wire.AddLine) -> None:
        await self._say(
            connection, message, commands.AddLine(seat=connection.seat, line=message.line), line_key(message.line), message.text
        )

    async def _offer_opinion(self, connection: Connection, message: wire.OfferOpinion) -> None:
        command = commands.OfferOpinion(seat=connection.seat, offer=message.offer)
        await self._say(connection, message, command, offer_key(message.offer), message.text)

    async def _say(self, connection: Connection, message: base.Command, command: commands.SeatCommand, key: str, text: str) -> None:
        """A command with words that stand beside the log under this key; the first words stay."""
        room = connection.room
        row = rows.chat_line(room.id, key, connection.seat, text, self._clock.now_ms())

        def keep() -> None:
            room.memory.chat.setdefault(key, text)

        _answer(connection, message, await room.ask(command, row, keep, frozenset()))

    async def _decide_take(self, connection: Connection, message: wire.DecideTake) -> None:
        """On no device that could not open the recording either."""
        room = connection.room
        lesson = next((lesson for lesson in room.state.all_lessons if lesson.take == message.take), None)
        if lesson and not connection.device.reaches(room.id, lesson.started_ms):
            _answer(connection, message, OLDER_TAKE)
            return
        await _ask(connection, message)

    async def _answer_claim(self, connection: Connection, message: wire.AnswerClaim) -> None:
        room, claims = connection.room, connection.room.memory.claims
        whose = claims.seat_of(message.claim, self._clock.now_ms())
        if whose is None:
            _answer(connection, message, NO_CLAIM)
            return
        if not may_vouch(room.state, connection.seat, whose):
            _answer(connection, message, NOT_YOURS)
            return
        claims.answer(message.claim, message.yes)
        room.news()
        _answer(connection, message, None)

    async def _start_media(self, connection: Connection, message: wire.StartMedia) -> None:
        connection.room.media_started(connection.seat, message.session)
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

    async def _ask_relay(self, connection: Connection, message: wire.AskRelay) -> None:
        relay = self._relays.give(connection.room.id, connection.seat)
        if relay is not None:
            connection.send(relay)

    async def _quality(self, connection: Connection, message: connections.Quality) -> None:
        """What comes too often is left out; the next one says it again."""
        if self._quality_rate.take((connection.room.id, connection.seat), self._clock_s()):
            connection.room.page_noticed(connection.seat, message)

    async def _suggest_camera_off(self, connection: Connection, message: connections.SuggestCameraOff) -> None:
        """Said to that person's page alone, and kept nowhere."""
        room = connection.room
        if not room.state.seats[connection.seat].leads:
            _answer(connection, message, NOT_YOURS)
            return
        listener = room.listener(message.seat)
        if listener is None or message.seat == connection.seat:
            _answer(connection, message, NOT_HERE)
            return
        listener.send(connections.CameraOffSuggested(seat=connection.seat))
        _answer(connection, message, None)

    def _to_worker(self, connection: Connection, session: str, message: ToWorker) -> None:
        if not self._media.send(message):
            connection.send(wire.MediaLost(session=session, reason="worker_down"))


def readers(room: Room, key: EntryKey) -> frozenset[str] | None:
    """Whose views words in this entry may change; None: everybody's, because its author has the turn or the lesson."""
    state = room.state
    turn = state_of(state, key.author).turn
    if (turn and turn.seat == key.author) or key.author == state.teacher:
        return None
    if key.form in state.plan.forms and forms_of(state.plan, key.form).read_by == "everybody":
        return None
    teacher = state.order[key.round : key.round + 1]
    return frozenset({key.author, *teacher})


async def _ask(connection: Connection, message: base.Command) -> None:
    command = ASKED[type(message)](connection.seat, message)
    _answer(connection, message, await connection.room.ask(command))


def _answer(connection: Connection, message: base.Command, refused: Refused | None) -> None:
    if refused is None:
        connection.send(wire.Accepted(ref=message.ref))
    else:
        connection.refuse(refused.code, refused.message, message.ref, refused.costs)
