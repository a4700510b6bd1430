"""A down link too narrow for all: voices come first, the picture follows what fits, and does not keep changing its mind."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from tests.network.line import Conditions
from tests.network.meeting import WINDOW_S, meeting, utc_ms
from tests.network.watch import over_time, seen

RATE_BPS = 300_000
NARROW = Conditions(rate_bps=RATE_BPS, queue_ms=250, delay_ms=20)
ADAPTS_S = 5.0
VOICES = 0.98
CHANGES_PER_MINUTE = 4
AFTERWARDS_S = 12.0


@pytest.mark.timeout(300)
async def test_five_voices_come_through_a_narrow_link(tmp_path: Path) -> None:
    """P14: 300 kbit/s down, five open microphones and a teacher's picture."""
    async with meeting(tmp_path, seed=14, voices=4) as group:
        ana, line = group.ana.human.page, group.ana.line.media
        await asyncio.sleep(5)
        begin_ms = utc_ms()
        wide = await seen(ana, begin_ms - 5_000, begin_ms)
        print(f"\nbefore: {wide}")
        line.degrade(down=NARROW)
        await asyncio.sleep(ADAPTS_S)
        adapted_ms, dropped = utc_ms(), line.down.counters.overflowed
        await asyncio.sleep(WINDOW_S)
        end_ms, dropped_late = utc_ms(), line.down.counters.overflowed - dropped
        line.degrade()
        first, rest = await seen(ana, begin_ms, adapted_ms), await seen(ana, adapted_ms, end_ms)
        print(f"the first {ADAPTS_S:.0f} s: {first}, {dropped} dropped\n{over_time(first)}")
        print(f"after that: {rest}, {dropped_late} dropped\n{over_time(rest)}")
        await asyncio.sleep(AFTERWARDS_S)
        print(f"wide again: {await seen(ana, end_ms, utc_ms())}")
        assert wide.voices == 5
        assert rest.voice_packets >= VOICES
        assert rest.voices_heard >= VOICES
        assert len(rest.widths) - 1 <= max(1, CHANGES_PER_MINUTE * WINDOW_S / 60), "the picture does not keep changing its mind"
        assert rest.gain("face_bytesReceived") * 8_000 / rest.window_ms < RATE_BPS, "and it takes no more than there is"
