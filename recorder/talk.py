"""Who speaks when, from the level of each packet of a voice (RFC 6464) or of its decoded sound: docs/talk.md has the reasons.

Pure, whole voices at once, at the close of a recording. Time is what the packets say, never how many there are: with
discontinuous transmission a silence has next to none. It must not know journals, keys or files.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from recorder.control import VoiceTalk
from recorder.crosstalk import Microphone, without_crosstalk

SLOT_MS = 20
BIN_MS = 100
ON_DB = 12.0
OFF_DB = 7.0
ON_MS = 200
OFF_MS = 400
MERGE_MS = 300
LEAST_MS = 250
SOFT_START_MS = 400
FLOOR_WINDOW_MS = 30_000
FLOOR_EVERY_MS = 1_000
QUIETEST_FLOOR_DBOV = -70.0  # what noise suppression leaves is below it, and says nothing of how loud a voice is
LOUDEST_FLOOR_DBOV = -55.0  # above it the tenth part is speech itself, of somebody who hardly pauses …
STEADY_DB = 5.0  # … unless the quietest third is as even as only noise is …
STEADY_FOR_MS = 5_000  # … for longer than a word
NOT_SENT_MS = 500  # Opus says at least each 400 ms what a pause is like
CLOSED_MS = 2_000  # a shorter digital silence is the work of noise suppression between two sentences
UNKNOWN = 255
_SILENCE_DBOV = -127.0
_SLOT_SAMPLES = 960

Levels = NDArray[np.uint8]
Curve = NDArray[np.float64]
Times = NDArray[np.int64]
Segments = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Voice:
    """All live tracks of one person's microphone: times of capture in ms, and the level byte of each packet.

    `levels` says of all of them where they come from.
    """

    peer: str
    tracks: Sequence[tuple[Times, Levels]]
    levels: Literal["header", "decoded"] = "header"


def talk_of(voices: Sequence[Voice]) -> tuple[VoiceTalk, ...]:
    """In the order of `voices`, also for who says nothing. What one microphone hears of another's voice in the same room is left out."""
    found = [_segments_of(voice) for voice in voices]
    heard = [Microphone(segments, *_curve_of(voice)) for voice, segments in zip(voices, found, strict=True)]
    own = without_crosstalk(heard)
    return tuple(
        VoiceTalk(peer=voice.peer, levels=voice.levels, segments=tuple(_tidy(segments)))
        for voice, segments in zip(voices, own, strict=True)
    )


def knows_levels(levels: Levels) -> bool:
    """Whether the packets carried any; else the sound has to be decoded."""
    return bool(np.any(levels != UNKNOWN))


def levels_of_samples(samples: NDArray[np.float32]) -> Levels:
    """−dBov of each 20 ms of samples at 48 kHz between −1 and 1, as a browser says it (RFC 6464); what is left over is left out."""
    count = len(samples) // _SLOT_SAMPLES
    slots = samples[: count * _SLOT_SAMPLES].reshape(count, _SLOT_SAMPLES).astype(np.float64)
    power = np.mean(slots * slots, axis=1)
    levels: Levels = np.clip(np.round(-10 * np.log10(np.maximum(power, 1e-13))), 0, 127).astype(np.uint8)
    return levels


def find_segments(at_ms: Times, levels: Levels) -> Segments:
    """Begin and end in ms of each time when this one track speaks, in order. `at_ms` need not be."""
    at, dbov = _known(at_ms, levels)
    if not len(at):
        return []
    first = int(at[0]) // BIN_MS * BIN_MS
    at -= first
    loudness, density = _bins(at, dbov)
    floor = _floor(at, dbov, len(loudness))
    segments = _tidy(_runs(density >= floor + ON_DB, loudness >= floor + OFF_DB))
    edges = np.repeat(floor + OFF_DB, BIN_MS // SLOT_MS)
    return [(start + first, end + first) for start, end in _sharpened(segments, at, dbov, edges)]


def _segments_of(voice: Voice) -> Segments:
    return _tidy([segment for at_ms, levels in voice.tracks for segment in find_segments(at_ms, levels)])


def _curve_of(voice: Voice) -> tuple[Times, Curve]:
    known = [_known(at_ms, levels) for at_ms, levels in voice.tracks]
    if not known:
        return np.zeros(0, dtype=np.int64), np.zeros(0)
    at = np.concatenate([at for at, _ in known])
    order = np.argsort(at, kind="stable")
    return at[order], np.concatenate([dbov for _, dbov in known])[order]


def _known(at_ms: Times, levels: Levels) -> tuple[Times, Curve]:
    """In order of time, in dBov, without packets whose level is not known."""
    order = np.argsort(at_ms, kind="stable")
    order = order[levels[order] != UNKNOWN]
    return np.asarray(at_ms[order], dtype=np.int64), -(levels[order] & 0x7F).astype(np.float64)


def _bins(at: Times, dbov: Curve) -> tuple[Curve, Curve]:
    """Of each 100 ms the mean power of its packets, and the mean of their levels: high only where most of them are loud.

    Both in dBov; no packet is silence. A key that is pressed is loud in one packet, a word in all.
    """
    place = at // BIN_MS
    count = int(place[-1]) + 1
    packets = np.maximum(np.bincount(place, minlength=count), 1)
    silent = np.bincount(place, minlength=count) == 0
    power = np.bincount(place, weights=10 ** (dbov / 10), minlength=count) / packets
    levels = np.bincount(place, weights=np.maximum(dbov, QUIETEST_FLOOR_DBOV), minlength=count) / packets
    return np.where(silent, _SILENCE_DBOV, 10 * np.log10(np.maximum(power, 1e-13))), np.where(silent, _SILENCE_DBOV, levels)


def _floor(at: Times, dbov: Curve, bins: int) -> Curve:
    """The noise under each bin: the quietest tenth of the 30 s around it in which the microphone was open.

    Of slots of 20 ms, because speech falls between its syllables only for that long.
    """
    slots = _slots(at, dbov, bins * BIN_MS // SLOT_MS)
    is_open = ~np.isnan(slots)
    levels = slots[is_open]
    if not len(levels):
        return np.full(bins, QUIETEST_FLOOR_DBOV)
    window = min(FLOOR_WINDOW_MS // SLOT_MS, len(levels))
    step = FLOOR_EVERY_MS // SLOT_MS
    starts = np.clip(np.arange(0, len(levels), step) - window // 2, 0, len(levels) - window)
    around = np.lib.stride_tricks.sliding_window_view(levels, window)[starts]
    tenth, third = np.partition(around, (window // 10, window // 3), axis=1)[:, [window // 10, window // 3]].T
    steady = (third - tenth <= STEADY_DB) & (window * SLOT_MS >= STEADY_FOR_MS)
    floor = np.clip(np.where(steady, tenth, np.minimum(tenth, LOUDEST_FLOOR_DBOV)), QUIETEST_FLOOR_DBOV, None)
    opened = np.maximum(np.cumsum(is_open)[:: BIN_MS // SLOT_MS] - 1, 0)
    return np.asarray(floor[opened // step], dtype=np.float64)


def _slots(at: Times, dbov: Curve, count: int) -> Curve:
    """A level for every 20 ms; NaN while the microphone was closed: for long no packets, or those of digital silence.

    In a short gap the lower one of its neighbours, as a pause that is not sent is like its edges.
    """
    slots = np.full(count, np.nan)
    slots[at // SLOT_MS] = dbov
    known = np.flatnonzero(~np.isnan(slots))
    place = np.arange(count)
    before = known[np.maximum(np.searchsorted(known, place, side="right") - 1, 0)]
    after = known[np.minimum(np.searchsorted(known, place), len(known) - 1)]
    filled: Curve = np.minimum(slots[before], slots[after])
    filled[(after - before) * SLOT_MS > NOT_SENT_MS] = np.nan
    for start, end in _stretches(filled <= _SILENCE_DBOV):
        if (end - start) * SLOT_MS > CLOSED_MS:
            filled[start:end] = np.nan
    return filled


def _runs(on: NDArray[np.bool_], kept: NDArray[np.bool_]) -> Segments:
    """From where it begins to be loud enough for long enough until it has been quiet for long enough, by whole bins."""
    held = _bridged(_stretches(kept), OFF_MS // BIN_MS)
    begins = [start for start, _ in held]
    found: Segments = []
    for start, end in _stretches(on & kept):
        if (end - start) * BIN_MS >= ON_MS and (not found or start >= found[-1][1]):
            begin, until = held[bisect_right(begins, start) - 1]
            found.append((max(begin, start - SOFT_START_MS // BIN_MS), until))
    return [(start * BIN_MS, end * BIN_MS) for start, end in found]


def _stretches(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff(np.concatenate(([False], flags, [False])).astype(np.int8)))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _bridged(stretches: Sequence[tuple[int, int]], gap: int) -> list[tuple[int, int]]:
    joined: list[tuple[int, int]] = []
    for start, end in stretches:
        if joined and start - joined[-1][1] < gap:
            joined[-1] = (joined[-1][0], max(joined[-1][1], end))
        else:
            joined.append((start, end))
    return joined


def _sharpened(segments: Segments, at: Times, dbov: Curve, edges: Curve) -> Segments:
    """Begin and end to the packet: the first and the last that is loud, at most a bin before it."""
    loud = at[dbov >= edges[np.minimum(at // SLOT_MS, len(edges) - 1)]]
    sharp: Segments = []
    for start, end in segments:
        since = max(start - BIN_MS, sharp[-1][1] if sharp else 0)
        low, high = np.searchsorted(loud, (since, end))
        sharp.append((int(loud[low]), int(loud[high - 1]) + SLOT_MS) if low < high else (start, end))
    return sharp


def _tidy(segments: Segments) -> Segments:
    """In order, those that nearly touch made one, bursts left out."""
    return [(start, end) for start, end in _bridged(sorted(segments), MERGE_MS) if end - start >= LEAST_MS]
