"""Notes and moments of a real recording as files: for each person what they may read, and the teacher sees who took them along."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import webvtt

from tests.fakes.studio import Copy, Studio, studio


async def test_everybody_takes_along_what_they_may_read(tmp_path: Path) -> None:
    async with studio(tmp_path, before=lambda copy: copy.allow("Ben")) as s:
        moments = [each["body"][0]["value"] for each in json.loads(await _export(s, "Maria", "notes.jsonld"))["items"]]
        assert sorted(moments) == ["I was lost", "I was lost", "That helped me"]
        table = list(csv.DictReader(io.StringIO((await _export(s, "Ben", "notes.csv")).decode("utf-8-sig"))))
        assert {row["name"] for row in table} == {"Ben"}, "not what Ana noted for Maria"
        assert table[0]["address"].startswith(f"{s.product.url}/recordings/{s.first}#t=")
        chapters = webvtt.from_buffer(io.StringIO((await _export(s, "Maria", "chapters.vtt")).decode()))
        assert [cue.text for cue in chapters.captions] == ["First try"]
        along = webvtt.from_buffer(io.StringIO((await _export(s, "Maria", "moments.vtt")).decode()))
        assert [json.loads(cue.text)["name"] for cue in along.captions] == ["Ben", "Ana", "Ben"]
        async with s.client("Maria") as maria, maria.get(f"/recordings/{s.first}/permissions") as answer:
            assert '"export"' in await answer.text(), "she sees that Ben took it along"


async def _export(s: Studio, name: str, file: str) -> bytes:
    async with s.client(name) as client, client.get(f"/recordings/{s.first}/export/{file}") as answer:
        assert answer.status == 200
        assert file in answer.headers["Content-Disposition"]
        return await answer.read()


async def test_what_a_consultant_has_sent_is_on_her_paper(tmp_path: Path) -> None:
    async with studio(tmp_path, before=_ito_has_sent) as s:
        for name, reads in (("Maria", True), ("Ben", False)):
            async with s.client(name) as client, client.get(f"/recordings/{s.first}/print") as answer:
                assert answer.status == 200
                assert ("Wait for three seconds &lt;b&gt;" in await answer.text()) is reads


def _ito_has_sent(copy: Copy) -> None:
    copy.new_person("Ito")
    copy.allow("Ben")
    times = dict.fromkeys(("due_ms", "asked_ms", "changed_ms", "sent_ms"), 1)
    reads = dict.fromkeys(("include_notes", "include_own", "include_talk"), 0)
    summary = json.dumps({"worked": "The pizza.", "suggestions": [{"text": "Wait for three seconds <b>"}]})
    whose = {"take": copy.first, "grant": copy.allow("Ito", use="consult"), "teacher": copy.people["Maria"].person}
    copy.insert("reviews", review="r", **whose, **times, **reads, questions="[]", about="{}", address="", summary=summary)
