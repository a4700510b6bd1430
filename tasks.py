#!/usr/bin/env python3
"""Everything that is done with this checkout: `python3 tasks.py run` starts Microteach, `python3 tasks.py test` tests it.

Standard library only, Python 3.11 to 3.13. It owns `.venv`, which it makes from hashed locks, and tool caches in `.cache`.
"""

import base64
import hashlib
import importlib.util
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "installed-locks"
CACHE = ROOT / ".cache"
RUN_LOCK = ROOT / "run.lock"
DEV_LOCK = ROOT / "dev.lock"
LAUNCHER = ROOT / "microteach"


OLDEST, NEWEST = (3, 11), (3, 13)
# name -> (version, SHA-512): developers' tools that come through npm; nothing of them is part of the product
NPM_PACKAGES = {
    # the last one that is a single package of plain JavaScript
    "typescript": ("6.0.3", "y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw=="),
    "axe-core": ("4.14.1", "FHfa+lmNjQZfJz1q8wKqIDwC6DExcHt/pkjNQb09a3NPjCKg2rhu5qb2S4r76ASyFNNtuFooJpZe37OgudVGtQ=="),
}

USAGE = """\
python3 tasks.py run [options of the server]          start Microteach (the first time installs what it needs)
python3 tasks.py test [--full] [pytest's options]     the tests; --full adds the slow ones
python3 tasks.py browser [pytest's options]           only the tests in a real browser
python3 tasks.py check                                style, types, generated documents
python3 tasks.py bench NAME [--json FILE]             one measurement of tests/load
python3 tasks.py native                               compile the media worker's inner loop (a C compiler; faster, not needed)
python3 tasks.py lock                                 renew run.lock and dev.lock from pyproject.toml"""


def main(args: Sequence[str]) -> int:
    if not args or args[0] not in TASKS:
        print(USAGE, file=sys.stderr)
        return 0 if args and args[0] in ("help", "-h", "--help") else 2
    use_supported_python(args)
    return TASKS[args[0]](list(args[1:]))


def run(args: list[str]) -> int:
    install(RUN_LOCK)
    write_launcher()
    sys.stdout.flush()
    os.execve(PYTHON, [str(PYTHON), "-m", "server.cli", "run", *args], environment())


def test(args: list[str]) -> int:
    install(RUN_LOCK, DEV_LOCK)
    if args == ["--full"]:
        return call([PYTHON, "-m", "tests.whole_run"])
    chosen = [arg for arg in args if arg != "--full"]
    return pytest(chosen if "--full" in args else ["-m", "not full", *chosen])


def browser(args: list[str]) -> int:
    install(RUN_LOCK, DEV_LOCK)
    return pytest(["tests/browser", *args])


def pytest(args: list[str]) -> int:
    # Inside pytest warnings are errors; in the processes that tests start they are shown and not fatal.
    return call([PYTHON, "-m", "pytest", *args], PYTHONWARNINGS="default")


def bench(args: list[str]) -> int:
    folder = ROOT / "tests" / "load"
    names = sorted(path.stem for path in folder.glob("*.py") if not path.stem.startswith(("_", "test_", "conftest")))
    if not args or args[0] not in names:
        asked = f"There is no bench {args[0]!r}" if args else "Say which bench"
        print(f"{asked}; there are: {', '.join(names) or 'none yet'}.", file=sys.stderr)
        return 2
    install(RUN_LOCK, DEV_LOCK)
    return call([PYTHON, "-m", f"tests.load.{args[0]}", *args[1:]])


def lock(_args: list[str]) -> int:
    if RUN_LOCK.exists() and DEV_LOCK.exists():
        install(RUN_LOCK, DEV_LOCK)
    beside = VENV / "bin" / "uv"
    uv = str(beside) if beside.exists() else shutil.which("uv")
    if uv is None:
        return complain("uv is missing: pip install uv")
    options = ["--universal", "--python-version", f"{OLDEST[0]}.{OLDEST[1]}", "--generate-hashes", "--only-binary", ":all:"]
    options += ["--no-header", "--no-annotate", "--upgrade", "--quiet"]
    for path, more in ((RUN_LOCK, []), (DEV_LOCK, ["--group", "dev", "--constraint", RUN_LOCK.name])):
        more = ["--all-extras", *more]
        if code := call([uv, "pip", "compile", "pyproject.toml", *options, *more, "-o", path.name]):
            return code
    DEV_LOCK.write_text(without(DEV_LOCK.read_text(), RUN_LOCK.read_text()))
    for path in (RUN_LOCK, DEV_LOCK):
        if strange := strange_lock_lines(path.read_text()):
            return complain(f"{path.name} must hold packages and hashes only, not: {strange[0]}")
        print(f"{path.name}: {count_packages(path.read_text())} packages")
    return 0


def check(_args: list[str]) -> int:
    install(RUN_LOCK, DEV_LOCK)
    sources = ["server", "recorder", "tests", "tasks.py"]
    results = [
        step("ruff check", [PYTHON, "-m", "ruff", "check", "--quiet", *sources]),
        step("ruff format", [PYTHON, "-m", "ruff", "format", "--check", "--quiet", *sources]),
        step("mypy --strict", [PYTHON, "-m", "mypy"]),
        check_javascript(),
    ]
    for document, package in (("docs/protocol.md", "wire"), ("docs/session.md", "session")):
        if (ROOT / "server" / package / "document.py").exists():
            results.append(step(document, [PYTHON, "-m", f"server.{package}.document", "--check"]))
    return 0 if all(results) else 1


def check_javascript() -> bool:
    missing = [program for program in ("node", "npm") if shutil.which(program) is None]
    if missing:
        required = "npm" in os.environ.get("MT_REQUIRE", "").split(",")
        how = f"{' and '.join(missing)} missing: apt-get install -y --no-install-recommends nodejs npm"
        print(f"  tsc --checkJs         {'FAILED' if required else 'skipped'}: {how}")
        return not required
    if not any((ROOT / "web" / "static" / "js").rglob("*.js")):
        return True
    try:
        compiler = npm_package("typescript") / "lib" / "tsc.js"
    except TaskError as error:
        print(f"  tsc --checkJs         FAILED: {error}")
        return False
    return step("tsc --checkJs", ["node", compiler, "--project", "web/tsconfig.json"])


def npm_package(name: str) -> Path:
    """The unpacked package with the version and hash above. Nothing in it is run to install it. Raises TaskError."""
    version, digest = NPM_PACKAGES[name]
    folder = CACHE / f"{name}-{version}"
    if folder.exists():
        return folder / "package"
    CACHE.mkdir(exist_ok=True)
    archive = CACHE / f"{name}-{version}.tgz"
    if not archive.exists():
        packing = ["npm", "pack", f"{name}@{version}", "--silent", "--ignore-scripts", "--pack-destination", str(CACHE)]
        if done := subprocess.run(packing, cwd=CACHE, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False).returncode:
            raise TaskError(f"`{shlex.join(packing[:3])}` ended with {done}")
    if sha512(archive.read_bytes()) != digest:
        archive.unlink()
        raise TaskError(f"{archive.name} is not the package that is expected here")
    half = folder.with_name(f"{folder.name}.{os.getpid()}")
    with tarfile.open(archive) as tar:
        tar.extractall(half, filter="data")
    half.rename(folder)
    return folder / "package"


def sha512(data: bytes) -> str:
    return base64.b64encode(hashlib.sha512(data).digest()).decode()


def step(title: str, command: Sequence[str | Path]) -> bool:
    print(f"  {title:<20}  ", end="", flush=True)
    began = time.monotonic()
    done = subprocess.run(command, cwd=ROOT, env=environment(), stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    print(f"{'ok' if done.returncode == 0 else 'FAILED'}, {time.monotonic() - began:.1f} s")
    if done.returncode:
        print(done.stdout + done.stderr)
    return done.returncode == 0


# The environment


def install(*locks: Path) -> None:
    """Makes .venv hold what the locks say; does nothing when it does already."""
    texts = [path.read_text() for path in locks]
    stamps = installed_stamps()
    if PYTHON.exists() and stamps.issuperset(map(stamp, texts)):
        return
    if not stamps:
        make_venv()
    print(f"Installing {count_packages(*texts)} packages, once (about a minute) …", end="", flush=True)
    began = time.monotonic()
    STAMP.unlink(missing_ok=True)
    command = [str(PYTHON), "-m", "pip", "install", "-qq", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    command += ["--only-binary", ":all:", *(word for path in locks for word in ("-r", path.name))]
    if subprocess.run(command, cwd=ROOT, stdin=subprocess.DEVNULL, check=False).returncode:
        raise SystemExit(f"\nThe packages could not be installed. The command was: {shlex.join(command)}")
    print(f" done in {time.monotonic() - began:.0f} s", flush=True)
    STAMP.write_text("".join(f"{stamp(text)}\n" for text in texts))


def installed_stamps() -> frozenset[str]:
    """Hashes of the locks that .venv fulfils; empty when there is no usable .venv."""
    if not PYTHON.exists():
        return frozenset()
    return frozenset(STAMP.read_text().split()) if STAMP.exists() else frozenset(["of an unfinished installation"])


def stamp(lock_text: str) -> str:
    return f"{sys.version_info[0]}.{sys.version_info[1]}-{hashlib.sha256(lock_text.encode()).hexdigest()}"


def make_venv() -> None:
    if importlib.util.find_spec("venv") is None or importlib.util.find_spec("ensurepip") is None:
        raise SystemExit("Python's venv module is missing: apt-get install python3-venv")
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", VENV], stdin=subprocess.DEVNULL, check=False)
    if made.returncode:
        raise SystemExit("The Python environment .venv could not be made; on Debian: apt-get install python3-venv")


def write_launcher() -> None:
    script = """\
#!/bin/sh
# Written by tasks.py: Microteach's command line with this checkout's environment.
here=$(dirname "$(readlink -f "$0")")
PYTHONPATH="$here${PYTHONPATH:+:$PYTHONPATH}" exec "$here/.venv/bin/python" -m server.cli "$@"
"""
    if not LAUNCHER.exists() or LAUNCHER.read_text() != script:
        LAUNCHER.write_text(script)
    LAUNCHER.chmod(0o755)


def use_supported_python(args: Sequence[str]) -> None:
    """Goes on in another Python of this machine when this one is too old or too new."""
    if OLDEST <= sys.version_info[:2] <= NEWEST:
        return
    for minor in range(NEWEST[1], OLDEST[1] - 1, -1):
        found = shutil.which(f"python3.{minor}")
        if found and subprocess.run([found, "--version"], capture_output=True, check=False).returncode == 0:
            os.execv(found, [found, str(ROOT / "tasks.py"), *args])
    raise SystemExit(f"Python 3.11, 3.12 or 3.13 is needed; this is {sys.version.split()[0]}")


def native(args: list[str]) -> int:
    """Beside its source, where the worker looks for it. Needs no headers but those of the C library."""
    compiler = shutil.which(os.environ.get("CC", "cc"))
    if compiler is None:
        raise TaskError("There is no C compiler. On Debian: apt install gcc libc6-dev")
    folder = ROOT / "server" / "media" / "native"
    made = folder / "forward.so.new"  # a running worker has the old one open
    failed = call([compiler, "-O2", "-Wall", "-Wextra", "-shared", "-fPIC", "-o", made, *sorted(folder.glob("*.c"))])
    if not failed:
        made.replace(folder / "forward.so")
        print("compiled; the next start of the media worker uses it (MT_NATIVE=0 leaves it out)")
    return failed


def environment(**more: str) -> dict[str, str]:
    path = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(path), **more}


# Locks


def count_packages(*lock_texts: str) -> int:
    """Those for this platform; one with a version for each Python counts once."""
    lines = (line for text in lock_texts for line in text.splitlines() if "sys_platform == 'win32'" not in line)
    return len({name[0] for line in lines if (name := re.match(r"[A-Za-z0-9._-]+(?===)", line))})


def without(lock_text: str, other: str) -> str:
    """The packages of a lock that the other one does not hold in the same version."""
    known = {entry.split(" ", 1)[0] for entry in entries(other)}
    return "".join(entry for entry in entries(lock_text) if entry.split(" ", 1)[0] not in known)


def entries(lock_text: str) -> list[str]:
    """A package and its hashes each."""
    return re.split(r"^(?=[a-z0-9])", lock_text, flags=re.MULTILINE)[1:]


def strange_lock_lines(lock_text: str) -> list[str]:
    fine = re.compile(r"[a-z0-9._-]+(\[[a-z,]+\])?==[^ ]+( ; [^:/]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?")
    return [line for line in lock_text.splitlines() if line and not fine.fullmatch(line)]


# Below


class TaskError(Exception):
    pass


def call(command: Sequence[str | Path], **more: str) -> int:
    return subprocess.run(command, cwd=ROOT, env=environment(**more), check=False).returncode


def complain(message: str) -> int:
    print(message, file=sys.stderr)
    return 1


TASKS: dict[str, Callable[[list[str]], int]] = {
    "run": run,
    "test": test,
    "browser": browser,
    "native": native,
    "check": check,
    "bench": bench,
    "lock": lock,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
