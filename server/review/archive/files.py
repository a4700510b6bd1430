"""The archive of one person's data: tables as JSON and CSV, and a ZIP that is made while it is sent. Pure: rows in, bytes out.

Invariant: at no time is more of it in memory than one piece of a film. Any ZIP reader opens it, also beyond 4 GB (ZIP64).
"""

from __future__ import annotations

import zipfile
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import IO

import msgspec

from server.review.archive.rows import Row, Tables
from server.review.export.csv_safe import Cell, csv_bytes

FORMAT, VERSION = "microteach-person", 1
# Places in a film, not times of day.
_PLACES = {"at_ms", "end_ms"}


def json_file(tables: Tables, made_ms: int) -> bytes:
    body = {"format": FORMAT, "version": VERSION, "made_ms": made_ms, **tables}
    return msgspec.json.format(msgspec.json.encode(body), indent=2)


def csv_files(tables: Tables) -> Iterator[tuple[str, bytes]]:
    """One for each table that has rows; times as UTC, in words that spreadsheets take for times."""
    for name, rows in tables.items():
        if rows:
            columns = list(rows[0])
            yield f"tables/{name}.csv", csv_bytes([_title(column) for column in columns], [_cells(row, columns) for row in rows])


def utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S")


def media_name(recording: Mapping[str, object], picture: str, ending: str = "webm") -> str:
    """Of one recording's film in the archive; unlike names for unlike recordings."""
    started_ms, attempt = recording["started_ms"], recording["attempt"]
    assert isinstance(started_ms, int)
    day = datetime.fromtimestamp(started_ms / 1000, UTC).strftime("%Y-%m-%d")
    return f"media/{day}-{'second' if attempt else 'first'}-try-{str(recording['take'])[:8]}{picture}.{ending}"


class ZipStream:
    """A ZIP in pieces: each call gives the bytes that come next."""

    def __init__(self, made_ms: int) -> None:
        self._out = _Unread()
        self._zip = zipfile.ZipFile(self._out, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._date = datetime.fromtimestamp(max(made_ms, 315_619_200_000) / 1000, UTC).timetuple()[:6]  # ZIP begins in 1980

    def file(self, name: str, body: bytes) -> bytes:
        """A small one, compressed."""
        entry = self._entry(name, len(body))
        entry.compress_type = zipfile.ZIP_DEFLATED
        self._zip.writestr(entry, body)
        return self._out.take()

    def begin(self, name: str, size_bytes: int) -> StreamedFile:
        """A large one of about this size, as it is."""
        return StreamedFile(self._zip.open(self._entry(name, size_bytes), "w"), self._out)

    def end(self) -> bytes:
        """What makes it whole."""
        self._zip.close()
        return self._out.take()

    def _entry(self, name: str, size_bytes: int) -> zipfile.ZipInfo:
        entry = zipfile.ZipInfo(name, self._date)
        entry.file_size = size_bytes
        entry.external_attr = 0o644 << 16
        return entry


class StreamedFile:
    """Must be ended, with less or more than was said, before anything else goes into the archive."""

    def __init__(self, writing: IO[bytes], out: _Unread) -> None:
        self._writing = writing
        self._out = out

    def piece(self, data: bytes) -> bytes:
        self._writing.write(data)
        return self._out.take()

    def end(self) -> bytes:
        self._writing.close()
        return self._out.take()


class _Unread:
    """What a ZipFile takes for a file that cannot be searched."""

    def __init__(self) -> None:
        self._pieces: list[bytes] = []

    def write(self, data: bytes) -> int:
        self._pieces.append(bytes(data))
        return len(data)

    def flush(self) -> None:
        pass

    def close(self) -> None:
        pass

    def take(self) -> bytes:
        taken = b"".join(self._pieces)
        self._pieces.clear()
        return taken


def _title(column: str) -> str:
    return f"{column.removesuffix('_ms')}_utc" if _is_time(column) else column


def _cells(row: Row, columns: list[str]) -> list[Cell]:
    return [utc(value) if _is_time(column) and isinstance(value := row[column], int) else _cell(row[column]) for column in columns]


def _cell(value: object) -> Cell:
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _is_time(column: str) -> bool:
    return column.endswith("_ms") and column not in _PLACES
