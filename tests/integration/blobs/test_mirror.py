"""A recording that two machines have made, and what is left of one when it is to be gone: real recorders, and a storage as of S3."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from recorder.check import check_take
from recorder.control import WithdrawTracks
from recorder.keys import KeyStore
from recorder.manifest import load_manifests
from tests.fakes.rtp_media import Event, Sender, beeps, film, tone, voice
from tests.fakes.s3 import Storage, storage
from tests.integration.blobs.nodes import ROOM, Buckets, Node, Ownership, two_nodes
from tests.integration.recorder.harness import AGREED_VOICE, TEACHER_CAMERA, TEACHER_VOICE, Watched, watch
from tests.requirements import long

pytestmark = [pytest.mark.full, pytest.mark.timeout(200)]
SECONDS = 8
SECOND_NS = 1_000_000_000
BEEP_HZ, AGREED_HZ = 1000, 440

Nodes = tuple[Node, Node, Ownership]


@pytest.fixture(scope="module")
def s3() -> Iterator[Storage]:
    with storage() as running:
        yield running


@pytest.fixture
def buckets(s3: Storage) -> Iterator[Buckets]:
    s3.be("fine")
    yield Buckets(s3)
    s3.be("fine")


@pytest_asyncio.fixture
async def nodes(tmp_path: Path, buckets: Buckets) -> AsyncIterator[Nodes]:
    async with two_nodes(tmp_path, buckets) as found:
        yield found


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.blobs.copying.LOOK_AROUND_EACH", 2)


@pytest.fixture(scope="module")
def lesson() -> dict[int, list[Event]]:
    return {
        TEACHER_CAMERA: film(SECONDS, Sender(ssrc=1), key_every_s=1.0),
        TEACHER_VOICE: voice(SECONDS, Sender(ssrc=2), beeps(SECONDS, BEEP_HZ)),
        AGREED_VOICE: voice(SECONDS, Sender(ssrc=3), tone(SECONDS, AGREED_HZ)),
    }


async def test_a_machine_dies_and_the_recording_goes_on_as_one(nodes: Nodes, lesson: dict[int, list[Event]]) -> None:
    a, b, ownership = nodes
    await a.start()
    await b.start()
    await record(a, lesson, until_s=4.5)
    await a.die()
    ownership.move("b")
    began = time.monotonic()
    assert await b.mirror.fetch(ROOM)
    print(f"fetched in {time.monotonic() - began:.3f} s")
    assert (await b.take("recording")).take == "take"
    b.studio.base_ns, b.studio.base_wall_ms = a.studio.base_ns, a.studio.base_wall_ms
    await record(b, lesson, since_s=6, until_s=SECONDS, worker="w2")
    b.studio.mark(None, SECONDS * SECOND_NS, worker="w2")
    take = await b.take(settled=True, mixed=True)
    [hole] = before = take.holes
    assert 1_000 <= hole.start_ms <= 4_600
    assert 5_900 <= hole.end_ms <= 6_200
    assert_film_is_right(await film_of(b), lost_s=(hole.start_ms / 1000, hole.end_ms / 1000))
    assert is_whole(b)

    await a.start()  # it comes back, and brings what only it had
    await a.until(lambda: not left_of(a))
    await b.until(lambda: b.recorder.takes["take"].version not in ("", take.version))
    take = await b.take(settled=True, mixed=True)
    [hole] = take.holes
    assert before[0].start_ms <= hole.start_ms <= 4_600
    assert not any(part.lost for each in load_manifests(b.folders.recordings)[0] for part in each.parts)
    assert_film_is_right(await film_of(b), lost_s=(hole.start_ms / 1000, hole.end_ms / 1000))
    assert is_whole(b)


@long
async def test_a_room_is_handed_over_and_little_is_missing(nodes: Nodes, lesson: dict[int, list[Event]]) -> None:
    a, b, ownership = nodes
    await a.start()
    await b.start()
    await record(a, lesson, until_s=2)
    assert await a.mirror.hand_over(ROOM)
    assert a.recorder.takes == {}
    ownership.move("b")
    a.studio.mark("take", 2 * SECOND_NS)  # its worker does not know yet
    assert await b.mirror.fetch(ROOM)
    b.studio.base_ns, b.studio.base_wall_ms = a.studio.base_ns, a.studio.base_wall_ms
    await record(b, lesson, since_s=4, until_s=6, worker="w2")
    b.studio.mark(None, 6 * SECOND_NS, worker="w2")
    take = await b.take()
    [hole] = take.holes
    assert 1_850 <= hole.start_ms <= 2_050
    assert 3_900 <= hole.end_ms <= 4_100
    await a.mirror.forget_local(ROOM)
    assert not left_of(a)
    assert a.recorder.takes == {}


async def test_a_disk_is_lost_and_the_recording_is_the_same_elsewhere(nodes: Nodes, lesson: dict[int, list[Event]]) -> None:
    a, b, ownership = nodes
    await a.start()
    (a.folders.slides / "deck").mkdir(parents=True)
    (a.folders.slides / "deck" / "0.webp").write_bytes(b"a slide")
    ownership.decks["deck"] = ROOM
    await record(a, lesson, until_s=3, in_past=True)
    a.studio.mark(None, 3 * SECOND_NS)
    take = await a.take(settled=True, mixed=True)
    before = await film_bytes(a)
    await a.copied()
    await a.die()
    shutil.rmtree(a.studio.folder / "data")
    shutil.rmtree(a.studio.folder / "keys")
    ownership.move("b")
    await b.start()
    assert await b.mirror.fetch(ROOM)
    assert await b.take() == take
    assert await film_bytes(b) == before
    assert (b.folders.slides / "deck" / "0.webp").read_bytes() == b"a slide"


async def test_a_deletion_leaves_nothing_among_the_copies(nodes: Nodes, buckets: Buckets, lesson: dict[int, list[Event]]) -> None:
    a, _, ownership = nodes
    await a.start()
    await record(a, lesson, until_s=3, in_past=True)
    a.studio.mark(None, 3 * SECOND_NS)
    await a.take(settled=True, mixed=True)
    await a.copied()
    assert any(name.startswith("keys/") for name in buckets.names())
    unfinished = f"{ROOM}/{1:010}/products/take.0123456789ab.film.mp4"
    buckets.storage.client.create_multipart_upload(Bucket=buckets.files, Key=unfinished)
    a.recorder.delete("take")
    await a.until(lambda: buckets.names() == ["takes/take.json"])
    [tombstone] = buckets.everything().values()
    assert b'teacher": ""' in tombstone
    (a.folders.slides / "deck").mkdir(parents=True)
    (a.folders.slides / "deck" / "0.webp").write_bytes(b"a slide")
    ownership.decks["deck"] = ROOM
    await a.until(lambda: "slides/deck/0.webp" in buckets.names())
    assert await a.mirror.erase_deck(ROOM, "deck")
    assert buckets.names() == ["takes/take.json"]
    assert await a.mirror.erase_session(ROOM)
    assert buckets.everything() == {}


async def test_a_voice_that_is_withdrawn_leaves_no_key_among_the_copies(
    nodes: Nodes, buckets: Buckets, lesson: dict[int, list[Event]]
) -> None:
    a, _, _ = nodes
    await a.start()
    await record(a, lesson, until_s=3, in_past=True)
    a.studio.mark(None, 3 * SECOND_NS)
    await a.take(settled=True, mixed=True)
    await a.copied()
    mixes = {name for name in buckets.names() if name.startswith("keys/take/recorder.mix")}
    assert "keys/take/agreed.microphone.key" in buckets.names()
    a.recorder.withdraw(WithdrawTracks(take="take", peer="agreed", sources=("microphone",)))
    await a.until(lambda: not {"keys/take/agreed.microphone.key", *mixes} & set(buckets.names()))
    assert "keys/take/teacher.microphone.key" in buckets.names()


@long
async def test_a_storage_that_is_away_is_caught_up_with(nodes: Nodes, buckets: Buckets, lesson: dict[int, list[Event]]) -> None:
    a, b, ownership = nodes
    buckets.storage.be("fails")
    await a.start()
    await record(a, lesson, until_s=3)
    a.studio.mark(None, 3 * SECOND_NS)
    take = await a.take()
    await a.until(lambda: a.mirror.behind().size_bytes > 0)
    assert a.mirror.behind().seconds > 0
    buckets.storage.be("fine")
    await a.take(settled=True, mixed=True)
    await a.until(lambda: not a.mirror.behind().files)
    await a.copied()
    ownership.move("b")
    await b.start()
    assert await b.mirror.fetch(ROOM)
    assert (await b.take()).duration_ms == take.duration_ms


@long
async def test_files_that_come_late_are_in_the_film_in_the_end(nodes: Nodes, buckets: Buckets, lesson: dict[int, list[Event]]) -> None:
    a, b, ownership = nodes
    await a.start()
    await b.start()
    await record(a, lesson, until_s=3)
    assert await a.mirror.hand_over(ROOM)
    ownership.move("b")
    buckets.storage.be("hangs")
    assert not await b.mirror.fetch(ROOM, 0.5)
    assert b.recorder.takes == {}
    buckets.storage.be("fine")
    await b.take("recording")
    b.studio.base_ns, b.studio.base_wall_ms = a.studio.base_ns, a.studio.base_wall_ms
    b.studio.mark("take", 4 * SECOND_NS, worker="w2")
    b.studio.mark(None, 5 * SECOND_NS, worker="w2")
    take = await b.take()
    assert [(round(hole.start_ms, -2), round(hole.end_ms, -2)) for hole in take.holes] == [(3_000, 5_000)]


async def record(
    node: Node, lesson: dict[int, list[Event]], *, since_s: float = 0, until_s: float, in_past: bool = False, worker: str = "w1"
) -> None:
    studio = node.studio
    if since_s == 0:
        studio.base_ns = time.monotonic_ns() - (int((until_s + 1) * SECOND_NS) if in_past else 0)
        studio.base_wall_ms = time.time_ns() // 1_000_000 - (time.monotonic_ns() - studio.base_ns) // 1_000_000
    since_ns, until_ns = int(since_s * SECOND_NS), int(until_s * SECOND_NS)
    await asyncio.sleep(max(0.0, (studio.base_ns + since_ns - time.monotonic_ns()) / SECOND_NS))
    await studio.play("take", lesson, since_ns=since_ns, until_ns=until_ns, in_real_time=not in_past, worker=worker)


async def film_bytes(node: Node) -> bytes:
    take = node.recorder.takes["take"]
    return b"".join([data async for data in node.recorder.read("take", take.version, 0, take.size_bytes)])


async def film_of(node: Node) -> Watched:
    return watch(await film_bytes(node))


def assert_film_is_right(watched: Watched, *, lost_s: tuple[float, float]) -> None:
    """Each second of it that is there has its flash and its beep at the same moment, and nothing of it is elsewhere."""
    seconds = [second for second in range(1, SECONDS) if not lost_s[0] - 0.2 < second < lost_s[1] + 0.1]
    assert seconds
    for moments in (watched.flashes(), watched.beeps(BEEP_HZ)):
        for second in seconds:
            assert min(abs(moment - second) for moment in moments) < 0.12, (second, moments)


def is_whole(node: Node) -> bool:
    manifests, unreadable = load_manifests(node.folders.recordings)
    keys = KeyStore(node.folders.keys)
    return not unreadable and [check_take(node.folders.recordings, keys, each) for each in manifests] == [[]] * len(manifests)


def left_of(node: Node) -> list[Path]:
    found = [*node.folders.recordings.rglob("*"), *node.folders.keys.rglob("*"), *(node.studio.folder / "mirror").rglob("*")]
    return [path for path in found if path.is_file() and path.name not in ("lock", "last_part")]
