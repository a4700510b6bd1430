"""What was set aside is given up when the database finds no room, and the note that could not be saved is saved."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection

from server.rooms import rows
from server.session.beside import EntryKey
from server.store.engine import Store
from server.store.spare import SPARE_BYTES, Spare

KEY = EntryKey(round=0, form="f", author="ben")
LONG = "word " * 20_000


async def test_note_is_saved_with_what_was_set_aside(tmp_path: Path) -> None:
    spare = ["what was set aside"]

    async def write(connection: AsyncConnection) -> None:
        """A database that may not grow says what one says on a full disk."""
        await connection.execute(sa.text(f"PRAGMA max_page_count = {1 if spare else 100_000}"))
        await rows.text("s", KEY, "field", LONG, 1)(connection)

    async with Store(tmp_path / "test.db", lambda: False) as store:
        await store.write(rows.new_session("s", "Fractions", 1, None))
        with pytest.raises(OperationalError, match="full"):
            await store.write(write)
        store._give_up_spare = lambda: bool(spare.pop())
        await store.write(write)
        assert (await rows.load_texts(store, "s"))[KEY] == {"field": LONG}


def test_spare_takes_up_room_and_is_given_up_only_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spare = Spare(tmp_path / "reserve.bin")
    spare.make()
    assert (tmp_path / "reserve.bin").stat().st_blocks * 512 >= SPARE_BYTES
    assert not spare.give_up()
    monkeypatch.setattr(os, "statvfs", lambda _: SimpleNamespace(f_bavail=10, f_frsize=4096))
    assert spare.give_up()
    assert not spare.give_up()
    spare.make()
    assert not (tmp_path / "reserve.bin").exists()
