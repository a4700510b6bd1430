"""What a job is asked to make, as `recorder.produce` reads it, and how it says how far it is."""

from __future__ import annotations

import json
import time
from pathlib import Path
from typing import Literal, TextIO

import msgspec

from recorder.control import ProductName

Kind = Literal["film", "pictures", "waveform"]
Made = dict[ProductName, int]  # sizes in bytes
TELL_EVERY_S = 0.5


class Phase(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    title: str


class Moment(msgspec.Struct, frozen=True, kw_only=True):
    at_ms: int
    label: str


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Words of the language that was asked for. `{name}` and `{time}` are filled in here."""

    speaking: str = "{name}"
    missing: str = "{time} missing"
    held: str = "Break, {time}"


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """`people` are names by peer. Times count from the take's start. Fields that are not known here are passed over."""

    kind: Kind
    data: Path
    keys: Path
    take: str
    version: str
    screen_version: str = ""
    title: str = ""
    teacher: str = ""
    people: dict[str, str] = {}
    phases: tuple[Phase, ...] = ()
    moments: tuple[Moment, ...] = ()
    labels: Labels = Labels()


class Progress:
    """Lines of JSON: {"done": 0..1} now and then, at last {"made": {name: bytes}}."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._told_s = 0.0
        self._done = 0.0

    def tell(self, done: float) -> None:
        """Never goes back. Cheap enough to be called for every frame."""
        now_s = time.monotonic()
        self._done = min(max(done, self._done), 1.0)
        if now_s - self._told_s >= TELL_EVERY_S:
            self._told_s = now_s
            self._line({"done": round(self._done, 4)})

    def finish(self, made: Made) -> None:
        self._line({"done": 1.0})
        self._line({"made": made})

    def _line(self, value: object) -> None:
        print(json.dumps(value), file=self._out, flush=True)


def read_order(text: bytes) -> Order:
    """Raises msgspec.ValidationError and msgspec.DecodeError."""
    return msgspec.json.decode(text, type=Order, dec_hook=lambda kind, value: kind(value))
