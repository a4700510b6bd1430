"""One job in a process of its own: the order goes in as one JSON object, lines about how far it is come out, the last says what was made.

Whatever the process does wrong is `ChildFailed`. It never outlives the call.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec

from server.jobs.kinds import JobError
from server.jobs.starving import is_starving, processor_s

log = logging.getLogger(__name__)

SILENT_S = 120.0
ENDS_S = 3.0
ROOT = Path(__file__).resolve().parents[2]

Command = Sequence[str]
# last word on standard error -> what that means here
_ERRORS: dict[str, JobError] = {"gone": "refused", "deleted": "refused", "damaged": "damaged", "disk": "disk", "disk_full": "disk"}


class ChildFailed(Exception):
    def __init__(self, error: JobError) -> None:
        super().__init__(error)
        self.error: JobError = error


class Line(msgspec.Struct, frozen=True):
    """`made`: sizes in bytes by name."""

    done: float = 0.0
    made: dict[str, int] | None = None


def niced(module: str) -> Command:
    return (sys.executable, "-m", "server.jobs.niced", str(os.getpid()), module)


async def run_child(command: Command, order: bytes, tell: Callable[[float], None], *, silent_s: float = SILENT_S) -> dict[str, int]:
    """What was made. `tell` is given how much is done, 0 to 1. Raises ChildFailed; cancelled, it ends the process first."""
    try:
        process = await asyncio.create_subprocess_exec(
            *command,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env=_environment(),
            cwd=ROOT,
            start_new_session=True,
        )
    except OSError as error:  # no memory or no process left for now
        raise ChildFailed("not_started") from error
    assert process.stdin and process.stdout and process.stderr
    complaints = asyncio.create_task(_log_all(process.stderr, process.pid), name=f"complaints of {process.pid}")
    try:
        with contextlib.suppress(ConnectionError):
            process.stdin.write(order + b"\n")
            process.stdin.close()
        made = await _listen(process.stdout, process.pid, tell, silent_s)
        async with asyncio.timeout(silent_s):
            code = await process.wait()
    except TimeoutError as error:
        raise ChildFailed("silent") from error
    finally:
        await _end(process)
        last_word = await complaints
    if code or made is None:
        log.warning("process %d ended with %d", process.pid, code)
        raise ChildFailed(_ERRORS.get(last_word, "crashed"))
    return made


async def _listen(output: asyncio.StreamReader, pid: int, tell: Callable[[float], None], silent_s: float) -> dict[str, int] | None:
    """Until it says nothing any more. Raises TimeoutError, and ChildFailed when this is none of our lines."""
    made = None
    while True:
        try:
            text = await _line(output, pid, silent_s)
            if not text:
                return made
            line = msgspec.json.decode(text, type=Line)
        except ValueError as error:
            raise ChildFailed("crashed") from error
        if line.made is not None:
            made = line.made
        else:
            tell(min(1.0, max(0.0, line.done)))


async def _line(output: asyncio.StreamReader, pid: int, silent_s: float) -> bytes:
    """Raises TimeoutError, and ValueError when it is too long."""
    loop = asyncio.get_running_loop()
    used_s, since = processor_s(pid), loop.time()
    while True:
        try:
            async with asyncio.timeout(silent_s):
                return await output.readline()
        except TimeoutError:
            if not is_starving(pid, used_s, loop.time() - since):
                raise


async def _log_all(errors: asyncio.StreamReader, pid: int) -> str:
    """The last word of it."""
    last = ""
    with contextlib.suppress(ConnectionError):
        while text := (await errors.read(4096)).decode(errors="replace"):
            log.debug("process %d: %s", pid, text.rstrip())
            last = (text.split() or [last])[-1]
    return last


async def _end(process: asyncio.subprocess.Process) -> None:
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.terminate()
    try:
        async with asyncio.timeout(ENDS_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH", "LD_LIBRARY_PATH") if name in os.environ}
    return kept | {"LANG": "C.UTF-8"}
