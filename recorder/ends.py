"""Takes that are over: published at once where the disk lets us, else tried again; and then, for a while, still open for repairs.

It knows neither markers nor rooms. Until a take is published it counts as being recorded.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from recorder.backoff import Backoff
from recorder.journal import JournalError
from recorder.keys import KeyStore
from recorder.manifest import Manifest
from recorder.publish import publish
from recorder.running import RunningTake

LONGEST_WAIT_NS = 30_000_000_000
SETTLE_NS = 6_000_000_000
_log = logging.getLogger(__name__)


@dataclass(slots=True)
class _Ending:
    """Could not be stored yet."""

    take: RunningTake
    end_ns: int
    backoff: Backoff = field(default_factory=lambda: Backoff(LONGEST_WAIT_NS))


@dataclass(slots=True)
class _Settling:
    """Is published; repairs may come until then."""

    take: RunningTake
    until_ns: int


@dataclass(frozen=True, slots=True)
class Told:
    """Who learns of a version that was published, of a take that cannot be, and of one that has settled, with what is still to be done."""

    show: Callable[[Manifest], None]
    give_up: Callable[[RunningTake], None]
    settled: Callable[[Manifest], None]


class Ends:
    def __init__(self, data: Path, keys: KeyStore, told: Told) -> None:
        self._data = data
        self._keys = keys
        self._told = told
        self._ending: dict[str, _Ending] = {}  # by take
        self._settling: dict[str, _Settling] = {}

    @property
    def takes(self) -> list[RunningTake]:
        return [*(each.take for each in self._ending.values()), *self.settling]

    @property
    def settling(self) -> list[RunningTake]:
        return [each.take for each in self._settling.values()]

    @property
    def has_unwritten(self) -> bool:
        return any(each.take.has_unwritten for each in self._ending.values())

    def find_settling(self, name: str) -> RunningTake | None:
        settling = self._settling.get(name)
        return settling.take if settling is not None else None

    def finish(self, take: RunningTake, end_ns: int) -> None:
        ending = _Ending(take, end_ns)
        if not self._try(ending):
            self._ending[take.manifest.take] = ending

    def put_off(self, take: RunningTake) -> None:
        """It ends where it was last seen, when the ring has been read."""
        self._ending[take.manifest.take] = _Ending(take, take.last_seen_ns)

    def take_back(self, name: str) -> RunningTake | None:
        """It is not over, or nobody wants it any more."""
        found = self._ending.pop(name, None) or self._settling.pop(name, None)
        return found.take if found is not None else None

    def try_again(self, now_ns: int) -> None:
        for ending in list(self._ending.values()):
            if ending.backoff.is_due(now_ns) and not self._try(ending):
                ending.backoff.failed(now_ns)

    def settle(self, now_ns: int) -> None:
        for name, settling in list(self._settling.items()):
            take = settling.take
            settling.until_ns = min(settling.until_ns, now_ns + SETTLE_NS)  # it may have ended upon another clock
            if now_ns < settling.until_ns:
                continue
            take.collect_rest()
            if take.has_unwritten:
                continue
            if take.repaired_frames:
                with suppress(OSError):
                    take.sync()
            del self._settling[name]
            take.close()
            settled = bool(take.manifest.version) and not take.repaired_frames and not take.is_partial
            mixing = take.wants_new_mix or take.is_partial
            self._told.settled(msgspec.structs.replace(take.manifest, mixing=mixing, settled=settled))

    def _try(self, ending: _Ending) -> bool:
        take = ending.take
        name = take.manifest.take
        try:
            take.manifest = publish(self._data, self._keys, *take.finish(ending.end_ns))
        except (OSError, JournalError) as error:
            if name not in self._ending:
                _log.error("take %s cannot be stored yet: %s", name, error)
            return False
        except Exception:  # noqa: BLE001 -- `LayoutError`, or a task boundary of one take
            _log.exception("take %s failed", name)
            self._ending.pop(name, None)
            self._told.give_up(take)
            return True
        self._ending.pop(name, None)
        self._settling[name] = _Settling(take, ending.end_ns + SETTLE_NS)
        self._told.show(take.manifest)
        _log.info("take %s is ready: %d ms, %d bytes", name, take.manifest.duration_ms, take.manifest.size_bytes)
        return True
