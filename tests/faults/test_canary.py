"""What was withdrawn or deleted cannot be opened by anybody any more: not in the recorder's files, and not in a copy made before.

Every sealed record of the data and of the copy is tried with every key that is left. That the trial bites is seen before: then
all of them open, and what somebody said and looked like is found in them byte by byte.
"""

from __future__ import annotations

import asyncio
import itertools
import shutil
import time
from collections.abc import AsyncIterator, Collection, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
import msgspec
import numpy as np
import pytest
import pytest_asyncio
from aiortc.codecs.vpx import Vp8Encoder
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from recorder.control import (
    CHUNK_BYTES,
    Chunk,
    DeleteTake,
    OpenProduct,
    ReadFailed,
    ReadTake,
    Take,
    TakeChanged,
    TracksWithdrawn,
    WithdrawTracks,
    from_recorder,
)
from recorder.index import BrokenIndex, load_index
from recorder.journal import FILE_HEADER, RECORD_HEADER, JournalTrack, RecordKind, associated_data, nonce
from recorder.keys import KeyName, KeyStore
from recorder.products import store_product
from recorder.sealed import BrokenFile, SealedFile
from server.media.control import read_frame
from tests.fakes.rtp_media import VIDEO_RATE_HZ, VIDEO_TYPE, Event, Sender, beeps, picture_at, reports, tone, voice
from tests.integration.recorder.harness import AGREED_VOICE, TEACHER_CAMERA, TEACHER_VOICE, Client, Studio, watch

pytestmark = [pytest.mark.full, pytest.mark.timeout(120)]

SECONDS = 6
SECOND_NS = 1_000_000_000
BEEP_HZ, AGREED_HZ = 1000, 440
FRAMES_PER_S = 25
READS = 40
PRODUCT = b"a still of the film, as a job has made it" * 100
AGREED, CAMERA, TEACHER = "agreed microphone", "teacher camera", "teacher microphone"


@dataclass
class Sealed:
    """`plain` is None where no key opens it."""

    what: str
    plain: bytes | None


@pytest.fixture(scope="module")
def lesson() -> dict[int, list[Event]]:
    return {
        TEACHER_CAMERA: grainy_film(Sender(ssrc=1)),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, BEEP_HZ)),
        AGREED_VOICE: voice(SECONDS, Sender(ssrc=3), tone(SECONDS, AGREED_HZ)),
    }


@pytest_asyncio.fixture
async def studio(tmp_path: Path) -> AsyncIterator[Studio]:
    made = Studio(tmp_path, base_ns=time.monotonic_ns() - (SECONDS + 1) * SECOND_NS)
    await made.start()
    yield made
    await made.close()


async def test_a_voice_and_then_a_picture_are_gone_from_every_copy(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    async with studio.connect() as client, studio.connect() as reader:
        before = await recorded(studio, client, lesson)
        was = look(studio.folder / "data", studio.folder / "keys")
        assert_everything_opens(was, lesson)
        copy = shutil.copytree(studio.folder / "data", studio.folder / "copy")
        begun = await ask_for_more_than_fits_a_socket(reader, before)
        after = await withdraw(client, "agreed", "microphone")
        await assert_the_reads_ended(reader, begun)
        await assert_gone(client, before)
        assert_nothing_opens(studio, copy, was, (AGREED, "recorder mix", "index", "product"), said(lesson[AGREED_VOICE]))
        seen = watch(await client.read_all(after))
        assert [round(at) for at in seen.flashes()] == [round(at) for at in seen.beeps(BEEP_HZ)] == list(range(SECONDS))
        assert seen.loudness(AGREED_HZ) < 0.001
        was = look(studio.folder / "data", studio.folder / "keys")
    await studio.kill()
    await studio.start()
    async with studio.connect() as client:
        assert client.takes["take"].version == after.version
        copy = shutil.copytree(studio.folder / "data", studio.folder / "second copy")
        last = await withdraw(client, "teacher", "camera")
        await assert_gone(client, after)
        assert_nothing_opens(studio, copy, was, (CAMERA, "index"), said(lesson[TEACHER_CAMERA]))
        seen = watch(await client.read_all(last))
        assert [round(at) for at in seen.beeps(BEEP_HZ)] == list(range(SECONDS))
        assert max(float(picture.mean()) for picture in seen.pictures) < 30


async def test_a_voice_that_leaves_while_it_is_recorded_leaves_nothing(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    async with studio.connect() as client:
        await studio.play("take", lesson, until_ns=3 * SECOND_NS, in_real_time=False)
        async with asyncio.timeout(60):
            while not any(each.what == AGREED for each in look(studio.folder / "data", studio.folder / "keys").values()):
                await asyncio.sleep(0.02)
        copy = shutil.copytree(studio.folder / "data", studio.folder / "copy")
        assert any(each.what == AGREED and each.plain for each in look(copy, studio.folder / "keys").values())
        client.send(WithdrawTracks(take="take", peer="agreed", sources=("microphone",)))
        await until_withdrawn(client)
        await studio.play("take", lesson, since_ns=3 * SECOND_NS, until_ns=SECONDS * SECOND_NS, in_real_time=False)
        studio.mark(None, SECONDS * SECOND_NS)
        take = await until_whole(client)
        assert ("agreed", "microphone") not in {(track.peer, track.source) for track in take.tracks}
        for folder in (copy, studio.folder / "data"):
            found = look(folder, studio.folder / "keys")
            assert {each.what for each in found.values() if each.plain is not None} & {AGREED} == set()
            assert_in_none(said(lesson[AGREED_VOICE]), (each.plain or b"" for each in found.values()))
        seen = watch(await client.read_all(take))
        assert [round(at) for at in seen.flashes()] == [round(at) for at in seen.beeps(BEEP_HZ)] == list(range(SECONDS))
        assert seen.loudness(AGREED_HZ) < 0.001


async def test_of_a_deleted_recording_nothing_opens(studio: Studio, lesson: dict[int, list[Event]]) -> None:
    async with studio.connect() as client, studio.connect() as reader:
        before = await recorded(studio, client, lesson)
        was = look(studio.folder / "data", studio.folder / "keys")
        assert_everything_opens(was, lesson)
        copy = shutil.copytree(studio.folder / "data", studio.folder / "copy")
        begun = await ask_for_more_than_fits_a_socket(reader, before)
        client.send(DeleteTake(take="take"))
        await assert_the_reads_ended(reader, begun)
        assert await client.read("take", before.version, 0, 1) == ReadFailed(id=1, code="missing")
        everything = {each.what.partition(" ")[0] for each in was.values()}
        for canaries in (said(lesson[handle]) for handle in lesson):
            assert_nothing_opens(studio, copy, was, everything, canaries, others_open=False)
        assert not list((studio.folder / "keys").rglob("*.key"))


def grainy_film(sender: Sender) -> list[Event]:
    """As `film`, with much to encode in a corner."""
    encoder, chance = Vp8Encoder(), np.random.default_rng(1)
    encoder.target_bitrate = 1_500_000
    events: list[Event] = []
    packets = itertools.count()
    for index in range(SECONDS * FRAMES_PER_S):
        at_ns = index * SECOND_NS // FRAMES_PER_S
        picture = picture_at(at_ns, (640, 360))
        picture[240:, 400:] //= 2
        picture[240:, 400:] += chance.integers(0, 40, picture[240:, 400:].shape, dtype=np.uint8)
        frame = av.VideoFrame.from_ndarray(picture, format="gray").reformat(format="yuv420p")
        frame.pts, frame.time_base = index, Fraction(1, FRAMES_PER_S)
        payloads, _ = encoder.encode(frame, force_keyframe=index % (2 * FRAMES_PER_S) == 0)
        events += [sender.packet(next(packets), at_ns, VIDEO_RATE_HZ, VIDEO_TYPE, payload is payloads[-1], payload) for payload in payloads]
    return [*events, *reports(SECONDS, sender, VIDEO_RATE_HZ, 0.4, 1.0)]


async def recorded(studio: Studio, client: Client, lesson: dict[int, list[Event]]) -> Take:
    """With something that a job has made from it."""
    await studio.play("take", lesson, until_ns=SECONDS * SECOND_NS, in_real_time=False)
    studio.mark(None, SECONDS * SECOND_NS)
    take = await until_whole(client)
    keys = KeyStore(studio.folder / "keys")
    await asyncio.to_thread(store_product, studio.folder / "data", keys, "take", take.version, "poster.jpg", [PRODUCT])
    return take


async def withdraw(client: Client, peer: str, source: str) -> Take:
    """Twice, as after a restart of the server. The take as it is from then on."""
    for _ in range(2):
        client.send(msgspec.convert({"take": "take", "peer": peer, "sources": [source], "type": "withdraw_tracks"}, WithdrawTracks))
        await until_withdrawn(client)
    take = await until_whole(client)
    assert (peer, source) not in {(track.peer, track.source) for track in take.tracks}
    return take


async def until_withdrawn(client: Client) -> None:
    while not isinstance(message := await next_message(client), TracksWithdrawn):
        if isinstance(message, TakeChanged):
            client.takes[message.take.take] = message.take


async def until_whole(client: Client) -> Take:
    """Nothing of it is made anew any more."""
    while not (take := client.takes.get("take")) or take.state != "ready" or not take.version or take.mixing:
        message = await next_message(client)
        if isinstance(message, TakeChanged):
            client.takes[message.take.take] = message.take
    return take


async def next_message(client: Client) -> object:
    return await asyncio.wait_for(read_frame(client.reader, from_recorder), 60)


async def ask_for_more_than_fits_a_socket(client: Client, take: Take) -> set[int]:
    """Which have begun."""
    assert take.size_bytes > 2 * CHUNK_BYTES
    for number in range(READS):
        client.send(ReadTake(id=number, take="take", version=take.version, start=0, end=take.size_bytes))
    while not isinstance(first := await next_message(client), Chunk):
        pass
    return {first.id}


async def assert_the_reads_ended(client: Client, begun: set[int]) -> None:
    """Cut off in the middle, and none is padded."""
    ended: dict[int, str] = {}
    while len(ended) < READS:
        match await next_message(client):
            case Chunk(id=number, last=last):
                begun.add(number)
                if last:
                    ended[number] = "whole"
            case ReadFailed(id=number, code=code):
                ended[number] = code
            case _:
                pass
    assert {ended[number] for number in begun} <= {"gone", "missing"}


async def assert_gone(client: Client, before: Take) -> None:
    assert await client.read("take", before.version, 0, 1, read_id=900) == ReadFailed(id=900, code="gone")
    client.send(OpenProduct(id=901, take="take", version=before.version, name="poster.jpg"))
    while not isinstance(answer := await next_message(client), ReadFailed):
        pass
    assert answer.code == "gone"


def assert_everything_opens(found: dict[str, Sealed], lesson: dict[int, list[Event]]) -> None:
    assert {each.what for each in found.values() if each.plain is None} == set()
    assert {CAMERA, TEACHER, AGREED, "recorder mix", "index", "product"} <= {each.what for each in found.values()}
    for what, handle in ((AGREED, AGREED_VOICE), (CAMERA, TEACHER_CAMERA)):
        plain = b"".join(each.plain or b"" for each in found.values() if each.what == what)
        assert all(canary in plain for canary in said(lesson[handle]))


def assert_nothing_opens(
    studio: Studio, copy: Path, was: dict[str, Sealed], gone: Collection[str], canaries: list[bytes], *, others_open: bool = True
) -> None:
    """Of what was there, what is `gone` by its name or its kind; the rest still opens."""
    data, keys = studio.folder / "data", studio.folder / "keys"
    for folder in (data, copy):
        found = look(folder, keys)
        for place, each in found.items():
            old = was.get(place)
            if old is not None and (old.what in gone or old.what.partition(" ")[0] in gone):
                assert each.plain is None, f"{old.what} {place} can still be opened"
            elif old is not None and others_open:
                assert each.plain == old.plain, f"{old.what} {place}"
        assert_in_none(canaries, (each.plain or b"" for each in found.values()))
    raw = [path.read_bytes() for folder in (data, copy, keys) for path in folder.rglob("*") if path.is_file()]
    assert_in_none([*canaries, PRODUCT[:41]], raw)
    kept = {each.what for each in look(data, keys).values() if each.plain is not None}
    assert not kept & set(gone) - {"index", "recorder mix"}, "only what was made anew has these names"


def assert_in_none(canaries: list[bytes], texts: Collection[bytes] | Iterator[bytes]) -> None:
    whole = b"\0".join(texts)
    assert [canary for canary in canaries if canary in whole] == []


def said(events: list[Event]) -> list[bytes]:
    """Bytes out of the middle of packets, as they came: each long enough to be nowhere by chance."""
    return [event.data[-36:-4] for event in events if not event.is_report and len(event.data) > 90][::5]


def look(folder: Path, keys: Path) -> dict[str, Sealed]:
    """Each sealed record below a folder, tried with every key there is; by where it stands."""
    ciphers = [AESGCM(path.read_bytes()) for path in sorted(keys.rglob("*.key"))]
    found: dict[str, Sealed] = {}
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        if path.suffix == ".journal":
            found |= dict(_journal(path, ciphers))
        elif path.suffix == ".index":
            found[path.name] = Sealed("index", _index(path, ciphers))
        elif path.parent.name == "products":
            found[path.name] = Sealed("product", _product(path, ciphers))
    return found


def _journal(path: Path, ciphers: list[AESGCM]) -> Iterator[tuple[str, Sealed]]:
    """By docs/journal.md, whatever the recorder's own reader would pass over."""
    data = path.read_bytes()
    part = FILE_HEADER.unpack_from(data)[1]
    tracks: dict[int, JournalTrack] = {}
    position = FILE_HEADER.size
    while position + RECORD_HEADER.size <= len(data):
        size, kind, _, track, number, _ = RECORD_HEADER.unpack_from(data, position)
        header = data[position : position + RECORD_HEADER.size]
        body = data[position + RECORD_HEADER.size : position + RECORD_HEADER.size + size]
        position += RECORD_HEADER.size + size
        if kind == RecordKind.TRACK:
            declared = msgspec.msgpack.decode(body, type=JournalTrack)
            tracks[declared.number] = declared
        elif kind == RecordKind.BATCH:
            declared = tracks[track]
            associated = associated_data(KeyName(declared.take, declared.peer, declared.source), header)
            what = f"{declared.peer or 'recorder'} {declared.source}"
            yield f"{path.name} {number}", Sealed(what, _decrypt(ciphers, nonce(part, number), body, associated))


def _decrypt(ciphers: list[AESGCM], once: bytes, body: bytes, associated: bytes) -> bytes | None:
    for cipher in ciphers:
        try:
            return cipher.decrypt(once, body, associated)
        except InvalidTag:
            continue
    return None


def _index(path: Path, ciphers: list[AESGCM]) -> bytes | None:
    for cipher in ciphers:
        try:
            return msgspec.msgpack.encode(load_index(path, cipher))
        except BrokenIndex:
            continue
    return None


def _product(path: Path, ciphers: list[AESGCM]) -> bytes | None:
    for cipher in ciphers:
        try:
            product = SealedFile(path, cipher, path.name)
            return b"".join(product.chunks(0, product.size_bytes))
        except BrokenFile:
            continue
    return None
