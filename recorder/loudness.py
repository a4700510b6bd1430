"""How loud the voices are, and one gain for all of them that makes a film as loud as others.

Integrated loudness by ITU-R BS.1770-5 (one channel), true peak by its annex 2 with four times the rate. The second reading
multiplies by a curve that was planned whole after the first: the gain, and less of it around peaks.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from recorder.opus import RATE_HZ, Samples

TARGET_LUFS = -18.0
CEILING_DB = -2.5  # 1 dB below what is promised: AAC adds to peaks
MOST_GAIN_DB = 24.0
MOST_CORRECTION_DB = 6.0
SEGMENT_SAMPLES = RATE_HZ // 10
STEP_SAMPLES = RATE_HZ // 1000
_ABSOLUTE_GATE_LUFS, _RELATIVE_GATE_LU = -70.0, -10.0
_SEGMENTS_IN_BLOCK = 4
_AHEAD_STEPS, _BEHIND_STEPS, _SMOOTH_STEPS = 8, 40, 5
_SHELF = ((1.53512485958697, -2.69169618940638, 1.19839281085285), (1.0, -1.69065929318241, 0.73248077421585))
_HIGH_PASS = ((1.0, -2.0, 1.0), (1.0, -1.99004745483398, 0.99007225036621))
_TAPS = 16
_CORRECTIONS, _CLOSE_DB = 4, 0.05

Floats = NDArray[np.float64]


@dataclass(slots=True)
class Meter:
    """`add` takes whole segments of 0.1 s, in order."""

    _energies: list[Floats] = field(default_factory=list)
    _peaks: list[Samples] = field(default_factory=list)
    _before: Samples = field(default_factory=lambda: np.zeros(_TAPS, dtype=np.float32))

    def add(self, samples: Samples) -> None:
        segments = samples.reshape(-1, SEGMENT_SAMPLES)
        spectrum = np.abs(np.fft.rfft(segments, axis=1)) ** 2 * _WEIGHTS
        self._energies.append(spectrum.sum(axis=1) / SEGMENT_SAMPLES**2)
        known = np.concatenate((self._before, samples))
        self._before = known[-_TAPS:]
        highest = np.abs(samples)
        for phase in _PHASES:
            highest = np.maximum(highest, np.abs(np.convolve(known, phase, "valid"))[: len(samples)])
        self._peaks.append(highest.reshape(-1, STEP_SAMPLES).max(axis=1))

    def loudness_lufs(self) -> float:
        """Minus infinity where there is nothing to hear."""
        return _gated_lufs(self._all_energies())

    def curve(self) -> Curve:
        """Holding peaks down takes loudness away, so the gain is corrected by what is heard after that."""
        loudness = self.loudness_lufs()
        if not np.isfinite(loudness):
            return Curve(np.ones(1, dtype=np.float32))
        energies, peaks = self._all_energies(), np.concatenate(self._peaks)
        first_db = gain_db = min(TARGET_LUFS - loudness, MOST_GAIN_DB)
        steps = _steps(peaks, gain_db)
        for _ in range(_CORRECTIONS):
            made = steps.reshape(len(energies), -1)
            missing_db = TARGET_LUFS - _gated_lufs(energies * (made * made).mean(axis=1))
            if missing_db < _CLOSE_DB:
                break
            gain_db = min(gain_db + missing_db, first_db + MOST_CORRECTION_DB, MOST_GAIN_DB)
            steps = _steps(peaks, gain_db)
        return Curve(steps)

    def _all_energies(self) -> Floats:
        return np.concatenate(self._energies) if self._energies else np.zeros(0)


@dataclass(frozen=True, slots=True)
class Curve:
    """A factor for each millisecond; the last one holds on."""

    steps: Samples

    def applied(self, samples: Samples, first: int) -> Samples:
        """`first` counts samples from the start."""
        begin = min(max(first // STEP_SAMPLES - 1, 0), len(self.steps) - 1)
        steps = self.steps[begin : (first + len(samples)) // STEP_SAMPLES + 2]
        places = (np.arange(first, first + len(samples)) - STEP_SAMPLES / 2) / STEP_SAMPLES - begin
        factors = np.interp(places, np.arange(len(steps)), steps)
        return (samples * factors).astype(np.float32)


def _gated_lufs(segments: Floats) -> float:
    """Of mean squares for each 0.1 s."""
    if len(segments) < _SEGMENTS_IN_BLOCK:
        segments = np.pad(segments, (0, _SEGMENTS_IN_BLOCK - len(segments)))
    blocks = np.convolve(segments, np.ones(_SEGMENTS_IN_BLOCK) / _SEGMENTS_IN_BLOCK, "valid")
    heard = blocks[_lufs(blocks) > _ABSOLUTE_GATE_LUFS]
    if not len(heard):
        return -np.inf
    gate_lufs = float(_lufs(heard.mean())) + _RELATIVE_GATE_LU
    return float(_lufs(heard[_lufs(heard) > gate_lufs].mean()))


def _steps(peaks: Samples, gain_db: float) -> Samples:
    gain = np.float32(10 ** (gain_db / 20))
    ceiling = np.float32(10 ** (CEILING_DB / 20))
    needed = np.minimum(ceiling / np.maximum(peaks * gain, np.float32(1e-9)), np.float32(1))
    result: Samples = gain * _held_down(needed)
    return result


def _held_down(needed: Samples) -> Samples:
    """Never above `needed`, down shortly before a peak and slowly up behind it. Each mean below has the step itself in all its minima."""
    edge = (_BEHIND_STEPS + _SMOOTH_STEPS, _AHEAD_STEPS + _SMOOTH_STEPS)
    padded = np.pad(needed, edge, constant_values=1)
    lowest = np.lib.stride_tricks.sliding_window_view(padded, _BEHIND_STEPS + _AHEAD_STEPS + 1).min(axis=1)
    mean = np.full(2 * _SMOOTH_STEPS + 1, 1 / (2 * _SMOOTH_STEPS + 1), dtype=np.float32)
    result: Samples = np.convolve(lowest, mean, "valid")[: len(needed)]
    return result


def _lufs(mean_square: Floats) -> Floats:
    result: Floats = -0.691 + 10 * np.log10(np.maximum(mean_square, 1e-12))
    return result


def _weights() -> Floats:
    """Power of the K filter at each frequency of a segment, doubled where one bin stands for two."""
    turns = np.exp(-2j * np.pi * np.fft.rfftfreq(SEGMENT_SAMPLES))
    power = np.ones(len(turns))
    for above, below in (_SHELF, _HIGH_PASS):
        power *= np.abs(np.polyval(above[::-1], turns) / np.polyval(below[::-1], turns)) ** 2
    power[1:-1] *= 2
    return power


def _phases() -> list[Samples]:
    """Filters that give the signal a quarter, a half and three quarters of a sample later."""
    places = np.arange(_TAPS) - _TAPS / 2 + 0.5
    window = np.hanning(_TAPS + 2)[1:-1]
    phases = [np.sinc(places + 0.5 - part / 4) * window for part in (1, 2, 3)]
    return [(phase / phase.sum()).astype(np.float32) for phase in phases]


_WEIGHTS = _weights()
_PHASES = _phases()
