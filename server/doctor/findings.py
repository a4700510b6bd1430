"""What a check has found: a stable code, how bad it is, what is so, and what to do."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import msgspec

from server.settings import Settings, is_loopback

Level = Literal["ok", "warn", "fail"]
LEVELS: tuple[Level, ...] = ("ok", "warn", "fail")
WAIT_S = 5.0


class Finding(msgspec.Struct, frozen=True, omit_defaults=True):
    """`do` of one that is ok is what would be better still."""

    code: str
    level: Level
    says: str
    do: str = ""


def ok(code: str, says: str, tip: str = "") -> Finding:
    return Finding(code, "ok", says, tip)


def warn(code: str, says: str, do: str) -> Finding:
    return Finding(code, "warn", says, do)


def fail(code: str, says: str, do: str) -> Finding:
    return Finding(code, "fail", says, do)


def worst(findings: list[Finding]) -> Level:
    return max((finding.level for finding in findings), key=LEVELS.index, default="ok")


@dataclass(frozen=True)
class About:
    """What is looked at. `send_mail`: the address that a mail is really sent to, empty: none is."""

    settings: Settings
    file: Path | None = None
    send_mail: str = ""

    @cached_property
    def runs(self) -> bool:
        """Whether Microteach runs here on these data now."""
        with contextlib.suppress(OSError), (self.settings.data_path / "lock").open() as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return True
        return False

    @property
    def alone_here(self) -> bool:
        """Whether only people at this machine can open it."""
        named = urlsplit(self.settings.public_url).hostname
        return is_loopback(self.settings.host) and (named is None or is_loopback(named))


Check = Callable[[About], Iterator[Finding]]
