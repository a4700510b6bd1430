"""The composed film: who and what is to be seen in it at which time, how loud it is, and that players find their way in it."""

from __future__ import annotations

import io
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from recorder.captions import Captions, Words, clock, label
from recorder.compose import chapters, compose
from recorder.control import Hole, Take, VoiceTalk
from recorder.faststart import BadFilm, in_playing_order
from recorder.footage import Shown
from recorder.keys import KeyStore
from recorder.lettering import drawn, writable
from recorder.loudness import CEILING_DB, MOST_GAIN_DB, SEGMENT_SAMPLES, TARGET_LUFS, Meter
from recorder.manifest import load_manifests
from recorder.opus import RATE_HZ, Decoder, Samples
from recorder.order import Moment, Order, Phase, Progress
from recorder.scene import HEIGHT, INSET_HEIGHT, INSET_WIDTH, MARGIN_X, MARGIN_Y, WIDTH, Sampler
from recorder.take import Library
from server.bots.lines import HERE
from tests.fakes.composed import order_for, watch_mp4
from tests.integration.recorder.harness import Watched
from tests.unit.recorder.test_recording import Stage

DURATION_S = 9
SAID: dict[str, Any] = {
    "title": "Fractions",
    "teacher": "Maria Müller",
    "people": {"ben": "Ben", "teacher": "Maria Müller"},
    "labels": {"speaking": "{name} speaks"},
    "phases": [{"at_ms": 0, "title": "Lesson"}, {"at_ms": 4500, "title": "After the slides"}],
    "moments": [{"at_ms": 2500, "label": "Good question"}],
}


@dataclass(frozen=True)
class Composed:
    data: bytes
    watched: Watched


@pytest.fixture(scope="module")
def composed(tmp_path_factory: pytest.TempPathFactory) -> Composed:
    """Face to 4 s, with a screen from 2 s on, voice alone to 6 s, nothing any more to 9 s."""
    stage = Stage(tmp_path_factory.mktemp("take"))
    stage.mark("take", 0)
    stage.speak(2)
    stage.show(2)
    stage.mark("take", 2, handles=(1, 2, 3))
    stage.speak(6, since_s=2)
    stage.show(4, since_s=2)
    stage.show(2, start_s=2, handle=3, size=(640, 480))
    stage.mark("take", 6)
    stage.mark("take", DURATION_S)
    stage.mark(None, DURATION_S)
    return compose_take(stage.folder, stage.takes[-1])


def compose_take(folder: Path, take: Take) -> Composed:
    order = order_for(folder, take, **SAID)
    [manifest] = load_manifests(order.data)[0]
    talk = (VoiceTalk(peer="ben", levels="header", segments=((1000, 3000),)),)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Library, "talk", lambda *_: talk)
        with compose(order, KeyStore(order.keys), manifest, Progress(io.StringIO())) as pieces:
            data = b"".join(pieces)
    return Composed(data, watch_mp4(data))


def at(composed: Composed, second: float) -> NDArray[np.uint8]:
    return composed.watched.picture_at(second)


def inset(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    right, bottom = WIDTH - MARGIN_X, HEIGHT - MARGIN_Y
    return picture[bottom - INSET_HEIGHT : bottom, right - INSET_WIDTH : right]


def test_the_film_is_as_long_as_the_take(composed: Composed) -> None:
    assert len(composed.watched.times) == DURATION_S * 25
    assert np.allclose(np.diff(composed.watched.times), 0.04), "always 25 a second"
    assert abs(len(composed.watched.sound) / RATE_HZ - DURATION_S) < 0.05
    assert {picture.shape for picture in composed.watched.pictures} == {(HEIGHT, WIDTH)}


def test_flashes_and_beeps_coincide(composed: Composed) -> None:
    flashes = [second for second in composed.watched.flashes() if second < 2]
    beeps = composed.watched.beeps(1000)[: len(flashes)]
    assert [round(second, 2) for second in flashes] == [0.0, 1.0]
    assert max(abs(beep - flash) for beep, flash in zip(beeps, flashes, strict=True)) < 0.02


def test_the_face_fills_the_picture_and_has_a_name(composed: Composed) -> None:
    picture = at(composed, 1.5)
    assert abs(float(picture[100:340, 100:600].mean()) - 50) < 8, "the lighter quarter of the second second"
    assert float(picture[400:600, 700:].mean()) < 30
    assert picture[HEIGHT - 60 :, :240].max() > 180, "the name"
    assert picture[HEIGHT - 60 :, 800:].max() < 60, "and nothing beside it"


def test_a_shared_screen_is_large_and_the_face_small_upon_it(composed: Composed) -> None:
    picture = at(composed, 3.5)
    left = (WIDTH - HEIGHT * 4 // 3) // 2
    assert float(picture[:, : left - 8].mean()) < 30, "the screen is narrower than the film"
    assert abs(float(picture[100:340, left + 20 : left + 400].mean()) - 70) < 8
    small = inset(picture)
    assert abs(float(small[10:60, 10:120].mean()) - 70) < 12, "the face's lighter quarter"
    assert float(small[100:130, 200:].mean()) < 35
    assert small[INSET_HEIGHT - 32 :, :110].max() > 150, "the name"


def test_a_camera_that_is_off_is_held_for_a_moment_and_then_a_calm_card(composed: Composed) -> None:
    assert float(at(composed, 4.8)[100:340, 100:600].mean()) > 55, "still the last picture of the face"
    card = at(composed, 5.5)
    assert card.mean() < 60
    assert card[HEIGHT // 2 - 40 : HEIGHT // 2 + 40].max() > 150, "the name in its middle"
    assert float(card[100:250].std()) < 4, "nothing else on it"


def test_a_colleague_who_speaks_is_named(composed: Composed) -> None:
    bottom = (slice(HEIGHT - 60, HEIGHT - 20), slice(WIDTH // 2 - 60, WIDTH // 2 + 60))
    assert at(composed, 0.5)[bottom].max() < 60
    for second in (1.5, 2.5):
        assert at(composed, second)[bottom].max() > 180
    assert at(composed, 3.5)[bottom].max() < 120


def test_a_hole_says_how_much_is_missing(composed: Composed) -> None:
    name, hole = at(composed, 5.5), at(composed, 7.5)
    middle = slice(HEIGHT // 2 - 40, HEIGHT // 2 + 40)
    assert hole[middle].max() > 150
    assert np.abs(name[middle].astype(int) - hole[middle]).max() > 100, "other words"


def test_a_phase_is_announced_for_four_seconds(composed: Composed) -> None:
    corner = (slice(10, 80), slice(30, 180))
    assert at(composed, 0.5)[corner].max() > 180
    assert at(composed, 3.9)[corner].max() > 180
    assert at(composed, 4.3)[corner].max() < 120
    assert at(composed, 5)[corner].max() > 180


def test_chapters_lead_to_phases_and_moments(composed: Composed) -> None:
    with av.open(io.BytesIO(composed.data), "r") as container:
        found = [(chapter["start"], chapter["metadata"]["title"]) for chapter in container.chapters()]
        assert container.metadata["title"] == "Fractions"
    assert found == [(0, "Lesson"), (2500, "Good question"), (4500, "After the slides")]


def test_chapters_begin_with_the_film_and_are_not_too_many() -> None:
    order = Order(kind="film", data=Path(), keys=Path(), take="t", version="v", title="Film", phases=(Phase(at_ms=5, title="P"),))
    assert chapters(order, 1000) == [(0, 5, "Film"), (5, 1000, "P")]
    assert chapters(order, 5) == []
    many = tuple(Moment(at_ms=at_ms, label="M") for at_ms in range(300))
    crowded = Order(kind="film", data=Path(), keys=Path(), take="t", version="v", phases=order.phases, moments=many)
    assert [title for _, _, title in chapters(crowded, 1000)] == ["", "P"]


def test_a_player_can_begin_before_it_has_all(composed: Composed) -> None:
    assert composed.data[4:8] == b"ftyp"
    assert composed.data.index(b"moov") < composed.data.index(b"mdat")
    with av.open(io.BytesIO(composed.data[: len(composed.data) // 2]), "r") as container:
        assert len(list(container.decode(video=0))) > 20


def test_the_film_is_as_loud_as_it_should_be(composed: Composed) -> None:
    assert abs(loudness(composed.watched.sound.astype(np.float32)) - TARGET_LUFS) < 1
    assert true_peak_db(composed.watched.sound.astype(np.float32)) <= -1.5


@pytest.mark.parametrize("gain_db", [-15, -6, 0, 6])
def test_speech_is_brought_to_the_same_loudness_without_clipping(gain_db: float) -> None:
    speech = committed_speech() * np.float32(10 ** (gain_db / 20))
    meter = Meter()
    meter.add(speech)
    evened = meter.curve().applied(speech, 0)
    assert abs(loudness(evened) - TARGET_LUFS) < 1
    assert true_peak_db(evened) <= CEILING_DB + 0.1


def test_a_whisper_is_not_raised_without_end() -> None:
    meter = Meter()
    meter.add(committed_speech() * np.float32(0.01))
    assert abs(float(meter.curve().steps.max()) - 10 ** (MOST_GAIN_DB / 20)) < 0.01


def test_silence_stays_silence() -> None:
    meter = Meter()
    meter.add(np.zeros(RATE_HZ, dtype=np.float32))
    assert meter.loudness_lufs() == -np.inf
    assert not meter.curve().applied(np.zeros(RATE_HZ, dtype=np.float32), 0).any()


def test_loudness_is_measured_as_the_standard_says() -> None:
    """ITU-R BS.1770-5: a full sine of 997 Hz in one channel is -3.01 LKFS. And as libav's own meter has it."""
    at_s = np.arange(10 * RATE_HZ) / RATE_HZ
    assert abs(loudness(np.sin(2 * np.pi * 997 * at_s).astype(np.float32)) + 3.01) < 0.05
    speech = committed_speech()
    assert abs(loudness(speech) - measured_by_libav(speech)) < 0.15
    between_samples = np.sin(2 * np.pi * 12_000 * at_s + np.pi / 4).astype(np.float32)
    assert abs(true_peak_db(between_samples)) < 0.1


def loudness(samples: Samples) -> float:
    meter = Meter()
    meter.add(samples[: len(samples) // SEGMENT_SAMPLES * SEGMENT_SAMPLES])
    return meter.loudness_lufs()


def true_peak_db(samples: Samples) -> float:
    """By the spectrum, four times as fine; edges left out."""
    fine = np.fft.irfft(np.fft.rfft(samples * np.hanning(len(samples)) ** 0.01), 4 * len(samples)) * 4
    edge = len(fine) // 20
    return 20 * float(np.log10(np.abs(fine[edge:-edge]).max()))


def measured_by_libav(samples: Samples) -> float:
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=RATE_HZ, format="flt", layout="mono", time_base="1/48000")  # type: ignore[arg-type]
    meter, sink = graph.add("ebur128", "metadata=1"), graph.add("abuffersink")
    graph.link_nodes(source, meter, sink).configure()
    frame = av.AudioFrame.from_ndarray(samples.reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate, frame.pts = RATE_HZ, 0
    graph.push(frame)
    graph.push(None)
    last = 0.0
    try:
        while True:
            last = float(graph.pull().metadata.get("lavfi.r128.I", last))
    except (av.BlockingIOError, av.EOFError):
        return last


def committed_speech() -> Samples:
    decoder = Decoder()
    pieces: list[Samples] = []
    for path in sorted((HERE / "speech" / "en").glob("*.opus"))[:4]:
        with av.open(str(path), "r") as container:
            pieces.extend(decoder.decode(bytes(packet)) for packet in container.demux(audio=0) if packet.size)
    speech = np.concatenate(pieces)
    return speech[: len(speech) // SEGMENT_SAMPLES * SEGMENT_SAMPLES]


def test_the_nearest_picture_is_shown() -> None:
    frame = av.VideoFrame(16, 16, "yuv420p")
    sampler = Sampler(iter([Shown(at_ms, (frame,)) for at_ms in (0, 33, 67, 100, 133, 500)]), 40)
    assert [sampler.at(at_ms).at_ms for at_ms in range(0, 200, 40)] == [0, 33, 67, 133, 133]
    assert sampler.at(400).at_ms == 133, "never more than half a picture early"
    assert [sampler.at(at_ms).at_ms for at_ms in (480, 520, 10_000)] == [500, 500, 500]


def captions() -> Captions:
    talk = (
        VoiceTalk(peer="ana", levels="header", segments=((1000, 1200), (2300, 2500), (60_000, 70_000))),
        VoiceTalk(peer="ben", levels="header", segments=((65_000, 66_000),)),
        VoiceTalk(peer="unnamed", levels="header", segments=((0, 90_000),)),
    )
    people = {"ana": "Ana", "ben": "Ben"}
    order = Order(kind="film", data=Path(), keys=Path(), take="t", version="v", people=people)
    holes = (Hole(start_ms=20_000, end_ms=32_000), Hole(start_ms=40_000, end_ms=400_000, reason="held"), Hole(start_ms=500, end_ms=1200))
    return Captions(order, holes, talk)


def test_who_speaks_stands_there_long_enough_to_be_read() -> None:
    words = captions()
    assert words.at(900).speaking == ""
    assert {words.at(at_ms).speaking for at_ms in (1000, 2400, 3700)} == {"Ana"}, "one stretch, without a gap"
    assert words.at(3900).speaking == ""
    assert words.at(65_500).speaking == "Ana, Ben"


def test_holes_say_how_long_they_are_and_why() -> None:
    words = captions()
    assert words.at(25_000) == Words(hole="0:12 missing")
    assert words.at(50_000).hole == "Break, 6:00"
    assert words.at(700).hole == "", "too short to say anything about"
    assert clock(3_725_000) == "1:02:05"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("Maria", "Maria"),
        ("Zoë Müller", "Zoe\u0308 Mu\u0308ller"),
        ("Łukasz", "L\u0335ukasz"),
        ("Straße", "Strasse"),
        ("Ольга Щукина", "Olga Shchukina"),
        ("Ελένη", "Eleni"),
        ("明", ""),
        ("Li 明 🙂", "Li"),
        ("a\u202eb\tc", "ab c"),
    ],
)
def test_names_are_written_as_far_as_the_font_goes_and_never_with_boxes(name: str, written: str) -> None:
    assert writable(name) == written


def test_accents_are_drawn_above_their_letters() -> None:
    plain, accented = (np.asarray(drawn(name, 40, 400)).astype(int) for name in ("Muller", "Müller"))
    changed = np.argwhere(np.abs(plain - accented) > 100)
    assert len(changed) > 10
    assert changed[:, 0].max() < 40 * 0.7, "above the line of small letters"
    assert plain.shape == accented.shape


def test_a_long_name_is_cut_with_an_ellipsis() -> None:
    assert drawn("Maria " * 30, 30, 300).width <= 300
    assert label("Maria " * 30, 30, 300).width <= 300
    assert label("明", 30, 300).width == 0


def test_bytes_that_are_no_film_are_refused() -> None:
    class File(io.BytesIO):
        @property
        def size_bytes(self) -> int:
            return len(self.getvalue())

    for data in (b"", b"no film at all, just words", b"\0\0\0\x10ftypisom\0\0\0\0\0\0\0\x08mdat"):
        with pytest.raises(BadFilm):
            list(in_playing_order(File(data)))
