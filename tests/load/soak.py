"""P20: the whole product for hours under a light load, and whether anything in it grows.

    python3 tasks.py bench soak [--hours 8] [--fast] [--json FILE] [--folder DIR]

Six people whose lesson is taught and recorded again and again; every 5 s somebody leaves and comes back, every 30 s everybody acts, every
minute a client is killed, and all the time short sessions begin, end, and have their recordings watched in ranges and deleted. Memory,
descriptors, threads and tasks of the three processes and what lies on the disk are looked at every 10 s. The first 20 minutes are left
out; then Theil and Sen's slope of the minutes' medians. A table each 10 minutes and after SIGTERM, and FILE is written with each.
`--fast` does all as quickly as it goes: not the promise, but a leak shows soon.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from server.cli import Places
from server.settings import Settings
from tests.fakes.formats import timed
from tests.fakes.product import running_product
from tests.load._lesson import Loop, make_material
from tests.load._pacer import Pacer
from tests.load._sampled import NAMES, Samples, figures, grown, table, verdict
from tests.load._sdp import Layer
from tests.load._soaked import LongSession, Tally, short_session

SAMPLE_S: Final = 10.0
TABLE_S: Final = 600.0
WARM_S: Final = 1200.0
PLAN: Final = "try-out"
LENGTHS_S: Final = {"lesson": 3600, "writing": 60, "feedback": 60, "closing": 60}
OBSERVER: Final = Path(__file__).parent / "observed"


@dataclass(frozen=True)
class Pace:
    """How many seconds lie between two of each."""

    come_s: float
    act_s: float
    kill_s: float
    again_s: float
    short_s: float
    lesson_s: float
    at_once: int
    tick_s: float


LIGHT: Final = Pace(come_s=5, act_s=30, kill_s=60, again_s=300, short_s=60, lesson_s=8, at_once=1, tick_s=0.01)
FAST: Final = Pace(come_s=0.05, act_s=1, kill_s=2, again_s=15, short_s=0.05, lesson_s=1, at_once=3, tick_s=0.01)


async def soak(options: argparse.Namespace, folder: Path) -> int:
    pace, material = FAST if options.fast else LIGHT, make_material()
    loops: list[dict[Layer, Loop]] = [{"microphone": voice, "camera_low": material.small} for voice in material.voices]
    warm_s = min(WARM_S, options.hours * 3600 / 4)
    (folder / "observed").mkdir(exist_ok=True)
    plans = timed(folder / "plans", PLAN, LENGTHS_S)
    with _observed(folder / "observed"):
        product = running_product(folder, plans=str(plans), sessions_at_once="100000")
        async with product as running, contextlib.AsyncExitStack() as stack:
            tally, pacer = Tally(), Pacer(pace.tick_s)
            sending = asyncio.create_task(pacer.run())
            stack.callback(sending.cancel)
            long = LongSession(running.url, pacer, loops, tally)
            stack.push_async_callback(long.close)
            await long.open(PLAN)
            samples = Samples(folder)
            doing = [asyncio.create_task(each) for each in _everything(running.url, pacer, loops, long, tally, pace)]
            for task in doing:
                stack.callback(task.cancel)
            ring = Places(Settings(data=str(folder / "data"))).ring
            ends, tells = samples.began + options.hours * 3600, samples.began + TABLE_S
            stopped = asyncio.Event()
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
            while (now := time.time()) < ends and not stopped.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stopped.wait(), min(SAMPLE_S, max(0.1, ends - now)))
                samples.take(running, ring)
                if time.time() >= tells:
                    tells += TABLE_S
                    _tell(samples, tally, warm_s, options)
            _tell(samples, tally, warm_s, options)
    return 0


def _everything(
    url: str, pacer: Pacer, loops: list[dict[Layer, Loop]], long: LongSession, tally: Tally, pace: Pace
) -> list[Coroutine[None, None, None]]:
    def one_short() -> Awaitable[int]:
        return short_session(url, pacer, loops, plan=PLAN, lesson_s=pace.lesson_s)

    parts: list[tuple[str, float, Callable[[], Awaitable[object]]]] = [
        ("come and go", pace.come_s, long.come_and_go),
        ("acts", pace.act_s, long.act),
        ("kill", pace.kill_s, long.kill_one),
        ("teach again", pace.again_s, long.teach_again),
        *[("short session", pace.short_s, one_short)] * pace.at_once,
    ]
    return [_each(tally, what, every_s, doing) for what, every_s, doing in parts]


async def _each(tally: Tally, what: str, every_s: float, doing: Callable[[], Awaitable[object]]) -> None:
    while True:
        await asyncio.sleep(every_s)
        await tally.tried(what, doing())


def _tell(samples: Samples, tally: Tally, warm_s: float, options: argparse.Namespace) -> None:
    after_h, hours = warm_s / 3600, (time.time() - samples.began) / 3600
    found = verdict(samples, after_h)
    kept = {True: "kept so far", False: "NOT kept", None: "–"}[found.kept]
    print(f"\nAfter {hours:.2f} h of {options.hours:g} (the first {warm_s / 60:.0f} min left out), load average {os.getloadavg()[0]:.1f}")
    print("\n".join(table(samples, after_h)))
    print(f"the load itself: {time.process_time() / max(1.0, time.time() - samples.began):.3f} of a core")
    print("done  " + ", ".join(f"{what} {count}" for what, count in tally.done.most_common()))
    print("wrong " + ("; ".join(f"{count} × {what}" for what, count in tally.wrong.most_common(12)) or "nothing"))
    for name in NAMES:
        if more := grown(samples, name, after_h):
            print(f"more in {name}: " + ", ".join(f"{kind} {before} → {now}" for kind, before, now in more))
    print(f"P20: {kept}{': ' if found.why else ''}{'; '.join(found.why)}", flush=True)
    if options.json:
        told = {
            "hours": hours,
            "kept": found.kept,
            "why": found.why,
            "figures": figures(samples, after_h),
            "done": dict(tally.done),
            "wrong": dict(tally.wrong),
            "restarts": samples.restarts,
            "fast": options.fast,
        }
        beside = options.json.with_suffix(".part")
        beside.write_text(json.dumps(told, indent=1))
        beside.replace(options.json)


@contextlib.contextmanager
def _observed(folder: Path) -> Iterator[None]:
    """Processes that are started meanwhile say what they hold."""
    before = dict(os.environ)
    os.environ |= {"PYTHONPATH": str(OBSERVER), "MT_OBSERVED": str(folder)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="tasks.py bench soak", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=8.0)
    parser.add_argument("--fast", action="store_true", help="everything as quickly as it goes")
    parser.add_argument("--json", type=Path, metavar="FILE", help="written anew with each table")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="for data and log, which then stay")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="microteach-soak-") as made:
        folder = options.folder or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        return asyncio.run(soak(options, folder))


if __name__ == "__main__":
    sys.exit(main())
