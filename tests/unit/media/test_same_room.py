"""Two people in one room are told so; people who talk with each other over the internet are not."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from server.media import same_room
from server.media.same_room import MS, SameRoomDetector

S = 1_000 * MS
FRAME_MS = 20
SILENCE_DBOV = -62

Levels = list[float]  # dBov of each 20 ms


def speech(chance: random.Random, seconds: float, loudness_dbov: float = -22) -> Levels:
    """Words of 80 to 350 ms, some breaks."""
    levels: Levels = []
    while len(levels) * FRAME_MS < seconds * 1000:
        levels += [loudness_dbov + chance.gauss(0, 3) for _ in range(chance.randint(4, 17))]
        levels += [SILENCE_DBOV] * (chance.randint(3, 12) if chance.random() < 0.8 else chance.randint(25, 50))
    return levels


def silence(chance: random.Random, seconds: float) -> Levels:
    return [SILENCE_DBOV + chance.gauss(0, 2) for _ in range(int(seconds * 1000 / FRAME_MS))]


def farther(levels: Levels, *, by_db: float = 18, late_ms: int = 0) -> Levels:
    return [SILENCE_DBOV] * (late_ms // FRAME_MS) + [max(level - by_db, SILENCE_DBOV) for level in levels]


def packets(peer: str, levels: Iterable[float], chance: random.Random, *, offset_ms: float = 0) -> Iterator[tuple[int, str, int]]:
    """As they arrive: up to 15 ms of jitter, levels rounded as RFC 6464 has them."""
    for number, level in enumerate(levels):
        at_ms = number * FRAME_MS + offset_ms + chance.uniform(0, 15)
        yield int(at_ms * MS) + S, peer, round(min(max(-level, 0), 127)) | 0x80


def told(*streams: Iterator[tuple[int, str, int]]) -> list[tuple[int, tuple[str, str]]]:
    detector = SameRoomDetector()
    arriving = sorted(packet for stream in streams for packet in stream)
    return [(at_ns, pair) for at_ns, peer, level in arriving for pair in detector.hear(peer, level, at_ns)]


@pytest.mark.parametrize("seed", range(10))
def test_one_speaker_before_two_microphones(seed: int) -> None:
    chance = random.Random(seed)
    said = speech(chance, 20)
    found = told(packets("anna", said, chance), packets("ben", farther(said), chance, offset_ms=12))
    assert [pair for _, pair in found] == [("anna", "ben")]
    assert found[0][0] > 3 * S


def test_it_is_told_once_a_minute() -> None:
    chance = random.Random(1)
    said = speech(chance, 150)
    found = told(packets("anna", said, chance), packets("ben", farther(said), chance))
    assert len(found) == 3
    assert all(later - earlier >= 60 * S for (earlier, _), (later, _) in pairwise(found))


@pytest.mark.parametrize("seed", range(10))
def test_speakers_who_take_turns_over_the_internet(seed: int) -> None:
    chance = random.Random(seed)
    anna: Levels = []
    ben: Levels = []
    for turn in range(12):
        said = speech(chance, 5)
        for levels, speaks in ((anna, turn % 2 == 0), (ben, turn % 2 == 1)):
            levels += said if speaks else silence(chance, len(said) * FRAME_MS / 1000)
    assert told(packets("anna", anna, chance), packets("ben", ben, chance)) == []


@pytest.mark.parametrize("seed", range(10))
@pytest.mark.parametrize("late_ms", [150, 220, 300, 500])
def test_an_echo_from_a_loudspeaker_comes_later(seed: int, late_ms: int) -> None:
    chance = random.Random(seed)
    said = speech(chance, 60)
    assert told(packets("anna", said, chance), packets("ben", farther(said, late_ms=late_ms), chance)) == []


@pytest.mark.parametrize("seed", range(10))
def test_noise_in_two_rooms(seed: int) -> None:
    chance = random.Random(seed)
    noise = [[-45 + chance.gauss(0, 3) for _ in range(3_000)] for _ in range(2)]
    assert told(packets("anna", noise[0], chance), packets("ben", noise[1], chance)) == []


@pytest.mark.parametrize("seed", range(10))
def test_two_who_talk_at_the_same_time(seed: int) -> None:
    chance = random.Random(seed)
    assert told(packets("anna", speech(chance, 30), chance), packets("ben", speech(chance, 30, -25), chance)) == []


def test_a_full_room_is_compared_pair_by_pair(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[int] = []
    rise_together = same_room._rise_together

    def counted(one: deque[Any], two: deque[Any], now_ns: int) -> bool:
        compared.append(now_ns)
        return rise_together(one, two, now_ns)

    monkeypatch.setattr(same_room, "_rise_together", counted)
    chance = random.Random(3)
    said = speech(chance, 20)
    found = told(*(packets(f"peer-{number}", farther(said, by_db=number), chance) for number in range(12)))
    assert len({pair for _, pair in found}) == 12 * 11 / 2
    assert len(compared) == len(set(compared)), "one packet, one comparison"


def test_who_left_is_forgotten() -> None:
    chance = random.Random(5)
    said = speech(chance, 20)
    detector = SameRoomDetector()
    for at_ns, peer, level in sorted([*packets("anna", said, chance), *packets("ben", farther(said), chance)]):
        assert detector.hear(peer, level, at_ns) == []
        if at_ns % (2 * S) < 30 * MS:
            detector.forget("ben")
