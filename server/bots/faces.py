"""Drawn faces, each pose encoded once as a VP8 picture that needs no other: poses can follow each other in any order.

A pose is where the eyes look (or that they blink) and how far the mouth is open.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from server.bots.speech import MOUTHS

WIDTH, HEIGHT = 384, 216
Eyes = Literal["ahead", "left", "right", "closed"]
EYES: tuple[Eyes, ...] = ("ahead", "left", "right", "closed")
Pose = tuple[Eyes, int]
Picture = NDArray[np.float32]
Colour = tuple[int, int, int]

_LINE: Colour = (52, 40, 44)
_WHITE: Colour = (252, 250, 246)
_LIPS: Colour = (188, 84, 84)
_GAZE: Mapping[Eyes, int] = {"ahead": 0, "left": -5, "right": 5, "closed": 0}


@dataclass(frozen=True, slots=True)
class Look:
    wall: Colour
    skin: Colour
    hair: Colour
    shirt: Colour
    long_hair: bool


LOOKS: Mapping[str, Look] = {
    "lina": Look((214, 232, 226), (242, 205, 178), (120, 62, 34), (44, 122, 123), long_hair=True),
    "omar": Look((240, 228, 206), (186, 132, 94), (38, 30, 30), (64, 92, 160), long_hair=False),
    "greta": Look((222, 222, 240), (248, 218, 198), (150, 148, 158), (150, 70, 110), long_hair=True),
}


def encode_face(look: Look) -> dict[Pose, bytes]:
    """VP8 keyframes of all poses."""
    codec = av.CodecContext.create("libvpx", "w")
    assert isinstance(codec, av.VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    codec.time_base, codec.framerate = Fraction(1, 10), Fraction(10)
    codec.gop_size = 0
    codec.thread_count = 1
    quality = {"qmin": "36", "qmax": "36", "b": "200k"}
    codec.options = {
        **quality,
        "deadline": "good",
        "cpu-used": "4",
        "qmin": "36",
        "qmax": "36",
        "b": "200k",
        "lag-in-frames": "0",
        "auto-alt-ref": "0",
    }
    still = draw_head(look)
    found: dict[Pose, bytes] = {}
    for index, (eyes, mouth) in enumerate((eyes, mouth) for eyes in EYES for mouth in range(MOUTHS)):
        picture = draw_pose(still, look, eyes, mouth)
        frame = av.VideoFrame.from_ndarray(np.clip(picture, 0, 255).astype(np.uint8), format="rgb24")
        frame.pts, frame.time_base = index, Fraction(1, 10)
        [packet] = codec.encode(frame)
        found[eyes, mouth] = bytes(packet)
    return found


def draw_head(look: Look) -> Picture:
    picture = np.empty((HEIGHT, WIDTH, 3), dtype=np.float32)
    picture[:] = look.wall
    if look.long_hair:
        _ellipse(picture, look.hair, 0, 16, 74, 92)
    _ellipse(picture, look.shirt, 0, 146, 104, 66)
    _ellipse(picture, look.skin, 0, 84, 22, 30)
    _ellipse(picture, look.hair, 0, -20, 66, 62)
    _ellipse(picture, look.skin, -60, 14, 10, 14)
    _ellipse(picture, look.skin, 60, 14, 10, 14)
    _ellipse(picture, look.skin, 0, 12, 58, 70)
    _ellipse(picture, look.hair, 0, -46, 50, 24)
    return picture


def draw_pose(head: Picture, look: Look, eyes: Eyes, mouth: int) -> Picture:
    picture = head.copy()
    for x in (-24, 24):
        _ellipse(picture, look.hair, x, -14, 13, 3)
        if eyes == "closed":
            _ellipse(picture, _LINE, x, 4, 11, 2)
        else:
            _ellipse(picture, _WHITE, x, 3, 12, 9)
            _ellipse(picture, _LINE, x + _GAZE[eyes], 3, 5, 6)
    _ellipse(picture, tuple(round(part * 0.88) for part in look.skin), 0, 24, 6, 8)
    if mouth == 0:  # a smile: a dark arc, of which skin covers the upper part
        _ellipse(picture, _LIPS, 0, 48, 22, 10)
        _ellipse(picture, look.skin, 0, 44, 24, 10)
    else:
        _ellipse(picture, _LIPS, 0, 50, 20 - mouth, 5 + 4 * mouth)
        _ellipse(picture, _LINE, 0, 50, 15 - mouth, 2 + 3 * mouth)
    return picture


def _ellipse(picture: Picture, colour: tuple[int, ...], x: float, y: float, wide: float, high: float) -> None:
    """With soft edges, in pixels: x, y is its middle seen from the picture's, `wide` and `high` are its half axes."""
    x, y = x + WIDTH / 2, y + HEIGHT / 2
    left, top = max(0, int(x - wide) - 2), max(0, int(y - high) - 2)
    part = picture[top : int(y + high) + 3, left : int(x + wide) + 3]
    rows, columns = np.ogrid[top : top + part.shape[0], left : left + part.shape[1]]
    inside = (1 - np.hypot((columns - x) / wide, (rows - y) / high)) * min(wide, high) + 0.5
    cover = np.clip(inside, 0, 1).astype(np.float32)[..., None]
    part += cover * (np.array(colour, dtype=np.float32) - part)
