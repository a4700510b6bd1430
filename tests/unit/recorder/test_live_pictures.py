"""What of a teacher's camera is shown while a lesson runs, and when: by the sender's clock, and never what cannot be decoded."""

from __future__ import annotations

import pytest

from recorder.assembler import Frame
from recorder.frame_log import StreamLog
from recorder.live_film import LiveFilm
from recorder.live_pictures import LiveFilms, LivePictures
from recorder.opus import SILENCE
from recorder.take import ReadRefused
from recorder.timeline import Report
from recorder.vp8 import black_key_frame

MS = 1_000_000
RATE_HZ = 90_000
NTP_NS = 1_700_000_000_000_000_000


class Recorded(LiveFilm):
    def __init__(self) -> None:
        super().__init__(64, 48)
        self.shown: list[tuple[int, bool, bool]] = []  # time in ms, key, joins

    def picture(self, at_ms: int, payload: bytes, key: bool, *, joins: bool = True) -> None:
        self.shown.append((at_ms, key, joins))


class Camera:
    """25 pictures a second of one packet each, on the way for 30 ms."""

    def __init__(self, film: LiveFilm, *, start_ms: int = 0) -> None:
        self.reports: list[Report] = []
        self.pictures = LivePictures(film, self.reports)
        self.start_ms = start_ms
        self.log = StreamLog("teacher", "camera", RATE_HZ)

    def send(self, number: int, *, late_ms: int = 0, key: bool = False, repaired: bool = False) -> None:
        sent_ms = self.start_ms + number * 40
        arrival_ns = (sent_ms + 30 + late_ms) * MS
        frame = Frame(number, number + 1, 5_000_000 + number * 3600, arrival_ns, key, 255, b"picture", repaired)
        self.pictures.add_frame(self.log, frame, arrival_ns)

    def report(self, number: int) -> None:
        sent_ms = self.start_ms + number * 40
        report = Report((sent_ms + 30) * MS, NTP_NS + sent_ms * MS, 5_000_000 + number * 3600)
        self.log.reports.append(report)
        self.reports.append(report)


@pytest.fixture
def film() -> Recorded:
    return Recorded()


def test_times_follow_the_sender_and_not_what_happens_on_the_way(film: Recorded) -> None:
    camera = Camera(film)
    for number in range(200):
        if number % 25 == 0:
            camera.report(number)
        camera.send(number, key=number == 0, late_ms=(number * 37) % 50 if number > 25 else 0)
    times = [at_ms for at_ms, _, _ in film.shown[50:]]
    assert max(abs(at_ms - (50 + number) * 40 - 30) for number, at_ms in enumerate(times)) <= 2


def test_without_reports_the_quickest_packets_count(film: Recorded) -> None:
    camera = Camera(film)
    for number in range(100):
        camera.send(number, key=number == 0, late_ms=(number * 37) % 50)
    times = [at_ms for at_ms, _, _ in film.shown[50:]]
    assert max(abs(at_ms - (50 + number) * 40 - 30) for number, at_ms in enumerate(times)) <= 5


def test_what_builds_on_a_lost_frame_is_told_and_a_late_one_is_not_shown(film: Recorded) -> None:
    camera = Camera(film)
    camera.send(0, key=True)
    camera.send(1)
    camera.send(3)
    camera.send(4)
    camera.send(2, repaired=True)
    camera.send(6, key=True)
    assert [(key, joins) for _, key, joins in film.shown] == [(True, True), (False, True), (False, False), (False, True), (True, True)]


def test_a_camera_that_comes_anew_takes_over_from_the_one_before(film: Recorded) -> None:
    before, after = Camera(film), Camera(film, start_ms=2000)
    after.pictures = before.pictures
    for number in range(50):
        before.send(number, key=number == 0)
    after.send(0, key=True)
    before.send(50)
    after.send(1)
    assert len(film.shown) == 52
    assert abs(film.shown[-1][0] - 2070) <= 5


def test_a_clock_that_leaps_puts_no_picture_into_the_future(film: Recorded) -> None:
    camera = Camera(film)
    for number in range(50):
        camera.send(number, key=number == 0)
    arrival_ns = 50 * 40 * MS + 30 * MS
    leapt = Frame(50, 51, 5_000_000 + 50 * 3600 + 60 * RATE_HZ, arrival_ns, False, 255, b"picture")
    camera.pictures.add_frame(camera.log, leapt, arrival_ns)
    assert film.shown[-1][0] <= 2030


async def test_the_screen_can_be_watched_from_when_one_is_shared_on() -> None:
    films = LiveFilms("teacher")
    with pytest.raises(KeyError):
        films.watch("screen")
    payload = black_key_frame(320, 180)
    for peer, source in (("teacher", "microphone"), ("colleague", "screen")):
        films.add_frame(StreamLog(peer, source, RATE_HZ), Frame(0, 1, 0, 0, True, 255, payload), 0)
    with pytest.raises(KeyError):
        films.watch("screen")
    films.add_frame(StreamLog("teacher", "screen", RATE_HZ), Frame(0, 1, 0, 0, True, 255, payload), 0)
    films.add_voices(0, [SILENCE])
    pieces = films.watch("screen")
    assert payload in await anext(pieces)
    films.begin_anew()
    with pytest.raises(ReadRefused, match="gone"):
        await anext(pieces)
    with pytest.raises(KeyError):
        films.watch("screen")
