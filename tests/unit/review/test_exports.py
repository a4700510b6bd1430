"""Notes and moments as files, read back by parsers of other people."""

from __future__ import annotations

import csv
import io
import json

import pytest
import rdflib
import webvtt
from rdflib.namespace import DCTERMS, RDF

from server.review.export.formats import CONTEXT, Exported, chapters, fragment, metadata, table, web_annotations
from server.review.moments import TappedMoment
from server.review.notes.rules import Note
from server.review.phases import RecordedPhase

pytestmark = pytest.mark.filterwarnings("ignore:ConjunctiveGraph is deprecated")  # rdflib itself uses it
OA = rdflib.Namespace("http://www.w3.org/ns/oa#")
# The terms of the Web Annotation vocabulary that are used here; the published context says the same, and is not fetched.
TERMS = {
    "oa": str(OA),
    "dcterms": str(DCTERMS),
    "rdf": str(RDF),
    "foaf": "http://xmlns.com/foaf/0.1/",
    "as": "http://www.w3.org/ns/activitystreams#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
    "dctypes": "http://purl.org/dc/dcmitype/",
    "id": "@id",
    "type": "@type",
    "Annotation": "oa:Annotation",
    "AnnotationPage": "as:OrderedCollectionPage",
    "TextualBody": "oa:TextualBody",
    "FragmentSelector": "oa:FragmentSelector",
    "Person": "foaf:Person",
    "Video": "dctypes:MovingImage",
    "items": {"@id": "as:items", "@container": "@list"},
    "label": "http://www.w3.org/2000/01/rdf-schema#label",
    "body": {"@id": "oa:hasBody", "@type": "@id"},
    "target": {"@id": "oa:hasTarget", "@type": "@id"},
    "source": {"@id": "oa:hasSource", "@type": "@id"},
    "selector": {"@id": "oa:hasSelector", "@type": "@id"},
    "conformsTo": {"@id": "dcterms:conformsTo", "@type": "@id"},
    "value": "rdf:value",
    "format": "http://purl.org/dc/elements/1.1/format",
    "creator": {"@id": "dcterms:creator", "@type": "@id"},
    "created": {"@id": "dcterms:created", "@type": "xsd:dateTime"},
    "modified": {"@id": "dcterms:modified", "@type": "xsd:dateTime"},
    "name": "foaf:name",
    "motivation": {"@id": "oa:motivatedBy", "@type": "@vocab"},
    "purpose": {"@id": "oa:hasPurpose", "@type": "@vocab"},
    **{word: f"oa:{word}" for word in ("commenting", "highlighting", "assessing", "questioning", "replying", "tagging")},
}
PAGE = "https://school.example/recordings/t"
HOSTILE = '=HYPERLINK("http://x")\n\n00:00:01.000 --> 00:00:02.000\n<script>"&'


def note(name: str, **fields: object) -> Note:
    values: dict[str, object] = {"note": name, "session": "s", "take": "t", "author": "maria", "parent": None, "kind": "note", "text": name}
    values |= {"at_ms": None, "end_ms": None, "addressee": None, "version": 1, "shared_ms": None, "deleted_ms": None}
    values |= {"created_ms": 1_700_000_000_123, "changed_ms": 1_700_000_001_000}
    return Note(**(values | fields))  # type: ignore[arg-type]


EXPORTED = Exported(
    page=PAGE,
    title="Fractions",
    duration_ms=61_500,
    phases=(
        RecordedPhase(key="lesson", title="Lesson & <questions>", at_ms=0, end_ms=40_000),
        RecordedPhase(key="again", title="Again", at_ms=40_000, end_ms=61_500),
    ),
    moments=(TappedMoment(moment="m1", label="That helped me", at_ms=12_500, name="Ben", line="the pizza"),),
    notes=(
        note("whole"),
        note("range", kind="worked", at_ms=12_500, end_ms=20_000, text=HOSTILE),
        note("asked", kind="question", at_ms=30_000, author="ben"),
        note("answer", parent="asked", at_ms=30_000),
        note("gone", at_ms=1, text="", deleted_ms=5),
    ),
    names={"maria": "Maria", "ben": "Ben"},
)


def graph() -> rdflib.Graph:
    page = json.loads(web_annotations(EXPORTED))
    assert page["@context"] == CONTEXT
    page["@context"] = TERMS
    return rdflib.Graph().parse(data=json.dumps(page), format="json-ld")


def test_every_note_is_an_annotation_with_its_place() -> None:
    triples = graph()
    found = {str(each) for each in triples.subjects(RDF.type, OA.Annotation)}
    assert found == {f"{PAGE}#note-{name}" for name in ("whole", "range", "asked", "answer")} | {f"{PAGE}#moment-m1"}
    ranged = rdflib.URIRef(f"{PAGE}#note-range")
    target = triples.value(ranged, OA.hasTarget)
    assert str(triples.value(target, OA.hasSource)) == PAGE
    selector = triples.value(target, OA.hasSelector)
    assert str(triples.value(selector, RDF.value)) == "t=12.5,20"
    assert str(triples.value(selector, DCTERMS.conformsTo)) == "http://www.w3.org/TR/media-frags/"
    assert triples.value(ranged, OA.motivatedBy) == OA.highlighting
    assert str(triples.value(triples.value(ranged, OA.hasBody), RDF.value)) == HOSTILE
    assert str(triples.value(rdflib.URIRef(f"{PAGE}#note-whole"), OA.hasTarget)) == PAGE


def test_an_answer_is_about_the_note_that_it_answers() -> None:
    triples = graph()
    answer = rdflib.URIRef(f"{PAGE}#note-answer")
    assert triples.value(answer, OA.motivatedBy) == OA.replying
    assert str(triples.value(answer, OA.hasTarget)) == f"{PAGE}#note-asked"


def test_chapters_are_webvtt() -> None:
    cues = webvtt.from_buffer(io.StringIO(chapters(EXPORTED).decode())).captions
    assert [(cue.start, cue.end, cue.text) for cue in cues] == [
        ("00:00:00.000", "00:00:40.000", "Lesson &amp; &lt;questions&gt;"),
        ("00:00:40.000", "00:01:01.500", "Again"),
    ]


def test_no_text_breaks_out_of_its_cue() -> None:
    cues = webvtt.from_buffer(io.StringIO(metadata(EXPORTED).decode())).captions
    said = [json.loads(cue.text) for cue in cues]
    assert [(cue.start, each["kind"]) for cue, each in zip(cues, said, strict=True)] == [
        ("00:00:12.500", "moment"),
        ("00:00:12.500", "worked"),
        ("00:00:30.000", "note"),
        ("00:00:30.000", "question"),
    ]
    assert said[1]["text"] == HOSTILE
    assert cues[1].end == "00:00:20.000"


def test_the_table_has_no_formulas_and_all_notes_in_the_order_of_time() -> None:
    rows = list(csv.DictReader(io.StringIO(table(EXPORTED).decode("utf-8-sig"))))
    assert [row["id"] for row in rows] == ["m1", "range", "asked", "answer", "whole"]
    assert rows[1]["text"].startswith("'=HYPERLINK")
    assert (rows[1]["from_s"], rows[1]["to_s"], rows[1]["address"]) == ("12.5", "20.0", f"{PAGE}#t=12.5,20")
    assert rows[3]["answers"] == "asked"
    assert rows[4]["from_s"] == ""


def test_places_are_media_fragments() -> None:
    assert [fragment(0, None), fragment(12_500, None), fragment(12_345, 20_000)] == ["t=0", "t=12.5", "t=12.345,20"]
