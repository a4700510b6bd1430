"""When pictures are let go because the ring fills faster than it is read."""

from __future__ import annotations

from pathlib import Path

from recorder.backlog import LOOK_NS, Backlog
from server.media.ring import NO_LEVEL, Kind, Record
from tests.fakes.rtp_media import Sender, beeps, film, voice
from tests.integration.recorder.harness import watch
from tests.unit.recorder.test_recording import ORIGIN_NS, SECOND_NS, Stage


def changes(*unread: int) -> list[bool]:
    """Of a ring of 100 bytes, once a second."""
    backlog = Backlog()
    return [(backlog.look(bytes_, 100, (second + 1) * LOOK_NS), backlog.falls_behind)[1] for second, bytes_ in enumerate(unread)]


def test_ring_that_fills_up_costs_pictures_until_most_of_it_is_read() -> None:
    assert changes(10, 60, 75, 90, 60, 31, 29, 60) == [False, False, True, True, True, True, False, False]


def test_backlog_that_gets_less_costs_nothing() -> None:
    assert not any(changes(95, 90, 80, 72, 50, 0, 0))


def test_it_is_looked_at_once_a_second() -> None:
    backlog = Backlog()
    assert not backlog.look(80, 100, LOOK_NS)
    assert not backlog.look(90, 100, LOOK_NS + 1)
    assert backlog.look(90, 100, 2 * LOOK_NS)


def test_voice_goes_on_while_pictures_are_let_go_and_they_come_back_with_the_next_key_frame(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    stage.mark("take", 0)
    media = [(1, event) for event in voice(6, Sender(), beeps(6, 1000))] + [(2, event) for event in film(6, Sender(ssrc=2))]
    in_order = sorted(media, key=lambda item: item[1].at_ns)
    for begin_s, end_s, sheds in ((0, 1, False), (1, 3, True), (3, 6, False)):
        stage.recording.shed_pictures(sheds)
        for handle, event in in_order:
            if begin_s * SECOND_NS <= event.at_ns < end_s * SECOND_NS and not event.is_report:
                stage.recording.accept(Record(Kind.RTP, handle, ORIGIN_NS + event.at_ns, NO_LEVEL, event.data), 0)
        stage.recording.advance()
        stage.recording.flush(0)
    stage.mark(None, 6)
    watched = watch(b"".join(stage.frames()))
    pictures = [at for at, picture in zip(watched.times, watched.pictures, strict=True) if picture.mean() > 20]
    assert not [at for at in pictures if 1.1 < at < 2.9]
    assert [at for at in pictures if at < 1]
    assert [at for at in pictures if at > 4]
    assert len(watched.beeps(1000)) == 6
