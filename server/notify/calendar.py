"""Calendar files (RFC 5545): one event each, in UTC, so that no time zone has to be described."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec

LINE_OCTETS = 75
MINUTE_MS = 60_000


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """`uid` is the same for ever; `sequence` grows whenever something else changes."""

    uid: str
    sequence: int
    made_ms: int
    starts_ms: int
    minutes: int
    title: str
    url: str


def calendar_file(event: Event) -> str:
    """Raises OverflowError, ValueError, OSError for a year that calendars do not have."""
    ends_ms = event.starts_ms + event.minutes * MINUTE_MS
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Microteach//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{event.uid}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{utc(event.made_ms)}",
        f"DTSTART:{utc(event.starts_ms)}",
        f"DTEND:{utc(ends_ms)}",
        f"SUMMARY:{escaped(event.title)}",
        f"DESCRIPTION:{escaped(event.url)}",
        f"URL:{printable(event.url)}",
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{folded(line)}\r\n" for line in lines)


def utc(ms: int) -> str:
    return datetime.fromtimestamp(ms // 1000, UTC).strftime("%Y%m%dT%H%M%SZ")


def escaped(text: str) -> str:
    """RFC 5545, 3.3.11; other control characters than the line break have no place in it."""
    for character, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\n"), ("\n", "\\n")):
        text = text.replace(character, written)
    return printable(text)


def printable(text: str) -> str:
    return "".join(character for character in text if character >= " " and character != "\x7f")


def folded(line: str) -> str:
    """RFC 5545, 3.1: at most 75 octets, never inside a character."""
    pieces, octets = [""], 0
    for character in line:
        size = len(character.encode())
        if octets + size > LINE_OCTETS:
            pieces.append(" ")
            octets = 1
        pieces[-1] += character
        octets += size
    return "\r\n".join(pieces)
