"""P2: six-person rooms, forwarded and not recorded, more and more of them, until something is lost.

    python3 tasks.py bench rooms [--rooms N…] [--seconds S] [--json FILE]

A load in which people get less than at the smallest one does not count.

One worker. In each room the teacher, on stage, sends two layers and a voice, five others small pictures and voices; everybody hears and
sees everybody and reports what arrives as browsers do. Meanwhile somebody somewhere loads their page again each second. How long a voice
takes through the worker is told for about half of the largest load. The process that makes the load needs a processor of its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from server.media.ring import create_ring
from tests.load._lesson import make_material, save_material
from tests.load._processes import SHARED_MEMORY, Process, running_worker, udp_drops
from tests.load._rooms import FULL_SHARE, STARVED, peers, port_of

STEPS: Final = (4, 8, 12, 16, 20, 24, 28)
LEAST_ROOMS_PER_CORE: Final = 25
WHOLE: Final = 0.9  # of what a person gets at the smallest load: where less arrives, the worker lets pictures rest


@dataclass(frozen=True)
class Step:
    """`worker`, `load`: share of a core of the worker and of the process that makes the load. `told` is what that says of the window."""

    rooms: int
    worker: float
    dropped: int
    starved: float
    mb: float
    told: dict[str, Any]

    @property
    def load(self) -> float:
        return float(self.told["cpu_share"])

    @property
    def is_loss_free(self) -> bool:
        return not self.told["lost"] and not self.dropped

    @property
    def rooms_per_core(self) -> float:
        return self.rooms / self.worker


async def measure(rooms: Sequence[int], seconds: float) -> list[Step]:
    """All loads up to and including the first that is not loss-free, or that fills a processor."""
    found: list[Step] = []
    with tempfile.TemporaryDirectory(prefix="microteach-bench-") as place:
        folder = Path(place)
        save_material(make_material(), folder / "material")
        memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else folder
        with tempfile.TemporaryDirectory(dir=memory, prefix="microteach-bench-") as run:
            create_ring(Path(run) / "ring")
            async with running_worker(folder, Path(run) / "ring") as worker, peers(folder / "worker.sock", folder / "material") as ask:
                for count in rooms:
                    await ask(rooms=count, recorded=False)
                    found.append(await _step(folder, worker, ask, count, seconds))
                    _print_step(found[-1])
                    if not found[-1].is_loss_free or max(found[-1].worker, found[-1].load) > FULL_SHARE:
                        return found
    return found


async def _step(folder: Path, worker: Process, ask: Any, rooms: int, seconds: float) -> Step:
    port = port_of(folder / "worker.log")
    dropped, cpu_s, starved_s = udp_drops(port), worker.cpu_s, worker.starved_s
    told = await ask(measure=seconds, reloads=int(seconds / 2))
    return Step(
        rooms=rooms,
        worker=(worker.cpu_s - cpu_s) / told["window_s"],
        dropped=udp_drops(port) - dropped,
        starved=(worker.starved_s - starved_s) / told["window_s"],
        mb=worker.own_mb,
        told=told,
    )


def _print_head() -> None:
    print("P2  Rooms of six, not recorded; the teacher in two layers, five small pictures, six voices; one reload a second")
    print(f"{'rooms':>8}{'worker':>8}{'load':>7}{'packets':>9}{'again':>7}{'kbit/s':>8}{'lost':>6}{'dropped':>8}{'voice ms':>12}", end="")
    print(f"{'MB':>6}{'waited':>8}{'late ms':>9}")
    print(f"{'':8}{'cores':>8}{'cores':>7}{'a second':>9}{'':>7}{'each':>8}{'':>6}{'':>8}{'p50/p99':>12}", flush=True)


def _print_step(step: Step) -> None:
    told = step.told
    print(
        f"{step.rooms:>8}{step.worker:>8.3f}{step.load:>7.2f}{told['arrived_per_s']:>9.0f}{told['repairs_per_s']:>7.0f}"
        f"{told['arrived_bps'] / 1000:>8.0f}{told['lost']:>6}{step.dropped:>8}"
        f"{'{delay_p50_ms:.1f}/{delay_p99_ms:.1f}'.format(**told):>12}{step.mb:>6.0f}{100 * step.starved:>6.0f} %{told['late_ms']:>9.0f}"
        f"{'' if step.is_loss_free else '  LOSS'}{'  (others had the processors)' if step.starved > STARVED else ''}",
        flush=True,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench rooms", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rooms", nargs="+", type=int, default=STEPS, help="how many at once, one load after the other")
    parser.add_argument("--seconds", type=float, default=8.0, help="that each load is measured")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    _print_head()
    steps = asyncio.run(measure(options.rooms, options.seconds))
    fine = [step for step in steps if step.is_loss_free and step.told["arrived_bps"] >= WHOLE * steps[0].told["arrived_bps"]]
    if not fine:
        print("P2: no load was without loss: this machine is too busy to say it")
        return 1
    best = fine[-1]
    half = min(fine, key=lambda step: abs(step.rooms - best.rooms / 2))
    print(
        f"P2: {best.rooms_per_core:.1f} rooms a core (at least {LEAST_ROOMS_PER_CORE}), at {best.rooms} rooms; a voice takes "
        f"{half.told['delay_p50_ms']:.2f} ms (p99 {half.told['delay_p99_ms']:.2f}, at most 5) at {half.rooms}; "
        f"load average {os.getloadavg()[0]:.1f}"
    )
    if options.json:
        told = {"rooms_per_core": best.rooms_per_core, "rooms": best.rooms, "worker_share": best.worker, "half_rooms": half.rooms}
        told |= {f"half_{part}_ms": half.told[f"delay_{part}_ms"] for part in ("p50", "p99")}
        options.json.write_text(json.dumps({"P2": {name: round(value, 3) for name, value in told.items()}}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
