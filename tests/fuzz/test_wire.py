"""The signaling decoder on mutated messages: a message, or a WireError with a code, and nothing else."""

from __future__ import annotations

import msgspec
import pytest

from server.wire import examples
from server.wire.codec import WireError, decode_from_page
from tests.fuzz.mutation import ROUNDS, Target, fuzz

SEEDS = tuple(msgspec.json.encode(example) for example in (*examples.FROM_PAGE, *examples.TO_PAGE))
SPICE = (
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
)


def take_in(data: bytes) -> None:
    for text in (data, data.decode("utf-8", "replace")):
        try:
            decode_from_page(text)
        except WireError as error:
            assert error.code
            assert error.ref is None or 0 <= error.ref < 2**53


@pytest.mark.parametrize("rounds", ROUNDS)
def test_mutated_messages(rounds: int) -> None:
    fuzz("wire", Target(take_in, SEEDS, SPICE), rounds)
