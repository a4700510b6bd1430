"""Seeded mutations of known inputs, for everything that reads what others send: refused or taken, never a crash, never slow.

`MT_FUZZ=1000000` says how many inputs for each parser (3,000, and 50,000 with `--full`). An input that broke something is kept under
tests/corpus/TARGET; whatever lies there is read first, ever after, and mutated on with the seeds.
"""

from __future__ import annotations

import hashlib
import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

CORPUS = Path(__file__).parents[1] / "corpus"
MAX_KEPT_BYTES = 64 * 1024
MAX_SECONDS_EACH = 0.1  # the promise P18, in time of the processor
MOST_GROWN = 8  # times its seed

SPICE = (
    b"\xff\xff\xff\xff",
    b"\0\0\0\0",
    b"\x7f\xff\xff\xff",
    b"\x80\0\0\0",
    b"\xff\xff",
    b"\x80\0",
    b"9999999999",
    "²é".encode(),
    b"\r\n",
)
BYTES = (0, 1, 0x7F, 0x80, 0xFF, 10, 13, 32, 58, 61)

Parser = Callable[[bytes], object]

_CHOSEN = os.environ.get("MT_FUZZ")
ROUNDS = [int(_CHOSEN)] if _CHOSEN else [3_000, pytest.param(50_000, marks=[pytest.mark.full, pytest.mark.timeout(600)])]


@dataclass(frozen=True)
class Target:
    """`share`: the part of the rounds that it gets, where a single one is long; `most_s`: how long one may take."""

    read: Parser
    seeds: tuple[bytes, ...]
    spice: tuple[bytes, ...] = SPICE
    share: float = 1.0
    most_s: float = MAX_SECONDS_EACH


def fuzz(name: str, target: Target, rounds: int) -> None:
    seeds = [*target.seeds, *kept(name)]
    for seed in seeds:
        attempt(name, target, seed)
    chance = random.Random(name)
    for _ in range(round(rounds * target.share)):
        attempt(name, target, mutated(seeds, chance, target.spice))


def attempt(name: str, target: Target, data: bytes) -> None:
    began = time.thread_time()
    try:
        target.read(data)
    except Exception:
        keep(name, data)
        raise
    if time.thread_time() - began > target.most_s and min(_took_s(target.read, data) for _ in range(3)) > target.most_s:
        pytest.fail(f"reading tests/corpus/{name}/{keep(name, data)} takes too long")


def kept(name: str) -> list[bytes]:
    return [path.read_bytes() for path in sorted((CORPUS / name).glob("*"))]


def keep(name: str, data: bytes) -> str:
    folder = CORPUS / name
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{hashlib.sha256(data).hexdigest()[:16]}.bin"
    file.write_bytes(data[:MAX_KEPT_BYTES])
    return file.name


def mutated(seeds: Sequence[bytes], chance: random.Random, spice: Sequence[bytes] = SPICE) -> bytes:
    seed = chance.choice(seeds)
    data = bytearray(seed)
    for _ in range(chance.choice((1, 1, 2, 4, 16))):
        _STEPS[int(chance.random() * len(_STEPS))](data, chance, seeds, spice)
        del data[MOST_GROWN * (len(seed) + 64) :]
    return bytes(data)


Step = Callable[[bytearray, random.Random, Sequence[bytes], Sequence[bytes]], None]


def _at(data: bytearray, chance: random.Random) -> int:
    return int(chance.random() * (len(data) + 1))


def _insert(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    at = _at(data, chance)
    data[at:at] = chance.randbytes(chance.randrange(1, 30))


def _delete(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    at = _at(data, chance)
    del data[at : at + chance.randrange(1, 40)]


def _set_byte(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    at = _at(data, chance)
    data[at : at + 1] = bytes([chance.choice(BYTES) if chance.random() < 0.7 else chance.randrange(256)])


def _flip_bit(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    if data:
        data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _season(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    at, word = _at(data, chance), chance.choice(spice)
    data[at : at + (len(word) if chance.random() < 0.7 else 0)] = word


def _repeat(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    at, source = _at(data, chance), _at(data, chance)
    data[at:at] = data[source : source + chance.randrange(1, 60)] * chance.choice((1, 1, 1, 8))


def _splice(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    other = chance.choice(seeds)
    data[_at(data, chance) :] = other[chance.randrange(len(other) + 1) :]


def _cut(data: bytearray, chance: random.Random, seeds: Sequence[bytes], spice: Sequence[bytes]) -> None:
    del data[_at(data, chance) :]


_STEPS: tuple[Step, ...] = (_insert, _delete, _set_byte, _set_byte, _flip_bit, _flip_bit, _season, _repeat, _splice, _cut)


def _took_s(read: Parser, data: bytes) -> float:
    began = time.thread_time()
    read(data)
    return time.thread_time() - began
