"""Versions, security floors, and whether what makes the media worker fast is there."""

from __future__ import annotations

import importlib.metadata
import platform
import re
import sqlite3
import sys
import sysconfig
import tomllib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from server.doctor.findings import About, Finding, fail, ok, warn

FLOORS = Path(__file__).with_name("floors.toml")
OLDEST, NEWEST = (3, 11), (3, 13)
EXTRAS = {"redis": ("redis", "cluster"), "database": ("asyncpg", "cluster"), "s3_bucket": ("obstore", "s3")}  # setting -> package, extra
UPGRADE = "Install what run.lock names: `python3 tasks.py run` does it by itself, a container image needs to be built anew."


def check_versions(about: About) -> Iterator[Finding]:
    running = sys.version_info[:2]
    words = f"Python {platform.python_version()}"
    if OLDEST <= running <= NEWEST:
        yield ok("python_version", words)
    else:
        yield warn("python_version", f"{words} is not one that Microteach is tested with.", "Use Python 3.11, 3.12 or 3.13.")
    yield from below_floors(floors()["packages"], installed_version)
    yield from _missing_extras(about)
    yield sqlite_finding(sqlite3.sqlite_version)


def check_speed(_: About) -> Iterator[Finding]:
    if not is_optimised(sys.base_prefix, sysconfig.get_config_vars()):
        yield warn(
            "python_slow",
            "This Python was built without optimizations: it carries about half as many rooms.",
            "Use the Python of your distribution, or one built with --enable-optimizations --with-lto.",
        )
    else:
        yield ok("python_fast", "Python was built with optimizations")
    from server.media.batch import can_segment
    from server.media.native import load

    if load() is None:
        yield warn(
            "native_missing",
            "The media worker's inner loop is not compiled: each packet costs about a third more.",
            "`python3 tasks.py native` compiles it; it needs a C compiler once.",
        )
    else:
        yield ok("native", "The media worker's inner loop is compiled")
    if can_segment():
        yield ok("gso", "The kernel sends several datagrams at once (UDP GSO)")
    else:
        yield ok("gso_missing", "The kernel does not know UDP GSO: sending costs somewhat more", "Linux 4.18 or newer knows it.")


def is_optimised(prefix: str, config: Mapping[str, Any]) -> bool:
    """A distribution's own Python is, and does not say so."""
    return not config.get("Py_DEBUG") and (prefix == "/usr" or "--enable-optimizations" in str(config.get("CONFIG_ARGS") or ""))


def floors() -> dict[str, Any]:
    return tomllib.loads(FLOORS.read_text())


def below_floors(packages: Mapping[str, Mapping[str, str]], version_of: Callable[[str], str | None]) -> Iterator[Finding]:
    """What is not installed is not below."""
    below = 0
    for name, wanted in packages.items():
        found = version_of(name)
        if found is not None and numbers(found) < numbers(wanted["floor"]):
            below += 1
            yield fail("below_floor", f"{name} {found} is older than {wanted['floor']}: {wanted['why']}.", UPGRADE)
    if not below:
        yield ok("floors", "No package is older than its security floor")


def installed_version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def sqlite_finding(version: str) -> Finding:
    wanted = floors()["sqlite"]
    if _is_repaired(version, wanted["any"]):
        return ok("sqlite_version", f"SQLite {version}")
    return warn(
        "sqlite_wal_reset",
        f"SQLite {version} has a known fault: {wanted['why']}. It is very rare, and one process writes here.",
        f"Use a Python whose SQLite is {', '.join(wanted['any'][:-1])} or {wanted['any'][-1]}, or newer; or PostgreSQL.",
    )


def numbers(version: str) -> tuple[int, ...]:
    """The release in it: 3.14.3 of "3.14.3rc1"."""
    found = re.match(r"\d+(?:\.\d+)*", version)
    return tuple(map(int, found[0].split("."))) if found else ()


def _is_repaired(version: str, branches: list[str]) -> bool:
    have = numbers(version)
    repaired = [numbers(branch) for branch in branches]
    return have >= max(repaired) or any(have[:2] == each[:2] and have >= each for each in repaired)


def _missing_extras(about: About) -> Iterator[Finding]:
    for setting, (package, extra) in EXTRAS.items():
        if getattr(about.settings, setting) and installed_version(package) is None:
            yield fail(
                "extra_missing", f"{setting} needs the package {package}, which is not installed.", f"pip install 'microteach[{extra}]'"
            )
