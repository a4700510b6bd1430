"""Makes the ready-made recording of tests/fakes/studio.py: one real lesson, taught twice, in real browsers; once a day on a machine.

Ana leads, Maria teaches, Ben is a colleague; all three agree to be recorded. Both colleagues tap moments and write; Maria keeps Ana's
suggestion, chooses it as her one thing and teaches again; the session ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import shutil
import sqlite3
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

import msgspec

from recorder.control import Take, TakeChanged, Takes, from_recorder
from server.cli import Places
from server.media.control import read_frame
from server.settings import Settings
from tests.browser.gathering import look, until
from tests.browser.material import COLLEAGUE_A_HZ, COLLEAGUE_B_HZ, TEACHER_HZ
from tests.browser.people import Human, come_in, human, set_up
from tests.browser.steps import all_here, go_on, lesson_runs, seat_of
from tests.fakes.formats import timed
from tests.fakes.product import ROOT, running_product

CACHE = ROOT / ".cache" / "studio"
FORMATS_OF_DATA = (
    "config/plans/teach-again.toml",
    "config/forms/*.toml",
    "recorder/journal.py",
    "recorder/manifest.py",
    "recorder/parts.py",
    "recorder/sealed.py",
    "recorder/keys.py",
    "server/store/schema*.py",
    "server/store/migrations/versions/*.py",
    "tests/fakes/studio_lesson.py",
)
MADE_S = 300.0
LOOK_S = 0.1
OLD_S = 24 * 3600

PLAN = "teach-again"
LENGTHS_S = dict.fromkeys(("lesson", "lesson-again"), 60) | dict.fromkeys(
    ("writing", "teacher-first", "feedback", "coaching", "replan", "writing-again", "teacher-first-again", "feedback-again", "closing"), 90
)
FILM_OF_MARIA = 2
FIRST_TRY_MS, SECOND_TRY_MS = 15_000, 10_000
# (who, which moment), in this order, each a while after the one before
TAPS = (("Ben", "helped"), ("Ana", "lost"), ("Ben", "lost"))
BETWEEN_TAPS_MS = 3_000

# What people wrote, for tests that look for it.
LINE = "Your drawing of the half made it clear."
HELPED = "When you drew both halves I could compare them."
OF_BEN = "You could ask somebody in the last row first."
OF_ANA = "You could count to three after each question."
OWN_VIEW = "The drawing on the board worked."
ONE_THING = "Next time I count to three after a question"
DIFFERENT = "This time I had the time to think."
EFFECT = "This time I dared to answer."
LISTENING = "Ben sits where I never look."
TAKE_AWAY = "I will wait longer in my own class."


class Made(msgspec.Struct, kw_only=True):
    """What studio.json says of the kept lesson: `takes` the first and the second try, the rest by name."""

    session: str
    takes: list[str]
    seats: dict[str, str]
    tokens: dict[str, str]
    people: dict[str, str] = {}


async def kept_lesson() -> Path:
    """The folder with `data` and `studio.json`; made if it is not there yet. Another process that makes it is waited for."""
    folder = CACHE / _key()
    CACHE.mkdir(parents=True, exist_ok=True)
    async with _alone(folder.with_suffix(".lock")):
        if not (folder / "studio.json").exists():
            await _make(folder)
    return folder


def _key() -> str:
    """What a format lets people do for a day after the session they can still do."""
    found = hashlib.sha256(time.strftime("%Y-%m-%d", time.gmtime()).encode())
    for pattern in FORMATS_OF_DATA:
        for path in sorted(ROOT.glob(pattern)):
            found.update(path.name.encode() + path.read_bytes())
    return found.hexdigest()[:16]


@contextlib.asynccontextmanager
async def _alone(lock: Path) -> AsyncIterator[None]:
    """While this process has the lock."""
    with lock.open("w") as file:
        async with asyncio.timeout(MADE_S):
            while True:
                try:
                    fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                    break
                except BlockingIOError:
                    await asyncio.sleep(LOOK_S)
        yield


async def _make(folder: Path) -> None:
    """Beside, and moved into place when it is whole. Earlier ones that nobody has made lately go."""
    for old in CACHE.iterdir():
        if time.time() - old.stat().st_mtime > OLD_S:
            shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)
    half = folder.with_suffix(".half")
    shutil.rmtree(half, ignore_errors=True)
    half.mkdir()
    plans = timed(half / "plans", PLAN, LENGTHS_S)
    async with asyncio.timeout(MADE_S), running_product(half, plans=str(plans)) as product:
        async with contextlib.AsyncExitStack() as stack:
            maria = await stack.enter_async_context(human("Maria", source=FILM_OF_MARIA, tone_hz=TEACHER_HZ))
            ben = await stack.enter_async_context(human("Ben", tone_hz=COLLEAGUE_A_HZ))
            ana = await stack.enter_async_context(human("Ana", tone_hz=COLLEAGUE_B_HZ))
            invitation = await set_up(ana, product, PLAN)
            await come_in(ana, None, teaches=False, recording="record")
            await asyncio.gather(
                come_in(maria, invitation, teaches=True, recording="record"), come_in(ben, invitation, teaches=False, recording="record")
            )
            made = await _hold(ana, maria, ben)
        await _all_is_made(half / "data", made.takes)
    made.people = _people(half / "data", made.seats)
    (half / "data" / "clock.json").unlink(missing_ok=True)
    (half / "studio.json").write_bytes(msgspec.json.encode(made))
    half.rename(folder)


async def _hold(ana: Human, maria: Human, ben: Human) -> Made:
    everybody = (ana, maria, ben)
    await all_here(everybody)
    await go_on(ana, everybody, "lesson")
    await lesson_runs(maria, everybody)
    await _first_try(ana, ben)
    await go_on(ana, everybody, "writing")
    await _write(ana, maria, ben)
    await go_on(ana, everybody, "teacher-first")
    await go_on(ana, everybody, "feedback")
    await _speak_in_turn(ana, maria)
    await go_on(ana, everybody, "coaching")
    await _choose(maria, ana)
    await go_on(ana, everybody, "replan")
    await go_on(ana, everybody, "lesson-again")
    await _second_try(everybody)
    await go_on(ana, everybody, "writing-again")
    await _write_again(ana, ben)
    await go_on(ana, everybody, "teacher-first-again")
    await go_on(ana, everybody, "feedback-again")
    await _speak_in_turn(ana)
    await go_on(ana, everybody, "closing")
    await _fill(ana, "take-away", TAKE_AWAY)
    made = await _told(everybody)
    await ana.page.click("#action-advance")
    await maria.until("The session has ended", where="#now")
    return made


async def _first_try(ana: Human, ben: Human) -> None:
    people = {"Ana": ana, "Ben": ben}
    began_ms = await _now_ms(ana)
    for number, (name, moment) in enumerate(TAPS, 1):
        await _lasts(ana, began_ms + number * BETWEEN_TAPS_MS)
        await people[name].page.click(f"#moment-{moment}")
    await _lasts(ana, began_ms + FIRST_TRY_MS)


async def _write(ana: Human, maria: Human, ben: Human) -> None:
    cards = "document.querySelectorAll('#form [data-moment]').length"
    await ben.page.wait_for(f"{cards} === 2", what="two cards for two moments")
    await ben.page.fill("#form [data-moment] textarea", LINE)
    await until(ben, f"Object.values(view.mine.fields).includes('{LINE}')", "the line being kept")
    await _fill(ben, "helped", HELPED)
    await _fill(ben, "suggestion", OF_BEN)
    await _fill(ana, "suggestion", OF_ANA)
    await _fill(maria, "worked", OWN_VIEW)


async def _speak_in_turn(ana: Human, maria: Human | None = None) -> None:
    """Ana first, then Ben. Maria, who listens, writes something for herself and keeps Ana's suggestion."""
    await until(ana, "view.floor.turn === view.you.seat", "Ana's turn")
    await ana.page.click("#action-end-turn")
    await until(ana, "view.floor.turn && view.floor.turn !== view.you.seat", "Ben's turn")
    if maria is not None:
        await _fill(maria, "notes", LISTENING)
        await maria.page.click(name="Keep the suggestion from Ana", role="button")
        await until(maria, "view.received.some(({ kept }) => kept)", "the suggestion being kept")


async def _choose(maria: Human, ana: Human) -> None:
    await maria.page.click("#choose-one .choose")
    await maria.page.wait_for("(text) => document.getElementById('field-try').value.startsWith(text)", OF_ANA, what="the one chosen")
    await _fill(maria, "try", ONE_THING)
    await until(ana, "view.pinned", "Ana being told")


async def _second_try(everybody: Sequence[Human]) -> None:
    ana, maria, ben = everybody
    await maria.until("Your second try is next", where="#now")
    await maria.page.click("#action-start-lesson")
    for person in everybody:
        await until(person, "view.phase.status === 'running' && !view.phase.starts_ms && view.recording.on", "the second try")
    began_ms = await _now_ms(ana)
    await _lasts(ana, began_ms + BETWEEN_TAPS_MS)
    await ben.page.click("#moment-helped")
    await _lasts(ana, began_ms + SECOND_TRY_MS)


async def _write_again(ana: Human, ben: Human) -> None:
    await ana.page.click("#choice-noticed-yes")
    await until(ana, "view.mine.fields.noticed === 'yes'", "the answer being kept")
    await _fill(ana, "effect", EFFECT)
    await _fill(ben, "different", DIFFERENT)


async def _told(everybody: Sequence[Human]) -> Made:
    maria = everybody[1]
    takes = await until(
        maria, "view.takes.length === 2 && view.takes.every(({ state }) => state === 'ready') && view.takes", "both recordings"
    )
    found = sorted(takes, key=lambda each: int(each["attempt"]))
    return Made(
        session=await look(maria, "view.session"),
        takes=[each["take"] for each in found],
        seats={person.name: await seat_of(person) for person in everybody},
        tokens={person.name: await _token(person) for person in everybody},
    )


async def _token(person: Human) -> str:
    cookies = (await person.page.cdp("Network.getCookies"))["cookies"]
    return next(str(cookie["value"]) for cookie in cookies if cookie["name"] == "mt_device")


async def _fill(person: Human, key: str, text: str) -> None:
    await person.page.fill(f"#field-{key}", text)
    await until(person, f"view.mine.fields['{key}'] === '{text}'", f"{key} being kept")


async def _now_ms(person: Human) -> float:
    return float(await person.page.eval("window.microteach.clock.now()"))


async def _lasts(person: Human, until_ms: float) -> None:
    await person.page.wait_for("(until) => window.microteach.clock.now() >= until", until_ms, what="the lesson going on")


def _people(data: Path, seats: dict[str, str]) -> dict[str, str]:
    with contextlib.closing(sqlite3.connect(data / "microteach.db")) as database:
        person_of = dict(database.execute("select seat, person from seats").fetchall())
    return {name: person_of[seat] for name, seat in seats.items()}


async def _all_is_made(data: Path, takes: Sequence[str]) -> None:
    """Until the recorder waits for nothing more, and the jobs that begin by themselves have ended."""
    versions = {take: (await _settled(data, take)).version for take in takes}
    with contextlib.closing(sqlite3.connect(data / "microteach.db")) as database:
        query = "select count(*) from jobs where take = ? and version = ? and state = 'done'"
        while not all(database.execute(query, wanted).fetchone()[0] >= 2 for wanted in versions.items()):
            await asyncio.sleep(LOOK_S)


async def _settled(data: Path, take: str) -> Take:
    reader, writer = await asyncio.open_unix_connection(Places(Settings(data=str(data))).recorder_socket)
    try:
        while True:
            message = await read_frame(reader, from_recorder)
            told = message.takes if isinstance(message, Takes) else (message.take,) if isinstance(message, TakeChanged) else ()
            for each in told:
                if each.take == take and each.state == "ready" and each.settled and not each.mixing:
                    return each
    finally:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()


if __name__ == "__main__":
    print(asyncio.run(kept_lesson()))
