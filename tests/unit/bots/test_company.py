"""Simulated colleagues stay as long as somebody real needs them, and not longer."""

from __future__ import annotations

import subprocess
import sys

import msgspec
import pytest

from server.bots.company import Patience, runs
from server.bots.door import Address
from server.bots.visit import Visit
from server.wire.examples import TO_PAGE
from server.wire.messages import Changed
from server.wire.pieces import Person
from server.wire.view import View

PLAN = Visit(address=Address(""), invitation="", language="en", count=3)
_EXAMPLE: View = next(example for example in TO_PAGE if isinstance(example, Changed)).view


def view(*, guest: bool, ended: bool = False) -> View:
    people = tuple(
        Person(seat=seat, name=seat, here=here, leads=False, teaches=None, simulated=seat != "guest")
        for seat, here in (("guest", guest), ("lina", True))
    )
    phase = msgspec.structs.replace(_EXAMPLE.phase, part="ended" if ended else "round")
    return msgspec.structs.replace(_EXAMPLE, people=people, phase=phase)


def leaves_at(patience: Patience, seen: View | None, start_s: int, until_s: int) -> int | None:
    return next((now_s for now_s in range(start_s, until_s) if patience.ends(seen, now_s)), None)


def test_they_wait_while_the_guest_still_looks_into_the_camera_check() -> None:
    patience = Patience(PLAN, 0)
    assert leaves_at(patience, view(guest=False), 0, 299) is None
    assert leaves_at(patience, view(guest=False), 299, 400) == 301


def test_they_leave_two_minutes_after_the_guest() -> None:
    patience = Patience(PLAN, 0)
    assert leaves_at(patience, view(guest=True), 0, 1000) is None
    assert leaves_at(patience, view(guest=False), 1000, 1100) is None
    assert leaves_at(patience, view(guest=True), 1100, 1110) is None, "the guest came back"
    assert leaves_at(patience, view(guest=False), 1110, 2000) == 1109 + 121


def test_they_leave_when_the_server_is_gone_for_a_minute() -> None:
    patience = Patience(PLAN, 0)
    assert leaves_at(patience, view(guest=True), 0, 100) is None
    assert leaves_at(patience, None, 100, 150) is None
    assert leaves_at(patience, view(guest=True), 150, 200) is None, "it was started again"
    assert leaves_at(patience, None, 200, 1000) == 199 + 61


def test_they_leave_with_the_process_that_they_stay_with() -> None:
    gone = subprocess.Popen([sys.executable, "-c", ""])
    assert runs(gone.pid)
    gone.wait()
    assert not runs(gone.pid)


def test_they_leave_a_minute_after_the_end_and_never_stay_for_ever() -> None:
    patience = Patience(PLAN, 0)
    assert leaves_at(patience, view(guest=True), 0, 100) is None
    assert leaves_at(patience, view(guest=True, ended=True), 100, 1000) == 161
    assert leaves_at(Patience(PLAN, 0), view(guest=True), 0, 8000) == 7201


def test_a_parent_that_is_somebody_elses_runs(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(pid: int, signal: int) -> None:
        raise PermissionError

    monkeypatch.setattr("os.kill", refuse)
    assert runs(1)
