"""What the image does when it runs, without a container engine: root file system read-only, another user, no rights, its settings."""

from __future__ import annotations

import asyncio
import os
import shutil
import socket
import stat
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

import tasks
from tests.fakes.container import Container, container
from tests.fakes.image import ROOT, dockerfile, exec_form
from tests.fakes.postgres import new_database
from tests.fakes.product import free_port
from tests.requirements import require

pytestmark = pytest.mark.full
BEGINS_S = 90.0
ENDS_S = 60.0  # stop_grace_period of the compose file


def free_ports() -> dict[str, str]:
    return {
        "MT_LISTEN": f"127.0.0.1:{free_port(socket.SOCK_STREAM)}",
        "MT_METRICS_LISTEN": f"127.0.0.1:{free_port(socket.SOCK_STREAM)}",
        "MT_MEDIA_PORT": str(free_port(socket.SOCK_DGRAM)),
        "MT_DISK_RESERVE_MB": "50",
    }


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Container]:
    ports = free_ports()
    with container(tmp_path_factory.mktemp("image"), environment=ports) as started:
        until_answered(started, f"http://{ports['MT_LISTEN']}/")
        yield started


def until_answered(started: Container, url: str) -> None:
    deadline = time.monotonic() + BEGINS_S
    while time.monotonic() < deadline:
        assert started.process.poll() is None, started.log.read_text()
        try:
            with urllib.request.urlopen(url, timeout=5) as answer:
                assert answer.status == 200
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    pytest.fail(started.log.read_text())


def test_it_serves_pages_as_somebody_without_rights(running: Container) -> None:
    status = running.run("cat", f"/proc/{running.process.pid}/status").stdout
    fields = dict(line.split(":\t", 1) for line in status.splitlines() if ":\t" in line)
    assert fields["Uid"].split() == ["10001"] * 4
    assert {fields[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert fields["NoNewPrivs"] == "1"


def test_nothing_outside_data_and_keys_can_be_written(running: Container) -> None:
    for path in ("/x", "/microteach/x", "/microteach/server/app.py", "/usr/x", "/etc/x", "/microteach/.venv/x"):
        tried = running.run("sh", "-c", f"echo 1 >> {path}")
        assert tried.returncode != 0, path
        assert "Read-only file system" in tried.stderr or "Permission denied" in tried.stderr
    mounts = running.run("awk", '$2 == "/microteach" || $2 == "/usr" {print $4}', "/proc/self/mounts").stdout.split()
    assert mounts
    assert all("ro" in options.split(",") for options in mounts)


def test_what_it_keeps_is_in_the_two_volumes_and_for_its_owner_only(running: Container) -> None:
    folder = running.root.parent
    assert (folder / "data" / "microteach.db").is_file()
    for path in (folder / "data", folder / "keys", *(folder / "data").rglob("*")):
        found = path.lstat()
        assert found.st_uid == 10001, path
        assert not stat.S_IMODE(found.st_mode) & 0o077, path


def test_the_health_check_of_the_image_says_that_it_is_well(running: Container) -> None:
    check = exec_form(dockerfile()[-1].last("HEALTHCHECK"))
    done = running.run(*check)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_ends_in_time_and_leaves_no_process(running: Container) -> None:
    """The last one with this container."""
    port = running.environment()["MT_MEDIA_PORT"]
    assert running.end(ENDS_S) == 0, running.log.read_text()
    left = subprocess.run(["pgrep", "--uid", "10001", "--full", port], capture_output=True, text=True, check=False)
    assert left.stdout == ""


async def test_a_worker_for_films_runs_in_it_too(tmp_path: Path) -> None:
    """As the compose file's `worker`: it begins to wait for work, and ends when it is told to."""
    require("postgresql")
    async with new_database() as database:
        environment = {
            "MT_DATABASE": database,
            "MT_S3_BUCKET": "microteach",
            "MT_S3_KEYS_BUCKET": "microteach-keys",
            "MT_S3_ENDPOINT": "http://127.0.0.1:1",
            "MT_S3_KEY_ID": "nobody",
            "MT_S3_SECRET": "nothing",
            "MT_METRICS_LISTEN": "",
        }
        where = Path(parse_qs(urlsplit(database).query)["host"][0])
        where.chmod(0o711)  # for another user than its own
        with container(tmp_path, ["worker"], environment=environment, socket=where) as started:
            async with asyncio.timeout(BEGINS_S):
                while "worker begins" not in started.log.read_text():
                    assert started.process.poll() is None, started.log.read_text()
                    await asyncio.sleep(0.1)
            assert await asyncio.to_thread(started.end, ENDS_S) == 0, started.log.read_text()


def test_with_the_engines_own_shared_memory_it_says_what_is_missing(tmp_path: Path) -> None:
    """64 MB, as `docker run` gives without more words: a lesson would end in the middle."""
    with container(tmp_path, environment=free_ports(), shm_size="64m") as started:
        assert started.process.wait(ENDS_S) == 2
        assert "--shm-size=256m" in started.log.read_text()
        assert "Traceback" not in started.log.read_text()


def test_the_steps_of_the_build_that_need_no_network_do_what_they_should(tmp_path: Path) -> None:
    """Each RUN of the first stage in its order, on what was copied before it. Packages are installed already, by the same locks."""
    if tasks.stamp(tasks.RUN_LOCK.read_text()) not in tasks.installed_stamps():
        pytest.skip("the environment was not made from run.lock as it is now: python3 tasks.py run")
    (tmp_path / ".venv").symlink_to(ROOT / ".venv")
    ran = []
    for instruction, value in dockerfile()[0].steps:
        if instruction == "COPY":
            *names, _ = value.split()
            for name in names:
                copy_into(ROOT / name, tmp_path)
        elif instruction == "RUN" and value.startswith("["):
            command = [sys.executable if word == "python3" else word for word in exec_form(value)]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=120, check=False)
            assert done.returncode == 0, done.stdout + done.stderr
            ran.append(command)
    assert len(ran) == 3
    assert (tmp_path / "server" / "media" / "native" / "forward.so").stat().st_size > 0
    assert os.access(tmp_path / "microteach", os.X_OK)
    assert list((tmp_path / "recorder" / "__pycache__").glob("main.*.pyc"))
    said = subprocess.run([tmp_path / "microteach", "--help"], cwd="/", capture_output=True, text=True, timeout=60, check=False)
    assert said.returncode == 0, said.stderr
    assert "doctor" in said.stdout


def copy_into(source: Path, folder: Path) -> None:
    if source.is_dir():
        shutil.copytree(source, folder / source.name, ignore=shutil.ignore_patterns("__pycache__", "*.so"))
    else:
        shutil.copy(source, folder)
