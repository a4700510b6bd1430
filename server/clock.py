"""Where the time comes from. Everything that needs it is given a Clock; only this one reads the machine's.

Deadlines are UTC, and UTC can be set. So the server's clock runs on the steady clock of the machine, which nobody sets, and takes over
what was set only when the caller says that nothing runs. docs/decisions/0006-the-servers-clock.md.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import msgspec

log = logging.getLogger(__name__)

TOLERANCE_MS = 100
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
# On Linux the monotonic clock stands still while the machine sleeps, and this one does not; elsewhere the monotonic one does not either.
_STEADY: int = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)


class Clock(Protocol):
    def now_ms(self) -> int:
        """UTC milliseconds."""
        ...


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """What a later process goes on with. UTC is `base_ms` behind the steady clock of this `boot`; it has been `now_ms`."""

    boot: str
    base_ms: int
    now_ms: int


@dataclass(frozen=True, slots=True)
class Machine:
    """Milliseconds of the clock on the wall and of the steady one, and which start of the machine this is, if it says so."""

    wall_ms: Callable[[], int] = lambda: time.time_ns() // 1_000_000
    steady_ms: Callable[[], int] = lambda: time.clock_gettime_ns(_STEADY) // 1_000_000
    boot: Callable[[], str] = lambda: _read_boot()


class SystemClock:
    """`kept` is the file that carries it over a restart; without one it begins by the clock on the wall."""

    def __init__(self, kept: Path | None = None, machine: Machine | None = None) -> None:
        self._kept = kept
        self._machine = machine or Machine()
        self._boot = self._machine.boot()
        self._base_ms = self._first_base_ms()
        self.keep()

    def now_ms(self) -> int:
        return self._machine.steady_ms() + self._base_ms

    def follow(self) -> bool:
        """Take over what the machine's clock was set to, if it was. Moves deadlines: only for when there are none."""
        base_ms = self._wall_base_ms()
        if abs(base_ms - self._base_ms) <= TOLERANCE_MS:
            return False
        log.warning("the machine's clock was set by %d ms; the server's follows", base_ms - self._base_ms)
        self._base_ms = base_ms
        self.keep()
        return True

    def keep(self) -> None:
        """For a process that comes after this one."""
        if self._kept is None:
            return
        fresh = self._kept.with_name(self._kept.name + ".new")
        try:
            fresh.write_bytes(msgspec.json.encode(Kept(boot=self._boot, base_ms=self._base_ms, now_ms=self.now_ms())))
            fresh.replace(self._kept)
        except OSError as error:
            log.warning("the clock is not kept: %s", error.strerror)

    def _first_base_ms(self) -> int:
        """As before, while the machine has not been started anew; and never earlier than it has been."""
        steady_ms, base_ms = self._machine.steady_ms(), self._wall_base_ms()
        kept = _read(self._kept)
        if kept is None:
            return base_ms
        if kept.boot and kept.boot == self._boot:
            base_ms = kept.base_ms
        return max(base_ms, kept.now_ms - steady_ms)

    def _wall_base_ms(self) -> int:
        return self._machine.wall_ms() - self._machine.steady_ms()


def _read(path: Path | None) -> Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept) if path else None
    except (OSError, msgspec.MsgspecError):
        return None


def _read_boot() -> str:
    try:
        return BOOT_ID.read_text().strip()
    except OSError:
        return ""
