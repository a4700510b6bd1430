"""The waveform shows where it was loud, at the right time."""

from __future__ import annotations

import io
import struct
from pathlib import Path

import numpy as np

from recorder.footage import open_films
from recorder.manifest import load_manifests
from recorder.order import Progress
from recorder.waveform import PEAKS_HZ, waveform
from tests.unit.recorder.test_recording import Stage


def test_peaks_stand_where_the_beeps_are(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    stage.speak(2.5)
    stage.mark(None, 3.1)
    [manifest] = load_manifests(tmp_path / "data")[0]
    film, _ = open_films(tmp_path / "data", stage.keys, manifest)
    data = b"".join(waveform(film, Progress(io.StringIO())))
    assert struct.unpack_from("<H", data) == (PEAKS_HZ,)
    peaks = np.frombuffer(data, dtype=np.uint8, offset=2)
    assert len(peaks) == 62, "a fiftieth is no whole slot"
    assert set(np.flatnonzero(peaks > 80).tolist()) >= {0, 1, 20, 21, 40, 41}
    assert peaks[5:19].max() < 10
    assert peaks[55:].max() <= 1
