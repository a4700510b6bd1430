"""Fixed work to compare with, timed on this machine in the same minutes: coding a document, and a commit that waits for the disk."""

from __future__ import annotations

import os
import sqlite3
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec

COMMITS: Final = 100
CODINGS: Final = 500
DOCUMENT: Final = {f"person{number}": {"name": "Maria", "here": True, "at_ms": [number, None, 1_700_000_000_000]} for number in range(60)}


@dataclass
class Reference:
    """`coding_ms`: CPU of `CODINGS` times there and back, each time it was done. `commit_ms`: one row, as the server's store does it."""

    coding_ms: list[float] = field(default_factory=list)
    commit_ms: list[float] = field(default_factory=list)

    def measure(self, folder: Path) -> None:
        """Takes some tenths of a second; nobody else of the bench may be busy."""
        began = time.process_time()
        for _ in range(CODINGS):
            msgspec.json.decode(msgspec.json.encode(DOCUMENT))
        self.coding_ms.append(1000 * (time.process_time() - began))
        with sqlite3.connect(folder / "reference.db") as database:
            for pragma in ("journal_mode=WAL", "synchronous=FULL"):
                database.execute(f"PRAGMA {pragma}")
            database.execute("CREATE TABLE IF NOT EXISTS events (body BLOB)")
            for _ in range(COMMITS):
                began = time.perf_counter()
                database.execute("INSERT INTO events VALUES (?)", (os.urandom(200),))
                database.commit()
                self.commit_ms.append(1000 * (time.perf_counter() - began))
        database.close()
