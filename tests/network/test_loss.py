"""Datagrams get lost on the way, in both directions: the picture stands still seldom, and the recording names what it lacks."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import pytest

from tests.browser.driver import Page
from tests.browser.people import Human
from tests.browser.steps import film_of
from tests.network.line import Conditions
from tests.network.meeting import WINDOW_S, meeting, window
from tests.network.proxy import UdpProxy
from tests.network.stage import DELAY_MS, stage
from tests.network.watch import Seen, over_time, seen

SETTLES_S = 3.0
LOOKS = 3
# P13: how much of the time the picture may stand still for more than half a second
PROMISED = {0.05: 0.0, 0.1: 0.02, 0.2: 0.1}
RECORDED_AT = 0.1
DATA_JS = """(take) => fetch(`/recordings/${take}/data`).then((answer) => answer.json()).then((data) => data.state === "ready" && data)"""


async def lossy(ana: Page, lines: Sequence[UdpProxy], loss: float) -> Seen:
    """What Ana gets of Maria while these lines lose this share of datagrams in both directions."""
    for line in lines:
        line.degrade(Conditions(loss=loss, delay_ms=DELAY_MS))
    await asyncio.sleep(SETTLES_S)
    begin_ms, end_ms = await window()
    found = await seen(ana, begin_ms, end_ms)
    print(f"\n{loss:.0%} loss on {len(lines)} lines: {found}\n{over_time(found)}")
    return found


@pytest.mark.timeout(240)
async def test_a_lossy_line_freezes_the_picture_no_more_than_promised(tmp_path: Path) -> None:
    """Hers who watches and hers who is seen, both ways: a picture passes two of them. On a busy machine the best of three looks counts."""
    async with stage(tmp_path, seed=13) as there:
        lines = (there.ana_line, there.maria_line)
        found = {}
        for loss, promised in PROMISED.items():
            found[loss] = 1.0
            for _ in range(LOOKS):
                if found[loss] > promised:
                    found[loss] = min(found[loss], (await lossy(there.ana, lines, loss)).frozen)
        for quality in there.qualities():
            print(f"    worker: estimate {quality.estimate_bps}, down {quality.down_bps}, loss {quality.down_loss}, {quality.layers}")
        assert all(frozen <= PROMISED[loss] for loss, frozen in found.items()), found


@pytest.mark.timeout(240)
async def test_what_is_recorded_over_a_lossy_line_lacks_no_second(tmp_path: Path) -> None:
    """And says so where it lacks any."""
    async with meeting(tmp_path, seed=13) as group:
        await lossy(group.ana.human.page, (group.ana.line.media, group.maria.line.media), RECORDED_AT)
        take, recorded = await recording(group.maria.human)
        bare = seconds_without(await film_of(group.maria.human, take))
        print(f"recording: {recorded['duration_ms']} ms, holes {recorded['holes']}, seconds without picture or voice {bare}")
        named_ms = sum(hole["end_ms"] - hole["start_ms"] for hole in recorded["holes"])
        assert recorded["duration_ms"] > WINDOW_S * 1_000
        assert named_ms < 0.1 * recorded["duration_ms"]
        assert len(bare) * 1_000 <= named_ms + 1_000, "what is missing is named"


async def recording(maria: Human) -> tuple[str, dict[str, Any]]:
    """The lesson ends now: which recording it made, and what is said of that."""
    await maria.page.click("#action-advance")
    take = str(await maria.page.wait_for("window.lastView.takes[0]?.take", what="the recording", timeout_s=30))
    data: dict[str, Any] = await maria.page.wait_for(DATA_JS, take, what="the film", timeout_s=30)
    return take, data


def seconds_without(film: bytes) -> list[tuple[str, int]]:
    """The whole seconds of a film in which no packet of the picture or of the voices begins, without its first and its last one."""
    begun: dict[str, set[int]] = {"video": set(), "audio": set()}
    with av.open(io.BytesIO(film), "r", format="matroska") as container:
        for packet in container.demux():
            if packet.pts is not None and packet.time_base is not None:
                begun[packet.stream.type].add(int(packet.pts * packet.time_base))
    length = max(max(seconds) for seconds in begun.values())
    return [(kind, second) for kind, seconds in begun.items() for second in range(1, length) if second not in seconds]
