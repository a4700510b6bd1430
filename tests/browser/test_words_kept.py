"""What somebody writes on the page of a recording is never thrown away: not even when the server takes it no more."""

from __future__ import annotations

from pathlib import Path

from tests.fakes.studio import Copy, now_ms, studio

REVIEW = {"questions": "[]", "about": "{}", "include_notes": False, "include_own": False, "include_talk": False, "address": ""}

COUNT = """() => {
  const real = fetch;
  window.asked = [];
  window.fetch = async (...args) => {
    const answer = await real(...args);
    window.asked.push([args[1]?.method, answer.status]);
    return answer;
  };
}"""


async def test_what_a_consultant_writes_when_it_is_over_is_not_thrown_away(tmp_path: Path) -> None:
    def before(copy: Copy) -> None:
        copy.new_person("Ito")
        grant = copy.allow("Ito", use="consult")
        times = {"due_ms": now_ms() + 10**9, "asked_ms": 1, "changed_ms": 1, "opened_ms": 1}
        copy.insert("reviews", review="r", take=copy.first, grant=grant, teacher=copy.people["Maria"].person, **REVIEW, **times)

    async with studio(tmp_path, before=before) as s, s.person("Ito", f"/recordings/{s.first}") as ito:
        page = ito.page
        await page.wait_for("document.getElementById('review-worked')?.checkVisibility()", what="the fields")
        with s.database() as database:
            database.execute("update grants set expires_ms = 1")
        await page.eval(COUNT)
        await page.fill("#review-worked", "An hour of work")
        await page.wait_for("asked.some(([method]) => method === 'PUT')", what="it was sent")
        await page.wait_for("document.getElementById('review-state').textContent !== 'Saving …'", what="what became of it")
        assert "Kept on this device" in await page.eval("document.getElementById('review-state').textContent")
        assert "An hour of work" in str(await page.eval("JSON.stringify(localStorage)"))
