"""Small pictures of a recording, one for each short while: where in their sheet the one of a given time is. docs/products.md."""

from __future__ import annotations

from bisect import bisect_right

import msgspec

from recorder.control import Take
from server.review.recorder_client import ReadError, RecorderClient


class Thumbnail(msgspec.Struct, frozen=True, kw_only=True):
    """A cut-out of the picture at `url`, in its pixels."""

    url: str
    left: int
    top: int
    width: int
    height: int


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """`every` are the times in ms; `url` where the picture of all of them is."""

    every: tuple[int, ...]
    columns: int
    width: int
    height: int
    url: str = ""

    def at(self, ms: int) -> Thumbnail:
        place = max(0, bisect_right(self.every, ms) - 1)
        left, top = place % self.columns * self.width, place // self.columns * self.height
        return Thumbnail(url=self.url, left=left, top=top, width=self.width, height=self.height)


async def sheet_of(recorder: RecorderClient, take: Take) -> Sheet | None:
    """None while it is not made, or when it cannot be read."""
    try:
        size = await recorder.product_size(take.take, take.version, "sprite.json")
        pieces = [piece async for piece in recorder.read_product(take.take, take.version, "sprite.json", 0, size)]
        sheet = msgspec.json.decode(b"".join(pieces), type=Sheet)
    except (ReadError, msgspec.MsgspecError):
        return None
    return msgspec.structs.replace(sheet, url=f"/recordings/{take.take}/{take.version}/sprite.jpg") if sheet.every else None
