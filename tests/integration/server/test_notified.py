"""The product with a mail server and a receiver of events: a consultant is asked and says yes, and the server is killed meanwhile."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

import aiohttp

from server.review.consulting.asking import DAY_MS
from tests.fakes.post_office import post_office
from tests.fakes.receiver import check, event_receiver
from tests.fakes.studio import Copy, Studio, studio

KEY = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIz"


def with_an_address(copy: Copy) -> None:
    copy.insert("emails", address="maria@school.example", person=copy.people["Maria"].person, proven_ms=1)


async def test_a_review_is_asked_for_and_answered_by_mail_whatever_happens_to_the_server(tmp_path: Path) -> None:
    async with post_office() as office, event_receiver() as receiver:
        settings = {
            "smtp_host": office.host,
            "smtp_port": str(office.port),
            "smtp_security": "none",
            "mail_from": "microteach@school.example",
        }
        settings |= {"webhook_url": receiver.url, "webhook_secret": f"whsec_{KEY}", "webhook_private": "true"}
        async with studio(tmp_path, before=with_an_address, browser=None, **settings) as ready:
            await receiver.wait(lambda types: types.count("take.ready") == 2)
            await _until(ready, 0, "sent_ms is null")
            office.answers = ["450 come back"]
            async with ready.client("Maria") as maria:
                wanted = {"name": "Dr Ito", "address": "ito@school.example", "due_ms": time.time_ns() // 1_000_000 + 7 * DAY_MS}
                async with maria.post(f"/recordings/{ready.first}/reviews", json=wanted | {"questions": ["Zanzibar?"]}) as answer:
                    assert answer.status == 201, await answer.text()
            await _until(ready, 1, "sent_ms is null")
            await _until(ready, 1, "error = 'busy' and lease_until_ms = 0")  # nothing is under way: that would wait for its lease
            ready.product.kill("server")
            (asked,) = await office.wait(1)
            await ready.product.ready()
            text = asked.get_content()
            assert (asked["To"], asked["Subject"]) == ("ito@school.example", "Maria asks for your view on a lesson")
            assert "Zanzibar" not in text
            await _accept(ready, text)
            mails = (await office.wait(3))[1:]
            await receiver.wait(lambda types: "review.opened" in types)
            await _until(ready, 0, "sent_ms is null or body != x'' or address != ''")
        assert {mail["To"] for mail in mails} == {"maria@school.example"}
        assert {mail["Subject"] for mail in mails} == {"Dr Ito has opened your recording", "Dr Ito will look at your lesson"}
        assert len({mail["Message-ID"] for mail in office.mails}) == len(office.mails) == 3
        assert {"take.ready", "review.requested", "consent.granted", "review.opened"} <= set(receiver.types)
        assert receiver.types.count("take.ready") == 2
        for headers, body in receiver.requests:
            check(headers, body, KEY)
            assert not re.search(rb"Maria|Ito|Zanzibar|@", body)
        log = ready.product.log
        assert not re.search(r"school\.example|Ito|Maria|whsec|Zanzibar", log)


async def _until(ready: Studio, count: int, which: str) -> None:
    """So many messages are so."""
    async with asyncio.timeout(60):
        while True:
            with ready.database() as rows:
                if rows.execute(f"select count(*) from outbox where {which}").fetchone() == (count,):
                    return
            await asyncio.sleep(0.05)


async def _accept(ready: Studio, text: str) -> None:
    """By the link in the mail."""
    found = re.search(rf"{re.escape(ready.product.url)}(/\S+)", text)
    assert found
    async with ready.client(None) as ito:
        await _post(ito, found[1], {"name": "Dr Ito"})
        await _post(ito, f"/recordings/{ready.first}/review/accept")


async def _post(client: aiohttp.ClientSession, path: str, data: dict[str, str] | None = None) -> None:
    async with client.post(path, data=data) as answer:
        assert answer.status < 300, await answer.text()
