"""Which addresses are ones, and how often a link is sent."""

from __future__ import annotations

from pathlib import Path

import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from server.errors import UserError
from server.notify.notices import Notice, Notices
from server.pages.mail_links import FROM_ONE_CLIENT, TO_ONE_ADDRESS, MailLinks, read_address
from server.people.seats import Person, new_person
from server.store.engine import Store
from tests.fakes.still_clock import StillClock

MARIA = Person(person="maria", name="Maria")


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        (" Maria@School.EXAMPLE ", "maria@school.example"),
        ("o'brien+lessons@sub.school.example", "o'brien+lessons@sub.school.example"),
        ("maria@localhost", "maria@localhost"),
        ("maria", None),
        ("maria@", None),
        ("maria@-school.example", None),
        ("maria@school..example", None),
        ("maria@school.example\nbcc: eve@evil.example", None),
        ("maria@school.example,eve@evil.example", None),
        ("Maria <maria@school.example>", None),
        ("märia@school.example", None),
        ("m\u0131chael@school.example", None),
        ("maria@bücher.example", "maria@xn--bcher-kva.example"),
        ("maria@" + "x" * 250, None),
    ],
)
def test_an_address_is_one_to_which_mail_can_be_sent_in_lower_case(typed: str, address: str | None) -> None:
    assert read_address(typed) == address


async def test_links_are_limited_for_an_address_and_for_a_client_and_later_allowed_again(tmp_path: Path) -> None:
    told: list[str] = []
    now_s = 0.0

    def compose(notice: Notice, message: str, address: str, now_ms: int) -> bytes:
        told.append(address)
        return b"mail"

    async with Store(tmp_path / "test.db") as store:
        await store.write(new_person(MARIA, "token", 1))
        clock = StillClock()
        notices = Notices(store, clock, compose=compose, can_report=False, wake=lambda: None)
        mail = MailLinks(store, clock, notices, origin="https://school.example", behind_proxy=False, clock_s=lambda: now_s)
        request = make_mocked_request("POST", "/sign-in")

        async def sent(address: str) -> bool:
            try:
                await mail.send(request, address, "en", person=MARIA)
            except UserError as error:
                assert (error.code, error.status) == ("too_many_links", 429)
                return False
            return True

        assert [await sent("a@school.example") for _ in range(TO_ONE_ADDRESS + 1)] == [True] * TO_ONE_ADDRESS + [False]
        others = [await sent(f"{number}@school.example") for number in range(FROM_ONE_CLIENT)]
        assert others.count(True) == FROM_ONE_CLIENT - TO_ONE_ADDRESS - 1, "what was refused counts, too"
        now_s = 300.0
        assert await sent("a@school.example")
        assert not await sent("a@school.example")
    assert len(told) == 20 - 1 + 1


async def test_without_mail_there_is_no_such_door(tmp_path: Path) -> None:
    store, clock = Store(tmp_path / "unused.db"), StillClock()
    notices = Notices(store, clock, compose=None, can_report=False, wake=lambda: None)
    mail = MailLinks(store, clock, notices, origin="https://school.example", behind_proxy=False)
    with pytest.raises(web.HTTPNotFound):
        await mail.send(make_mocked_request("POST", "/sign-in"), "a@school.example", "en")
