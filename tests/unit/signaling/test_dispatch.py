"""Every message of the protocol has a handler."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

from server.media.client import MediaClient
from server.signaling.asked import ASKED
from server.signaling.dispatch import Dispatch
from server.wire import messages as wire
from tests.fakes.still_clock import StillClock


def test_no_message_is_without_a_handler() -> None:
    dispatch = Dispatch(MediaClient(Path("nowhere"), lambda _: None), StillClock())
    assert set(dispatch._handlers) == set(get_args(wire.FromPage))


def test_every_command_names_the_seat_that_asks() -> None:
    for kind, ask in ASKED.items():
        said = dict.fromkeys(kind.__struct_fields__)
        command = ask("ana", type("Said", (), said))
        assert command.seat == "ana", kind
