"""What was noted about a recording, in the formats of others: W3C Web Annotations, WebVTT, a table. Pure.

Times are seconds from the beginning of the recording; `#t=` addresses are Media Fragments, as everywhere. Only what the asking person may
read comes in here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from server.review.export.csv_safe import Cell, csv_bytes
from server.review.moments import TappedMoment
from server.review.notes.rules import Note
from server.review.phases import RecordedPhase

CONTEXT = "http://www.w3.org/ns/anno.jsonld"
MEDIA_FRAGMENTS = "http://www.w3.org/TR/media-frags/"
MOTIVATIONS = {"note": "commenting", "worked": "highlighting", "change": "assessing", "question": "questioning"}
SHORTEST_CUE_MS = 500
_MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


class Exported(msgspec.Struct, frozen=True, kw_only=True):
    """`page` is the address of the recording's page; `names` of those who wrote, by person."""

    page: str
    title: str
    duration_ms: int
    phases: Sequence[RecordedPhase]
    moments: Sequence[TappedMoment]
    notes: Sequence[Note]
    names: Mapping[str, str]


def web_annotations(exported: Exported) -> bytes:
    """An AnnotationPage (https://www.w3.org/TR/annotation-model/): one Annotation for each note and moment; an answer is about a note."""
    items = [_of_moment(exported, moment) for moment in exported.moments] + [_of_note(exported, note) for note in _written(exported)]
    page = {
        "@context": CONTEXT,
        "id": f"{exported.page}/export/notes.jsonld",
        "type": "AnnotationPage",
        "label": exported.title,
        "items": items,
    }
    return json.dumps(page, ensure_ascii=False, indent=1).encode()


def chapters(exported: Exported) -> bytes:
    """WebVTT, kind=chapters: the phases."""
    cues = [(phase.at_ms, phase.end_ms, phase.title.translate(_MARKUP)) for phase in exported.phases]
    return _webvtt(cues)


def metadata(exported: Exported) -> bytes:
    """WebVTT, kind=metadata: one JSON object for each moment and each note that has a place."""
    cues = [(each.at_ms, each.at_ms, _json(kind="moment", label=each.label, name=each.name, text=each.line)) for each in exported.moments]
    for note in _written(exported):
        if note.at_ms is not None:
            text = _json(kind=note.kind, name=_name(exported, note), text=note.text, note=note.note)
            cues.append((note.at_ms, note.end_ms or note.at_ms, text))
    return _webvtt(sorted(cues))


def table(exported: Exported) -> bytes:
    """CSV, one row for each moment and each note in the order of time; what is about the whole comes last."""
    header = ("id", "from_s", "to_s", "kind", "name", "text", "answers", "written_utc", "address")
    rows: list[tuple[int, Sequence[Cell]]] = [
        (each.at_ms, (each.moment, _seconds(each.at_ms), None, each.label, each.name, each.line, None, None, _place(exported, each.at_ms)))
        for each in exported.moments
    ]
    for note in _written(exported):
        at_ms = note.at_ms if note.at_ms is not None else exported.duration_ms
        begin, end = (_seconds(ms) if ms is not None else None for ms in (note.at_ms, note.end_ms))
        written = (note.kind, _name(exported, note), note.text, note.parent, _utc(note.created_ms))
        rows.append((at_ms, (note.note, begin, end, *written, _target(exported, note))))
    return csv_bytes(header, [cells for _, cells in sorted(rows, key=lambda row: row[0])])


def fragment(at_ms: int, end_ms: int | None) -> str:
    """`t=12.5` or `t=12.5,20` (Media Fragments URI 1.0, 4.2.1)."""
    return f"t={_seconds(at_ms):g}" if end_ms is None else f"t={_seconds(at_ms):g},{_seconds(end_ms):g}"


def _of_note(exported: Exported, note: Note) -> dict[str, object]:
    body = {"type": "TextualBody", "value": note.text, "format": "text/markdown", "purpose": "replying" if note.parent else "commenting"}
    return {
        "id": f"{exported.page}#note-{note.note}",
        "type": "Annotation",
        "motivation": "replying" if note.parent else MOTIVATIONS[note.kind],
        "creator": {"type": "Person", "name": _name(exported, note)},
        "created": _utc(note.created_ms),
        "modified": _utc(note.changed_ms),
        "body": body,
        "target": f"{exported.page}#note-{note.parent}" if note.parent else _selection(exported, note.at_ms, note.end_ms),
    }


def _of_moment(exported: Exported, moment: TappedMoment) -> dict[str, object]:
    bodies = [{"type": "TextualBody", "value": moment.label, "format": "text/plain", "purpose": "tagging"}]
    if moment.line:
        bodies.append({"type": "TextualBody", "value": moment.line, "format": "text/plain", "purpose": "commenting"})
    return {
        "id": f"{exported.page}#moment-{moment.moment}",
        "type": "Annotation",
        "motivation": "tagging",
        "creator": {"type": "Person", "name": moment.name},
        "body": bodies,
        "target": _selection(exported, moment.at_ms, None),
    }


def _selection(exported: Exported, at_ms: int | None, end_ms: int | None) -> object:
    source = {"id": exported.page, "type": "Video"}
    if at_ms is None:
        return source
    return {"source": source, "selector": {"type": "FragmentSelector", "conformsTo": MEDIA_FRAGMENTS, "value": fragment(at_ms, end_ms)}}


def _webvtt(cues: Sequence[tuple[int, int, str]]) -> bytes:
    """https://www.w3.org/TR/webvtt1/: a cue ends after it begins, and holds neither an empty line nor an arrow."""
    blocks = ["WEBVTT\n"]
    for number, (at_ms, end_ms, text) in enumerate(cues, 1):
        lines = " ".join(text.split()).replace("-->", "→")
        blocks.append(f"{number}\n{_clock(at_ms)} --> {_clock(max(end_ms, at_ms + SHORTEST_CUE_MS))}\n{lines}\n")
    return "\n".join(blocks).encode()


def _json(**fields: str) -> str:
    """With nothing in it that a reader of cues could take for markup."""
    text = json.dumps(fields, ensure_ascii=False)
    return "".join(f"\\u{ord(letter):04x}" if letter in "<>&" else letter for letter in text)


def _written(exported: Exported) -> list[Note]:
    return [note for note in exported.notes if note.deleted_ms is None]


def _name(exported: Exported, note: Note) -> str:
    return exported.names.get(note.author, "…")


def _target(exported: Exported, note: Note) -> str:
    return exported.page if note.at_ms is None else _place(exported, note.at_ms, note.end_ms)


def _place(exported: Exported, at_ms: int, end_ms: int | None = None) -> str:
    return f"{exported.page}#{fragment(at_ms, end_ms)}"


def _seconds(ms: int) -> float:
    return round(ms / 1000, 3)


def _clock(ms: int) -> str:
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"


def _utc(ms: int) -> str:
    return datetime.fromtimestamp(ms / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
