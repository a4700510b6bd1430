"""What operators read names only what there is: settings, commands, addresses and numbers of the program, steps of the image."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import msgspec
import pytest

import tasks
from server.settings import Settings
from tests.fakes.image import dockerfile, exec_form

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = {name: (ROOT / name).read_text() for name in ("docs/operations.md", "docs/security.md", "docs/privacy.md", "README.md")}
SETTINGS = {field.name for field in msgspec.structs.fields(Settings)}
# words with an underscore that are no settings: tables, pages, kinds of messages and files of others
OTHERS = {"pg_dump", "shm_size", "wal_recycle", "checkpoint_timeout"}


@cache
def commands() -> frozenset[str]:
    said = subprocess.run([sys.executable, "-m", "server.cli", "--help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    listed = re.search(r"\{([a-z,]+)\}", said)
    assert listed
    return frozenset(listed[1].split(","))


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_is_named_is_there(name: str) -> None:
    named = set(re.findall(r"(?<![\w/.-])(?:\./)?microteach ([a-z]+)(?= [-A-Z`]|`| [a-z]+`|$)", DOCUMENTS[name], re.MULTILINE))
    assert named
    assert named - commands() - {"microteach"} == set()


@pytest.mark.parametrize("name", [name for name in DOCUMENTS if name != "README.md"])
def test_every_setting_that_is_named_is_there(name: str) -> None:
    quoted = re.findall(r"`([a-z0-9]+(?:_[a-z0-9]+)+)(?: = [^`]*)?`", DOCUMENTS[name])
    assert {word for word in quoted if not word.startswith("microteach_")} - SETTINGS - OTHERS == set()


def test_every_number_that_is_named_is_shown() -> None:
    code = (ROOT / "server" / "api" / "metrics.py").read_text()
    named = set(re.findall(r"\bmicroteach_([a-z_]+)", DOCUMENTS["docs/operations.md"]))
    assert len(named) > 5
    assert {each for each in named if f'"{each.removesuffix("_total")}"' not in code} == set()


def test_addresses_of_the_operators_listener_are_answered() -> None:
    code = "".join(path.read_text() for path in (ROOT / "server" / "api").glob("*.py"))
    for path in ("/healthz", "/readyz", "/metrics"):
        assert path in DOCUMENTS["docs/operations.md"]
        assert f'web.get("{path}"' in code


def test_the_image_installs_by_the_way_that_everybody_does() -> None:
    (command,) = [exec_form(run) for run in dockerfile()[0].all("RUN") if "tasks.install" in run]
    assert command[:2] == ["python3", "-c"]
    for name in set(re.findall(r"tasks\.(\w+)", command[2])):
        assert hasattr(tasks, name), name
    unit = (ROOT / "config" / "microteach.service").read_text()
    for name in set(re.findall(r"tasks\.([A-Za-z_]+)", unit)) - {"py"}:
        assert hasattr(tasks, name), name
