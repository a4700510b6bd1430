"""P8: how long after a phase's end the rights have changed in the media worker. `python3 tasks.py bench phase_edge [--json FILE]`

Two parts. In the server, twenty rooms on a store whose phases end by themselves: from the deadline to `SetRoom`. In the worker, real WebRTC
peers over loopback, where at each edge the floor goes from one half of the room to the other: from `SetRoom` to the last packet that a
listener gets of a voice that may not be heard, and the first of one that may. The promise is kept by the sum of the worst of each.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import re
import statistics
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest import mock

from server.media import control
from server.media.control import PersonPolicy, RecordedTrack, RecordingPolicy, RoomPolicy
from server.media.ring import create_ring
from tests.fakes.aiortc_peer import ROOM, AiortcPeer, ControlClient, loopback_gathered
from tests.load import _deadlines

REPOSITORY = Path(__file__).parents[2]
SETTLE_S = 0.4
_SSRC = re.compile(r"a=ssrc:(\d+) cname:(\S+)")


class Ears:
    """When each listener got a packet of each voice; nothing is decoded."""

    def __init__(self) -> None:
        self.voices: dict[int, tuple[str, str]] = {}  # listener and speaker, by SSRC of the worker
        self.heard: list[tuple[float, str, str]] = []

    def learn(self, listener: str, offer: control.SubscribeOffer) -> None:
        self.voices.update({int(ssrc): (listener, speaker) for ssrc, speaker in _SSRC.findall(offer.sdp)})

    async def hear(self, receiver: Any, packet: Any, arrival_time_ms: int) -> None:
        if packet.ssrc in self.voices:
            self.heard.append((time.monotonic(), *self.voices[packet.ssrc]))


@contextlib.asynccontextmanager
async def running(folder: Path) -> AsyncIterator[ControlClient]:
    create_ring(folder / "ring")
    places = ["--control", str(folder / "control"), "--ring", str(folder / "ring"), "--port", "0", "--advertise", "127.0.0.1"]
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "server.media.worker", *places, cwd=REPOSITORY, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        while not (folder / "control").exists():
            await asyncio.sleep(0.05)
        server = await ControlClient.connect(folder / "control")
        yield server
        await server.close()
    finally:
        process.terminate()
        await process.wait()


def policy(version: int, people: list[str], speakers: set[str]) -> RoomPolicy:
    """Rights, stage and recording change together, as at the edge of a phase."""
    recorded = tuple(RecordedTrack(peer=peer, source="microphone") for peer in sorted(speakers))
    return RoomPolicy(
        version=version,
        people={peer: PersonPolicy(microphone=peer in speakers, hears=tuple(people), sees=tuple(people)) for peer in people},
        recording=RecordingPolicy(take=f"take{version}", teacher=people[0], tracks=recorded),
    )


async def measure(people_count: int, edges: int) -> dict[str, list[float]]:
    """Milliseconds from `SetRoom` to the last packet of each silenced, the first of each allowed voice, and the worker's own word."""
    people = [f"person{number}" for number in range(people_count)]
    halves = [set(people[::2]), set(people[1::2])]
    ears = Ears()
    times: dict[str, list[float]] = {"applied": [], "last of a silenced": [], "first of an allowed": []}
    with tempfile.TemporaryDirectory() as folder, mock.patch("aiortc.RTCRtpReceiver._handle_rtp_packet", new=_method(ears)):
        async with running(Path(folder)) as server:
            with loopback_gathered():
                peers = await _connect(server, people, ears)
                for edge in range(edges):
                    silenced, allowed = halves[edge % 2], halves[1 - edge % 2]
                    began = time.monotonic()
                    server.send(control.SetRoom(room=ROOM, policy=policy(edge + 2, people, allowed)))
                    await server.take(control.PolicyApplied, lambda m, version=edge + 2: m.version == version)  # type: ignore[misc]
                    times["applied"].append(1000 * (time.monotonic() - began))
                    await asyncio.sleep(SETTLE_S)
                    if edge:
                        _note(times, [one for one in ears.heard if one[0] >= began], began, silenced, allowed, people)
                    ears.heard.clear()
                for peer in peers:
                    await peer.close()
    return times


async def _connect(server: ControlClient, people: list[str], ears: Ears) -> list[AiortcPeer]:
    server.send(control.SetRoom(room=ROOM, policy=policy(1, people, set(people))))
    peers = [AiortcPeer(server, person) for person in people]
    for peer in peers:
        peer.start()
        await peer.publish(camera=False)
    goal = len(people) * (len(people) - 1)
    for peer in peers:
        while sum(listener == peer.id for listener, _ in ears.voices.values()) < len(people) - 1:
            ears.learn(peer.id, await peer.answer())
    async with asyncio.timeout(20):
        while len({one[1:] for one in ears.heard}) < goal:
            await asyncio.sleep(0.1)
    return peers


def _note(
    times: dict[str, list[float]],
    heard: list[tuple[float, str, str]],
    began: float,
    silenced: set[str],
    allowed: set[str],
    people: list[str],
) -> None:
    for listener in people:
        for speaker in people:
            if speaker == listener:
                continue
            moments = [1000 * (at - began) for at, *pair in heard if pair == [listener, speaker]]
            if speaker in silenced:
                times["last of a silenced"].append(max(moments, default=0.0))
            elif speaker in allowed:
                times["first of an allowed"].append(min(moments, default=float("inf")))


def _method(ears: Ears) -> Any:
    async def handle(receiver: Any, packet: Any, arrival_time_ms: int) -> None:
        await ears.hear(receiver, packet, arrival_time_ms)

    return handle


def p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20, method="inclusive")[-1]


def main() -> None:
    parser = argparse.ArgumentParser(prog="tasks.py bench phase_edge")
    parser.add_argument("--json", type=Path, metavar="FILE")
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--edges", type=int, default=40)
    parser.add_argument("--rooms", type=int, default=20)
    arguments = parser.parse_args()
    late = asyncio.run(_deadlines.measure(arguments.rooms, 20))
    times = asyncio.run(measure(arguments.people, arguments.edges))
    print(f"{arguments.rooms} rooms of 6 people in the server: milliseconds from the deadline to SetRoom")
    print(f"{'told':24}{statistics.median(late):>10.1f}{p95(late):>10.1f}{max(late):>10.1f}{len(late):>10}")
    print(f"{arguments.people} people, {arguments.edges} edges in the worker: milliseconds after SetRoom")
    print(f"{'':24}{'median':>10}{'95 %':>10}{'most':>10}{'values':>10}")
    for name, values in times.items():
        print(f"{name:24}{statistics.median(values):>10.1f}{p95(values):>10.1f}{max(values):>10.1f}{len(values):>10}")
    worst = round(p95(late) + max(p95(values) for values in times.values()), 1)
    print(f"P8: {worst} ms (at most 250)")
    if arguments.json:
        arguments.json.write_text(json.dumps({"P8": {"p95_ms": worst}}))


if __name__ == "__main__":
    main()
