"""A packet that a browser speaks of twice does not count twice, and a lost message does not look like a slow link."""

from __future__ import annotations

import random

import pytest

from server.media.batch import Link
from server.media.told import KEPT, Told
from server.media.transport_cc import TransportFeedback
from tests.unit.media._link import Sent


def sent(number: int) -> Sent:
    return Sent(number, 100, 7)


def said(told: Told, base: int, *arrivals_us: int | None) -> list[tuple[int, int | None]]:
    results = told.results(TransportFeedback(base & 0xFFFF, 0, arrivals_us), sent)
    assert all(result[2:] == (100, 7) for result in results)
    return [(result[0], result[1]) for result in results]


def test_each_packet_once() -> None:
    told = Told()
    assert said(told, 65_535, 1, None, 3) == [(65_535, 1), (0, None), (1, 3)]
    assert said(told, 0, None, 3, 4) == [(2, 4)]
    assert told.untold_bytes == 0


def test_lost_at_first_and_here_after_all() -> None:
    told = Told()
    said(told, 65_534, 1, None, 3)
    assert said(told, 65_535, 9, 3, 10) == [(65_535, 9), (1, 10)]
    assert said(told, 65_535, 9, 3, 10) == []


def test_what_a_lost_message_spoke_of() -> None:
    told = Told()
    said(told, 5, 1, 2)
    assert said(told, 17, 3) == [(17, 3)]
    assert told.untold_bytes == 10 * 100
    assert said(told, 8, 4) == [(8, 4)], "it comes after the next one"
    assert told.untold_bytes == 0


def test_whatever_was_not_sent_is_left_out() -> None:
    told = Told()
    feedback = TransportFeedback(5, 0, (1, None, 2))
    assert told.results(feedback, lambda number: Sent(0, 9, 0) if number == 6 else None) == [(0, None, 9, 0)]


def test_old_numbers_are_forgotten_and_used_again() -> None:
    told = Told()
    for base in range(0, 200_000, 100):
        assert len(said(told, base, *range(100))) == 100
    assert said(told, 200_000 - KEPT - 100, *range(50)) == []
    assert len(said(told, 200_000 + 30_000, 1, 2)) == 2, "a silence of the other side"
    assert told.untold_bytes == 512 * 100, "bounded"


@pytest.mark.parametrize("seed", range(3))
def test_many_at_once_is_the_same_as_one_by_one(seed: int) -> None:
    chance, link = random.Random(seed), Link()
    one_by_one, at_once = Told(), Told()
    base = 0
    for step in range(3_000):
        for _ in range(chance.randrange(40)):
            link.note(step, chance.randrange(1, 1_500))
        ahead = int(link.c.next_cc) - base
        arrivals = tuple(None if chance.random() < 0.2 else chance.randrange(1_000) for _ in range(max(1, ahead + chance.randrange(-5, 3))))
        feedback = TransportFeedback(base & 0xFFFF, 0, arrivals)
        assert at_once.results(feedback, link.sent, link.stretch) == one_by_one.results(feedback, link.sent)
        assert at_once.untold_bytes == one_by_one.untold_bytes
        base = max(0, base + len(arrivals) + chance.choice((0, 0, 0, 0, -30, 20)))
