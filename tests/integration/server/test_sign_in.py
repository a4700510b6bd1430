"""Being the same person on another device: by a link in a mail, by one shown on a device, and at the school's own provider."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp.test_utils import TestClient, TestServer

from server.app import Server
from server.settings import Settings
from server.site import Site
from tests.fakes.mailbox import Mailboxes, link_in, mailboxes
from tests.fakes.page import Page
from tests.fakes.product import Product, running_product
from tests.fakes.provider import CLIENT, SECRET, FakeProvider, running_provider
from tests.integration.server.test_claims import claim, look

pytestmark = pytest.mark.asyncio(loop_scope="module")


@dataclass
class School:
    product: Product
    box: Mailboxes
    provider: FakeProvider

    @property
    def url(self) -> str:
        return self.product.url

    async def person(self, page: Page, name: str) -> str:
        """Somebody with a session of their own; returns its page."""
        lead, _ = await page.make_session()
        await page.join(lead, name)
        return f"/sessions/{page.session}"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def school(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[School]:
    async with mailboxes() as box, running_provider() as provider:
        oidc = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_name": "Example School"}
        async with running_product(tmp_path_factory.mktemp("product"), **box.settings, **oidc) as product:
            yield School(product, box, provider)


async def post(page: Page, path: str, data: dict[str, str] | None = None, **headers: str) -> tuple[int, str, str]:
    """(status, where it leads, text); a redirect is not followed."""
    headers = {key.replace("_", "-"): value for key, value in headers.items()}
    async with page._client.post(page.url + path, data=data or {}, headers=headers, allow_redirects=False) as answer:
        return answer.status, answer.headers.get("Location", ""), await answer.text()


async def new_link(page: Page) -> str:
    """Path of a link for another device."""
    status, _, text = await post(page, "/me/devices/link")
    assert status == 200
    found = re.search(r"/s/[\w-]+", text)
    assert found
    return found[0]


async def add_address(school: School, page: Page, address: str) -> str:
    """Path of the link that came by mail."""
    assert (await post(page, "/me/addresses", {"address": address, "back": "/me"}))[:2] == (303, "/me?said=sent#account")
    link = link_in(await school.box.next_to(address.lower()))
    assert link.startswith(school.url)
    return link.removeprefix(school.url)


def cookie(page: Page) -> str:
    return next((each.value for each in page._client.cookie_jar if each.key == "mt_device"), "")


async def who(page: Page) -> str:
    """The name of the person whose device this is; "" for nobody."""
    found = re.search(r'id="account-name">([^<]*)<', (await page.get("/me"))[1])
    return found[1] if found else ""


# By mail


async def test_an_address_is_proven_by_its_link_and_then_signs_in_elsewhere(school: School) -> None:
    async with Page(school.url) as maria, Page(school.url) as phone:
        room = await school.person(maria, "Maria")
        link = await add_address(school, maria, "Maria@School.example")
        assert "maria@school.example" not in (await maria.get("/me"))[1], "not before it is proven"
        assert "Yes, add this address" in (await maria.get(link))[1]
        assert (await post(maria, link))[:2] == (303, "/me")
        assert "maria@school.example" in (await maria.get("/me"))[1]
        assert (await phone.get(room))[0] == 404
        status, to, _ = await post(phone, "/sign-in", {"address": " MARIA@school.example ", "next": room})
        assert (status, to) == (303, "/sign-in?sent")
        mail = await school.box.next_to("maria@school.example")
        assert "Maria" not in str(mail), "a mail names nobody"
        link = link_in(mail).removeprefix(school.url)
        assert "Sign in as Maria on this device" in (await phone.get(link))[1]
        assert (await post(phone, link))[:2] == (303, room)
        assert (await phone.get(room))[0] == 200
        assert await who(maria) == "Maria", "the first device stays signed in"


async def test_a_mail_scanner_that_opens_the_link_uses_nothing_up(school: School) -> None:
    async with Page(school.url) as maria, Page(school.url) as scanner, Page(school.url) as phone:
        await school.person(maria, "Scanned")
        await post(maria, await add_address(school, maria, "scanned@school.example"))
        await post(phone, "/sign-in", {"address": "scanned@school.example"})
        link = link_in(await school.box.next_to("scanned@school.example")).removeprefix(school.url)
        for _ in range(3):
            assert (await scanner.get(link))[0] == 200
            async with scanner._client.head(scanner.url + link) as answer:
                assert answer.status == 200
        assert cookie(scanner) == ""
        assert (await post(phone, link))[0] == 303
        assert await who(phone) == "Scanned"
        status, _, text = await post(scanner, link)
        assert status == 410, "once"
        assert "This link is over" in text
        assert (await post(phone, link))[:2] == (303, "/me"), "pressed twice on the device that has it already"
        assert cookie(scanner) == ""


async def test_nobody_learns_whether_an_address_is_known(school: School) -> None:
    async with Page(school.url) as stranger:
        known, unknown = [await post(stranger, "/sign-in", {"address": each}) for each in ("maria@school.example", "who@school.example")]
        assert known == unknown
        assert await school.box.next_to("maria@school.example")
        assert ["who@school.example"] not in school.box.receivers
        assert "If we know this address" in (await stranger.get("/sign-in?sent"))[1]
        for wrong in ("", "nobody", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "ä@b.example", "a@b." + "c" * 300):
            assert (await post(stranger, "/sign-in", {"address": wrong}))[0] == 400


async def test_links_to_one_address_are_limited_whoever_asks(school: School) -> None:
    async with Page(school.url) as stranger:
        answers = [(await post(stranger, "/sign-in", {"address": "flooded@school.example"}))[0] for _ in range(7)]
        assert answers == [303] * 5 + [429] * 2


async def test_an_address_of_somebody_else_is_not_taken_from_them(school: School) -> None:
    async with Page(school.url) as owner, Page(school.url) as eve:
        await school.person(owner, "Owner")
        await post(owner, await add_address(school, owner, "owner@school.example"))
        await school.person(eve, "Eve")
        link = await add_address(school, eve, "owner@school.example")
        _, text = await eve.get(link)
        assert "Sign in as Owner on this device" in text
        assert "This device is signed in as Eve." in text
        assert "Eve has no other device and no e-mail address" in text
        assert "owner@school.example" not in (await eve.get("/me"))[1]
        await post(owner, "/me/addresses/remove", {"address": "owner@school.example", "back": "/me"})
        assert (await eve.get(link))[0] == 410, "what was on its way to a removed address is worth nothing"


async def test_whose_address_it_is_counts_when_the_link_is_used(school: School) -> None:
    """Two ask for the same address: the first to prove it has it, and the other link makes nobody of anybody else's."""
    async with Page(school.url) as ana, Page(school.url) as ben:
        await school.person(ana, "Ana")
        await school.person(ben, "Ben")
        of_ana = await add_address(school, ana, "both@school.example")
        of_ben = await add_address(school, ben, "both@school.example")
        assert "Ben asked to be known by the address both@school.example" in (await ben.get(of_ben))[1]
        await post(ana, of_ana)
        assert "Sign in as Ana on this device" in (await ben.get(of_ben))[1], "said before anything happens"


# With another device


async def test_a_link_shown_on_a_device_makes_another_one_that_persons(school: School) -> None:
    async with Page(school.url) as laptop, Page(school.url) as phone:
        room = await school.person(laptop, "Dora")
        link = await new_link(laptop)
        assert "Dora wants to use this device as well" in (await phone.get(link))[1]
        assert (await phone.get(room))[0] == 404
        before = cookie(phone)
        assert (await post(phone, link))[0] == 303
        assert (await phone.get(room))[0] == 200
        assert cookie(phone) not in ("", before, cookie(laptop))
        assert (await post(laptop, link))[:2] == (303, "/me")
        _, devices = await laptop.get("/me/devices")
        assert devices.count('class="card device" data-device') == 2
        other = re.findall(r'name="device" value="(\w{18})"', devices)
        assert (await post(laptop, "/me/devices/sign-out", {"device": other[0]}))[0] == 303
        assert (await phone.get(room))[0] == 404
        assert (await laptop.get(room))[0] == 200


async def test_only_the_newest_link_works_and_none_after_all_others_were_signed_out(school: School) -> None:
    async with Page(school.url) as laptop, Page(school.url) as phone:
        await school.person(laptop, "Emil")
        first, second = await new_link(laptop), await new_link(laptop)
        assert (await phone.get(first))[0] == 410
        assert (await phone.get(second))[0] == 200
        await post(laptop, "/me/devices/sign-out", {"device": "others"})
        assert (await post(phone, second))[0] == 410
        assert cookie(phone) == ""


async def test_the_old_device_sees_that_its_link_was_used(school: School) -> None:
    async with Page(school.url) as laptop, Page(school.url) as phone, Page(school.url) as eve:
        await school.person(laptop, "Frida")
        await school.person(eve, "Eve")
        _, _, text = await post(laptop, "/me/devices/link")
        look = re.findall(r'data-look="([^"]+)"', text)[0]
        link = re.findall(r"/s/[\w-]+", text)[0]
        assert link.removeprefix("/s/") not in look
        assert "waiting" in (await laptop.get(look, Accept="application/json"))[1]
        assert "over" in (await eve.get(look, Accept="application/json"))[1], "not hers"
        await post(phone, link)
        assert "used" in (await laptop.get(look, Accept="application/json"))[1]


async def test_a_device_for_one_session_makes_no_link_and_sees_no_devices(school: School) -> None:
    async with Page(school.url) as ana, Page(school.url) as maria, Page(school.url) as phone:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria")
        await ana.connect()
        view = await maria.connect()
        made = await claim(phone, invitation, "Maria")
        await maria.until_seen(lambda view: bool(view.claims))
        await maria.ask(type="answer_claim", claim=made["claim"], yes=True)
        assert (await look(phone, invitation, made))["state"] == "yes"
        assert (await phone.connect(maria.session)).you.seat == view.you.seat
        assert (await post(phone, "/me/devices/link", Accept="text/html"))[:2] == (303, "/sign-in?next=/me/devices")
        assert "On this device you are known in single sessions only." in (await phone.get("/sign-in"))[1]
        assert (await phone.get("/me/devices/data", Accept="application/json"))[0] == 401
        assert (await post(phone, "/me/addresses", {"address": "phone@school.example"}))[:2] == (303, "/sign-in")
        assert (await post(phone, "/me/name", {"name": "Somebody"}))[:2] == (303, "/sign-in")
        _, devices = await maria.get("/me/devices")
        assert "A device for “" in devices
        await post(maria, "/me/devices/sign-out", {"device": "others"})
        assert (await phone.get(f"/sessions/{maria.session}"))[0] == 404
        await post(phone, await new_link(maria))
        assert (await phone.get(f"/sessions/{maria.session}"))[0] == 200
        assert {each.key for each in phone._client.cookie_jar} == {"mt_device", "mt_claim"}, "what held for one session is gone"


async def test_becoming_somebody_else_signs_the_first_one_out_and_takes_no_old_token(school: School) -> None:
    async with Page(school.url) as maria, Page(school.url) as shared, Page(school.url) as thief:
        await school.person(maria, "Gina")
        room = await school.person(shared, "Hugo")
        thief._client.cookie_jar.update_cookies({"mt_device": cookie(shared)})
        assert (await thief.get(room))[0] == 200, "somebody has put this cookie there or copied it"
        await post(shared, await new_link(maria))
        assert await who(shared) == "Gina"
        assert cookie(shared) != cookie(thief)
        assert await who(thief) == ""
        assert (await thief.get(room))[0] == 404


async def test_signing_out_leaves_nothing_of_the_person_on_the_device(school: School) -> None:
    async with Page(school.url) as maria, Page(school.url) as copied:
        room = await school.person(maria, "Ida")
        copied._client.cookie_jar.update_cookies({"mt_device": cookie(maria)})
        assert "Nothing leads back to you" in (await maria.get("/me"))[1]
        assert (await post(maria, "/me/sign-out"))[:2] == (303, "/")
        assert cookie(maria) == ""
        assert (await copied.get(room))[0] == 404, "the token itself is worth nothing any more"


async def test_a_changed_name_is_seen_in_the_room_and_cannot_be_somebody_elses(school: School) -> None:
    async with Page(school.url) as ana, Page(school.url) as ben:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await ben.join(invitation, "Ben")
        await ana.connect()
        assert (await post(ben, "/me/name", {"name": " ana ", "back": "/me"}))[1] == "/me?said=taken#account"
        assert (await post(ben, "/me/name", {"name": "Benno", "back": "/me"}))[1] == "/me?said=renamed#account"
        await ana.until_seen(lambda view: {person.name for person in view.people} == {"Ana", "Benno"})
        assert await who(ben) == "Benno"


@pytest.mark.parametrize(
    "path", ["/sign-in", "/me/devices/link", "/me/devices/sign-out", "/me/sign-out", "/me/addresses", "/me/name", "/s/x"]
)
async def test_no_other_site_can_press_a_button(school: School, path: str) -> None:
    async with Page(school.url) as maria:
        assert (await post(maria, path, {}, Origin="https://evil.example"))[0] == 403
        assert (await post(maria, path, {}, Sec_Fetch_Site="cross-site"))[0] == 403


@pytest.mark.parametrize("evil", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/\tevil", "evil"])
async def test_signing_in_leads_to_pages_of_our_own_only(school: School, evil: str) -> None:
    async with Page(school.url) as maria, Page(school.url) as phone:
        await school.person(maria, "Jana")
        link = await new_link(maria)
        async with phone._client.post(phone.url + link, params={"next": evil}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (303, "/")
        form = {"name": "Jana", "back": evil}
        assert (await post(maria, "/me/name", form))[1].startswith("/?said=")


async def test_what_a_request_says_of_its_host_is_in_no_mail(school: School) -> None:
    async with Page(school.url) as maria:
        await school.person(maria, "Kim")
        await post(maria, await add_address(school, maria, "kim@school.example"))
    async with Page(school.url) as eve:
        headers = {"Host": "evil.example", "Origin": "http://evil.example", "X_Forwarded_Host": "evil.example"}
        assert (await post(eve, "/sign-in", {"address": "kim@school.example"}, **headers))[0] == 303
        assert link_in(await school.box.next_to("kim@school.example")).startswith(school.url)


# At the provider


async def at_provider(page: Page, query: str = "") -> tuple[int, str, str]:
    """(status, path, text) of the page at which somebody arrives after signing in there."""
    async with page._client.get(f"{page.url}/sign-in/oidc{query}") as answer:
        return answer.status, answer.url.path_qs, await answer.text()


async def test_somebody_new_begins_with_the_name_that_the_provider_says_and_is_known_again(school: School) -> None:
    school.provider.somebody = {"sub": "new", "name": "Lea <b>"}
    async with Page(school.url) as laptop, Page(school.url) as phone:
        assert (await at_provider(laptop, "?next=/me/devices"))[:2] == (200, "/me/devices")
        assert await who(laptop) == "Lea &lt;b&gt;"
        room = await school.person(laptop, "Lea <b>")
        await at_provider(phone)
        assert (await phone.get(room))[0] == 200
        assert "Connected: you can sign in with it." in (await phone.get("/me"))[1]
        assert (await at_provider(phone, "?next=https://evil.example"))[:2] == (200, "/")


async def test_a_person_who_is_here_is_asked_before_an_identity_becomes_theirs(school: School) -> None:
    school.provider.somebody = {"sub": "mona", "name": "Mona Muster", "email": "kim@school.example", "email_verified": True}
    async with Page(school.url) as laptop, Page(school.url) as phone:
        room = await school.person(laptop, "Mona")
        before = cookie(laptop)
        status, path, text = await at_provider(laptop)
        assert (status, path) == (200, "/sign-in/oidc/confirm")
        assert "Are you Mona?" in text
        assert cookie(laptop) == before
        assert (await post(laptop, "/sign-in/oidc/confirm", {"choice": "switch"}))[:2] == (303, "/sign-in/oidc/confirm")
        assert (await post(laptop, "/sign-in/oidc/confirm", {"choice": "connect"}))[:2] == (303, "/me")
        assert (await post(laptop, "/sign-in/oidc/confirm", {"choice": "connect"}))[0] == 400, "once"
        await at_provider(phone)
        assert (await phone.get(room))[0] == 200
        assert await who(phone) == "Mona", "and not the person who has that address"


async def test_a_device_of_somebody_else_is_asked_and_signed_out(school: School) -> None:
    school.provider.somebody = {"sub": "nora", "name": "Nora"}
    async with Page(school.url) as laptop, Page(school.url) as shared, Page(school.url) as third:
        await at_provider(laptop)
        await school.person(shared, "Otto")
        _, _, text = await at_provider(shared)
        assert "Sign in as Nora on this device" in text
        assert "Otto has no other device and no e-mail address" in text
        assert await who(shared) == "Otto"
        await post(shared, "/sign-in/oidc/confirm", {"choice": "switch"})
        assert await who(shared) == "Nora"
        await school.person(third, "Pia")
        school.provider.somebody = {"sub": "somebody else", "name": "Quirin"}
        assert "No, I am somebody else" in (await at_provider(third))[2]
        await post(third, "/sign-in/oidc/confirm", {"choice": "begin"})
        assert await who(third) == "Quirin"
        school.provider.somebody = {"sub": "a third one", "name": "Rosa"}
        assert "Begin here as Rosa" in (await at_provider(third))[2], "who has an identity gets no second one"


async def test_an_answer_of_another_browser_signs_nobody_in(school: School) -> None:
    """Somebody sends a colleague the address with which the provider sent themselves back."""
    school.provider.somebody = {"sub": "eve", "name": "Eve"}
    async with Page(school.url) as eve, Page(school.url) as maria:
        async with eve._client.get(f"{eve.url}/sign-in/oidc", allow_redirects=False) as answer:
            there = answer.headers["Location"]
        async with eve._client.get(there, allow_redirects=False) as answer:
            back = answer.headers["Location"]
        for _ in range(2):
            async with maria._client.get(back) as answer:
                assert answer.status == 400
                assert "You were not signed in" in await answer.text()
            assert cookie(maria) == ""
            async with maria._client.get(f"{maria.url}/sign-in/oidc", allow_redirects=False) as answer:
                assert answer.status == 303  # now she has an attempt of her own, with another state


async def test_when_the_provider_is_down_the_other_ways_are_named(school: School) -> None:
    school.provider.somebody = {"sub": "down", "name": "Down"}
    async with Page(school.url) as maria:
        async with maria._client.get(f"{maria.url}/sign-in/oidc", allow_redirects=False) as answer:
            there = answer.headers["Location"]
        async with maria._client.get(there, allow_redirects=False) as answer:
            back = answer.headers["Location"]
        school.provider.down = True
        try:
            async with maria._client.get(back) as answer:
                assert answer.status == 503
                assert "use another way to sign in" in await answer.text()
        finally:
            school.provider.down = False


async def test_without_mail_and_provider_the_way_by_another_device_is_named(tmp_path: Path) -> None:
    server = Server(Settings(data=str(tmp_path)), worker_socket=tmp_path / "worker", recorder_socket=tmp_path / "recorder")
    async with server._store, TestClient(TestServer(await Site(server._parts).application())) as client:
        async with client.get("/sign-in") as answer:
            text = await answer.text()
        assert "This server sends no e-mail, so this is the way." in text
        assert "by-mail" not in text
        form = {"address": "maria@school.example"}
        async with client.post("/sign-in", data=form, headers={"Sec-Fetch-Site": "same-origin"}) as answer:
            assert answer.status == 404
        async with client.get("/sign-in/oidc") as answer:
            assert answer.status == 404


async def test_the_log_holds_no_name_no_address_and_no_token(school: School) -> None:
    for never in ("school.example", "Maria", "Mona", "/s/", "code="):
        assert never not in school.product.log.replace("microteach@school.example", "")
