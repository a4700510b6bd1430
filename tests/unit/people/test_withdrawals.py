"""Who has taken what out of which recording, on a real store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from recorder.control import Take, TakeTrack, TracksWithdrawn, WithdrawTracks
from server.people.seats import Device, Person, new_person, new_seat
from server.people.watching import Recording
from server.people.withdrawals import (
    PICTURE,
    SCREEN,
    VOICE,
    Withdrawal,
    deleted_by,
    new_withdrawal,
    note_withdrawn,
    recordings_in,
    still_to_withdraw,
    taken_out,
    voices_of,
    voices_taken_out,
    withdrawals_from,
)
from server.rooms import rows
from server.store.engine import Store
from server.store.schema import takes, withdrawals

MARIA, BEN = Person(person="maria", name="Maria"), Person(person="ben", name="Ben")
STARTED_MS = 1_000
BENS_VOICE = WithdrawTracks(take="t1", peer="b", sources=VOICE)
OWN = Device(person=BEN, session=None, created_ms=5_000)
RECORDED = Take(
    take="t1",
    room="s",
    state="ready",
    tracks=(TakeTrack(peer="m", source="camera"), TakeTrack(peer="m", source="microphone"), TakeTrack(peer="b", source="microphone")),
)


@pytest_asyncio.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    """Maria taught twice in a session with Ben, and once in another one."""

    async def recorded(connection: AsyncConnection) -> None:
        for number, (take, session) in enumerate((("t1", "s"), ("t2", "s"), ("t3", "other"))):
            values = {"take": take, "session": session, "round": 0, "attempt": number, "teacher": "m", "started_ms": STARTED_MS + number}
            await connection.execute(sa.insert(takes).values(values))

    async with Store(tmp_path / "test.db") as opened:
        for session in ("s", "other"):
            await opened.write(rows.new_session(session, "Fractions", 1))
        for person, seat in ((MARIA, "m"), (BEN, "b")):
            await opened.write(new_person(person, f"token of {person.person}", 1))
            await opened.write(new_seat("s", seat, person.person))
        await opened.write(recorded)
        yield opened


async def delete(store: Store, take: str) -> None:
    async def work(connection: AsyncConnection) -> None:
        await connection.execute(sa.update(takes).where(takes.c.take == take).values(deleted_ms=9_000))

    await store.write(work)


async def asked_ms(store: Store) -> list[int]:
    async with store.read() as connection:
        return list((await connection.execute(sa.select(withdrawals.c.asked_ms))).scalars())


async def voices(store: Store, device: Device = OWN, *, seat: str = "b", running: str = "") -> dict[str, str]:
    recordings = await recordings_in(store, "s")
    found = await withdrawals_from(store, [recording.take for recording in recordings])
    return {each.recording.take: each.state for each in voices_of(seat, device, recordings, found, {"t1": RECORDED}, running)}


async def test_what_was_asked_is_asked_again_after_every_start_until_it_is_done(store: Store) -> None:
    screen = WithdrawTracks(take="t2", peer="m", sources=SCREEN)
    for wish in (BENS_VOICE, screen):
        await store.write(new_withdrawal(wish, 2_000))
    assert {(wish.take, wish.peer, *sorted(wish.sources)) for wish in await still_to_withdraw(store)} == {
        ("t1", "b", "microphone"),
        ("t2", "m", "screen", "screen_sound"),
    }
    await note_withdrawn(store, TracksWithdrawn(take="t2", peer="m", sources=("screen",)), 3_000)
    assert WithdrawTracks(take="t2", peer="m", sources=("screen_sound",)) in await still_to_withdraw(store)
    for done in (TracksWithdrawn(take="t2", peer="m", sources=SCREEN), TracksWithdrawn(take="t1", peer="b", sources=VOICE)):
        await note_withdrawn(store, done, 3_000)
    assert await still_to_withdraw(store) == []


async def test_of_a_deleted_recording_nothing_more_is_asked(store: Store) -> None:
    await store.write(new_withdrawal(BENS_VOICE, 2_000))
    await delete(store, "t1")
    assert await still_to_withdraw(store) == []


async def test_twice_is_once(store: Store) -> None:
    await store.write(new_withdrawal(BENS_VOICE, 2_000))
    await note_withdrawn(store, TracksWithdrawn(take="t1", peer="b", sources=VOICE), 3_000)
    await store.write(new_withdrawal(BENS_VOICE, 4_000))
    await note_withdrawn(store, TracksWithdrawn(take="t1", peer="b", sources=VOICE), 5_000)
    assert await asked_ms(store) == [2_000]
    assert await voices(store) == {"t1": "out"}


async def test_ones_voice_is_in_a_recording_then_leaves_it_then_is_out(store: Store) -> None:
    assert await voices(store) == {"t1": "in"}
    await store.write(new_withdrawal(BENS_VOICE, 2_000))
    assert await voices(store) == {"t1": "leaving"}
    await note_withdrawn(store, TracksWithdrawn(take="t1", peer="b", sources=VOICE), 3_000)
    assert await voices(store) == {"t1": "out"}
    await delete(store, "t1")
    assert await voices(store) == {}


async def test_nobody_is_shown_recordings_that_are_not_about_their_own_voice(store: Store) -> None:
    assert await voices(store, seat="m") == {}, "who taught has the recording itself"
    assert await voices(store, seat="somebody else") == {}
    assert await voices(store, running="t2") == {"t1": "in", "t2": "in"}, "what is being recorded now"


async def test_a_device_for_one_session_decides_about_nothing_that_began_before_it(store: Store) -> None:
    assert await voices(store, Device(person=BEN, session="s", created_ms=STARTED_MS + 1)) == {}
    assert await voices(store, Device(person=BEN, session="s", created_ms=STARTED_MS)) == {"t1": "in"}


async def test_a_teacher_knows_what_is_out_and_how_many_voices_but_not_whose(store: Store) -> None:
    found = [
        Withdrawal(take="t1", peer="b", source="microphone", done=True),
        Withdrawal(take="t1", peer="c", source="microphone", done=False),
        Withdrawal(take="t1", peer="m", source="camera", done=True),
        Withdrawal(take="t2", peer="d", source="microphone", done=True),
    ]
    recording = Recording(take="t1", session="s", round=0, teacher="m", started_ms=STARTED_MS, attempt=0)
    assert voices_taken_out(recording, found) == 1
    assert taken_out(RECORDED, "t1", "m", PICTURE, found) == "out"
    assert taken_out(RECORDED, "t1", "m", PICTURE, []) == "in"
    assert taken_out(RECORDED, "t1", "m", SCREEN, []) == "never"
    assert taken_out(None, "t1", "m", PICTURE, []) == "never"


async def test_only_whose_recording_it_was_is_told_that_it_is_deleted(store: Store) -> None:
    own = Device(person=MARIA, session=None, created_ms=1)
    assert await deleted_by(store, "t1", [own]) is None
    await delete(store, "t1")
    found = await deleted_by(store, "t1", [own])
    assert found and found.take == "t1"
    for devices in ([], [OWN], [Device(person=MARIA, session="s", created_ms=STARTED_MS + 1)]):
        assert await deleted_by(store, "t1", devices) is None
