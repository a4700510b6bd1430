"""What a browser is told about scripts and sheets: kept for ever at a page's own addresses, asked for again elsewhere."""

import re

from tests.fakes.page import Page
from tests.fakes.product import Product


async def test_what_a_page_names_is_kept_and_comes_packed(product: Product) -> None:
    async with Page(product.url) as ana:
        _, text = await ana.get("/")
        [address] = re.findall(r'<script type="module" src="([^"]+)"', text)
        assert re.fullmatch(r"/static/[0-9a-f]{12}/en/js/pages/start.js", address)
        assert f'<link rel="modulepreload" href="{address}">' in text
        async with ana._client.get(product.url + address, headers={"Accept-Encoding": "gzip"}) as answer:
            assert answer.status == 200
            assert "immutable" in answer.headers["Cache-Control"]
            assert answer.headers["Content-Encoding"] == "gzip"
            assert "import" in await answer.text()
        version = address.split("/")[2]
        async with ana._client.get(product.url + address.replace(version, "0" * 12)) as answer:
            assert answer.status == 200, "a page of an earlier version is not left without its scripts"
            assert answer.headers["Cache-Control"] == "no-cache"


async def test_without_a_version_the_browser_asks_again_and_gets_nothing_twice(product: Product) -> None:
    async with Page(product.url) as ana, ana._client.get(f"{product.url}/static/css/tokens.css") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        tag = answer.headers["ETag"]
        assert (await ana.get("/static/css/tokens.css", If_None_Match=tag))[0] == 304


async def test_the_door_fetches_the_room_ahead(product: Product) -> None:
    async with Page(product.url) as ana:
        _, invitation = await ana.make_session()
        _, door = await ana.get(invitation.removeprefix(product.url))
        ahead = set(re.findall(r'<link rel="prefetch" href="([^"]+)"', door))
        await ana.join(invitation, "Ana", recording="leave-out")
        _, room = await ana.get(f"/sessions/{ana.session}")
        needed = set(re.findall(r'<link rel="(?:stylesheet|modulepreload)" href="([^"]+)"', room))
        missing = {name for name in needed - ahead if f'"{name}"' not in door}
        assert {name.rpartition("/")[2] for name in missing} <= {"print.css"}
