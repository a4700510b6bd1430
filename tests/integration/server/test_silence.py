"""P23: a whole product on its default settings, with people, simulated colleagues, a lesson and its recording, sends nothing to anybody
but the pages that came; and its log, of all processes, at its most talkative, has no secret, name, text or address in it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
import secrets
import sqlite3
from pathlib import Path

import pytest

from server.doctor.address import is_own
from server.settings import is_loopback
from server.wire.messages import Accepted
from tests.fakes.product import running_product
from tests.integration.bots.test_trial import Guest, here
from tests.requirements import require

pytestmark = [pytest.mark.full, pytest.mark.timeout(240)]

TRACED = "trace=connect,sendto,sendmsg,sendmmsg"
ADDRESS = re.compile(r'inet_addr\("([^"]+)"\)|inet_pton\(AF_INET6, "([^"]+)"')
IN_LOG = re.compile(r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|\b[0-9a-f]{1,4}(?::[0-9a-f]{0,4}){3,7}\b")
PROCESSES = ("server.supervisor", "server.signaling", "server.media.worker", "recorder.main")


class Canaries:
    """Words that are nowhere else, by what they are."""

    def __init__(self) -> None:
        self.words: dict[str, str] = {"secret": secrets.token_hex(20)}

    def word(self, what: str) -> str:
        self.words[what] = f"Canary{secrets.token_hex(5)}"
        return self.words[what]


async def test_nothing_leaves_the_machine_and_the_log_tells_nothing(tmp_path: Path) -> None:
    trace, canaries = tmp_path / "trace", Canaries()
    wrapper = (str(require("strace")), "-D", "-f", "--seccomp-bpf", "-qq", "-e", TRACED, "-e", "signal=none", "-o", str(trace))
    settings = {"log_format": "json", "secret": canaries.words["secret"], "node": "node-1"}
    async with (
        running_product(tmp_path, wrapper=wrapper, words=("--verbose",), **settings) as product,
        Guest(product.url) as ana,
        Guest(product.url) as maria,
        Guest(product.url) as ben,
    ):
        await lesson_with_colleagues(ana, canaries)
        await words_and_errors(maria, ben, tmp_path / "data" / "microteach.db", canaries)
        for number, page in enumerate((ana, maria, ben)):
            canaries.words |= {f"cookie {number} {cookie.key}": cookie.value for cookie in page._client.cookie_jar}
    sent_to = addresses_in(trace.read_text(errors="replace"))
    assert sent_to, "something was traced"
    assert {address for address in sent_to if not stays_here(address)} == set()
    told = product.log
    assert "Microteach is ready" not in told
    lines = [json.loads(line) for line in told.splitlines()]
    assert {line["node"] for line in lines} == {"node-1"}
    assert all(any(line["logger"].startswith(name) for line in lines) for name in PROCESSES)
    assert any("stack" in line for line in lines), "an error was told with its traceback"
    assert {what for what, word in canaries.words.items() if word in told} == set()
    assert IN_LOG.findall(told) == []


async def lesson_with_colleagues(ana: Guest, canaries: Canaries) -> None:
    """Lina teaches; sound and picture go through the worker and are recorded."""
    link = await ana.try_it()
    canaries.words["invitation"] = link.rpartition(".")[2]
    await ana.join(link, canaries.word("name of who leads"), teaches=False, recording="record")
    await ana.connect()
    await ana.sees(lambda view: len(here(view)) == 3 and any(person.teaches is not None for person in view.people), 60)
    await ana.advance()
    await ana.sees(lambda view: view.phase.key == "lesson" and view.phase.status == "running", 60)
    await ana.sees(lambda view: bool(view.chat), 60)
    chat = await ana.ask(type="chat", message="one-line", text=canaries.word("chat"))
    assert isinstance(chat, Accepted)
    await ana.advance()
    await ana.sees(lambda view: view.phase.key != "lesson", 30)
    await ana.disconnect()


async def words_and_errors(maria: Guest, ben: Guest, database: Path, canaries: Canaries) -> None:
    """A session of people who write; then a table is gone, so that what they do next fails."""
    lead, invitation = await maria.make_session()
    canaries.words["second invitation"] = invitation.rpartition(".")[2]
    await maria.join(lead, canaries.word("name of who teaches"), teaches=True)
    await ben.join(invitation, canaries.word("name of a colleague"))
    await maria.connect()
    await ben.connect()
    for key in ("learners", "goal"):
        wish = {"type": "write", "form": "lesson-card", "round": 0, "field": key, "text": canaries.word(key)}
        assert isinstance(await maria.ask(**wish), Accepted)
    await maria.send("{" + canaries.word("no message"))
    await maria.upload(f"/sessions/{maria.session}/slides", (f"{canaries.word('file name')}.pdf", b"%PDF-1.4 broken"))
    with contextlib.closing(sqlite3.connect(database, timeout=20, check_same_thread=False)) as connection:
        await asyncio.to_thread(connection.executescript, "ALTER TABLE chat RENAME TO chat_gone; ALTER TABLE emails RENAME TO emails_gone")
    await ben.send({"type": "chat", "message": "lost", "text": canaries.word("chat that fails"), "ref": 99})
    await asyncio.sleep(1)
    for path in ("/me", "/me/data", f"/sessions/{ben.session}/{canaries.word('path')}"):
        await ben.get(path, User_Agent=canaries.word("browser"))


def stays_here(address: str) -> bool:
    return address in ("0.0.0.0", "::") or is_loopback(address) or is_own(address)


def addresses_in(trace: str) -> set[str]:
    return {four or six for four, six in ADDRESS.findall(trace)}
