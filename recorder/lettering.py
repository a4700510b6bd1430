"""Words as pictures, with the one font that Pillow brings along, which has the letters of English and nothing above them.

Accents are drawn here. A letter of another alphabet is written in Latin ones where that is usual, and else left out: there is
never a box. Values are coverage, 0 to 255.
"""

from __future__ import annotations

import unicodedata
from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

# Strokes above (or below) a letter, as points in widths and heights of an x: x from its middle, y up from its top. One point is a dot.
_Strokes = tuple[tuple[tuple[float, float], ...], ...]
_MARKS: dict[str, _Strokes] = {
    "\u0300": (((-0.22, 0.46), (0.14, 0.2)),),
    "\u0301": (((-0.14, 0.2), (0.22, 0.46)),),
    "\u0302": (((-0.3, 0.2), (0.0, 0.46), (0.3, 0.2)),),
    "\u0303": (((-0.34, 0.22), (-0.16, 0.4), (0.16, 0.24), (0.34, 0.42)),),
    "\u0304": (((-0.3, 0.32), (0.3, 0.32)),),
    "\u0306": (((-0.3, 0.44), (-0.16, 0.26), (0.16, 0.26), (0.3, 0.44)),),
    "\u0307": (((0.0, 0.34),),),
    "\u0308": (((-0.26, 0.34),), ((0.26, 0.34),)),
    "\u0309": (((-0.1, 0.46), (0.12, 0.44), (0.0, 0.2)),),
    "\u030a": (((-0.13, 0.3), (-0.13, 0.46), (0.0, 0.54), (0.13, 0.46), (0.13, 0.3), (0.0, 0.22), (-0.13, 0.3)),),
    "\u030b": (((-0.3, 0.2), (-0.04, 0.46)), ((0.08, 0.2), (0.34, 0.46))),
    "\u030c": (((-0.3, 0.46), (0.0, 0.2), (0.3, 0.46)),),
    "\u0323": (((0.0, -1.24),),),
    "\u0326": (((0.06, -1.2), (-0.06, -1.46)),),
    "\u0327": (((0.0, -1.06), (0.14, -1.26), (-0.16, -1.42)),),
    "\u0328": (((0.22, -1.02), (0.06, -1.3), (0.3, -1.4)),),
}
_BARRED = {"ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "ø": "o", "Ø": "O", "ħ": "h", "Ħ": "H"}
_WRITTEN = dict(zip("ßẞæÆœŒþÞı–—−•", "ss SS ae Ae oe Oe th Th i - - - ·".split(), strict=True))
_CYRILLIC = dict(
    zip(
        "абвгдежзийклмнопрстуфхцчшщъыьэюяієґћђљњџјўѕ",
        "a b v g d e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i ye g c dj lj nj dz j w dz".split(),
        strict=True,
    )
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρστυφχψως", "a v g d e z i th i k l m n x o p r s t y f ch ps o s".split(), strict=True))
_OTHER = {letter: latin.replace("_", "") for letter, latin in (_CYRILLIC | _GREEK).items()}
_BAR = "\u0335"  # our own sign for a bar through the letter before it


def drawn(text: str, size_px: int, most_width_px: int) -> Image.Image:
    """`text` in one line, cut with an ellipsis where it would be wider. Of no width where nothing of it can be written."""
    letters = _letters(writable(text))
    if _width(letters, size_px) > most_width_px:
        while letters and _width([*letters, "…"], size_px) > most_width_px:
            letters.pop()
        letters.append("…")
    return _line(letters, size_px)


def writable(text: str) -> str:
    """As it can be drawn here: accents behind their letters, what has no letter here left out."""
    out: list[str] = []
    for letter in unicodedata.normalize("NFC", " ".join(text.split())):
        signs = unicodedata.normalize("NFD", _in_latin(letter))
        out.extend(sign for sign in signs if sign in _MARKS or sign == _BAR or _has(sign))
    return " ".join("".join(out).split())


def _in_latin(letter: str) -> str:
    if letter in _BARRED:
        return _BARRED[letter] + _BAR
    if letter in _WRITTEN:
        return _WRITTEN[letter]
    if letter.lower() in _OTHER:
        latin = _OTHER[letter.lower()]
        return latin if letter.islower() else latin.capitalize()
    plain = unicodedata.normalize("NFD", letter)
    if plain[0].lower() in _OTHER:  # й, ё, ά: without what is above them
        latin = _OTHER[plain[0].lower()]
        return latin if plain[0].islower() else latin.capitalize()
    return letter


def _letters(text: str) -> list[str]:
    """Each with what stands above it."""
    letters: list[str] = []
    for sign in text:
        if letters and (sign in _MARKS or sign == _BAR):
            letters[-1] += sign
        else:
            letters.append(sign)
    return letters


def _width(letters: list[str], size_px: int) -> int:
    return round(_font(size_px).getlength("".join(letter[0] for letter in letters)))


def _line(letters: list[str], size_px: int) -> Image.Image:
    """Twice as large and then made smaller: strokes have no smooth edges of their own."""
    font = _font(2 * size_px)
    base = "".join(letter[0] for letter in letters)
    picture = Image.new("L", (2 * max(round(font.getlength(base) / 2), 0), 2 * round(1.5 * size_px)))
    if not picture.width:
        return picture.reduce(1)
    draw = ImageDraw.Draw(picture)
    draw.text((0, 2 * round(1.1 * size_px)), base, font=font, fill=255, anchor="ls")
    for number, letter in enumerate(letters):
        if len(letter) > 1:
            start = font.getlength(base[: number + 1]) - font.getlength(base[number])
            _draw_marks(draw, letter, start, 2 * round(1.1 * size_px), font, 2 * size_px)
    return picture.reduce(2)


def _draw_marks(draw: ImageDraw.ImageDraw, letter: str, start: float, baseline: int, font: ImageFont.FreeTypeFont, em: int) -> None:
    base, marks = letter[0], letter[1:]
    left, top, right, bottom = font.getbbox(base, anchor="ls")
    unit_left, unit_top, unit_right, _ = font.getbbox("x", anchor="ls")
    middle, wide, high = start + (left + right) / 2, unit_right - unit_left, -unit_top
    thick = em * 0.085
    if base in "ij" and any(mark not in "\u0323\u0326\u0327\u0328\u0335" for mark in marks):
        top = unit_top
        draw.rectangle((start + left - 1, baseline + 1.6 * unit_top, start + right + 1, baseline + 1.08 * unit_top), fill=0)
    for mark in marks:
        if mark == _BAR:
            _draw_bar(draw, base, (start + left, baseline + top, start + right, baseline + bottom), thick)
            continue
        for stroke in _MARKS[mark]:
            below = stroke[0][1] < 0
            origin = baseline - high if below else baseline + top
            _draw_stroke(draw, [(middle + x * wide, origin - y * high) for x, y in stroke], thick * (1.25 if len(stroke) == 1 else 1))


def _draw_bar(draw: ImageDraw.ImageDraw, base: str, box: tuple[float, float, float, float], thick: float) -> None:
    left, top, right, bottom = box
    out, high = thick, bottom - top
    if base in "oO":
        points = [(left - out * 0.2, bottom + out * 0.2), (right + out * 0.2, top - out * 0.2)]
    elif base == "L":
        points = [(left - out * 0.6, top + 0.6 * high), (left + 0.55 * (right - left), top + 0.38 * high)]
    elif base == "l":
        points = [(left - out, top + 0.6 * high), (right + out, top + 0.4 * high)]
    elif base in "dhH":
        points = [((left + right) / 2, top + 0.16 * high), (right + out, top + 0.16 * high)]
    else:
        points = [(left - out * 0.5, top + 0.5 * high), ((left + right) / 2, top + 0.5 * high)]
    _draw_stroke(draw, points, thick * 0.9)


def _draw_stroke(draw: ImageDraw.ImageDraw, points: list[tuple[float, float]], thick: float) -> None:
    if len(points) > 1:
        draw.line(points, fill=255, width=round(thick), joint="curve")
    for x, y in (points[0], points[-1]):
        draw.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)


@lru_cache(maxsize=4096)
def _has(sign: str) -> bool:
    return sign.isprintable() and (sign == " " or bytes(_font(32).getmask(sign)) != bytes(_font(32).getmask("\uffff")))


@lru_cache(maxsize=16)
def _font(size_px: int) -> ImageFont.FreeTypeFont:
    font = ImageFont.load_default(size_px)
    assert isinstance(font, ImageFont.FreeTypeFont)
    return font
