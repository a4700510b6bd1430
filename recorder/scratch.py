"""A file to read, write and seek in whose bytes on the disk nobody can read: for a muxer that must go back.

It has no name, its key is only in memory, and each page is encrypted with a fresh nonce each time it is written: when the
process ends, it is gone.
"""

from __future__ import annotations

import os
import struct
import tempfile
from collections import OrderedDict
from pathlib import Path
from types import TracebackType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

PAGE_BYTES = 64 * 1024
PAGES_KEPT = 16
_NONCE_BYTES = 12
_SLOT_BYTES = _NONCE_BYTES + PAGE_BYTES + 16


class Scratch:
    """As much of a binary file as libav asks for. Raises OSError, also for a page that has changed on the disk."""

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder, buffering=0)  # noqa: SIM115 -- closed by `close`
        self._cipher = AESGCM(AESGCM.generate_key(128))
        self._pages: OrderedDict[int, bytearray] = OrderedDict()  # the last ones used
        self._changed: set[int] = set()
        self._stored: set[int] = set()
        self._position = 0
        self.size_bytes = 0

    def __enter__(self) -> Scratch:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def fileno(self) -> int:
        """Of the encrypted pages."""
        return self._file.fileno()

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._position, os.SEEK_END: self.size_bytes}[whence]
        self._position = max(base + offset, 0)
        return self._position

    def write(self, data: bytes) -> int:
        view = memoryview(data)
        while view:
            number, start = divmod(self._position, PAGE_BYTES)
            piece = view[: PAGE_BYTES - start]
            self._page(number)[start : start + len(piece)] = piece
            self._changed.add(number)
            self._position += len(piece)
            view = view[len(piece) :]
        self.size_bytes = max(self.size_bytes, self._position)
        return len(data)

    def read(self, size: int = -1) -> bytes:
        end = self.size_bytes if size < 0 else min(self._position + size, self.size_bytes)
        out = bytearray()
        while self._position < end:
            number, start = divmod(self._position, PAGE_BYTES)
            piece = self._page(number)[start : start + end - self._position]
            out += piece
            self._position += len(piece)
        return bytes(out)

    def _page(self, number: int) -> bytearray:
        page = self._pages.get(number)
        if page is None:
            if len(self._pages) >= PAGES_KEPT:
                self._let_go()
            page = self._pages[number] = self._load(number) if number in self._stored else bytearray(PAGE_BYTES)
        self._pages.move_to_end(number)
        return page

    def _let_go(self) -> None:
        number, page = self._pages.popitem(last=False)
        if number not in self._changed:
            return
        nonce = os.urandom(_NONCE_BYTES)
        slot = nonce + self._cipher.encrypt(nonce, bytes(page), struct.pack(">Q", number))
        if os.pwrite(self.fileno(), slot, number * _SLOT_BYTES) != _SLOT_BYTES:
            raise OSError("page written in part")
        self._changed.discard(number)
        self._stored.add(number)

    def _load(self, number: int) -> bytearray:
        slot = os.pread(self.fileno(), _SLOT_BYTES, number * _SLOT_BYTES)
        try:
            return bytearray(self._cipher.decrypt(slot[:_NONCE_BYTES], slot[_NONCE_BYTES:], struct.pack(">Q", number)))
        except (InvalidTag, ValueError) as error:
            raise OSError("changed page") from error
