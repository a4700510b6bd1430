"""The image's last stage without a container engine: its files in a root of their own that cannot be written, as uid 10001 without rights.

`unshare` and `chroot` stand for the engine, this machine's Python and libraries for those of the base image. Network and processes are not
apart. Only root can do that.
"""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.image import ROOT, dockerfile, exec_form, lay_out

INSIDE = Path("/microteach")
BORROWED = ("usr", "bin", "sbin", "lib", "lib32", "lib64", "libx32")


@dataclass(frozen=True)
class Container:
    root: Path
    process: subprocess.Popen[bytes]
    log: Path

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """As `docker exec` and the health check do."""
        inside = ["nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", *_entered(self.root, command)]
        return subprocess.run(inside, env=self.environment(), capture_output=True, text=True, timeout=60, check=False)

    def end(self, limit_s: float) -> int:
        """Tell it to end, as the image's STOPSIGNAL does; the exit code. Raises TimeoutExpired."""
        os.kill(self.process.pid, getattr(signal, dockerfile()[-1].last("STOPSIGNAL")))
        return self.process.wait(limit_s)

    def environment(self) -> dict[str, str]:
        variables = Path(f"/proc/{self.process.pid}/environ").read_bytes().decode().split("\0")
        return dict(each.split("=", 1) for each in variables if each)


@contextlib.contextmanager
def container(
    folder: Path,
    command: Sequence[str] = (),
    *,
    environment: Mapping[str, str],
    shm_size: str = "256m",
    socket: Path | None = None,
) -> Iterator[Container]:
    """`command` is the image's own one unless given. The process is the entry point's, without its first words (tini).

    `socket`: a folder that is seen inside at the same place.
    """
    if os.geteuid() != 0:
        pytest.skip("only root can lay out a container without an engine")
    root = folder / "root"
    image, data, keys = folder / "image", folder / "data", folder / "keys"
    last = dockerfile()[-1]
    lay_out(image)
    _install(image)
    user, _, group = last.last("USER").partition(":")
    for each in (data, keys):
        each.mkdir(mode=0o700)
        os.chown(each, int(user), int(group))
    _roots(root)
    entry = [*exec_form(last.last("ENTRYPOINT"))[2:], *(command or exec_form(last.last("CMD")))]
    variables = {"PATH": "/usr/local/bin:/usr/bin:/bin", **last.environment, **environment}
    log = folder / "log.txt"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [
                "unshare",
                "--mount",
                "--propagation",
                "private",
                "sh",
                "-ec",
                _mounts(root, image, (data, keys), shm_size, [_seen(root, socket), f"exec {shlex.join(_entered(root, entry))}"]),
            ],
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        yield Container(root, process, log)
    finally:
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(30)
            process.kill()
            process.wait()


def _install(image: Path) -> None:
    """The environment is put there by a mount; the launcher is written as `tasks.write_launcher` does."""
    (image / ".venv").mkdir()
    script = "import sys, tasks; from pathlib import Path; tasks.LAUNCHER = Path(sys.argv[1]); tasks.write_launcher()"
    subprocess.run([sys.executable, "-c", script, str(image / "microteach")], cwd=ROOT, check=True)
    subprocess.run(["chmod", "-R", "u=rwX,go=rX", str(image)], check=True)


def _roots(root: Path) -> None:
    root.mkdir()
    for name in (*BORROWED, "etc", "proc", "dev", "tmp", "data", "keys", *INSIDE.parts[1:]):
        if name in BORROWED and (Path("/") / name).is_symlink():
            (root / name).symlink_to(os.readlink(Path("/") / name))
        else:
            (root / name).mkdir()


def _mounts(root: Path, image: Path, volumes: tuple[Path, Path], shm_size: str, then: Sequence[str]) -> str:
    data, keys = volumes
    python = Path(sys.executable).resolve()
    at = f"mount --bind {{}} {root}{{}}"
    lines = [f"mount --bind {root} {root}"]
    lines += [at.format(f"/{name}", f"/{name}") for name in BORROWED if (Path("/") / name).is_dir() and not (Path("/") / name).is_symlink()]
    lines += [at.format(image, INSIDE), at.format(ROOT / ".venv", INSIDE / ".venv"), at.format("/etc", "/etc")]
    if not python.is_relative_to("/usr"):
        home = python.parents[1]
        (root / home.relative_to("/")).mkdir(parents=True)
        lines.append(at.format(home, home))
    lines += [
        f"mount -t proc proc {root}/proc",
        f"mount --bind /dev {root}/dev",
        f"mount -t tmpfs -o mode=1777,size={shm_size} tmpfs {root}/dev/shm",
    ]
    # Each bind is a mount of its own: read-only one by one, then data and keys on top.
    lines += [
        f'for each in $(awk \'$2 ~ "^{root}" && $2 !~ "/(dev|proc)" {{print $2}}\' /proc/mounts); do mount -o remount,bind,ro $each; done'
    ]
    lines += [
        f"mount -t tmpfs -o mode=1777,size=256m,noexec,nosuid,nodev tmpfs {root}/tmp",
        at.format(data, "/data"),
        at.format(keys, "/keys"),
    ]
    return "\n".join([*lines, *then])


def _seen(root: Path, folder: Path | None) -> str:
    return f"mkdir -p {root}{folder}; mount --bind {folder} {root}{folder}" if folder else ""


def _entered(root: Path, command: Sequence[str]) -> list[str]:
    """What the engine does last: another root, another user, no rights and no way to any."""
    user, _, group = dockerfile()[-1].last("USER").partition(":")
    drop = ["setpriv", f"--reuid={user}", f"--regid={group}", "--clear-groups", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]
    words = [f"{INSIDE}/microteach" if word == "microteach" else word for word in command]
    return ["/usr/sbin/chroot", str(root), *drop, "env", f"--chdir={INSIDE}", *words]
