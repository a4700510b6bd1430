"""The signaling connection of a running server, as another client would speak it."""

from __future__ import annotations

import asyncio
import contextlib

import aiohttp
import pytest

from server.wire.codec import decode_to_page
from server.wire.messages import Accepted, Changed, Error, Leaving
from server.wire.view import View
from tests.fakes.page import Page
from tests.fakes.product import Product


def everybody_is_here(view: View) -> bool:
    return all(person.here for person in view.people)


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_command_is_answered_and_everybody_sees_what_came_of_it(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria", teaches=True)
        view = await ana.connect()
        assert view.you.leads
        assert {person.name for person in view.people} == {"Ana", "Maria"}
        assert (await maria.connect()).you.role == "colleague"
        assert isinstance(await ana.ask(type="advance", decision=0), Accepted)
        seen = await maria.until("lesson")
        assert seen.you.role == "teacher"
        stale = await ana.ask(type="advance", decision=0)
        assert isinstance(stale, Error)
        assert stale.code == "stale_decision"


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ("{", "malformed"),
        ("[" * 50_000, "invalid"),
        (b"\xff\xfe", "malformed"),
        ("null", "invalid"),
        ({"type": "launch"}, "unknown_type"),
        ({"type": "hello", "protocol": 1}, "hello_again"),
        ({"type": "advance", "ref": 1}, "invalid"),
        ({"type": "advance", "ref": -1, "decision": 0}, "invalid"),
        ({"type": "advance", "ref": 1, "decision": 0, "role": "facilitator"}, "invalid"),
        ({"type": "advance", "ref": 1, "decision": 0}, "not_allowed"),
        ({"type": "start_lesson", "ref": 1, "decision": 0}, "not_allowed"),
        ({"type": "end_turn", "ref": 1, "decision": 0}, "not_allowed"),
        ({"type": "tap", "ref": 1, "moment": "m", "mark": "helped", "at_ms": 1}, "not_allowed"),
        ({"type": "tap", "ref": 1, "moment": "../m", "mark": "helped", "at_ms": 1}, "invalid"),
        ({"type": "write", "ref": 1, "form": "one-thing", "round": 0, "field": "suggestion", "text": "x"}, "not_allowed"),
        ({"type": "write", "ref": 1, "form": "one-thing", "round": 0, "field": "suggestion", "text": "x" * 5000}, "invalid"),
        ({"type": "choose_recording", "ref": 1, "choice": "everything"}, "invalid"),
    ],
)
async def test_what_cannot_be_taken_is_refused_by_code_and_changes_nothing(
    product: Product, message: dict[str, object] | str | bytes, code: str
) -> None:
    async with Page(product.url) as ana, Page(product.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana", teaches=True)
        await ben.join(invitation, "Ben")
        await ana.connect()
        await ben.connect()
        await ana.connect()
        before = await ana.until_seen(everybody_is_here)
        await ben.send(message)
        answer = await ben.receive()
        while not isinstance(answer, Error):
            answer = await ben.receive()
        assert answer.code == code
        assert isinstance(await ben.ask(type="choose_recording", choice="leave_out"), Accepted), "the connection lives on"
        await ana.connect()
        after = await ana.until_seen(everybody_is_here)
        assert (after.phase.key, after.phase.decision, after.people) == (before.phase.key, before.phase.decision, before.people)


async def test_an_oversized_message_ends_only_its_own_connection(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ben.join(invitation, "Ben")
        await ana.connect()
        await ben.connect()
        await ben.send("x" * 200_000)
        assert await ben.until_closed() == 1009
        assert isinstance(await ana.ask(type="choose_recording", choice="record"), Accepted)


async def test_a_flood_ends_only_its_own_connection(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ben.join(invitation, "Ben")
        await ana.connect()
        await ben.connect()
        closing = asyncio.create_task(ben.until_closed())  # a browser reads, and answers the end, while a page sends
        with contextlib.suppress(ConnectionError):
            for _ in range(400):
                await ben.send({"type": "ping", "sent_ms": 1.0})
                await asyncio.sleep(0)
        assert await closing == 1008
        assert isinstance(await ana.ask(type="choose_recording", choice="record"), Accepted)


async def test_nothing_is_said_before_the_hello(product: Product) -> None:
    async with Page(product.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        for first, code in (({"type": "ping", "sent_ms": 1}, "hello_expected"), ({"type": "hello", "protocol": 99}, "other_protocol")):
            await ana.open()
            await ana.send(first)
            answer = await ana.receive()
            assert isinstance(answer, Error)
            assert answer.code == code
            with pytest.raises(ConnectionError):
                await ana.receive()


async def test_a_second_window_takes_the_seat_over(product: Product) -> None:
    async with Page(product.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        await ana.connect()
        first = ana._socket
        await ana.connect()
        assert first
        message = await first.receive()
        while isinstance(decode_to_page(message.data), Changed):
            message = await first.receive()
        assert decode_to_page(message.data) == Leaving(reason="replaced")
        closed = await first.receive()
        assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 4001), "what the server says, whether or not it hears the answer"


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "{url}.evil.example"},
        {"Origin": "{url}1"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
    ],
)
async def test_another_site_opens_no_connection(product: Product, headers: dict[str, str]) -> None:
    async with Page(product.url) as ana:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        sent = {key: value.format(url=product.url) for key, value in headers.items()}
        with pytest.raises(aiohttp.WSServerHandshakeError) as error:
            await ana._client.ws_connect(f"{product.url}/sessions/{ana.session}/socket", headers=sent)
        assert error.value.status == 403


async def test_without_a_seat_there_is_no_connection(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as stranger:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        for session in (ana.session, "no-such-session"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as error:
                await stranger.connect(session)
            assert error.value.status == 404
