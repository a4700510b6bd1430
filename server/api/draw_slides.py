"""A process of its own that draws one upload as WebP pictures: hostile files end here, within these limits.

Run by path with a folder that holds the upload and a folder for the pages; prints one JSON object, {"pages": n} or {"code": why}.
It must not know anything of the server.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pypdfium2
from PIL import Image, ImageOps, UnidentifiedImageError

WIDTH = 1600
HEIGHT = 1600
MOST_PAGES = 60
MOST_PICTURES = 20
MOST_PIXELS = 60_000_000
MOST_SCALE = 8.0
MEMORY_BYTES = 1_500_000_000
CPU_S = 60
LARGEST_PAGE_BYTES = 8_000_000
MOST_DRAWN_BYTES = 60_000_000
FORMATS = ("PNG", "JPEG", "WEBP")
_PICTURES = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


class Refused(Exception):
    """Its text is the stable code."""


def main(upload: Path, pages: Path) -> int:
    limit()
    try:
        answer: dict[str, object] = {"pages": draw(sorted(upload.iterdir()), pages)}
    except Refused as refused:
        answer = {"code": str(refused)}
    except Exception:  # noqa: BLE001 -- whatever a hostile file makes a library raise
        answer = {"code": "cannot_read"}
    print(json.dumps(answer))
    return 0


def limit() -> None:
    for what, most in (
        (resource.RLIMIT_AS, MEMORY_BYTES),
        (resource.RLIMIT_CPU, CPU_S),
        (resource.RLIMIT_FSIZE, LARGEST_PAGE_BYTES),
        (resource.RLIMIT_NOFILE, 32),
        (resource.RLIMIT_CORE, 0),
    ):
        with suppress(ValueError, OSError):  # macOS knows no limit of address space
            resource.setrlimit(what, (most, most))
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    warnings.simplefilter("error", Image.DecompressionBombWarning)


def draw(files: list[Path], folder: Path) -> int:
    """The number of pages. Raises Refused."""
    if not files:
        raise Refused("not_slides")
    if any(is_pdf(file) for file in files):
        if len(files) > 1:
            raise Refused("not_slides")
        return save_all(pdf_pages(files[0]), folder)
    if not all(is_picture(file) for file in files):
        raise Refused("not_slides")
    if len(files) > MOST_PICTURES:
        raise Refused("too_many_pages")
    return save_all(map(picture, files), folder)


def is_pdf(file: Path) -> bool:
    """The header may stand anywhere in the first 1024 bytes (ISO 32000-1, H.3)."""
    return b"%PDF-" in head(file, 1024)


def is_picture(file: Path) -> bool:
    start = head(file, 12)
    return start.startswith(_PICTURES) or (start[:4] == b"RIFF" and start[8:] == b"WEBP")


def head(file: Path, size: int) -> bytes:
    with file.open("rb") as opened:
        return opened.read(size)


def pdf_pages(file: Path) -> Iterator[Image.Image]:
    document = pypdfium2.PdfDocument(file)
    if len(document) > MOST_PAGES:
        raise Refused("too_many_pages")
    for page in document:
        width, height = page.get_size()
        if not (width > 0 and height > 0):
            raise Refused("cannot_read")
        scale = min(WIDTH / width, HEIGHT / height, MOST_SCALE)
        yield page.render(scale=scale).to_pil().convert("RGB")
        page.close()


def picture(file: Path) -> Image.Image:
    try:
        with Image.open(file, formats=FORMATS) as opened:
            upright = ImageOps.exif_transpose(opened)
            shown = upright.convert("RGBA" if upright.has_transparency_data else "RGB")
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refused("cannot_read") from error
    shown.thumbnail((WIDTH, HEIGHT), Image.Resampling.LANCZOS)
    if shown.mode == "RGB":
        return shown
    paper = Image.new("RGBA", shown.size, "white")
    return Image.alpha_composite(paper, shown).convert("RGB")


def save_all(drawn: Iterator[Image.Image], folder: Path) -> int:
    """On disk when it returns. What is small can be drawn large: its pages together have a limit too."""
    count = size = 0
    for count, page in enumerate(drawn, 1):
        with (folder / f"{count - 1}.webp").open("wb") as file:
            page.save(file, "WEBP", quality=82, method=3)
            file.flush()
            os.fsync(file.fileno())
            size += file.tell()
        if size > MOST_DRAWN_BYTES:
            raise Refused("too_large")
    if not count:
        raise Refused("cannot_read")
    return count


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
