"""Who was not heard or not seen for long is heard and seen again on the same connections, and nobody has to begin anew."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from server.media import control
from server.media.control import PersonPolicy, RoomPolicy
from tests.fakes.aiortc_peer import ROOM, ControlClient, running_worker
from tests.fakes.light_peer import LightPeer

LEFT_OUT = 33_000  # more than half of all numbers: a subscriber that saw them go by would lose count
ARRIVE = 12  # one in so many: what counts is how far the numbers go
VOICE: tuple[str, control.Source] = ("anna", "microphone")
PICTURE: tuple[str, control.Source] = ("anna", "camera")
OPEN = PersonPolicy(microphone=True, camera=True, camera_shown="large", hears=("anna", "ben"), sees=("anna", "ben"))
QUIET = PersonPolicy(microphone=False, camera=True, hears=("anna", "ben"), sees=())


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[ControlClient]:
    async with running_worker(tmp_path):
        client = await ControlClient.connect(tmp_path / "control")
        yield client
        await client.close()


def allow(server: ControlClient, version: int, who: PersonPolicy) -> None:
    server.send(control.SetRoom(room=ROOM, policy=RoomPolicy(version=version, people={"anna": who, "ben": who})))


async def anna_and_ben(server: ControlClient, session: str = "first") -> tuple[LightPeer, LightPeer]:
    allow(server, 1, OPEN)
    anna, ben = LightPeer(server, "anna", session), LightPeer(server, "ben", "ben")
    await anna.publish()
    await ben.hears_of(VOICE, PICTURE)
    return anna, ben


async def keep_talking(peer: LightPeer) -> None:
    while True:
        peer.speak()
        peer.show()
        await asyncio.sleep(0.02)


async def test_a_silenced_voice_and_an_unseen_picture_come_back_after_33_000_packets(server: ControlClient) -> None:
    anna, ben = await anna_and_ben(server)
    heard = (await ben.gets(VOICE, 20, anna))[-1]
    seen = (await ben.gets(PICTURE, 20, anna))[-1]
    ben.take()
    last = {key: (ben.came[key] or [before])[-1] for key, before in ((VOICE, heard), (PICTURE, seen))}
    allow(server, 2, QUIET)
    await server.take(control.PolicyApplied, lambda message: message.version == 2)
    ben.take()
    last |= {key: packets[-1] for key, packets in ben.came.items() if packets}
    for number in range(LEFT_OUT):
        anna.speak(lost=number % ARRIVE > 0)
        anna.show(lost=number % ARRIVE > 0)
        if number % (20 * ARRIVE) == 0:
            anna.check()
            ben.check()
            await asyncio.sleep(0.01)
    await asyncio.sleep(1)  # what is over the limit of a source is dropped, until it has earned some again
    ben.came.clear()
    ben.take()
    assert ben.came == {}, "nothing of it reached him"
    allow(server, 3, OPEN)
    for key in (VOICE, PICTURE):
        [first, *_] = await ben.gets(key, 5, anna)
        assert 0 < (first.sequence - last[key].sequence) & 0xFFFF < 10, "the numbers go on where they ended"
    assert not [message for message in server.heard if isinstance(message, control.SubscribeOffer)], "on the lines that were there"
    await anna.close()
    await ben.close()


async def test_a_new_page_takes_over_while_the_old_one_still_sends(server: ControlClient) -> None:
    """Also when it sends under the same SSRCs, with other keys and numbers that begin anew."""
    old, ben = await anna_and_ben(server)
    before = (await ben.gets(VOICE, 10, old))[-1]
    new = LightPeer(server, "anna", "second", ssrcs=old.ssrcs)
    talking = asyncio.create_task(keep_talking(old))
    await new.publish()
    for key in (VOICE, PICTURE):
        numbers = [packet.sequence for packet in await ben.gets(key, 20, new)]
        assert numbers == [(numbers[0] + step) & 0xFFFF for step in range(len(numbers))], "one stream, without holes or repeats"
    assert (ben.came[VOICE][0].sequence - before.sequence) & 0xFFFF < 100, "it goes on where the old page was cut off"
    talking.cancel()
    await old.close()
    await new.close()
    await ben.close()
