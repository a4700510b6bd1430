"""The voices of a finished take mixed anew from its journal, with final times: `python -m recorder.remix`, a process of its own.

`Wanted` comes as JSON on stdin; {"done": 0 … 1} and in the end {"packets": N} go to stdout, a line each. Exit code 1 says that it
failed, and stderr why. It writes one new part and the key of the new mix; whoever started it removes both if this fails or is killed.
Of a packet only numbers are held until it is mixed, so an hour fits into memory.
"""

from __future__ import annotations

import logging
import os
import sys
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path

import msgspec
import numpy as np
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.frame_log import FrameLog, Frames, StreamLog, captured_ns
from recorder.journal import Entry, EntryKind, JournalError, PartWriter
from recorder.journal_reader import Batch, read_batch, scan
from recorder.keys import KeyName, KeyStore
from recorder.manifest import Manifest, PartRef, manifest_path
from recorder.mixer import Mixer, Timed, Voice
from recorder.opus import FRAME_SAMPLES
from recorder.rtp import RtpError, parse_report
from recorder.timeline import Report, Times
from recorder.voice_gate import Gate

HEARD = ("microphone", "screen_sound")
_PACKET_NS = 20_000_000
_STEP_NS = 500_000_000  # mixed and written at once: a reader opens that much for each of its packets
_AHEAD_NS = 40_000_000
_PROGRESS_STEP = 0.01
_RECORDS_KEPT = 8  # of each voice: repairs lie elsewhere
_log = logging.getLogger(__name__)

Say = Callable[[float], None]


class Wanted(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`part` was never used before; `path` below `data`. `mix` is the source of the new key, `without` peers and sources left out."""

    data: str
    keys: str
    take: str
    part: int
    path: str
    mix: str
    without: tuple[tuple[str, str], ...] = ()
    duration_ms: int


def main() -> None:
    try:
        packets = remix(msgspec.json.decode(sys.stdin.buffer.read(), type=Wanted), _say_done)
        _say({"packets": packets})
    except (OSError, ValueError, JournalError) as error:
        print(f"remix failed: {error}", file=sys.stderr)
        raise SystemExit(1) from None


def remix(wanted: Wanted, say: Say) -> int:
    """How many packets were written. Raises OSError, JournalError, and ValueError where the manifest cannot be read."""
    data, keys = Path(wanted.data), KeyStore(Path(wanted.keys))
    manifest = msgspec.json.decode(manifest_path(data, wanted.take).read_bytes(), type=Manifest)
    if manifest.state == "deleted":
        raise JournalError("the take is deleted")
    payloads = _Payloads(data, manifest.parts)
    writer: PartWriter | None = None
    try:
        voices = _read_voices(manifest, data, keys, frozenset(wanted.without), payloads)
        writer = PartWriter(data / wanted.path, wanted.part)
        return _write_mix(writer, keys, wanted, voices, say)
    finally:
        payloads.close()
        if writer is not None:
            writer.close()


def _write_mix(writer: PartWriter, keys: KeyStore, wanted: Wanted, voices: list[_StoredVoice], say: Say) -> int:
    name = KeyName(wanted.take, "", wanted.mix)
    track = writer.declare(name, keys.find_or_make(name))
    mixer = Mixer()
    end_ns = wanted.duration_ms * 1_000_000
    said = 0.0
    for since_ns in range(0, end_ns, _STEP_NS):
        until_ns = min(since_ns + _STEP_NS, end_ns)
        for voice in voices:
            voice.decode_until(until_ns + _AHEAD_NS)
        number = mixer.next_packet
        for packet in mixer.advance([voice.voice for voice in voices], until_ns):
            writer.add(track, Entry(EntryKind.FRAME, number + 1, number * FRAME_SAMPLES, number * _PACKET_NS, packet, True))
            number += 1
        writer.flush()
        if until_ns / end_ns - said >= _PROGRESS_STEP:
            said = until_ns / end_ns
            say(said)
    writer.sync()
    return mixer.next_packet


class _StoredVoice:
    """The packets of one live track that are worth decoding, in sending order, and when they were spoken."""

    def __init__(self, name: KeyName, times: Times, frames: Frames, payloads: _Payloads) -> None:
        self.voice = Voice()
        self._name = name
        self._times = times
        self._frames = frames
        self._payloads = payloads
        self._next = 0

    def decode_until(self, until_ns: int) -> None:
        end = int(np.searchsorted(self._times, until_ns, side="right"))
        for at in range(self._next, end):
            frame = self._frames[at]
            self.voice.add(Timed(int(self._times[at]), int(frame["timestamp"]), self._payloads.read(self._name, frame)))
        self._next = max(self._next, end)


class _Payloads:
    """Payloads of frames from the parts of one take, by the places that the scan has found."""

    def __init__(self, data: Path, parts: tuple[PartRef, ...]) -> None:
        self._data = data
        self._parts = parts
        self._files: dict[int, int] = {}
        self._ciphers: dict[KeyName, AESGCM] = {}
        self._plain: dict[KeyName, OrderedDict[tuple[int, int], bytes]] = {}

    def open_voice(self, name: KeyName, cipher: AESGCM) -> None:
        self._ciphers[name] = cipher
        self._plain[name] = OrderedDict()

    def read(self, name: KeyName, frame: np.void) -> bytes:
        place = int(frame["part"]), int(frame["record"])
        kept = self._plain[name]
        plain = kept.get(place)
        if plain is None:
            plain = kept[place] = read_batch(self._file(place[0]), place[1], self._parts[place[0]].part, name, self._ciphers[name])
            if len(kept) > _RECORDS_KEPT:
                kept.popitem(last=False)
        start = int(frame["payload"])
        return plain[start : start + int(frame["size"])]

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)
        self._files.clear()

    def _file(self, part: int) -> int:
        file = self._files.get(part)
        if file is None:
            file = self._files[part] = os.open(self._data / self._parts[part].path, os.O_RDONLY)
        return file


def _read_voices(
    manifest: Manifest, data: Path, keys: KeyStore, without: frozenset[tuple[str, str]], payloads: _Payloads
) -> list[_StoredVoice]:
    streams: dict[tuple[str, int], StreamLog] = {}
    for number, part in enumerate(manifest.parts):
        if part.lost:
            continue
        if not part.mixed:
            try:
                _scan_part(streams, manifest.take, number, part, data, keys, without)
            except (OSError, JournalError):
                _log.warning("take %s part %d is unreadable", manifest.take, part.part)
    voices: list[_StoredVoice] = []
    for stream in streams.values():
        name = KeyName(manifest.take, stream.peer, stream.source)
        cipher = keys.find(name)
        if stream.source in HEARD and len(stream.frames) and cipher is not None:
            payloads.open_voice(name, cipher)
            frames = stream.frames.frames()
            stream.frames = FrameLog()  # of all of them at once there would be too much
            chosen = _worth_decoding(stream.source, frames)
            voices.append(_StoredVoice(name, captured_ns(stream, frames, list(streams.values()))[chosen], frames[chosen], payloads))
    return voices


def _scan_part(
    streams: dict[tuple[str, int], StreamLog],
    take: str,
    number: int,
    part: PartRef,
    data: Path,
    keys: KeyStore,
    without: frozenset[tuple[str, str]],
) -> None:
    for batch in scan(data / part.path, keys):
        if not isinstance(batch, Batch) or batch.track.take != take or not batch.track.peer:
            continue
        track = batch.track
        if (track.peer, track.source) in without:
            continue
        stream = streams.setdefault((track.worker, track.handle), StreamLog(track.peer, track.source, track.clock_rate_hz))
        for entry, start in zip(batch.entries, batch.starts, strict=True):
            arrival_ns = entry.arrival_ns - part.origin_ns
            if entry.kind is EntryKind.REPORT:
                try:
                    stream.reports.append(Report(arrival_ns, parse_report(entry.payload).ntp_ns, entry.timestamp))
                except RtpError:
                    continue
            elif track.source in HEARD:
                stream.frames.append(entry, arrival_ns, part=number, record=batch.offset, payload=start)


def _worth_decoding(source: str, frames: Frames) -> list[int]:
    if source == "screen_sound":
        return list(range(len(frames)))
    gate = Gate[int]()
    columns = zip(frames["timestamp"].tolist(), frames["level"].tolist(), strict=True)
    return [chosen for at, (timestamp, level) in enumerate(columns) for chosen in gate.add(at, timestamp, level)]


def _say_done(done: float) -> None:
    _say({"done": round(done, 3)})


def _say(line: dict[str, float]) -> None:
    print(msgspec.json.encode(line).decode(), flush=True)


if __name__ == "__main__":
    main()
