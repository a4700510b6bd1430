"""How long a voice packet takes through the worker, beside Debian's Janus, when there is little to do.

    python3 tasks.py bench latency [--pairs N] [--seconds S] [--json FILE]

One room, one who sends picture and voice, five who receive; real ICE, DTLS and SRTP. From just before the packet leaves this process
to the kernel's time of its arrival; each server by turns, all rounds together. It has the wake of the server's process in it.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import uvloop

from tests.load._audience import audience, hall_delays_ms
from tests.load._receiver import quantile
from tests.load._videoroom import JANUS
from tests.load.forwarding import LISTENERS, SERVERS, host_for, serving

PARTS: Final = (("p50", 0.5), ("p99", 0.99), ("most", 1.0))


async def delays(name: str, rooms: int, seconds: float) -> list[float]:
    """Milliseconds of each voice packet to each listener."""
    with tempfile.TemporaryDirectory(prefix="microteach-bench-") as folder:
        async with (
            serving(name, Path(folder)) as (_, forwarder),
            audience(forwarder, host_for(name), rooms, LISTENERS) as (made, _),
        ):
            for hall in made.halls:
                for listener in hall.listeners:
                    listener.receiver.timed = {line.ssrc for line in listener.lines if line.kind == "audio"}
                    listener.receiver.begin()
                hall.media["microphone"].is_timed = True
            await asyncio.sleep(seconds)
            for receiver in made.receivers:
                receiver.read()
            return [delay for hall in made.halls for delay in hall_delays_ms(hall)]


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tasks.py bench latency", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=3, help="how many rounds of all servers")
    parser.add_argument("--rooms", type=int, default=1)
    parser.add_argument("--seconds", type=float, default=6.0, help="that each is measured")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    names = [name for name in ("ours", "packaged", "one_loop") if JANUS or name == "ours"]
    found: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(options.pairs):
        for name in names:
            with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
                found[name] += runner.run(delays(name, options.rooms, options.seconds))
    print(f"Added latency of a voice, {options.rooms} room(s), {LISTENERS} listeners each; ms; load average {os.getloadavg()[0]:.1f}")
    print(f"{'':34}{'p50':>8}{'p99':>8}{'most':>8}{'packets':>10}")
    for name, values in found.items():
        print(f"{SERVERS[name]:34}{''.join(f'{quantile(values, part):>8.2f}' for _, part in PARTS)}{len(values):>10}")
    if options.json:
        told = {name: {f"{word}_ms": round(quantile(values, part), 3) for word, part in PARTS} for name, values in found.items()}
        options.json.write_text(json.dumps({"latency": told}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
