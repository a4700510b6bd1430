"""The parts of tasks.py that need neither network nor processes."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

import tasks

HASH = f"    --hash=sha256:{'0' * 64}"
LOCK = f"""\
aiohttp==3.14.5 \\
{HASH} \\
{HASH}
av==18.1.0 ; python_full_version < '3.12' \\
{HASH}
av==19.0.2 ; python_full_version >= '3.12' \\
{HASH}
colorama==0.4.6 ; sys_platform == 'win32' \\
{HASH}
"""


def test_a_package_with_a_version_for_each_python_counts_once_and_one_for_windows_not() -> None:
    assert tasks.count_packages(LOCK) == 2
    assert tasks.count_packages(LOCK, f"pytest==9.2.0 \\\n{HASH}\n") == 3


def test_a_development_lock_repeats_nothing_of_the_run_lock() -> None:
    more = f"pytest==9.2.0 \\\n{HASH}\n"
    assert tasks.without(LOCK + more, LOCK) == more


def test_a_lock_holds_packages_and_hashes_only() -> None:
    assert tasks.strange_lock_lines(LOCK) == []
    for line in (
        "--index-url somewhere",
        "--find-links somewhere",
        "aiohttp @ somewhere",
        "aiohttp==3.14.5 ; https://somewhere",
        f"{HASH} # via x",
    ):
        assert tasks.strange_lock_lines(LOCK + line + "\n") == [line]


@pytest.mark.parametrize("path", [tasks.RUN_LOCK, tasks.DEV_LOCK])
def test_the_committed_locks_name_no_place_and_pin_every_package_to_hashes(path: Path) -> None:
    text = path.read_text()
    assert tasks.strange_lock_lines(text) == []
    assert all("--hash=sha256:" in entry for entry in tasks.entries(text))


def test_every_direct_dependency_is_locked() -> None:
    project = tomllib.loads((tasks.ROOT / "pyproject.toml").read_text())
    wanted = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    names = {wish.split(">")[0].split("[")[0].split(";")[0].strip().lower() for wish in wanted}
    locked = {entry.split("==")[0] for path in (tasks.RUN_LOCK, tasks.DEV_LOCK) for entry in tasks.entries(path.read_text())}
    assert names <= locked


def test_sha512_is_written_as_packages_write_it() -> None:
    assert tasks.sha512(b"").startswith("z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==")


def test_an_unknown_task_or_bench_says_what_there_is() -> None:
    def told(*args: str) -> tuple[int, str]:
        done = subprocess.run([sys.executable, tasks.ROOT / "tasks.py", *args], capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert told("dance")[0] == 2
    assert "tasks.py run" in told("dance")[1]
    code, words = told("bench", "dance")
    assert code == 2
    assert words.startswith("There is no bench 'dance'; there are: ")
