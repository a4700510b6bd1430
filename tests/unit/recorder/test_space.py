"""When the disk counts as nearly full, full, and fine again."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from recorder.control import StorageChanged
from recorder.space import BACK_BYTES, HOUR_BYTES, LOOK_NS, Space

RESERVE_BYTES = 200_000_000


class Disk:
    def __init__(self) -> None:
        self.free_bytes = 10**12

    def statvfs(self, folder: Path) -> SimpleNamespace:
        if self.free_bytes < 0:
            raise OSError(5, "input/output error")
        return SimpleNamespace(f_bavail=self.free_bytes // 4096, f_frsize=4096)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    made = Disk()
    monkeypatch.setattr(os, "statvfs", made.statvfs)
    return made


def test_what_the_disk_says_is_told_once_and_not_at_each_file_that_comes_and_goes(tmp_path: Path, disk: Disk) -> None:
    told: list[StorageChanged] = []
    space = Space(tmp_path, RESERVE_BYTES, told.append)
    hour = RESERVE_BYTES + HOUR_BYTES
    steps = [
        (hour + 4096, "fine"),
        (hour - 4096, "low"),
        (hour + 4096, "low"),
        (hour + BACK_BYTES + 4096, "fine"),
        (RESERVE_BYTES - 4096, "full"),
        (RESERVE_BYTES + 4096, "full"),
        (RESERVE_BYTES + BACK_BYTES + 4096, "low"),
        (-1, "low"),
        (10**12, "fine"),
    ]
    for at, (free_bytes, expected) in enumerate(steps):
        disk.free_bytes = free_bytes
        space.look(at * LOOK_NS)
        assert space.storage().state == expected, free_bytes
    assert [each.state for each in told] == ["low", "fine", "full", "low", "fine"]
    assert told[2].free_bytes < RESERVE_BYTES


def test_disk_is_not_asked_more_than_once_a_second(tmp_path: Path, disk: Disk) -> None:
    space = Space(tmp_path, RESERVE_BYTES, lambda _: None)
    space.look(0)
    disk.free_bytes = 0
    states = []
    for now_ns in (LOOK_NS - 1, LOOK_NS):
        space.look(now_ns)
        states.append(space.state)
    assert states == ["fine", "full"]
