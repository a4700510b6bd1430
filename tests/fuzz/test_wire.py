"""The signaling decoder on mutated messages: a message, or a WireError with a code, and nothing else."""

from __future__ import annotations

import os
import random
from pathlib import Path

import msgspec
import pytest

from server.wire import examples
from server.wire.codec import WireError, decode_from_page

INPUTS = int(os.environ.get("MT_FUZZ", "3000"))
CORPUS = Path(__file__).parents[1] / "corpus" / "wire"
SEEDS = [msgspec.json.encode(example) for example in (*examples.FROM_PAGE, *examples.TO_PAGE)]
SPICE = [
    b"\xff",
    b"\x00",
    b'"',
    b"\\",
    b"{",
    b"[",
    b"]",
    b"}",
    b"null",
    b"1e999",
    b"-1",
    b'"\\ud800"',
    b"9" * 30,
    b"[" * 2000,
    b'{"a":' * 2000,
]


def mutated(rng: random.Random) -> bytes:
    data = bytearray(rng.choice(SEEDS))
    for _ in range(rng.randint(1, 6)):
        at = rng.randint(0, len(data))
        match rng.randint(0, 3):
            case 0:
                data[at:at] = rng.choice(SPICE)
            case 1:
                del data[at : at + rng.randint(1, 20)]
            case 2 if at < len(data):
                data[at] = rng.randint(0, 255)
            case _:
                other = rng.choice(SEEDS)
                data[at:at] = other[rng.randint(0, len(other)) :]
    return bytes(data)


def take_in(data: bytes) -> None:
    for text in (data, data.decode("utf-8", "replace")):
        try:
            decode_from_page(text)
        except WireError as error:
            assert error.code
            assert error.ref is None or 0 <= error.ref < 2**53


def test_mutated_messages() -> None:
    rng = random.Random(20261123)
    for _ in range(INPUTS):
        take_in(mutated(rng))


@pytest.mark.parametrize("path", sorted(CORPUS.glob("*")), ids=lambda path: path.name)
def test_inputs_that_once_crashed(path: Path) -> None:
    take_in(path.read_bytes())
