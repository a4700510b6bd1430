"""Being known on another device, as people see it: a link from device to device, one by mail, and the school's own sign-in."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.browser.axe import violations
from tests.browser.driver import Browser
from tests.browser.driver import Page as Screen
from tests.fakes.mailbox import link_in, mailboxes
from tests.fakes.page import Page
from tests.fakes.product import Product, running_product
from tests.fakes.provider import CLIENT, SECRET, running_provider

LOUD = ("exception", "security")
VALUE_JS = "(id) => document.getElementById(id).value"
SHOWN_JS = "(part) => { const found = document.querySelector(`[data-when=${part}]`); return !!found && !found.hidden }"
COUNT_JS = "(count) => document.querySelectorAll('#devices > li').length === count"


@pytest.mark.timeout(180)
async def test_one_person_on_three_devices(tmp_path: Path, screenshots: Path) -> None:
    async with mailboxes() as boxes, running_provider() as provider, Browser() as browser:
        oidc = {"oidc_issuer": provider.issuer, "oidc_client_id": CLIENT, "oidc_client_secret": SECRET, "oidc_name": "Example School"}
        async with running_product(tmp_path, **boxes.settings, **oidc) as product:
            laptop, phone, tablet = [await browser.page(person=each) for each in ("laptop", "phone", "tablet")]
            await phone.set_viewport(390, 844, mobile=True)
            await phone.emulate(colour_scheme="dark")
            await tablet.set_viewport(820, 1180, mobile=True)
            await known(product, laptop, "Maria")
            await known(product, tablet, "Ben")
            link = await shows_a_link(laptop, screenshots)
            await opens_it(phone, link, screenshots)
            await laptop.wait_for(SHOWN_JS, "used", what="the news that the other device is signed in")
            await adds_an_address(laptop, screenshots)
            link = link_in(await boxes.next_to("maria@school.example"))
            await laptop.goto(link)
            await laptop.click("#enter")
            await laptop.wait_for("document.getElementById('account')?.innerText.includes('maria@school.example')", what="the address")
            await laptop.goto(f"{product.url}/me/devices")
            await asks_for_a_mail(tablet, product, screenshots)
            await becomes_maria_by_mail(tablet, link_in(await boxes.next_to("maria@school.example")), screenshots)
            await laptop.wait_for(COUNT_JS, 3, what="the third device")
            await looks_right(laptop, screenshots / "sign-in-6-devices.png")
            await laptop.click("#others button")
            await laptop.wait_for(COUNT_JS, 1, what="one device")
            await tablet.goto(f"{product.url}/me/devices")
            assert "/sign-in" in await tablet.url()
            await is_connected(laptop, product, screenshots)
            assert [str(each) for screen in (laptop, phone, tablet) for each in screen.problems if each.kind in LOUD] == []


async def known(product: Product, screen: Screen, name: str) -> None:
    """Somebody who has been in a session on this device."""
    async with Page(product.url) as page:
        lead, _ = await page.make_session()
        await page.join(lead, name)
        token = next(each.value for each in page._client.cookie_jar if each.key == "mt_device")
    await screen.set_cookie(product.url, "mt_device", token)
    await screen.goto(f"{product.url}/me/devices")


async def shows_a_link(laptop: Screen, screenshots: Path) -> str:
    assert "This browser is the only way" in await laptop.text("#account")
    await looks_right(laptop, screenshots / "sign-in-1-only-device.png")
    await laptop.click("#another")
    await laptop.wait_for("!!document.getElementById('device-link')", what="a link")
    await looks_right(laptop, screenshots / "sign-in-2-link.png")
    return str(await laptop.eval(VALUE_JS, "link"))


async def opens_it(phone: Screen, link: str, screenshots: Path) -> None:
    await phone.goto(link)
    await looks_right(phone, screenshots / "sign-in-3-phone-dark.png")
    await phone.click("#enter")
    await phone.wait_for("!!document.getElementById('my-devices')", what="what is Maria's")
    await phone.click("#my-devices")
    await phone.wait_for(COUNT_JS, 2, what="both devices")
    await phone.click("#language-de")
    await phone.wait_for("document.documentElement.lang === 'de'", what="German")
    await looks_right(phone, screenshots / "sign-in-4-phone-devices.png")


async def adds_an_address(laptop: Screen, screenshots: Path) -> None:
    await laptop.click(name="My devices", role="link")
    await laptop.wait_for(COUNT_JS, 2, what="both devices")
    await laptop.eval("document.getElementById('new-address').closest('details').open = true")
    await laptop.fill("#new-address", "maria@school.example")
    await laptop.click(name="Send me a link", role="button")
    await laptop.wait_for("document.body.innerText.includes('A link is on its way')", what="the answer")


async def asks_for_a_mail(tablet: Screen, product: Product, screenshots: Path) -> None:
    await tablet.goto(f"{product.url}/sign-in")
    await looks_right(tablet, screenshots / "sign-in-5-ways.png")
    await tablet.fill("#address", "maria@school.example")
    await tablet.click(name="Send me a link", role="button")
    await tablet.wait_for("!!document.getElementById('sent')", what="the answer")
    await looks_right(tablet, screenshots / "sign-in-5-sent.png")


async def becomes_maria_by_mail(tablet: Screen, link: str, screenshots: Path) -> None:
    await tablet.goto(link)
    assert "This device is signed in as Ben" in await tablet.text("#leaving")
    await looks_right(tablet, screenshots / "sign-in-7-instead-of-ben.png")
    await tablet.click("#enter")
    await tablet.wait_for("document.getElementById('account-name')?.innerText === 'Maria'", what="Maria")


async def is_connected(laptop: Screen, product: Product, screenshots: Path) -> None:
    await laptop.goto(f"{product.url}/me")
    await laptop.click("#connect")
    await laptop.wait_for("document.body.innerText.includes('Example School says that you are Maria Muster')", what="the question")
    await looks_right(laptop, screenshots / "sign-in-8-connect.png")
    await laptop.click("#connect")
    await laptop.wait_for("document.body.innerText.includes('Connected: you can sign in with it.')", what="the connection")
    await looks_right(laptop, screenshots / "sign-in-9-me.png")
    await laptop.click("#sign-out summary")
    await laptop.click(name="Yes, sign out", role="button")
    await laptop.wait_for("location.pathname === '/'", what="the start page")
    await laptop.goto(f"{product.url}/me")
    assert not await laptop.eval("!!document.getElementById('account')")


async def looks_right(screen: Screen, picture: Path) -> None:
    await screen.wait_for("document.readyState === 'complete'", what="the whole page")
    await screen.screenshot(picture, full_page=True)
    assert await violations(screen) == []
