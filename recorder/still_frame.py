"""A VP8 frame that says that nothing has changed: it shows the picture before it and leaves every reference as it is.

So one may stand between any two frames of a stream without a trace in those behind it. Some fifty bytes, made by the boolean
coder of RFC 6386 section 7; it knows of the stream only its size and profile.
"""

from __future__ import annotations

from functools import lru_cache

# The coder's state (value, range, bits shifted out) behind a frame header of section 9 in which segments stay as they are and all else
# is off or 0, refreshing and filtering too; then macroblocks without coefficients are allowed, all probabilities favour skipped
# ones of the last picture, and no probability is updated. It is the same for every size.
_BEHIND_HEADER = (0x40000000000006160BFD0000, 177, 87)
_IS_SKIPPED, _IS_INTER, _IS_LAST = (1, 1), (1, 1), (0, 255)  # bit and probability, as the header says them
_STANDS = {0: 7, 2: 135, 5: 234}  # probability of a zero motion vector, by the weight of neighbours that have one (section 16.3)
_SPARE = bytes(4)  # decoders read ahead
_NO_COEFFICIENTS = bytes(2)


@lru_cache(maxsize=64)
def still_frame(width: int, height: int, profile: int = 0) -> bytes:
    """For a stream of so many pixels; `profile` 0 to 3 is that of its frames (`profile_of`)."""
    coder = _Coder(*_BEHIND_HEADER)
    for row in range((height + 15) // 16):
        for column in range((width + 15) // 16):
            coder.put(*_IS_SKIPPED)
            coder.put(*_IS_INTER)
            coder.put(*_IS_LAST)
            coder.put(0, _STANDS[2 * (row > 0) + 2 * (column > 0) + (row > 0 and column > 0)])
    first_partition = coder.finished() + _SPARE
    tag = 1 | profile << 1 | 1 << 4 | len(first_partition) << 5  # section 9.1: no key frame, shown
    return tag.to_bytes(3, "little") + first_partition + _NO_COEFFICIENTS


def profile_of(frame: bytes) -> int:
    return frame[0] >> 1 & 7


class _Coder:
    """Its value is kept whole, so that a carry needs no care."""

    def __init__(self, value: int, range_: int, bits: int) -> None:
        self._value, self._range, self._bits = value, range_, bits

    def put(self, bit: int, probability: int) -> None:
        """`probability` of 0, in 256ths."""
        split = 1 + ((self._range - 1) * probability >> 8)
        if bit:
            self._value += split
        self._range = self._range - split if bit else split
        shift = 8 - self._range.bit_length()
        self._range <<= shift
        self._value <<= shift
        self._bits += shift

    def finished(self) -> bytes:
        size_bytes = (self._bits + 15) // 8
        return (self._value << 8 * size_bytes - self._bits - 8).to_bytes(size_bytes, "big")
