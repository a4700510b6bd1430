"""P3, P4 and P5: rooms that are recorded, what recording costs, and how soon a recording plays; beside aiortc's MediaRecorder and Janus.

    python3 tasks.py bench recorder [--only PART…] [--rooms N…] [--seconds S] [--times N] [--json FILE]

Real processes on real (synthetic) media: VP8 and Opus that were encoded once, turns of talk as in a lesson. CPU is that of each process in
user and kernel mode; a processor that others use at the same time makes it dearer, so a fixed piece of coding is timed before and after
each part, and what a process had to wait for a processor is said. Parts: rooms, tracks, film, media-recorder, janus. Some minutes.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import gc
import json
import os
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Final

from server.media.ring import create_ring
from tests.load import _film_ready, _janus, _media_recorder, _rooms, _tracks
from tests.load._lesson import Material, make_material, save_material
from tests.load._processes import SHARED_MEMORY
from tests.load._reference import Reference

Figures = dict[str, float]
PARTS: Final = ("rooms", "tracks", "film", "media-recorder", "janus")
SAMPLE_S: Final = 12.0
ALIKE_S: Final = 25.0


class Bench:
    """`folder`: where media is written, on a disk. Each part gets an empty one and a new ring."""

    def __init__(self, folder: Path, options: argparse.Namespace) -> None:
        self._folder = folder
        self._options = options
        self._reference = Reference()
        self.failed: list[str] = []
        self.place = folder / "material"
        self.material: Material = make_material()
        save_material(self.material, self.place)
        gc.collect()
        gc.freeze()

    async def run(self) -> dict[str, Figures]:
        parts: dict[str, Callable[[], Awaitable[dict[str, Figures]]]] = {
            "rooms": self._rooms,
            "tracks": self._tracks,
            "film": self._film,
            "media-recorder": self._media_recorder,
            "janus": self._janus,
        }
        found: dict[str, Figures] = {}
        for name in self._options.only:
            began_s = time.monotonic()
            self._reference.measure(self._folder)
            try:
                found |= await parts[name]()
            except Exception as error:  # noqa: BLE001 -- a part that cannot be measured, on a busy machine, costs no other its figures
                self.failed.append(name)
                print(f"\n{name}: not measured, {type(error).__name__}: {error}")
            self._reference.measure(self._folder)
            before_ms, after_ms = self._reference.coding_ms[-2:]
            print(
                f"        {time.monotonic() - began_s:.0f} s; a fixed piece of coding took {before_ms:.1f} ms of CPU before and "
                f"{after_ms:.1f} after; load average {os.getloadavg()[0]:.1f}",
                flush=True,
            )
        return found

    async def _rooms(self) -> dict[str, Figures]:
        print("\nP3  Rooms of six, everybody hears and sees everybody; the teacher's film and six voices recorded, voices mixed")
        print(f"{'':8}{'rooms':>6}{'worker':>8}{'recorder':>9}{'load':>7}{'packets':>9}{'lost':>6}{'dropped':>8}{'behind':>8}", end="")
        print(f"{'worker ms':>13}{'recorder ms':>19}{'MB':>10}{'waited':>8}")
        print(f"{'':8}{'':>6}{'cores':>8}{'cores':>9}{'cores':>7}{'a second':>9}{'':>6}{'':>8}{'s':>8}{'p50/p99':>13}{'p50/p99/most':>19}")
        with self._place("rooms") as (folder, ring):
            steps, takes = await _rooms.measure(folder, ring, self.place, self._options.rooms, self._options.seconds)
        for step in steps:
            _print_step(step)
        gaps = sum(len(take.holes) for take in takes)
        longest_s = max((take.duration_ms for take in takes), default=0) / 1000
        print(
            f"        {len(takes)} of {steps[-1].rooms} recordings ready at the end, the longest {longest_s:.0f} s, "
            f"gaps of more than half a second in them: {gaps}"
        )
        best = _rooms.largest(steps)
        if best is None:
            print("P3: no load was without loss: this machine is too busy to say it")
            return {}
        print(
            f"P3: {best.rooms_per_core:.1f} rooms a core (at least 15), at {best.rooms} rooms: each takes "
            f"{100 * best.worker / best.rooms:.1f} % of a core in the worker, {100 * best.recorder / best.rooms:.1f} % in the recorder"
        )
        return {
            "P3": {
                "rooms_per_core": round(best.rooms_per_core, 2),
                "rooms": best.rooms,
                "worker_share": round(best.worker, 4),
                "recorder_share": round(best.recorder, 4),
                "worker_mb": round(best.worker_mb, 1),
                "recorder_mb": round(best.recorder_mb, 1),
                "worker_p99_ms": best.delay_p99_ms,
                "recorder_p99_ms": round(_quantile(best.asked_ms, 0.99), 2),
            }
        }

    async def _tracks(self) -> dict[str, Figures]:
        seconds = self._options.seconds * 2
        with self._place("pictures") as (folder, ring):
            pictures = await _tracks.pictures_only(folder, ring, self.material, seconds)
        with self._place("voices") as (folder, ring):
            voices = await _tracks.with_voices(folder, ring, self.material, seconds)
        per_track = pictures.cpu_s / pictures.track_minutes
        per_room = voices.cpu_s / voices.room_minutes - pictures.cpu_s / pictures.room_minutes
        print(f"\nP4  The recorder alone, in real time for {seconds:.0f} s: CPU-seconds")
        for name, part in (("pictures only", pictures), ("with six voices in each room", voices)):
            print(
                f"        {name:30}{part.tracks:>3} tracks in {part.rooms} rooms: {part.cpu_s:6.2f} s, "
                f"{part.cpu_s / part.track_minutes:.3f} a track and minute, {part.own_mb:.0f} MB; at the end {part.behind_s:.1f} s behind, "
                f"waited for a processor {100 * part.starved:.0f} % of the time"
            )
        print(f"P4: {per_track:.3f} CPU-s for a picture of 1.5 Mbit/s and a minute (at most 0.15)")
        print(f"    {per_room:.2f} CPU-s more for six voices and their mix in a room and a minute")
        return {"P4": {"cpu_s_per_track_minute": round(per_track, 4), "voices_cpu_s_per_room_minute": round(per_room, 3)}}

    async def _film(self) -> dict[str, Figures]:
        with self._place("film") as (folder, _):
            ready = await _film_ready.measure(folder, self.material, self._options.times)
        print("\nP5  Ten minutes of lesson, from the marker that ends it, seconds in the browser; the page was open before")
        print(f"{'':8}{'film found':>12}{'minute 7 seen':>15}{'and playing':>13}{'duration':>10}{'recorder CPU-s for the lesson':>31}")
        for one in ready:
            print(
                f"{'':8}{one.loaded_s:>12.2f}{one.sought_s:>15.2f}{one.playing_s:>13.2f}{one.duration_s:>10.1f}{one.taken_in_cpu_s:>31.1f}"
            )
        sought = sorted(one.sought_s for one in ready)
        median, worst = statistics.median(sought), sought[-1]
        print(f"P5: {median:.2f} s, the worst of {len(sought)} {worst:.2f} s (at most 1)")
        return {"P5": {"seconds": round(median, 3), "worst_s": round(worst, 3)}}

    async def _media_recorder(self) -> dict[str, Figures]:
        print(f"\nBeside it: aiortc's MediaRecorder, {SAMPLE_S:.0f} s of the same film and voice, decoded (receiving not counted)")
        found: Figures = {}
        for container in ("mp4", "webm"):
            tried = await _media_recorder.attempt(self.place, container, SAMPLE_S)
            print(
                f"        {container:6}{tried.cpu_s_per_track_minute:8.1f} CPU-s a track and minute, up to {tried.peak_mb:.0f} MB; "
                f"{tried.pictures} of {tried.expected} pictures in the file; {tried.problem or 'no error'}"
            )
            found[f"{container}_cpu_s_per_track_minute"] = round(tried.cpu_s_per_track_minute, 2)
        return {"media_recorder": found}

    async def _janus(self) -> dict[str, Figures]:
        print(f"\nBeside it: one person's film and voice, received and recorded for {ALIKE_S:.0f} s, in the same seconds")
        if _janus.JANUS is None:
            print("        Janus is not installed")
            return {}
        with self._place("janus") as (folder, ring):
            janus, ours = await _janus.measure(folder, ring, self.place, self.material, ALIKE_S)
        for name, side in (("Janus recordplay", janus), ("worker and recorder, with the mix", ours)):
            print(
                f"        {name:36}{side.cpu_s_per_track_minute:6.2f} CPU-s a track and minute, {side.own_mb:.0f} MB, "
                f"{side.written_bytes / 1e6:.1f} MB written"
            )
        return {"janus": {"cpu_s_per_track_minute": round(janus.cpu_s_per_track_minute, 3), "ours": round(ours.cpu_s_per_track_minute, 3)}}

    @contextlib.contextmanager
    def _place(self, name: str) -> Iterator[tuple[Path, Path]]:
        folder = self._folder / name
        folder.mkdir()
        memory = SHARED_MEMORY if os.access(SHARED_MEMORY, os.W_OK) else folder
        with tempfile.TemporaryDirectory(dir=memory, prefix="microteach-bench-") as run:
            ring = Path(run) / "ring"
            create_ring(ring)
            yield folder, ring


def _print_step(step: _rooms.Step) -> None:
    asked = "/".join(f"{_quantile(step.asked_ms, part):.1f}" for part in (0.5, 0.99, 1.0))
    print(
        f"{'':8}{step.rooms:>6}{step.worker:>8.3f}{step.recorder:>9.3f}{step.load:>7.2f}{step.forwarded_per_s:>9.0f}{step.lost:>6}"
        f"{step.dropped:>8}{step.behind_s:>8.1f}{f'{step.delay_p50_ms:.1f}/{step.delay_p99_ms:.1f}':>13}{asked:>19}"
        f"{f'{step.worker_mb:.0f}+{step.recorder_mb:.0f}':>10}{100 * step.starved:>7.0f} %{'' if step.is_loss_free else '  LOSS'}"
        f"{'  (others had the processors)' if step.starved > _rooms.STARVED else ''}"
    )


def _quantile(values: Sequence[float], part: float) -> float:
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else 0.0


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(
        prog="tasks.py bench recorder", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, metavar="PART")
    parser.add_argument("--rooms", nargs="+", type=int, default=_rooms.STEPS, help="how many at once, one load after the other")
    parser.add_argument("--seconds", type=float, default=_rooms.WINDOW_S, help="that each load is measured; tracks twice that")
    parser.add_argument("--times", type=int, default=5, help="how many lessons of ten minutes end")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="microteach-bench-") as folder:
        bench = Bench(Path(folder), options)
        found = asyncio.run(bench.run())
    if options.json:
        options.json.write_text(json.dumps(found))
    return 1 if bench.failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
