"""The whole run leaves no test out and looks once more at what may have failed for want of a processor."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests import whole_run


@pytest.mark.parametrize("name", [*whole_run.QUIET, *whole_run.STILL])
def test_what_the_whole_run_puts_aside_is_there(name: str) -> None:
    assert (whole_run.ROOT / "tests" / name).exists()


@pytest.mark.parametrize(
    ("names", "failed", "again", "in_the_end"),
    [
        (["tests/browser/test_room.py::test_a"], 1, ["tests/browser/test_room.py::test_a"], 0),
        (["tests/browser/test_room.py::test_a", "tests/faults/test_kills.py::test_b"], 1, ["tests/browser/test_room.py::test_a"], 1),
        ([f"tests/network/test_loss.py::test_a[{number}]" for number in range(9)], 1, None, 1),
        (["tests/browser/test_room.py::test_a"], 2, ["tests/browser/test_room.py::test_a"], 2),
        ([], 1, None, 1),
        ([], 0, None, 0),
    ],
)
def test_what_raced_with_others_is_looked_at_once_more(
    names: list[str], failed: int, again: list[str] | None, in_the_end: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    notes = tmp_path / "lane-exact" / "v" / "cache" / "lastfailed"
    notes.parent.mkdir(parents=True)
    notes.write_text(json.dumps(dict.fromkeys(names, True)))
    ran: list[list[str]] = []

    def look(args: list[str]) -> int:
        ran.append(args)
        return 0

    monkeypatch.setattr(whole_run, "CACHE", tmp_path)
    monkeypatch.setattr(whole_run, "pytest", look)
    assert whole_run.look_again(failed) == in_the_end
    assert ran == ([again] if again else [])
