"""Slides over real HTTP: brought, shown, seen by those who may."""

from __future__ import annotations

import asyncio
import io
import json
from pathlib import Path

import pytest
from PIL import Image

from server.api.slides import MOST_BYTES, size_of
from server.wire.messages import Accepted
from tests.fakes.page import Page
from tests.fakes.product import Product

pytestmark = pytest.mark.asyncio(loop_scope="module")


def pdf(pages: int) -> bytes:
    file = io.BytesIO()
    first, *more = [Image.new("RGB", (320, 180), (number * 40, 90, 160)) for number in range(pages)]
    first.save(file, "PDF", save_all=True, append_images=more)
    return file.getvalue()


async def test_slides_are_seen_by_their_owner_and_once_shown_by_everybody(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as maria, Page(product.url) as stranger:
        lead, invitation = await ana.make_session()
        await ana.join(lead, "Ana")
        await maria.join(invitation, "Maria", teaches=True)
        await ana.connect()
        await maria.connect()
        status, made = await maria.upload(f"/sessions/{maria.session}/slides", ("Brüche,  part 1.pdf", pdf(3)))
        assert (status, made["pages"]) == (201, 3)
        view = await maria.until_seen(lambda view: bool(view.decks))
        assert (view.decks[0].title, view.decks[0].pages) == ("Brüche, part 1", 3)
        assert (await ana.connect()).decks == ()
        page = f"/sessions/{maria.session}/slides/{made['deck']}/2"
        async with maria._client.get(maria.url + page) as answer:
            assert answer.status == 200
            assert answer.content_type == "image/webp"
            assert "immutable" in answer.headers["Cache-Control"]
            assert "private" in answer.headers["Cache-Control"]
            etag = answer.headers["ETag"]
            with Image.open(io.BytesIO(await answer.read())) as picture:
                assert picture.width == 1600
        assert (await maria.get(page, If_None_Match=etag))[0] == 304
        assert (await ana.get(page))[0] == 404, "not shown yet"
        assert isinstance(await maria.ask(type="show_slide", deck=made["deck"], page=1), Accepted)
        seen = await ana.until_seen(lambda view: view.slide is not None)
        assert seen.slide
        assert (seen.slide.page, seen.slide.pages) == (1, 3)
        assert (await ana.get(page))[0] == 200
        assert (await stranger.get(page))[0] == 404
        for path in (page[:-1] + "3", page[:-1] + "-1", page[:-1] + "..%2f..%2fsecret", f"/sessions/{maria.session}/slides/..%2f..%2f/0"):
            assert (await maria.get(path))[0] == 404


async def test_only_somebody_who_teaches_brings_slides(product: Product) -> None:
    async with Page(product.url) as ana, Page(product.url) as stranger:
        lead, _ = await ana.make_session()
        await ana.join(lead, "Ana")
        path = f"/sessions/{ana.session}/slides"
        status, answer = await ana.upload(path, ("a.pdf", pdf(1)))
        assert (status, answer["code"]) == (403, "not_allowed")
        status, answer = await stranger.upload(path, ("a.pdf", pdf(1)))
        assert (status, answer["code"]) == (404, "no_seat")
        status, answer = await ana.upload(path, ("a.pdf", pdf(1)), Origin="https://evil.example")
        assert (status, answer["code"]) == (403, "cross_site")


async def test_what_is_no_slides_is_refused_in_words_and_leaves_nothing(product: Product) -> None:
    async with Page(product.url) as maria:
        lead, _ = await maria.make_session()
        await maria.join(lead, "Maria", teaches=True)
        await maria.connect()
        path = f"/sessions/{maria.session}/slides"
        for files, status, code in (
            ([("a.html", b"<html>")], 415, "not_slides"),
            ([("a.pdf", b"%PDF-1.7" + b"\0" * 100)], 422, "cannot_read"),
            ([(f"{number}.png", b"\x89PNG\r\n\x1a\n") for number in range(25)], 413, "too_many_pages"),
            ([("large.pdf", b"%PDF-1.7" + b"\0" * MOST_BYTES)], 413, "too_large"),
        ):
            found, answer = await maria.upload(path, *files)
            assert (found, answer["code"]) == (status, code)
            assert len(answer["message"]) > 20
        async with maria._client.post(maria.url + path, data=b"raw", headers={"Accept": "application/json"}) as raw:
            assert (raw.status, json.loads(await raw.text())["code"]) == (415, "not_slides")
        assert (await maria.connect()).decks == ()


async def test_several_at_once_are_drawn_one_after_the_other(product: Product) -> None:
    async with Page(product.url) as maria, Page(product.url) as ben, Page(product.url) as ana:
        lead, invitation = await maria.make_session()
        await maria.join(lead, "Maria", teaches=True)
        await ben.join(invitation, "Ben", teaches=True)
        await ana.join(invitation, "Ana", teaches=True)
        path = f"/sessions/{maria.session}/slides"
        answers = await asyncio.gather(*(page.upload(path, ("a.pdf", pdf(2))) for page in (maria, ben, ana)))
        assert [status for status, _ in answers] == [201] * 3


async def test_nobody_keeps_the_others_from_bringing_slides(product: Product) -> None:
    async with Page(product.url) as maria:
        lead, _ = await maria.make_session()
        await maria.join(lead, "Maria", teaches=True)
        path = f"/sessions/{maria.session}/slides"
        answers = await asyncio.gather(*(maria.upload(path, (f"{number}.pdf", pdf(2))) for number in range(3)))
        assert sorted((status, answer.get("code", "")) for status, answer in answers) == [(201, ""), (503, "busy"), (503, "busy")]
        assert (await maria.upload(path, ("again.pdf", pdf(1))))[0] == 201


async def test_what_slides_take_of_the_disk_is_counted(tmp_path: Path) -> None:
    deck = tmp_path / "deck"
    deck.mkdir()
    for number in range(3):
        (deck / f"{number}.webp").write_bytes(b"x" * 100)
    assert size_of([deck, tmp_path / "gone"]) == 300


async def test_nobody_brings_slides_more_than_five_times(product: Product) -> None:
    async with Page(product.url) as maria:
        lead, _ = await maria.make_session()
        await maria.join(lead, "Maria", teaches=True)
        path = f"/sessions/{maria.session}/slides"
        answers = [await maria.upload(path, ("a.pdf", pdf(1))) for _ in range(6)]
        assert [status for status, _ in answers] == [201] * 5 + [409]
        assert answers[-1][1]["code"] == "too_many_decks"


async def test_other_routes_still_take_only_small_forms(product: Product) -> None:
    async with Page(product.url) as ana:
        assert await ana.post("/language", {"language": "x" * 200_000}) == 413
