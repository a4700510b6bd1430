"""Asking a consultant, over HTTP: who can open what when, what reaches the teacher when, and what ends when somebody else is asked."""

from __future__ import annotations

import asyncio
import io
import re
import time
import zipfile
from collections.abc import AsyncIterator
from http.cookies import SimpleCookie
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from server.people.waiting import reviews_waiting
from server.review.consulting.acts import MOST_A_DAY
from server.review.consulting.asking import DAY_MS
from server.store.engine import Store
from tests.fakes.studio import Copy, Studio, studio
from tests.fakes.studio_lesson import OF_ANA

CANARY = "Zanzibar"
SLOW = "s" * 24
HTML = {"Accept": "text/html"}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def ready(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Studio]:
    folder = tmp_path_factory.mktemp("reviews")
    mail_from = "teach@example.org"
    async with studio(folder, before=_before, smtp_host="127.0.0.1", smtp_port="9", smtp_security="none", mail_from=mail_from) as running:
        yield running


def _before(copy: Copy) -> None:
    """Maria has an address; Slow was asked six days ago, for tomorrow, and has not answered."""
    copy.new_person("Zoe")
    copy.new_person("Slow")
    copy.insert("emails", address="maria@example.org", person=copy.people["Maria"].person, proven_ms=1)
    _asked_before(copy, SLOW, "Slow", asked_ms=_in_days(-6), opened_ms=_in_days(-5), due_ms=_in_days(1) - 60_000)


def _asked_before(copy: Copy, review: str, name: str, **times: int) -> str:
    grant = copy.allow(name, copy.second, "consult", expires_ms=_in_days(31), ended_ms=times.get("ended_ms"))
    includes = {"include_notes": False, "include_own": False, "include_talk": False}
    texts = {"questions": "[]", "about": "{}", "address": f"{name.lower()}@example.org"}
    values = {"due_ms": _in_days(7), "changed_ms": times["asked_ms"]} | times
    copy.insert("reviews", review=review, take=copy.second, grant=grant, teacher=copy.people["Maria"].person, **values, **includes, **texts)
    return review


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_from_the_question_to_the_answer(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito:
        asked = await _ask(maria, ready.first, name="Dr Ito", questions=["Do I wait long enough?"], include_notes=True)
        assert (asked["state"], asked["name"]) == ("asked", "Dr Ito")
        page = await _text(ito, _path(asked))
        assert "Maria asks you to look at a lesson" in page
        assert "Do I wait long enough?" in page
        assert (await _status(ito, f"/recordings/{ready.first}")) == 404
        await _open(ito, asked, "Dr Keiko Ito")
        assert (await _asked(maria, ready.first, asked))["state"] == "opened"
        brief = await _get(ito, f"/recordings/{ready.first}/review")
        assert (brief["teacher"], brief["questions"], brief["state"]) == ("Maria", ["Do I wait long enough?"], "opened")
        assert OF_ANA in await _text(ito, f"/recordings/{ready.first}/data")
        await _post(ito, f"/recordings/{ready.first}/review/accept")
        written = {"version": 0, "worked": f"The drawing {CANARY}", "suggestions": [{"text": f"Wait {CANARY}", "at_ms": 4000}]}
        draft = await _put(ito, f"/recordings/{ready.first}/review/summary", written)
        assert draft["summary"]["version"] == 1
        note = {"kind": "change", "text": f"Here {CANARY}", "at_ms": 4500, "version": 0}
        await _put(ito, f"/recordings/{ready.first}/notes/{'n' * 20}", note)
        await _nothing_reaches_the_teacher(maria, ready)
        assert (await _get(ito, f"/recordings/{ready.first}/agreement"))["places"] == []
        await _post(ito, f"/recordings/{ready.first}/review/send")
        await _post(ito, f"/recordings/{ready.first}/review/send")
        shown = await _asked(maria, ready.first, asked)
        assert (shown["state"], shown["name"]) == ("sent", "Dr Keiko Ito")
        assert shown["summary"]["suggestions"] == [{"text": f"Wait {CANARY}", "at_ms": 4000}]
        assert f"Here {CANARY}" in await _text(maria, f"/recordings/{ready.first}/notes")
        rows = {row for place in (await _get(maria, f"/recordings/{ready.first}/agreement"))["places"] for row in place["rows"]}
        assert rows == {"colleagues", "consultant"}
        assert (await _get(ito, f"/recordings/{ready.first}/agreement"))["places"]
        async with ito.put(f"/recordings/{ready.first}/review/summary", json=written | {"version": 1, "worked": "More"}) as answer:
            assert (answer.status, (await answer.json())["code"]) == (409, "review_sent")
        desk = await _text(ito, "/reviews")
        assert "Nothing waits for you" in desk
        assert f"/recordings/{ready.first}" in desk
        known = (await _get(maria, f"/recordings/{ready.second}/reviews"))["known"]
        again = await _ask(maria, ready.second, person=known[0]["person"])
        assert (again["name"], again["state"]) == ("Dr Keiko Ito", "asked")
        assert "New: not opened yet" in await _text(ito, "/reviews")
        assert (await _get(ito, f"/recordings/{ready.second}/review"))["state"] == "opened"


async def test_a_link_that_is_sent_on_leads_nowhere(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito, ready.client(None) as other:
        asked = await _ask(maria, ready.second, name="Dr Ito")
        async with maria.post(_path(asked), headers=HTML) as answer:
            assert "This link is for Dr Ito" in await answer.text()
        await _open(ito, asked, "Dr Ito")
        async with other.post(_path(asked), data={"name": "Somebody"}, headers=HTML) as answer:
            assert answer.status == 403
            assert "This link has been used" in await answer.text()
        for act in ("later", "decline"):
            async with other.post(f"{_path(asked)}/{act}", data={"date": _day(9)}, headers=HTML) as answer:
                assert answer.status == 403
        assert not SimpleCookie(other.cookie_jar.filter_cookies(ready.product.url + "/"))  # type: ignore[arg-type]
        assert (await _status(other, f"/recordings/{ready.second}")) == 404
        async with ito.get(_path(asked), allow_redirects=False) as answer:  # again, on the device that opened it
            assert answer.headers["Location"] == f"/recordings/{ready.second}"


async def test_on_a_known_device_somebody_else_can_open_it(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client("Zoe") as shared:
        asked = await _ask(maria, ready.second, name="Dr Ito")
        assert "On this device you are Zoe" in await _text(shared, _path(asked))
        async with shared.post(_path(asked), data={"who": "other"}, headers=HTML) as answer:
            assert 'value="Dr Ito"' in await answer.text()
        async with shared.post(_path(asked), data={"who": "other", "name": "Dr Ito"}, headers=HTML) as answer:
            assert answer.url.path == f"/recordings/{ready.second}"
        assert (await _asked(maria, ready.second, asked))["name"] == "Dr Ito"
    async with ready.client("Zoe") as zoe:
        assert (await _status(zoe, f"/recordings/{ready.second}")) == 404


async def test_somebody_else_is_asked_instead(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as late, ready.client(None) as prompt:
        first = await _ask(maria, ready.second, name="Late", questions=["One?", "Two?"], include_own=True)
        await _open(late, first, "Late")
        await _put(late, f"/recordings/{ready.second}/review/summary", {"version": 0, "worked": CANARY, "suggestions": []})
        second = await _ask(maria, ready.second, name="Prompt", questions=first["questions"], include_own=True, instead=first["review"])
        assert (await _asked(maria, ready.second, first))["state"] == "ended"
        for path in ("", "/data", "/review", "/notes"):
            assert (await _status(late, f"/recordings/{ready.second}{path}")) == 404
        async with late.get(_path(first)) as answer:
            assert answer.status == 410
            assert "no longer waits" in await answer.text()
        assert "One?" in await _text(prompt, _path(second))
        assert CANARY not in await _text(maria, f"/recordings/{ready.second}/reviews")


async def test_what_was_written_stays_when_the_same_person_is_asked_again(ready: Studio) -> None:
    path = f"/recordings/{ready.second}"
    async with ready.client("Maria") as maria, ready.client(None) as ito:
        first = await _ask(maria, ready.second, name="Asked again")
        await _open(ito, first, "Asked again")
        await _put(ito, f"{path}/review/summary", {"version": 0, "worked": CANARY, "suggestions": []})
        person = (await _asked(maria, ready.second, first))["person"]
        again = await _ask(maria, ready.second, person=person, instead=first["review"])
        assert CANARY not in await _text(maria, f"{path}/reviews")
        assert (await _get(ito, f"{path}/review"))["summary"]["worked"] == CANARY
        await _post(ito, f"{path}/review/send")
        assert (await _asked(maria, ready.second, again))["summary"]["worked"] == CANARY
        assert path in await _text(ito, "/reviews")
        permissions = (await _get(maria, f"{path}/permissions"))["permissions"]
        mine = next(each["grant"] for each in permissions if each["name"] == "Asked again" and each["state"] == "may")
        async with maria.delete(f"{path}/permissions/{mine}") as answer:
            assert answer.status == 200
        assert path not in await _text(ito, "/reviews"), "a link there would lead nowhere"


async def test_another_day_and_no_thank_you(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito:
        asked = await _ask(maria, ready.first, name="Busy")
        async with ito.post(f"{_path(asked)}/later", data={"date": _day(20), "message": "On a journey"}, headers=HTML) as answer:
            assert answer.status == 200
        shown = await _asked(maria, ready.first, asked)
        assert (shown["state"], shown["message"]) == ("offered", "On a journey")
        await _post(maria, f"/recordings/{ready.first}/reviews/{asked['review']}/agree")
        agreed = await _asked(maria, ready.first, asked)
        assert (agreed["state"], agreed["due_ms"]) == ("accepted", shown["offered_ms"])
        await _post(maria, f"/recordings/{ready.first}/reviews/{asked['review']}/remind")
        async with ito.post(f"{_path(asked)}/decline", data={"message": "Too much"}, headers=HTML) as answer:
            assert "Thank you for answering" in await answer.text()
        shown = await _asked(maria, ready.first, asked)
        assert (shown["state"], shown["message"], shown["acts"]) == ("declined", "Too much", ["ask_another"])
        async with ito.post(_path(asked), data={"name": "Busy"}, headers=HTML) as answer:
            assert "Thank you for answering" in await answer.text()
        assert (await _status(ito, f"/recordings/{ready.first}")) == 404


async def test_who_has_opened_it_can_still_say_no(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito:
        asked = await _ask(maria, ready.first, name="Opened")
        await _open(ito, asked, "Opened")
        at = f"/recordings/{ready.first}"
        async with ito.post(f"{at}/review/later", json={"date_ms": _in_days(12), "message": "Ill"}) as answer:
            assert ((await answer.json())["state"], (await answer.json())["message"]) == ("offered", "Ill")
        assert (await _asked(maria, ready.first, asked))["acts"] == ["agree", "ask_another", "end"]
        await _post(ito, f"{at}/review/accept")
        async with ito.post(f"{at}/review/decline", json={}) as answer:
            assert (await answer.json())["next"] == _path(asked)
        assert "Thank you for answering" in await _text(ito, _path(asked))
        assert [await _status(ito, at + path) for path in ("", "/review", "/data")] == [404, 404, 404]


async def test_two_pages_do_not_overwrite_each_other(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito:
        await _open(ito, await _ask(maria, ready.first, name="Two pages"), "Two pages")
        path = f"/recordings/{ready.first}/review/summary"
        one = {"version": 0, "worked": "First", "suggestions": []}
        await _put(ito, path, one)
        assert (await _put(ito, path, one))["summary"]["version"] == 1  # the answer was lost; it is sent again
        async with ito.put(path, json=one | {"worked": "Second"}) as answer:
            assert (answer.status, (await answer.json())["summary"]["worked"]) == (409, "First")
        assert (await _put(ito, path, {"version": 1, "worked": "Second", "suggestions": []}))["summary"]["version"] == 2


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": " "}, "no_name"),
        ({"due_ms": 1}, "no_such_date"),
        ({"questions": ["a", "b", "c", "d"]}, "too_many_questions"),
        ({"questions": ["a" * 501]}, "question_too_long"),
        ({"address": "no address"}, "no_address"),
        ({"address": "a@example.org\r\nBcc: b@example.org"}, "no_address"),
        ({"due_ms": "tomorrow"}, "not_understood"),
    ],
)
async def test_what_cannot_be_asked_is_said_in_words(ready: Studio, wrong: dict[str, object], code: str) -> None:
    async with ready.client("Maria") as maria:
        body = {"name": "Dr Ito", "due_ms": _in_days(7)} | wrong
        async with maria.post(f"/recordings/{ready.first}/reviews", json=body, headers={"Accept": "application/json"}) as answer:
            assert (await answer.json())["code"] == code
            assert answer.status in (400, 413)


async def test_nobody_sends_mail_to_the_whole_world(ready: Studio) -> None:
    with ready.database() as database:
        (before,) = database.execute("select count(*) from reviews where asked_ms > ?", (_in_days(-1),)).fetchone()
    made = [_asked_before(ready, f"{number:024}", "Zoe", asked_ms=_in_days(0), ended_ms=1) for number in range(MOST_A_DAY - before)]
    wanted = {"name": "One more", "due_ms": _in_days(7)}
    async with ready.client("Maria") as maria, maria.post(f"/recordings/{ready.first}/reviews", json=wanted) as answer:
        assert answer.status == 429
    with ready.database() as database:
        database.executemany("delete from reviews where review = ?", [(review,) for review in made])


async def test_nobody_else_asks_or_answers(ready: Studio) -> None:
    async with ready.client("Maria") as maria:
        asked = await _ask(maria, ready.first, name="Nobody")
    for name in ("Ben", "Zoe", None):
        async with ready.client(name) as client:
            at = f"/recordings/{ready.first}"
            assert [await _status(client, at + path) for path in ("/reviews", "/review", "/agreement")] == [404, 404, 404]
            for path in ("/reviews", f"/reviews/{asked['review']}/end", "/review/send", "/review/later", "/review/decline"):
                async with client.post(at + path, json={"name": "x", "due_ms": _in_days(7)}) as answer:
                    assert answer.status == 404
    async with ready.client("Zoe") as zoe:
        assert "Nothing waits for you" in await _text(zoe, "/reviews")
    async with ready.client("Maria") as maria:
        await _post(maria, f"/recordings/{ready.first}/reviews/{asked['review']}/end")
        async with maria.get(f"/recordings/{ready.first}/reviews/{'x' * 20}/qr.svg") as answer:
            assert answer.status == 404


async def test_a_permission_that_ends_or_expires_closes_the_review(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito, ready.client(None) as late:
        asked, expired = await _ask(maria, ready.second, name="Ended"), await _ask(maria, ready.second, name="Expired")
        await _open(ito, asked, "Ended")
        await _open(late, expired, "Expired")
        permissions = (await _get(maria, f"/recordings/{ready.second}/permissions"))["permissions"]
        mine = next(each["grant"] for each in permissions if each["name"] == "Ended")
        async with maria.delete(f"/recordings/{ready.second}/permissions/{mine}") as answer:
            assert answer.status == 200
        with ready.database() as database:
            database.execute("update grants set expires_ms = 1 where name = 'Expired'")
        for client in (ito, late):
            assert (await _status(client, f"/recordings/{ready.second}/review")) == 404
            async with client.post(f"/recordings/{ready.second}/review/send") as answer:
                assert answer.status == 404
        assert (await _asked(maria, ready.second, asked))["state"] == "ended"
        for each in (asked, expired):
            async with late.get(_path(each)) as answer:
                assert answer.status == 410


async def test_who_forgets_is_reminded_once(ready: Studio) -> None:
    async with asyncio.timeout(20), ready.client("Maria") as maria:
        while (await _asked(maria, ready.second, {"review": SLOW}))["reminded_ms"] is None:
            await asyncio.sleep(0.05)
    assert _mails(ready, "slow@example.org") == ["review_due"]
    async with ready.client("Slow") as slow:
        assert f"/recordings/{ready.second}" in await _text(slow, "/reviews")
    async with Store(ready.data / "microteach.db") as store:
        (waiting,) = await reviews_waiting(store, ready.people["Slow"].person, _in_days(0))
        assert (waiting.take, waiting.name) == (ready.second, "Maria")
        assert await reviews_waiting(store, ready.people["Slow"].person, _in_days(32)) == []
    with ready.database() as database:
        database.execute("delete from outbox where address = 'slow@example.org'")


async def test_mails_say_who_and_where_but_never_what(ready: Studio) -> None:
    async with ready.client("Maria") as maria, ready.client(None) as ito:
        asked = await _ask(maria, ready.first, name="By mail", address="ito@example.org", questions=[CANARY])
        await _open(ito, asked, "By mail")
        await _put(ito, f"/recordings/{ready.first}/review/summary", {"version": 0, "worked": CANARY, "suggestions": []})
        await _post(ito, f"/recordings/{ready.first}/review/send")
    assert _mails(ready, "ito@example.org") == ["review_asked"]
    assert {"review_opened", "review_sent"} <= set(_mails(ready, "maria@example.org"))
    with ready.database() as database:
        bodies = [bytes(body) for (body,) in database.execute("select body from outbox")]
    assert any(_path(asked).encode() in body for body in bodies)
    assert not any(CANARY.encode() in body for body in bodies)


def _mails(ready: Studio, address: str) -> list[str]:
    with ready.database() as database:
        found = database.execute("select kind from outbox where address = ? order by created_ms", (address,))
        return [kind for (kind,) in found]


async def _nothing_reaches_the_teacher(maria: aiohttp.ClientSession, ready: Studio) -> None:
    at = f"/recordings/{ready.first}"
    for path in ("", "/data", "/reviews", "/notes", "/agreement", "/permissions", "/own-view", "/review", "/talk"):
        assert CANARY not in await _text(maria, at + path), path
    for path in ("/", "/me", "/reviews", f"/sessions/{ready.session}", f"{at}/export/notes.csv", f"{at}/print", "/me/data"):
        assert CANARY not in await _text(maria, path), path
    async with maria.get("/me/data.zip") as answer:
        assert answer.status == 200
        with zipfile.ZipFile(io.BytesIO(await answer.read())) as archive:
            assert [each for each in archive.namelist() if CANARY.encode() in archive.read(each)] == []


async def _ask(client: aiohttp.ClientSession, take: str, **wanted: object) -> dict[str, Any]:
    async with client.post(f"/recordings/{take}/reviews", json={"due_ms": _in_days(7)} | wanted) as answer:
        body = await answer.json()
        assert answer.status == 201, body
    reviews: list[dict[str, Any]] = body["reviews"]
    return next(each for each in reviews if each["review"] == body["review"])


async def _open(client: aiohttp.ClientSession, asked: dict[str, Any], name: str) -> None:
    async with client.post(_path(asked), data={"name": name}, headers=HTML) as answer:
        assert answer.status == 200, await answer.text()


async def _asked(client: aiohttp.ClientSession, take: str, asked: dict[str, Any]) -> dict[str, Any]:
    found: list[dict[str, Any]] = (await _get(client, f"/recordings/{take}/reviews"))["reviews"]
    return next(each for each in found if each["review"] == asked["review"])


async def _get(client: aiohttp.ClientSession, path: str) -> dict[str, Any]:
    async with client.get(path) as answer:
        assert answer.status == 200, await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


async def _text(client: aiohttp.ClientSession, path: str) -> str:
    async with client.get(path) as answer:
        return await answer.text()


async def _status(client: aiohttp.ClientSession, path: str) -> int:
    async with client.get(path) as answer:
        return answer.status


async def _post(client: aiohttp.ClientSession, path: str) -> None:
    async with client.post(path, json={}) as answer:
        assert answer.status == 200, await answer.text()


async def _put(client: aiohttp.ClientSession, path: str, body: dict[str, object]) -> dict[str, Any]:
    async with client.put(path, json=body) as answer:
        assert answer.status in (200, 201), await answer.text()
        found: dict[str, Any] = await answer.json()
        return found


def _path(asked: dict[str, Any]) -> str:
    found = re.search(r"/c/[\w-]+$", asked["link"])
    assert found
    return found[0]


def _in_days(days: int) -> int:
    return time.time_ns() // 1_000_000 + days * DAY_MS


def _day(days: int) -> str:
    return time.strftime("%Y-%m-%d", time.localtime(_in_days(days) / 1000))
