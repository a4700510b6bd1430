"""Calendar files, read back by an independent reader."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from server.notify.calendar import Event, calendar_file, folded

STARTS = datetime(2027, 3, 21, 14, 0, tzinfo=UTC)


def event(title: str, url: str = "https://school.example/sessions/abc") -> Event:
    return Event(
        uid="abc@microteach",
        sequence=7,
        made_ms=1_774_000_000_000,
        starts_ms=int(STARTS.timestamp() * 1000),
        minutes=75,
        title=title,
        url=url,
    )


@pytest.mark.parametrize(
    "title",
    [
        "Fractions",
        "Brüche; leicht, schnell\\sicher",
        "日本語の授業" * 30,
        "two\nlines\r\nand three",
        "x" * 74 + "ü" + "y" * 200,
        "BEGIN:VEVENT\r\nUID:evil",
    ],
)
def test_another_program_reads_what_was_written(title: str) -> None:
    text = calendar_file(event(title))
    calendar = icalendar.Calendar.from_ical(text)
    (found,) = calendar.events
    assert str(found["SUMMARY"]) == title.replace("\r\n", "\n")
    assert found["UID"] == "abc@microteach"
    assert found["SEQUENCE"] == 7
    assert found.start == STARTS
    assert found.end == STARTS + timedelta(minutes=75)
    assert str(found["URL"]) == "https://school.example/sessions/abc"


def test_lines_are_short_and_end_as_they_must() -> None:
    data = calendar_file(event("Ä" * 300, "https://school.example/" + "s" * 200)).encode()
    assert data.endswith(b"\r\n")
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert max(map(len, data.split(b"\r\n"))) <= 75
    data.decode()


def test_a_fold_never_cuts_a_character() -> None:
    for length in range(60, 90):
        line = "S:" + "a" * length + "😀" * 40
        for piece in folded(line).split("\r\n"):
            assert len(piece.encode()) <= 75
        assert folded(line).replace("\r\n ", "") == line


def test_control_characters_do_not_get_into_a_calendar() -> None:
    assert "\x00" not in calendar_file(event("a\x00b\x1bc"))
    assert "UID:evil" not in calendar_file(event("Fractions", "https://school.example/\r\nUID:evil")).split("\r\n")
