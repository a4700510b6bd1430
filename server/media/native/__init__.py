"""The innermost loops in C, where somebody has compiled them (`python3 tasks.py native`).

Without them everything works, at more of the cost. Same interface and same results as `server.media.batch.Batch` and
`server.media.told.Account`; `MT_NATIVE=0` leaves them out.
"""

from __future__ import annotations

import functools
import logging
import os
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from server.media.batch import Batch, Lines, Link, can_segment, ffi
from server.media.ingress import MediaPacket
from server.media.native.account import NativeAccount
from server.media.srtp import protect_address
from server.media.told import Account

LIBRARY = Path(__file__).with_name("forward.so")
VERSION = 2

log = logging.getLogger(__name__)


class NativeBatch:
    """See `Batch`."""

    is_native = True

    def __init__(self, library: Any, *, segments: bool = True) -> None:
        self._library = library
        opened = library.mt_open(ffi.cast("void *", protect_address()), int(segments and can_segment()))
        if opened == ffi.NULL:
            raise MemoryError("no memory for what is to be sent")
        self._batch = ffi.gc(opened, library.mt_close)

    @property
    def sent(self) -> int:
        return int(self._library.mt_sent(self._batch))

    @property
    def unsent(self) -> int:
        return int(self._library.mt_unsent(self._batch))

    @property
    def waits(self) -> bool:
        return bool(self._library.mt_waits(self._batch))

    def forward(self, lines: Lines, packet: MediaPacket, now_ns: int) -> None:
        payload = packet.payload
        self._library.mt_forward(
            self._batch, lines.array, len(lines.lines), payload, len(payload), packet.sequence, packet.timestamp, packet.marker,
            packet.picture_at, packet.picture_bits, packet.tl0_at, now_ns,
        )  # fmt: skip

    def send(self, link: Link, plain: bytes) -> int:
        return int(self._library.mt_send(self._batch, link.c, plain, len(plain)))

    def flush(self) -> None:
        self._library.mt_flush(self._batch)


def new_batch(sockets: Mapping[int, socket.socket]) -> Batch | NativeBatch:
    """The fastest that is to be had here."""
    library = _loaded() if protect_address() else None
    return NativeBatch(library) if library is not None else Batch(sockets)


def new_account(link: Link) -> Account | NativeAccount:
    """The same."""
    library = _loaded()
    return NativeAccount(library, link) if library is not None else Account(link)


@functools.cache
def _loaded() -> Any | None:
    return load() if os.environ.get("MT_NATIVE", "1") != "0" else None


def load() -> Any | None:
    """None without a library, or with one of another version."""
    if not LIBRARY.exists():
        return None
    try:
        library: Any = ffi.dlopen(str(LIBRARY))
        version = library.mt_version()
    except (OSError, AttributeError) as error:
        log.warning("the compiled inner loop cannot be used: %s; python3 tasks.py native compiles it again", error)
        return None
    if version != VERSION:
        log.warning("the compiled inner loop is of another version; python3 tasks.py native compiles it again")
        return None
    return library
