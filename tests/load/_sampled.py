"""What the processes of a whole product hold, and what lies on its disk, at one moment; and how these figures go over hours."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Literal

from server.media.ring import RingReader
from tests.fakes.product import Product
from tests.load._processes import Process
from tests.load._slope import Slope, binned, theil_sen

NAMES: Final = ("server", "media worker", "recorder")
BIN_S: Final = 60.0
MOST_MB_PER_H: Final = 2.0
FLAT_PER_H: Final = {"descriptors": 1.0, "threads": 0.5, "tasks": 1.0}
Held = Literal["rss_mb", "descriptors", "threads", "tasks", "blocks"]
HELD: Final[tuple[Held, ...]] = ("rss_mb", "descriptors", "threads", "tasks", "blocks")


@dataclass
class Samples:
    """`figures[name]` are (hours since the begin, value); names are `server rss_mb`, `log_mb`, …"""

    folder: Path
    began: float = field(default_factory=time.time)
    pids: dict[str, int] = field(default_factory=dict)
    restarts: int = 0
    figures: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    kinds: dict[str, list[tuple[float, dict[str, int]]]] = field(default_factory=dict)

    def take(self, product: Product, ring: Path) -> None:
        at_h = (time.time() - self.began) / 3600
        for name in NAMES:
            pid = product.pid(name)
            self.restarts += self.pids.get(name, pid) != pid
            self.pids[name] = pid
            with contextlib.suppress(OSError, KeyError):  # it is just being started again
                self._note(at_h, name, self._of_process(name, pid, at_h))
        data = self.folder / "data"
        beside = {
            "database_mb": _mb([data / "microteach.db"]),
            "wal_mb": _mb([data / "microteach.db-wal"]),
            "log_mb": _mb([self.folder / "log.txt"]),
            "recordings_mb": _mb((data / "recordings").rglob("*")),
            "keys_files": float(sum(1 for _ in (data / "keys").rglob("*"))),
        }
        with RingReader(ring) as words:
            beside["ring_behind_mb"] = (words.written - words.committed) / 1e6
        self._note(at_h, "", beside)

    def _of_process(self, name: str, pid: int, at_h: float) -> dict[str, float]:
        process = Process(pid)
        status = dict(line.split(":", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
        found = {
            "rss_mb": process.own_mb,
            "descriptors": float(len(os.listdir(f"/proc/{pid}/fd"))),
            "threads": float(status["Threads"]),
            "cpu_s": process.cpu_s,
        }
        if seen := _last_line(self.folder / "observed" / f"{pid}.jsonl"):
            found |= {"tasks": float(seen["tasks"]), "blocks": float(seen["blocks"])}
            told = self.kinds.setdefault(name, [])
            if "kinds" in seen and (not told or told[-1][1] != dict(seen["kinds"])):
                told.append((at_h, dict(seen["kinds"])))
        return found

    def _note(self, at_h: float, name: str, values: dict[str, float]) -> None:
        for what, value in values.items():
            self.figures.setdefault(f"{name} {what}".strip(), []).append((at_h, value))

    def slope(self, name: str, after_h: float) -> Slope | None:
        """Per hour, from the medians of minutes."""
        values = [(at_h, value) for at_h, value in self.figures.get(name, []) if at_h >= after_h]
        times, medians = binned([at_h for at_h, _ in values], [value for _, value in values], BIN_S / 3600)
        return theil_sen(times, medians)

    def last(self, name: str) -> float:
        return self.figures[name][-1][1] if self.figures.get(name) else 0.0

    def core_share(self, name: str) -> float:
        """CPU-seconds in a second, over all."""
        values = self.figures.get(f"{name} cpu_s", [])
        hours = values[-1][0] - values[0][0] if len(values) > 1 else 0.0
        return (values[-1][1] - values[0][1]) / hours / 3600 if hours > 0 else 0.0


@dataclass(frozen=True)
class Verdict:
    """`kept` None: too little was measured to say."""

    kept: bool | None
    why: tuple[str, ...]


def verdict(samples: Samples, after_h: float) -> Verdict:
    """P20: less than 2 MB an hour with all that is likely, and no count that grows; no process was started again."""
    why: list[str] = [f"{samples.restarts} processes were started again"] if samples.restarts else []
    known = True
    for name in NAMES:
        memory = samples.slope(f"{name} rss_mb", after_h)
        known = known and memory is not None
        if memory is not None and memory.slope >= MOST_MB_PER_H:
            why.append(f"{name} grows by {memory.slope:.2f} MB/h")
        for what, most in FLAT_PER_H.items():
            count = samples.slope(f"{name} {what}", after_h)
            if count is not None and count.slope > most:
                why.append(f"{what} of {name} grow by {count.slope:.1f}/h")
    if why:
        return Verdict(False, tuple(why))
    return Verdict(True, ()) if known else Verdict(None, ("too early to say",))


def table(samples: Samples, after_h: float) -> Iterable[str]:
    yield f"{'':14}{'MB now':>9}{'MB/h':>9}{'95 %':>18}{'descr.':>8}{'/h':>7}{'threads':>9}{'tasks':>7}{'/h':>7}{'blocks/h':>10}{'core':>7}"
    for name in NAMES:
        slopes = {what: samples.slope(f"{name} {what}", after_h) for what in HELD}
        memory = slopes["rss_mb"]
        sure = f"{memory.low:+.2f} … {memory.high:+.2f}" if memory else "–"
        yield (
            f"{name:14}{samples.last(f'{name} rss_mb'):>9.1f}{_told(memory, 2):>9}{sure:>18}"
            f"{samples.last(f'{name} descriptors'):>8.0f}{_told(slopes['descriptors'], 1):>7}{samples.last(f'{name} threads'):>9.0f}"
            f"{samples.last(f'{name} tasks'):>7.0f}{_told(slopes['tasks'], 1):>7}{_told(slopes['blocks'], 0):>10}"
            f"{samples.core_share(name):>7.3f}"
        )
    for what in ("database_mb", "wal_mb", "log_mb", "recordings_mb", "keys_files", "ring_behind_mb"):
        yield f"{what:14}{samples.last(what):>9.2f}{_told(samples.slope(what, after_h), 2):>9} an hour"


def figures(samples: Samples, after_h: float) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in samples.figures:
        slope = samples.slope(name, after_h)
        found[name] = {"last": samples.last(name)} | ({"per_h": slope.slope, "low": slope.low, "high": slope.high} if slope else {})
    return found


def grown(samples: Samples, name: str, after_h: float) -> Sequence[tuple[str, int, int]]:
    """Kinds of objects that there are more of than after the warming up: (kind, before, now), the most first."""
    told = [kinds for at_h, kinds in samples.kinds.get(name, []) if at_h >= after_h]
    if len(told) < 2:
        return []
    first, last = told[0], told[-1]
    more = [(kind, first[kind], count) for kind, count in last.items() if kind in first and count > first[kind] * 1.1 + 50]
    return sorted(more, key=lambda one: one[1] - one[2])[:8]


def _told(slope: Slope | None, places: int) -> str:
    return f"{slope.slope:+.{places}f}" if slope else "–"


def _mb(paths: Iterable[Path]) -> float:
    total = 0
    for path in paths:
        with contextlib.suppress(OSError):  # deleted meanwhile
            total += path.stat().st_size if path.is_file() else 0
    return total / 1e6


def _last_line(path: Path) -> dict[str, Any] | None:
    try:
        with path.open("rb") as file:
            file.seek(max(0, path.stat().st_size - 16_384))
            lines = [line for line in file.read().splitlines() if line.endswith(b"}")]
    except OSError:
        return None
    try:
        return dict(json.loads(lines[-1])) if lines else None
    except ValueError:
        return None
