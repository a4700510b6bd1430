"""Everything that the recorder parses, mutated: refused or taken, never a crash, never an endless loop."""

from __future__ import annotations

import asyncio
import contextlib
import random
import struct
from pathlib import Path

import msgspec
import pytest

from recorder.assembler import Assembler, OpusAssembler, Vp8Assembler
from recorder.control import CancelRead, ReadTake, to_recorder
from recorder.journal import Entry, EntryKind, JournalError, PartWriter
from recorder.journal_reader import scan, unpack_entries
from recorder.keys import KeyName, KeyStore
from recorder.opus import Decoder
from recorder.recording import Recording
from recorder.rtp import RtpError, parse_packet, parse_report
from recorder.take import Library
from recorder.vp8 import is_key, key_size, parse_payload
from server.media.control import FrameError, RecordedTrack, encode_frame, read_frame
from server.media.ring import HEADER_BYTES, Kind, MarkedTrack, Marker, Record, RingReader, RingWriter, create_ring, encode_marker
from tests.fuzz.mutation import ROUNDS, Target, fuzz, mutated

rounds = pytest.mark.parametrize("rounds", ROUNDS)
KEY_FRAME = b"\x90\x80\x85\x01" + b"\x10\x00\x00\x9d\x01\x2a\x40\x01\xb4\x00" + bytes(range(40))
RTP = struct.pack("!BBHII", 0x80, 0xE0, 65_530, 0xFFFF_FF00, 7) + KEY_FRAME
REPORT = struct.pack("!7I", 7, 3_900_000_000, 5, 90_000, 1, 2, 3)
CONTROL = encode_frame(ReadTake(id=1, take="take", version="v", start=0, end=100)) + encode_frame(CancelRead(id=1))


@rounds
def test_payloads_and_packets(rounds: int) -> None:
    def run(data: bytes) -> None:
        for parse in (parse_packet, parse_report, parse_payload):
            try:
                parse(data)
            except RtpError:
                continue
        if is_key(data):
            key_size(data)

    fuzz("recorder_rtp", Target(run, (RTP, KEY_FRAME, REPORT, b"\x90\xf0\x85\x01\x02\x03" + KEY_FRAME)), rounds)


@rounds
def test_assemblers_stay_small_and_in_order(rounds: int) -> None:
    def run(data: bytes) -> None:
        assemblers: list[Assembler] = [Vp8Assembler(), OpusAssembler()]
        last = [-(1 << 62)] * 2
        for number in range(0, len(data), len(RTP)):
            try:
                packet = parse_packet(data[number : number + len(RTP)])
            except RtpError:
                continue
            for index, assembler in enumerate(assemblers):
                assembler.add(packet, arrival_ns=number, level=255, position=number)
                for frame in assembler.take(number * 100_000_000):
                    assert frame.late or frame.sequence_end > last[index]
                    last[index] = max(last[index], frame.sequence_end)
        assert all(len(assembler.take(1 << 62)) <= 12 for assembler in assemblers)

    packets = b"".join(RTP[:2] + ((65_530 + number) & 0xFFFF).to_bytes(2, "big") + RTP[4:] for number in range(12))
    fuzz("recorder_assembler", Target(run, (packets,), share=0.3), rounds)


@rounds
def test_opus_decoder(rounds: int) -> None:
    decoder = Decoder()
    seeds = (b"\xf8\xff\xfe", b"\x78" + bytes(range(60)), b"\xfb\x83" + bytes(200))
    fuzz("recorder_opus", Target(decoder.decode, seeds, share=0.5), rounds)


@rounds
def test_whole_recording_fed_with_rubbish(tmp_path: Path, rounds: int) -> None:
    keys = KeyStore(tmp_path / "keys")
    recording = Recording(tmp_path / "data", keys, Library(tmp_path / "data", keys), lambda take: None)
    camera = RecordedTrack(peer="teacher", source="camera")
    voice = RecordedTrack(peer="teacher", source="microphone")
    marker = Marker(
        worker="w",
        room="room",
        wall_ms=1,
        take="take",
        teacher="teacher",
        allowed=(camera, voice),
        live=(
            MarkedTrack(handle=1, track=camera, ssrc=1, clock_rate_hz=90_000),
            MarkedTrack(handle=2, track=voice, ssrc=2, clock_rate_hz=48_000),
        ),
    )
    recording.accept(Record(Kind.MARKER, 0, 0, 255, encode_marker(marker)), 0)
    clock = [0]

    def run(data: bytes) -> None:
        clock[0] += 5_000_000
        for handle in (1, 2, 3):
            recording.accept(Record(Kind.RTP, handle, clock[0], 255, data), clock[0])
            recording.accept(Record(Kind.SENDER_REPORT, handle, clock[0], 255, data), clock[0])
        recording.accept(Record(Kind.MARKER, 0, clock[0], 255, data), clock[0])
        recording.advance()

    fuzz("recorder_recording", Target(run, (RTP, REPORT, encode_marker(marker)[:50] + b"\xff"), share=0.1), rounds)
    recording.flush(0)
    ending = msgspec.structs.replace(marker, take=None, wall_ms=9)
    recording.accept(Record(Kind.MARKER, 0, clock[0], 255, encode_marker(ending)), 0)


@rounds
def test_ring_records(tmp_path: Path, rounds: int) -> None:
    path = tmp_path / "ring"
    create_ring(path, 4096)
    with RingWriter(path) as writer:
        for number in range(20):
            writer.write(Kind.RTP, RTP, track=number, arrival_ns=number)
    whole = path.read_bytes()

    def run(data: bytes) -> None:
        path.write_bytes(whole[:HEADER_BYTES] + (data + bytes(4096))[:4096])
        with RingReader(path) as reader:
            for record in reader.records(limit=100):
                assert len(record.payload) <= 4096

    fuzz("recorder_ring", Target(run, (whole[HEADER_BYTES:],), share=0.3), rounds)


@rounds
def test_journal_bytes(tmp_path: Path, rounds: int) -> None:
    keys = KeyStore(tmp_path / "keys")
    name = KeyName("take", "peer", "microphone")
    path = tmp_path / "a.journal"
    writer = PartWriter(path, 1)
    number = writer.declare(name, keys.find_or_make(name))
    for sequence in range(4):
        writer.add(number, Entry(EntryKind.FRAME, sequence, 960 * sequence, sequence, bytes([sequence]) * 20))
        writer.flush()
    writer.close()
    whole = path.read_bytes()

    def run(data: bytes) -> None:
        path.write_bytes(data)
        try:
            for _ in scan(path, keys):
                pass
        except JournalError:
            pass
        with contextlib.suppress(JournalError):
            unpack_entries(data)

    fuzz("recorder_journal", Target(run, (whole,), share=0.5), rounds)


@rounds
def test_control_frames(rounds: int) -> None:
    async def read_all(data: bytes) -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(data)
        reader.feed_eof()
        try:
            while True:
                await read_frame(reader, to_recorder)
        except (asyncio.IncompleteReadError, FrameError):
            return

    with asyncio.Runner() as runner:
        fuzz("recorder_control", Target(lambda data: runner.run(read_all(data)), (CONTROL,), share=0.5), rounds)


def test_mutations_are_the_same_every_time() -> None:
    first, second = random.Random(1), random.Random(1)
    assert [mutated([RTP, REPORT], first) for _ in range(50)] == [mutated([RTP, REPORT], second) for _ in range(50)]
