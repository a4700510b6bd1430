"""Orders for `recorder.produce`, and its film as somebody would see and hear it."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
from numpy.typing import NDArray

from recorder.control import ProductName, Take
from recorder.keys import KeyStore
from recorder.order import Kind, Order
from recorder.products import open_product
from tests.integration.recorder.harness import Watched


def order_for(folder: Path, take: Take, kind: Kind = "film", **said: Any) -> Order:
    return msgspec.convert(
        {
            "kind": kind,
            "data": folder / "data",
            "keys": folder / "keys",
            "take": take.take,
            "version": take.version,
            "screen_version": take.screen_version,
            **said,
        },
        Order,
    )


def product(folder: Path, take: Take, name: ProductName) -> bytes:
    """As the recorder would serve it. Raises FileNotFoundError and BrokenFile."""
    opened = open_product(folder / "data", KeyStore(folder / "keys"), take.take, take.version, name)
    return b"".join(opened.chunks(0, opened.size_bytes))


def watch_mp4(data: bytes) -> Watched:
    """Pictures and sound by their own times, as players place them; edit lists count."""
    times: list[float] = []
    pictures: list[NDArray[np.uint8]] = []
    sound: list[NDArray[np.float64]] = []
    with av.open(io.BytesIO(data), "r") as container:
        for frame in container.decode(video=0, audio=0):
            if isinstance(frame, av.VideoFrame):
                times.append(float(frame.time or 0))
                pictures.append(frame.to_ndarray(format="gray").astype(np.uint8))
            elif isinstance(frame, av.AudioFrame):
                if not sound:
                    assert frame.pts == 0, "sound begins with the film"
                sound.append(frame.to_ndarray().reshape(-1).astype(np.float64))
    return Watched(times, pictures, np.concatenate(sound))
