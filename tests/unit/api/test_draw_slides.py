"""Uploads of every kind through the real drawing process: good ones become pages, hostile ones a reason."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from server.api import slides
from server.api.draw_slides import HEIGHT, MOST_PAGES, MOST_PICTURES, WIDTH, Refused, save_all
from server.errors import UserError


def picture(kind: str, size: tuple[int, int] = (640, 360), mode: str = "RGB", **how: object) -> bytes:
    file = io.BytesIO()
    Image.new(mode, size, (200, 40, 40) if mode == "RGB" else (200, 40, 40, 0)).save(file, kind, **how)
    return file.getvalue()


def pdf(pages: int, size: tuple[int, int] = (320, 180)) -> bytes:
    file = io.BytesIO()
    first, *more = [Image.new("RGB", size, (number * 4 % 256, 90, 160)) for number in range(pages)]
    first.save(file, "PDF", save_all=True, append_images=more)
    return file.getvalue()


def bare_pdf(media_box: str, content: bytes = b"") -> bytes:
    """One page, written by hand; readers find its objects although there is no table of them."""
    return (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj\n"
        + f"3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[{media_box}]/Contents 4 0 R>>endobj\n".encode()
        + b"4 0 obj<</Length %d>>stream\n%s\nendstream endobj\ntrailer<</Root 1 0 R>>\n" % (len(content), content)
    )


def bomb_png(width: int, height: int) -> bytes:
    """A few bytes that say to be an enormous picture."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100_000)) + chunk(b"IEND", b"")


class Table:
    """Draws files given by their bytes."""

    def __init__(self, folder: Path) -> None:
        self.upload, self.pages = folder / "upload", folder / "pages"
        self.upload.mkdir()
        self.pages.mkdir()

    async def draw(self, *files: bytes) -> int:
        for number, data in enumerate(files):
            (self.upload / f"{number:02}").write_bytes(data)
        return await slides.draw(self.upload, self.pages)

    def page(self, number: int) -> Image.Image:
        return Image.open(self.pages / f"{number}.webp")


@pytest.fixture
def table(tmp_path: Path) -> Table:
    return Table(tmp_path)


async def test_a_pdf_becomes_its_pages_in_order(table: Table) -> None:
    assert await table.draw(pdf(3)) == 3
    for number in range(3):
        with table.page(number) as page:
            assert page.format == "WEBP"
            assert page.size == (WIDTH, 900)
            red = page.convert("RGB").getpixel((800, 450))[0]  # type: ignore[index]
            assert abs(red - number * 4) < 6


@pytest.mark.parametrize(
    ("data", "size"),
    [
        (picture("PNG", (4000, 1000)), (WIDTH, 400)),
        (picture("JPEG", (600, 3200)), (300, HEIGHT)),
        (picture("WEBP", (320, 200)), (320, 200)),
        (picture("PNG", (200, 100), mode="RGBA"), (200, 100)),
    ],
)
async def test_pictures_become_pages_no_larger_than_a_screen(table: Table, data: bytes, size: tuple[int, int]) -> None:
    assert await table.draw(data) == 1
    with table.page(0) as page:
        assert page.size == size


async def test_a_see_through_picture_stands_on_white_and_a_turned_photo_upright(table: Table) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    assert await table.draw(picture("PNG", (40, 20), mode="RGBA"), picture("JPEG", (60, 20), exif=exif)) == 2
    with table.page(0) as clear, table.page(1) as turned:
        assert clear.convert("RGB").getpixel((5, 5)) == (255, 255, 255)
        assert turned.size == (20, 60)


HOSTILE: dict[str, tuple[Callable[[], list[bytes]], str]] = {
    "nothing": (list, "not_slides"),
    "an empty file": (lambda: [b""], "not_slides"),
    "a web page": (lambda: [b"<html><script>alert(1)</script>"], "not_slides"),
    "an SVG": (lambda: [b"<svg xmlns='http://www.w3.org/2000/svg'/>"], "not_slides"),
    "a GIF": (lambda: [picture("GIF")], "not_slides"),
    "a TIFF": (lambda: [picture("TIFF")], "not_slides"),
    "two PDFs": (lambda: [pdf(1), pdf(1)], "not_slides"),
    "a PDF and a picture": (lambda: [pdf(1), picture("PNG")], "not_slides"),
    "a PDF of nothing": (lambda: [b"%PDF-1.7\n" + b"\0" * 5000], "cannot_read"),
    "a PDF that ends early": (lambda: [pdf(2)[:400]], "cannot_read"),
    "too many pages": (lambda: [pdf(MOST_PAGES + 1, (16, 9))], "too_many_pages"),
    "too many pictures": (lambda: [picture("PNG", (4, 4))] * (MOST_PICTURES + 1), "too_many_pages"),
    "a picture that ends early": (lambda: [picture("JPEG")[:200]], "cannot_read"),
    "a decompression bomb": (lambda: [bomb_png(60_000, 60_000)], "cannot_read"),
    "a smaller decompression bomb": (lambda: [bomb_png(12_000, 9_000)], "cannot_read"),
}


@pytest.mark.parametrize("kind", HOSTILE)
async def test_what_is_no_slides_is_refused_by_a_stable_code(table: Table, kind: str) -> None:
    make, code = HOSTILE[kind]
    with pytest.raises(UserError, match=code) as refused:
        await table.draw(*make())
    assert refused.value.message


@pytest.mark.parametrize("media_box", ["0 0 1000000 1000000", "0 0 0 0", "0 0 1e9 1", "5 5 1 1", "0 0 nan nan"])
async def test_a_page_of_any_size_is_a_small_picture_or_refused(table: Table, media_box: str) -> None:
    try:
        assert await table.draw(bare_pdf(media_box)) == 1
    except UserError as refused:
        assert refused.code == "cannot_read"
    else:
        with table.page(0) as page:
            assert max(page.size) <= max(WIDTH, HEIGHT) + 1


async def test_a_page_that_never_ends_being_drawn_is_given_up(table: Table, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slides, "DRAWING_S", 1.0)
    endless = b"q 0.1 0 0 0.1 0 0 cm " + b"0 0 m 1000 900 500 -900 2000 2000 c S " * 400_000
    with pytest.raises(UserError, match="cannot_read"):
        await table.draw(bare_pdf("0 0 2000 2000", endless))


def test_pages_together_have_a_limit_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("server.api.draw_slides.MOST_DRAWN_BYTES", 100)
    with pytest.raises(Refused, match="too_large"):
        save_all(iter([Image.new("RGB", (64, 64))] * 3), tmp_path)
