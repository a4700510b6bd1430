"""What this node knows to be among the copies of one session: a small file for each, so that nothing is asked for or copied twice.

It may know less than there is, never more: what is not in it is copied again, and whoever sweeps looks at the storage itself.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

import msgspec

from server.blobs.layout import plain_name


class Seen(msgspec.Struct, frozen=True, array_like=True):
    """A local file as it was when its bytes were the same as those of the copy."""

    size_bytes: int
    modified_ns: int


class Ledger(msgspec.Struct, kw_only=True):
    """`swept`: of what the manifests said when everything unwanted was last erased, in short, and the epoch then."""

    copies: dict[str, Seen] = {}
    swept: str = ""
    epoch: int = 0


class Ledgers:
    """All methods block."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._known: dict[str, Ledger] = {}

    def of(self, session: str) -> Ledger:
        if session not in self._known:
            ledger = Ledger()
            with contextlib.suppress(OSError, msgspec.MsgspecError):
                ledger = msgspec.json.decode(self._path(session).read_bytes(), type=Ledger)
            self._known[session] = ledger
        return self._known[session]

    def save(self, session: str) -> None:
        """Raises OSError."""
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._path(session)
        aside = path.with_suffix(".new")
        aside.write_bytes(msgspec.json.encode(self._known.get(session, Ledger())))
        os.replace(aside, path)

    def forget(self, session: str) -> None:
        self._known.pop(session, None)
        self._path(session).unlink(missing_ok=True)

    def _path(self, session: str) -> Path:
        return self._folder / f"{plain_name(session)}.json"
