"""What a person deletes, or what has been kept for long enough, is in no byte of the disk any more: neither in the files that are used
nor, once its keys are gone, in a backup that was made before, nor after that backup was restored.

One real lesson with real voices and faces; the words of everybody in it are looked for as they stand.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.fakes.product import ROOT
from tests.fakes.studio import Copy, Studio, now_ms, studio
from tests.faults.test_canary import look
from tests.requirements import long

PROMISE_S = 60.0  # P22
OLD_MS = 90 * 24 * 3_600_000
TITLE, CHAT, NOTE, OWN, MAIL, ADDRESS = (f"canary {what} 7f3a" for what in ("title", "chat", "note", "own view", "mail", "address"))
NAME = "Maria Canary-Name-7f3a"
HERS = (CHAT, NOTE, OWN, MAIL, ADDRESS, NAME)


async def test_of_a_person_who_deletes_everything_nothing_is_left_anywhere(tmp_path: Path) -> None:
    async with studio(tmp_path / "it", before=say_things) as s:
        backup, keys = tmp_path / "backup", tmp_path / "copied-keys"
        command(s.data, "backup", "--to", str(backup), "--keys-to", str(keys))
        assert all(found(words, backup, s.data) for words in HERS), "the trial bites"
        assert opened(backup, keys), "the backup's recordings can be watched with the keys"
        began_s = time.monotonic()
        async with s.client("Maria") as maria:
            answer = await maria.post("/me/erase", data={})
            assert answer.status == 400, "only when the box is ticked"
            answer = await maria.post("/me/erase", data={"sure": "yes"})
            assert (answer.status, answer.url.path) == (200, "/erased")
            await until(lambda: not list((s.data / "keys").rglob("*.key")), began_s)
            assert (await maria.get(f"/recordings/{s.first}")).status == 404
            assert (await maria.get("/me/data")).status == 404
        assert [words for words in HERS if found(words, s.data)] == []
        assert [words for words in HERS if words in s.product.log] == []
        assert time.monotonic() - began_s < PROMISE_S
        assert opened(backup, s.data / "keys") == [], "not with any key that is left"
        assert list((s.data / "recordings" / "journals").rglob("*.journal")) == []
        await assert_others_are_as_they_were(s)
        there = tmp_path / "restored"
        ledger = str(s.data / "keys" / "erased.jsonl")
        command(there, "restore", "--from", str(backup), "--keys-from", str(keys), "--erased", ledger)
        assert [words for words in HERS if found(words, there)] == []
        assert opened(there, there / "keys") == []
        assert found(TITLE, there), "everything else is back"


@long
async def test_a_recording_that_was_kept_for_long_enough_is_gone(tmp_path: Path) -> None:
    """Its teacher has known it for a week; what was written stays."""

    def long_ago(copy: Copy) -> None:
        with copy.database() as database:
            database.execute(
                "UPDATE takes SET started_ms = ?, warned_ms = ? WHERE take = ?", (now_ms() - OLD_MS, now_ms() - OLD_MS, copy.first)
            )

    async with studio(tmp_path / "it", before=long_ago, keep_recordings_days="30") as s:
        async with s.client("Maria") as maria:
            assert 'id="kept-until"' in await (await maria.get(f"/recordings/{s.second}")).text()
        began_s = time.monotonic()
        await until(lambda: not list((s.data / "keys" / s.first).glob("*.key")), began_s)
        async with s.client("Maria") as maria:
            assert (await maria.get(f"/recordings/{s.first}")).status == 404
            assert (await maria.get(f"/recordings/{s.second}")).status == 200
        log = audited(s.data)
        assert [log.count(f'"act":"{act}"') for act in ("expired", "deleted", "page")] == [1, 1, 1], log


async def test_a_session_is_deleted_by_who_leads_it_when_no_recording_of_others_is_left(tmp_path: Path) -> None:
    async with studio(tmp_path / "it", before=say_things) as s:
        address = f"/sessions/{s.session}/erase"
        async with s.client("Ben") as ben, s.client("Ana") as ana, s.client("Maria") as maria:
            assert (await ben.post(address, data={"sure": "yes"})).status == 403
            assert (await ana.post(address, data={"sure": "yes"})).status == 409, "Maria's recordings are hers"
            for take in s.takes:
                await maria.post(f"/recordings/{take}/delete", data={})
            began_s = time.monotonic()
            answer = await ana.post(address, data={"sure": "yes"})
            assert (answer.status, answer.url.path) == (200, "/erased"), await answer.text()
            assert (await ana.get(f"/sessions/{s.session}")).status == 404
        await until(lambda: not any(found(words, s.data) for words in (TITLE, CHAT, NOTE, OWN)), began_s)
        assert time.monotonic() - began_s < PROMISE_S
        verified = command(s.data, "audit", "verify")
        assert "as they were written" in verified
        assert '"act":"session_erased"' in audited(s.data)


def say_things(copy: Copy) -> None:
    """In every table in which people write."""
    maria = copy.people["Maria"]
    times = {"created_ms": 1, "changed_ms": 1}
    with copy.database() as database:
        database.execute("UPDATE people SET name = ? WHERE person = ?", (NAME, maria.person))
        database.execute("UPDATE sessions SET title = ?", (TITLE,))
    copy.insert("chat", session=copy.session, message="m", seat=maria.seat, text=CHAT, said_ms=1)
    copy.insert("notes", note="n", session=copy.session, take=copy.first, author=maria.person, kind="note", text=NOTE, version=1, **times)
    copy.insert("note_versions", note="n", version=1, kind="note", text=f"before {NOTE}", changed_ms=1)
    with copy.database() as database:
        database.execute("INSERT OR REPLACE INTO reflections VALUES (?, ?, 'worked', ?, 1, NULL)", (copy.first, maria.person, OWN))
    copy.insert("emails", address=ADDRESS, person=maria.person, proven_ms=1)
    sending = dict.fromkeys(("created_ms", "attempts", "lease_until_ms"), 0) | {"not_before_ms": 2**50}
    copy.insert(
        "outbox",
        message="o",
        channel="mail",
        kind="x",
        address=ADDRESS,
        body=f"\r\n{MAIL}".encode(),
        error="",
        person=maria.person,
        **sending,
    )


async def assert_others_are_as_they_were(s: Studio) -> None:
    async with s.client("Ben") as ben:
        assert (await ben.get("/me/data")).status == 200
        page = await (await ben.get(f"/sessions/{s.session}")).text()
        assert NAME not in page


async def until(condition: Callable[[], bool], began_s: float) -> None:
    while not condition():
        assert time.monotonic() - began_s < PROMISE_S
        await asyncio.sleep(0.2)


def found(words: str, *folders: Path) -> bool:
    return any(words.encode() in data for folder in folders for data in raw(folder))


def raw(folder: Path) -> Iterator[bytes]:
    for path in folder.rglob("*"):
        if path.is_file():
            yield path.read_bytes()


def opened(folder: Path, keys: Path) -> list[str]:
    """Sealed records that some key opens."""
    return [place for place, each in look(folder / "recordings", keys).items() if each.plain is not None]


def command(data: Path, *words: str) -> str:
    environment = {**os.environ, "MT_DATA": str(data)}
    done = subprocess.run(
        [sys.executable, "-m", "server.cli", *words], cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def audited(data: Path) -> str:
    return command(data, "audit", "export")
