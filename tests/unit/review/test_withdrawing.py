"""A recorder that has not read so far would find nothing to withdraw: it is asked once it knows the recording. Over a real socket."""

from __future__ import annotations

import asyncio
from pathlib import Path

from recorder.control import DeleteTake, Take, TakeChanged, Takes, WithdrawTracks, to_recorder
from server.media.control import encode_frame, read_frame
from server.people.withdrawals import VOICE
from server.review.recorder_client import RecorderClient, Told
from server.review.withdrawing import Withdrawing
from server.store.engine import Store
from tests.fakes.still_clock import StillClock

WISH = WithdrawTracks(take="t", peer="b", sources=VOICE)


def _ignore(_: object) -> None:
    pass


async def test_a_withdrawal_waits_until_the_recorder_has_the_recording(tmp_path: Path) -> None:
    heard: asyncio.Queue[object] = asyncio.Queue()

    async def recorder(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(encode_frame(Takes(takes=())))
        heard.put_nowait(await read_frame(reader, to_recorder))
        writer.write(encode_frame(TakeChanged(take=Take(take="t", room="s", state="recording"))))
        heard.put_nowait(await read_frame(reader, to_recorder))
        heard.put_nowait(await read_frame(reader, to_recorder))
        writer.close()

    told = Told(lambda take: withdrawing.take_changed(take.take), _ignore, _ignore, _ignore)
    client = RecorderClient(tmp_path / "socket", told)
    async with Store(tmp_path / "test.db") as store:
        withdrawing = Withdrawing(store, client, StillClock())
        withdrawing.wish(WISH)
        client.delete("another")
        async with await asyncio.start_unix_server(recorder, tmp_path / "socket"):
            running = asyncio.create_task(client.run())
            async with asyncio.timeout(10):
                assert await heard.get() == DeleteTake(take="another"), "nothing else on a connection that tells of no recording"
                assert await heard.get() == WISH
                withdrawing.wish(WISH)
                assert await heard.get() == WISH, "at once where it is known"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
