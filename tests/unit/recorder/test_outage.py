"""A recorder that was away for so long that numbers have come round goes on with what comes now."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.rtp_media import Sender, beeps, voice
from tests.unit.recorder.test_recording import Stage, batches
from tests.unit.recorder.test_settling import put

LOST_PACKETS = 40_000  # more than half of the 16-bit numbers
AWAY_S = 800


@pytest.mark.parametrize("how", ["was slow", "died"])
def test_a_voice_whose_numbers_have_come_round_is_recorded_behind_what_was_before(tmp_path: Path, how: str) -> None:
    stage = Stage(tmp_path)
    stage.mark("take", 0, handles=(1,))
    put(stage, 1, [event for event in voice(1, Sender(), beeps(1, 1000)) if not event.is_report])
    stage.mark("take", 2, handles=(1,))
    stage.recording.advance()
    stage.recording.flush(0, stage.at(2))
    if how == "died":
        stage.recording.close()
        stage.begin()
    else:
        stage.recording.forget_handles()
    stage.mark("take", AWAY_S, handles=(1,))
    later = Sender(sequence=(Sender().sequence + LOST_PACKETS) & 0xFFFF)
    put(stage, 1, [event for event in voice(1, later, beeps(1, 1000), start_s=AWAY_S) if not event.is_report])
    stage.mark(None, AWAY_S + 2)
    entries = [entry for batch in batches(stage) if batch.track.source == "microphone" for entry in batch.entries]
    numbers = [entry.sequence_end for entry in entries]
    assert len(numbers) == 100
    assert numbers == sorted(numbers)
    [hole] = [hole for hole in stage.takes[-1].holes if hole.what == "all" and hole.start_ms < AWAY_S * 500]
    assert (round(hole.start_ms, -3), round(hole.end_ms, -3)) == (1_000, AWAY_S * 1_000)
