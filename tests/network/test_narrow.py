"""A down link too narrow for all: voices come first, the picture follows what fits, and does not keep changing its mind."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.driver import Page
from tests.network.line import Conditions
from tests.network.meeting import IS_LONG, WINDOW_S, meeting, utc_ms
from tests.network.proxy import UdpProxy
from tests.network.stage import DELAY_MS, stage
from tests.network.watch import Seen, over_time, seen

RATE_BPS = 300_000
AS_BEFORE = Conditions(delay_ms=DELAY_MS)
NARROW = Conditions(delay_ms=DELAY_MS, rate_bps=RATE_BPS, queue_ms=250)
SETTLES_S = 6.0
ADAPTS_S = 5.0
AFTERWARDS_S = 10.0
VOICES = 0.98
CHANGES_PER_MINUTE = 4


@dataclass
class Found:
    wide: Seen
    first: Seen
    rest: Seen
    overflowed: int  # after the first seconds


async def narrowed(ana: Page, line: UdpProxy) -> Found:
    """What Ana gets while her down link is narrow: the first seconds, and what comes after them."""
    await asyncio.sleep(SETTLES_S)
    begin_ms = utc_ms()
    wide = await seen(ana, begin_ms - 4_000, begin_ms)
    line.degrade(AS_BEFORE, down=NARROW)
    await asyncio.sleep(ADAPTS_S)
    adapted_ms, before = utc_ms(), line.down.counters.overflowed
    await asyncio.sleep(WINDOW_S)
    end_ms, overflowed = utc_ms(), line.down.counters.overflowed - before
    line.degrade(AS_BEFORE)
    found = Found(wide, await seen(ana, begin_ms, adapted_ms), await seen(ana, adapted_ms, end_ms), overflowed)
    print(f"\nwide: {wide}\nthe first {ADAPTS_S:.0f} s: {found.first}, {before} dropped\n{over_time(found.first)}")
    print(f"after that: {found.rest}, {overflowed} dropped\n{over_time(found.rest)}")
    await asyncio.sleep(AFTERWARDS_S)
    print(f"wide again: {await seen(ana, end_ms, utc_ms())}")
    return found


def keeps_promise(found: Found) -> None:
    assert found.wide.voices == 5
    assert found.rest.voice_packets >= VOICES
    assert found.rest.voices_heard >= VOICES
    assert len(found.rest.widths) - 1 <= max(1, CHANGES_PER_MINUTE * WINDOW_S / 60), "the picture does not keep changing its mind"
    assert found.rest.gain("face_bytesReceived") * 8_000 / found.rest.window_ms < RATE_BPS, "and it takes no more than there is"


@pytest.mark.timeout(180)
async def test_five_voices_come_through_a_narrow_link(tmp_path: Path) -> None:
    """P14: 300 kbit/s down, five open microphones and a teacher's picture."""
    async with stage(tmp_path, seed=14, voices=4) as there:
        found = await narrowed(there.ana, there.ana_line)
        for quality in there.qualities():
            print(f"    worker: estimate {quality.estimate_bps}, down {quality.down_bps}, loss {quality.down_loss}, {quality.layers}")
        keeps_promise(found)


@pytest.mark.skipif(not IS_LONG, reason="MT_NETWORK_LONG: six people in three browsers")
@pytest.mark.timeout(300)
async def test_the_same_in_the_whole_product(tmp_path: Path) -> None:
    async with meeting(tmp_path, seed=14, voices=4) as group:
        keeps_promise(await narrowed(group.ana.human.page, group.ana.line.media))
