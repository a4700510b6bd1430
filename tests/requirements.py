"""Programs that some tests need beside Python: a missing one skips the test, with the line that installs it.

`MT_REQUIRE=chromium,espeak-ng` turns the skip into a failure for the programs it names.
"""

import os
import shutil
from collections.abc import Iterable
from pathlib import Path
from typing import Final

import pytest

# name -> (any of these executables will do, the Debian packages that bring them)
PROGRAMS: Final[dict[str, tuple[tuple[str, ...], str]]] = {
    "chromium": (("chromium", "chromium-browser", "google-chrome"), "chromium"),
    "firefox-esr": (("firefox-esr", "firefox"), "firefox-esr"),
    "redis-server": (("redis-server", "valkey-server"), "redis-server"),
    "coturn": (("turnserver",), "coturn"),
    "caddy": (("caddy",), "caddy"),
    "postgresql": (("pg_virtualenv",), "postgresql postgresql-common"),
    "janus": (("janus",), "janus"),
    "strace": (("strace",), "strace"),
    "espeak-ng": (("espeak-ng",), "espeak-ng"),
    "node": (("node",), "nodejs"),
    "npm": (("npm",), "nodejs npm"),
}

# what has a shorter relative in every whole run
long = pytest.mark.skipif(not os.environ.get("MT_LONG"), reason="takes long: MT_LONG=1 python3 tasks.py test --full")


def require(name: str) -> Path:
    """The program's path; skips the running test, or fails it when MT_REQUIRE names the program."""
    executables, packages = PROGRAMS[name]
    for executable in executables:
        if found := shutil.which(executable):
            return Path(found)
    message = f"{name} is not installed: apt-get install -y --no-install-recommends {packages}"
    if name in required_names(os.environ.get("MT_REQUIRE", "")):
        pytest.fail(message, pytrace=False)
    pytest.skip(message)


def require_all(names: Iterable[str]) -> None:
    for name in names:
        require(name)


def required_names(setting: str) -> frozenset[str]:
    return frozenset(name.strip() for name in setting.split(",") if name.strip())
