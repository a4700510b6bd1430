"""Taking a voice or a picture out of a recording: who may, and in which order. First the wish is on disk, then the recorder is told.

It is told once it has said that it has this recording: to a recorder that has not read so far, which knows no such track yet,
everything would look done. Pages are not known here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping

import msgspec

from recorder.control import Take, WithdrawTracks
from server.clock import Clock
from server.keeping.audit import noted
from server.media.control import Source
from server.people.accounts import together
from server.people.seats import Device, person_in
from server.people.watching import Recording
from server.people.withdrawals import (
    PICTURE,
    SCREEN,
    VOICE,
    OwnVoice,
    TakenOut,
    new_withdrawal,
    recordings_in,
    taken_out,
    voices_of,
    voices_taken_out,
    withdrawals_from,
)
from server.review.recorder_client import RecorderClient
from server.rooms.room import Room
from server.session.commands import ChooseRecording
from server.session.policy import recorded_media
from server.store.engine import Store

log = logging.getLogger(__name__)

PARTS: Mapping[str, tuple[Source, ...]] = {"picture": PICTURE, "screen": SCREEN}


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What was taken out of a recording or can be, for its teacher. `voices`: how many colleagues, not who."""

    picture: TakenOut
    screen: TakenOut
    voices: int


class Withdrawing:
    """`about_to`: told of what is withdrawn before it is."""

    def __init__(
        self, store: Store, recorder: RecorderClient, clock: Clock, about_to: Callable[[WithdrawTracks], None] = lambda _: None
    ) -> None:
        self._store = store
        self._about_to = about_to
        self._recorder = recorder
        self._clock = clock
        self._early: dict[str, list[WithdrawTracks]] = {}  # by take

    def wish(self, wish: WithdrawTracks) -> None:
        """That is on disk."""
        if wish.take in self._recorder.takes:
            self._recorder.withdraw(wish)
        else:
            self._early.setdefault(wish.take, []).append(wish)

    def take_changed(self, take: str) -> None:
        for wish in self._early.pop(take, ()):
            self._recorder.withdraw(wish)

    async def voices(self, room: Room, seat: str, device: Device) -> list[OwnVoice]:
        """The recordings of others in which this seat's voice is or was, as far as this device reaches."""
        recordings = await recordings_in(self._store, room.id)
        rows = await withdrawals_from(self._store, [recording.take for recording in recordings])
        return voices_of(seat, device, recordings, rows, self._recorder.takes, _running_with(room, seat))

    async def take_voice_out(self, room: Room, seat: str, device: Device, take: str) -> bool:
        """False where this voice is in no such recording. Of one that runs nothing more is kept either."""
        found = next((voice for voice in await self.voices(room, seat, device) if voice.recording.take == take), None)
        if found is None:
            return False
        if found.runs:
            await room.ask(ChooseRecording(seat=seat, choice="leave_out"))
        if found.state == "in":
            await self._withdraw(WithdrawTracks(take=take, peer=seat, sources=VOICE))
        return True

    async def changes(self, recording: Recording) -> Changes:
        take = self._recorder.takes.get(recording.take)
        rows = await withdrawals_from(self._store, [recording.take])
        states = {part: taken_out(take, recording.take, recording.teacher, sources, rows) for part, sources in PARTS.items()}
        return Changes(**states, voices=voices_taken_out(recording, rows))

    async def take_part_out(self, recording: Recording, part: str) -> bool:
        """The teacher's own picture, or the screen with its sound. False where it is not in this recording, or it still runs."""
        take = self._recorder.takes.get(recording.take)
        rows = await withdrawals_from(self._store, [recording.take])
        state = taken_out(take, recording.take, recording.teacher, PARTS[part], rows) if part in PARTS else "never"
        if state == "never" or take is None or take.state == "recording":
            return False
        if state == "in":
            await self._withdraw(WithdrawTracks(take=recording.take, peer=recording.teacher, sources=_sources_in(take, recording, part)))
        return True

    async def _withdraw(self, wish: WithdrawTracks) -> None:
        now_ms = self._clock.now_ms()
        await asyncio.to_thread(self._about_to, wish)
        person = await person_in(self._store, self._recorder.takes[wish.take].room, wish.peer) if wish.take in self._recorder.takes else ""
        note = noted("withdrawn", person or "", now_ms, take=wish.take, about=",".join(wish.sources))
        await self._store.write(together(new_withdrawal(wish, now_ms), note))
        self.wish(wish)
        log.info("tracks are withdrawn, take=%s peer=%s sources=%s", wish.take, wish.peer, ",".join(wish.sources))


def _sources_in(take: Take, recording: Recording, part: str) -> tuple[Source, ...]:
    there = {track.source for track in take.tracks if track.peer == recording.teacher}
    return tuple(source for source in PARTS[part] if source in there)


def _running_with(room: Room, seat: str) -> str:
    media = recorded_media(room.state)
    return media.take if media and media.teacher != seat and seat in media.voices else ""
