"""Sealed files: bytes in encrypted chunks under one key, written once from front to end, read by range.

A chunk is 64 KiB of plaintext and its tag; the last one may be shorter and says that it is the last. A chunk that is missing,
changed or in another place does not open: nothing is padded and nothing is guessed. It knows nothing of keys on disk.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Generator
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.files import write_all

PLAIN_BYTES = 64 * 1024
TAG_BYTES = 16
STORED_BYTES = PLAIN_BYTES + TAG_BYTES
MAGIC = b"MTSEAL\x00\x01"
SALT_BYTES = 4  # of the nonce; the rest is the chunk's number
HEADER_BYTES = len(MAGIC) + SALT_BYTES


class BrokenFile(ValueError):
    """The stored file cannot be opened."""


class SealedWriter:
    """Writes to an empty file. `cipher` must never seal another one: that is what makes the short nonce safe."""

    def __init__(self, file: int, cipher: AESGCM, label: str) -> None:
        self._file = file
        self._cipher = cipher
        self._label = label
        self._salt = os.urandom(SALT_BYTES)
        self._number = 0
        self._waiting = bytearray()
        self.size_bytes = 0
        write_all(file, MAGIC + self._salt)

    def write(self, data: bytes) -> None:
        self._waiting += data
        self.size_bytes += len(data)
        while len(self._waiting) > PLAIN_BYTES:  # what may be the last chunk waits
            self._seal(bytes(self._waiting[:PLAIN_BYTES]), last=False)
            del self._waiting[:PLAIN_BYTES]

    def finish(self) -> None:
        """Nothing can be read before this."""
        self._seal(bytes(self._waiting), last=True)
        self._waiting.clear()

    def _seal(self, plain: bytes, *, last: bool) -> None:
        nonce, associated = _nonce(self._salt, self._number), _associated(self._label, self._number, last)
        write_all(self._file, self._cipher.encrypt(nonce, plain, associated))
        self._number += 1


class SealedFile:
    """`chunks` opens the file anew, so any number of readers may run. Raises OSError, and BrokenFile where the end is not whole."""

    def __init__(self, path: Path, cipher: AESGCM, label: str) -> None:
        self._path = path
        self._cipher = cipher
        self._label = label
        file = os.open(path, os.O_RDONLY)
        try:
            stored_bytes = os.fstat(file).st_size - HEADER_BYTES
            self._last = max(-(-stored_bytes // STORED_BYTES), 1) - 1
            self.size_bytes = self._last * PLAIN_BYTES + len(self._open(file, self._salt(file), self._last))
        finally:
            os.close(file)

    def chunks(self, start: int, end: int) -> Generator[bytes, None, None]:
        """The bytes from `start` up to `end`, which must lie in the file. Raises OSError and BrokenFile."""
        assert 0 <= start <= end <= self.size_bytes
        file = os.open(self._path, os.O_RDONLY)
        try:
            salt = self._salt(file)
            for number in range(start // PLAIN_BYTES, -(-end // PLAIN_BYTES)):
                first = number * PLAIN_BYTES
                yield self._open(file, salt, number)[max(start - first, 0) : end - first]
        finally:
            os.close(file)

    def _salt(self, file: int) -> bytes:
        header = os.pread(file, HEADER_BYTES, 0)
        if len(header) < HEADER_BYTES or not header.startswith(MAGIC):
            raise BrokenFile("no sealed file")
        return header[len(MAGIC) :]

    def _open(self, file: int, salt: bytes, number: int) -> bytes:
        stored = os.pread(file, STORED_BYTES, HEADER_BYTES + number * STORED_BYTES)
        last = number == self._last
        if len(stored) < TAG_BYTES or not (last or len(stored) == STORED_BYTES):
            raise BrokenFile("short chunk")
        try:
            return self._cipher.decrypt(_nonce(salt, number), stored, _associated(self._label, number, last))
        except InvalidTag as error:
            raise BrokenFile("wrong tag") from error


def _nonce(salt: bytes, number: int) -> bytes:
    return salt + struct.pack(">Q", number)


def _associated(label: str, number: int, last: bool) -> bytes:
    return MAGIC + struct.pack(">Q?", number, last) + label.encode()
