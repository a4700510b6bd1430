"""What a repair has brought may be forgotten by its sender, and nothing else."""

from __future__ import annotations

import random

import pytest

from server.media.made_good import MadeGood


def test_a_repair_makes_good_what_was_lost() -> None:
    it = MadeGood()
    it.skipped(7, 101, 103, [40, 41])
    it.came(7, 101)
    assert not it.is_good(40), "it may have been the other one"
    it.came(7, 102)
    assert it.is_good(40)
    assert it.is_good(41)
    it.forget(40)
    assert not it.is_good(40)


def test_what_nobody_lacks_is_not_good() -> None:
    assert not MadeGood().is_good(40)


def test_two_streams_lack_something_of_the_same_stretch() -> None:
    it = MadeGood()
    it.skipped(7, 101, 102, [40, 41])
    it.skipped(8, 55, 56, [40, 41])
    it.came(7, 101)
    assert not it.is_good(40)
    it.came(8, 55)
    assert it.is_good(40)
    it.came(8, 55)
    assert it.is_good(40), "twice changes nothing"


@pytest.mark.parametrize("seed", range(20))
def test_never_too_soon(seed: int) -> None:
    """Streams that share a line, and lose: whatever is good has really come."""
    chance = random.Random(seed)
    it = MadeGood()
    sent: list[tuple[int, int]] = []  # by transport-wide number
    next_of = dict.fromkeys((1, 2, 3), 100)
    arrived: set[tuple[int, int]] = set()
    last_wide: dict[int, int] = {}
    last: dict[int, int] = {}
    for wide in range(600):
        ssrc = chance.choice((1, 1, 1, 2, 3))
        number = next_of[ssrc]
        next_of[ssrc] += 1
        sent.append((ssrc, number))
        if chance.random() < 0.2:
            continue
        arrived.add((ssrc, number))
        if ssrc in last and number > last[ssrc] + 1:
            lost = [at for at in range(last_wide[ssrc] + 1, wide) if sent[at] not in arrived]
            it.skipped(ssrc, last[ssrc] + 1, number, lost)
        last[ssrc], last_wide[ssrc] = number, wide
    missing = [packet for packet in sent if packet not in arrived]
    chance.shuffle(missing)
    for packet in missing[: len(missing) * 3 // 4]:
        it.came(*packet)
        arrived.add(packet)
    good = [at for at in range(500) if it.is_good(at)]
    assert good
    assert all(sent[at] in arrived for at in good)


def test_it_remembers_no_more_than_it_needs() -> None:
    it = MadeGood()
    for at in range(5_000):
        it.skipped(1, at, at + 1, [at & 0xFFFF])
    assert len(it._carriers) == len(it._lacking) == 1024
    it.came(1, 4_999)
    assert it.is_good(4_999)
    it.came(1, 3)
    assert not it.is_good(3)
