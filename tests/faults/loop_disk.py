"""A disk in a file, mounted by loop. When the power fails, the file holds what was synced, and not what waits in memory."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import time
from pathlib import Path

import pytest

SIZE_BYTES = 128 * 1024 * 1024
SELDOM = "commit=300"  # the file system writes nothing by itself while its file is copied
LET_GO_S = 20.0


class LoopDisk:
    """`mounted` is where it is while it is. Skips the test where disks cannot be mounted."""

    def __init__(self, folder: Path, size_bytes: int = SIZE_BYTES) -> None:
        self.mounted = folder / "disk"
        self._image = folder / "disk.img"
        self._copy = folder / "copy.img"
        missing = [name for name in ("mkfs.ext4", "mount", "umount") if shutil.which(name) is None]
        if os.geteuid() or missing:
            pytest.skip(f"mounting a disk needs {' and '.join(missing) or 'root'}")
        self.mounted.mkdir()
        with self._image.open("wb") as image:
            image.truncate(size_bytes)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", str(self._image))
        if not self.mount():
            pytest.skip("disks cannot be mounted by loop here")

    def mount(self) -> bool:
        command = ["mount", "-o", f"loop,{SELDOM}", str(self._image), str(self.mounted)]
        return subprocess.run(command, capture_output=True, check=False).returncode == 0

    def cut(self) -> None:
        """Nobody may write any more. It is mounted again afterwards as it would be after a power cut."""
        subprocess.run(["cp", "--sparse=always", str(self._image), str(self._copy)], check=True)

    def mount_copy(self) -> None:
        """All that had it open must be gone."""
        self.unmount()
        self._copy.replace(self._image)
        assert self.mount()

    def unmount(self) -> None:
        """The kernel lets go of what a killed process had open a little after the process is gone."""
        until_s = time.monotonic() + LET_GO_S
        while (told := subprocess.run(["umount", str(self.mounted)], capture_output=True, text=True, check=False)).returncode:
            assert time.monotonic() < until_s, f"{told.stderr}; open: {self._holders()}"
            time.sleep(0.05)

    def _holders(self) -> list[str]:
        found = []
        for link in Path("/proc").glob("[0-9]*/fd/*"):
            with contextlib.suppress(OSError):
                if os.readlink(link).startswith(f"{self.mounted}/"):
                    found.append(f"{link} -> {os.readlink(link)}")
        return found


def fill(path: Path, leave_bytes: int) -> None:
    """A file that grows until only so much is free."""
    with path.open("wb", buffering=0) as file, contextlib.suppress(OSError):
        while (free := os.statvfs(path.parent).f_bavail * os.statvfs(path.parent).f_frsize) > leave_bytes:
            file.write(bytes(min(1_000_000, free - leave_bytes)))
            os.fsync(file.fileno())


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True)
