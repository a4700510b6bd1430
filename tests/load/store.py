"""How many appends to the event log the one writer takes, and how long each waits: SQLite against PostgreSQL, both with sync.

    python3 tasks.py bench store [--seconds S] [--together 1 16 64] [--json FILE]

So many sessions at once, each of which appends its next event when the last is on the disk, as rooms do; with their owner's epoch checked.
What is compared is CPU of this process (the writer, its driver and SQLAlchemy) for each append, and how many statements go one after
another: on a line of r ms to the database an append takes so many times r more.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from server.rooms.rows import new_session
from server.session.events import HandChanged
from server.store.engine import Store
from server.store.log import append
from tests.fakes.postgres import own_postgres
from tests.load.session import quantile

Told = dict[str, float]


async def measure(store: Store, together: int, seconds: float) -> Told:
    names = [f"session-{together}-{number}" for number in range(together)]
    for name in names:
        await store.write(new_session(name, "a session", 1))
    took_ms, ends, statements = list[float](), time.perf_counter() + seconds, 0

    def counted(*_: object) -> None:
        nonlocal statements
        statements += 1

    async def one(name: str) -> None:
        seq = 0
        while (began := time.perf_counter()) < ends:
            seq = await append(store, name, seq, [HandChanged(at_ms=1, seat="a" * 24, raised=bool(seq % 2))], epoch=0)
            took_ms.append(1000 * (time.perf_counter() - began))

    engine = store._writing.sync_engine
    sa.event.listen(engine, "before_cursor_execute", counted)
    cpu_s = time.process_time()
    await asyncio.gather(*(one(name) for name in names))
    cpu_s = time.process_time() - cpu_s
    sa.event.remove(engine, "before_cursor_execute", counted)
    return {
        "per_s": len(took_ms) / seconds,
        "cpu_ms": 1000 * cpu_s / len(took_ms),
        "statements": statements / len(took_ms),
        "p50_ms": quantile(took_ms, 0.5),
        "p99_ms": quantile(took_ms, 0.99),
    }


async def compare(together: Sequence[int], seconds: float) -> dict[str, Told]:
    found: dict[str, Told] = {}
    with tempfile.TemporaryDirectory(prefix="microteach-bench-") as folder, own_postgres() as postgres:
        places: tuple[tuple[str, Path | str], ...] = (("sqlite", Path(folder) / "bench.db"), ("postgresql", postgres.url()))
        for kind, where in places:
            async with contextlib.AsyncExitStack() as stack:
                store = await stack.enter_async_context(Store(where))
                for count in together:
                    told = found[f"{kind} {count}"] = await measure(store, count, seconds)
                    print(
                        f"{kind:12}{count:>6} at once{told['per_s']:>9.0f} a second{told['cpu_ms']:>8.2f} ms of CPU each"
                        f"{told['statements']:>6.1f} statements each   p50 {told['p50_ms']:.1f}, p99 {told['p99_ms']:.1f} ms",
                        flush=True,
                    )
    print(f"load average {os.getloadavg()[0]:.1f}")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench store", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=5)
    parser.add_argument("--together", type=int, nargs="+", default=[1, 16, 64])
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    found = asyncio.run(compare(options.together, options.seconds))
    if options.json:
        options.json.write_text(json.dumps({"store": found}, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
