"""What feedback says is counted the same way in Python and in C."""

from __future__ import annotations

import random
from typing import Any

import pytest

from server.media.batch import Link
from server.media.native.account import NativeAccount
from server.media.results import Results
from server.media.told import Account
from server.media.transport_cc import TransportFeedback
from server.media.trend_line import TrendLine
from tests.unit.media import _link
from tests.unit.media._link import MS, Run, S


def message(chance: random.Random, base: int, count: int, at_us: int) -> TransportFeedback:
    arrivals = [None if chance.random() < 0.2 else at_us + 700 * at + chance.randrange(-300, 4_000) for at in range(count)]
    return TransportFeedback(base & 0xFFFF, 0, tuple(arrivals))


@pytest.mark.parametrize("seed", range(6))
def test_messages_are_counted_the_same(seed: int, library: Any) -> None:
    """Lost messages, repeated ones, of what was never sent, after silences; judged now and then."""
    chance, link = random.Random(seed), Link()
    python, native = Account(link), NativeAccount(library, link)
    lines, base, newest_ns = (TrendLine(), native.new_line()), 65_000, 0
    link.c.next_cc = base
    for step in range(1, 2_000):
        for _ in range(chance.randrange(40)):
            link.c.probe = chance.choice((0, 0, 0, step & 0xFFFF))
            link.note(step * 20 * MS + chance.randrange(20 * MS), chance.randrange(1, 1_500))
        ahead = int(link.c.next_cc) - base
        feedback = message(chance, base, max(1, ahead + chance.randrange(-5, 3)), step * 20_000)
        count = len(feedback.arrivals_us)
        assert python.take(feedback) == native.take(feedback) == count
        assert python.untold_bytes == native.untold_bytes
        base = max(0, base + count + chance.choice((0, 0, 0, 0, -30, 20, 700)))
        if chance.random() < 0.5:
            assert list(python.results) == list(native.results)
            assert python.results.digest(newest_ns) == native.digest(newest_ns)
            assert lines[0].feed(python.results, 5) == lines[1].feed(native, 5)
            assert (lines[0].points, lines[0].deltas) == (lines[1].points, lines[1].deltas)
            if lines[0].points > 2:
                assert lines[0].slope() == pytest.approx(lines[1].slope(), rel=1e-6, abs=1e-9)
            newest_ns = max(newest_ns, native.digest(0).last_sent_ns)
            python.settle()
            native.settle()
            assert len(python) == len(native) == 0


def test_nothing_said_is_nothing(library: Any) -> None:
    native = NativeAccount(library, Link())
    assert native.digest(0) == Results([]).digest(0)
    assert native.take(TransportFeedback(7, 0, (1, None, 2))) == 3, "what was never sent"
    assert native.digest(0) == Results([]).digest(0)
    assert native.new_line().feed(native, 0) is None


def test_a_long_message_is_taken_in_pieces(library: Any) -> None:
    link = Link()
    for step in range(1_900):
        link.note(step, 100)
    python, native = Account(link), NativeAccount(library, link)
    feedback = TransportFeedback(0, 0, tuple(range(1_900)))
    assert python.take(feedback) == 1_900
    found: list[Any] = []
    taken = native.take(feedback)
    while taken < 1_900:
        found += native.results
        native.settle()
        taken = native.take(feedback, taken)
    assert [*found, *native.results] == list(python.results)


@pytest.mark.parametrize(
    "link",
    [
        _link.Link(2_000_000),
        _link.Link(700_000, jitter_ms=30, loss=0.1),
        _link.Link(300_000, queue_ms=100, feedback_loss=0.3),
        _link.Link(4_000_000, stall_ms=200),
    ],
    ids=["plain", "lossy", "narrow", "stalling"],
)
def test_the_same_is_concluded(link: _link.Link, library: Any) -> None:
    def estimates(new_account: Any) -> list[int]:
        run = Run(_link.Link(**vars(link)), new_account=new_account)
        found = run.for_seconds(15)
        run.link.rate_bps //= 2
        return found + run.for_seconds(10)

    python = estimates(Account)
    assert estimates(lambda out: NativeAccount(library, out)) == pytest.approx(python, rel=1e-3)
    assert len(python) == 25 * S // (100 * MS)
