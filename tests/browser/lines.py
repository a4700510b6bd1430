"""What happens to a person's device, seen from outside: its line is cut, or it sleeps. One Chromium of their own is needed."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Iterator
from pathlib import Path

from tests.browser.driver import Browser

NETWORK = b"network.mojom.NetworkService"


@contextlib.contextmanager
def cut_line(browser: Browser) -> Iterator[None]:
    """No packet leaves or reaches the browser, sockets and media alike; its pages go on and do not know it."""
    pid = _network_process(browser)
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def asleep(browser: Browser) -> Iterator[None]:
    """As when a laptop is closed. Nothing can be asked of its pages meanwhile."""
    os.killpg(browser.pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.killpg(browser.pid, signal.SIGCONT)


def _network_process(browser: Browser) -> int:
    for folder in Path("/proc").iterdir():
        with contextlib.suppress(OSError, ValueError):
            if NETWORK in (folder / "cmdline").read_bytes() and os.getsid(int(folder.name)) == browser.pid:
                return int(folder.name)
    raise RuntimeError("this Chromium has no network process of its own")
