"""For comparison: Janus with its recordplay plugin, and worker and recorder, each with one person who sends the same film and voice.

Both receive (checks, DTLS, SRTP) and record; nobody watches. Janus writes what comes, the recorder also encrypts and mixes. They run in
the same seconds on the same machine.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import secrets
import shutil
import socket
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from server.media.dtls import fingerprint_of, new_certificate
from server.media.worker import own_addresses
from tests.load._connection import Connection
from tests.load._lesson import Loop, Material, Sender
from tests.load._pacer import Pacer, publish
from tests.load._processes import Process, running, running_recorder, running_worker
from tests.load._rooms import peers
from tests.load._sdp import PAYLOAD_TYPES, Layer, agreed_cc, new_ssrcs, offer

JANUS: Final = shutil.which("janus")
PLUGINS: Final = Path("/usr/lib/x86_64-linux-gnu/janus")
READY_S: Final = 20.0
BEFORE_S: Final = 3.0


@dataclass(frozen=True)
class Side:
    """What one of them cost in so many seconds of two tracks. `written_bytes`: what it put on the disk meanwhile."""

    seconds: float
    cpu_s: float
    own_mb: float
    written_bytes: int

    @property
    def cpu_s_per_track_minute(self) -> float:
        return self.cpu_s / (2 * self.seconds / 60)


async def measure(folder: Path, ring: Path, place: Path, material: Material, seconds: float) -> tuple[Side, Side]:
    """Janus, and ours. Raises TimeoutError when one of them does not come to record."""
    async with contextlib.AsyncExitStack() as stack:
        (folder / "janus").mkdir()
        janus = await stack.enter_async_context(_recording_janus(folder / "janus", material))
        worker = await stack.enter_async_context(running_worker(folder, ring))
        recorder = await stack.enter_async_context(running_recorder(folder, ring))
        ask = await stack.enter_async_context(peers(folder / "worker.sock", place))
        await ask(rooms=1, people=1)
        await asyncio.sleep(BEFORE_S)
        processes, began_s = (janus, worker, recorder), time.monotonic()
        cpu_s = [process.cpu_s for process in processes]
        written = _bytes_in(folder / "janus"), _bytes_in(folder / "data")
        await asyncio.sleep(seconds)
        past_s = time.monotonic() - began_s
        used = [process.cpu_s - before for process, before in zip(processes, cpu_s, strict=True)]
        return (
            Side(past_s, used[0], janus.own_mb, _bytes_in(folder / "janus") - written[0]),
            Side(past_s, used[1] + used[2], worker.own_mb + recorder.own_mb, _bytes_in(folder / "data") - written[1]),
        )


@contextlib.asynccontextmanager
async def _recording_janus(folder: Path, material: Material) -> AsyncIterator[Process]:
    """It records what this process sends it, until the end."""
    port = _free_port()
    _configure(folder, port)
    command = [JANUS or "janus", "-F", str(folder), "-C", str(folder / "janus.jcfg")]
    async with running(command, folder / "log.txt") as janus, _Session(f"http://127.0.0.1:{port}/janus") as session:
        certificate, pacer, ssrcs = new_certificate(), Pacer(), new_ssrcs()
        connection = Connection(certificate, host=_own_address())
        recording = {"request": "record", "name": "lesson", "audiocodec": "opus", "videocodec": "vp8"}
        answer = await session.ask(recording, offer(connection, fingerprint_of(certificate), ssrcs))
        await connection.connect(answer)
        now_ns = time.monotonic_ns()
        loops: dict[Layer, Loop] = {"microphone": material.voices[0], "camera": material.film}
        senders = {layer: Sender(loop, ssrcs[layer], PAYLOAD_TYPES[layer], now_ns) for layer, loop in loops.items()}
        publish(pacer, connection, senders, now_ns, cc=agreed_cc(answer))
        sending = asyncio.create_task(pacer.run())
        yield janus
        sending.cancel()
        await asyncio.gather(sending, return_exceptions=True)
        await connection.close()


class _Session:
    """A handle of the recordplay plugin over HTTP: questions, and what comes of them by long poll."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._client = aiohttp.ClientSession()
        self._numbers = itertools.count(1)

    async def __aenter__(self) -> _Session:
        async with asyncio.timeout(READY_S):
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    self._session = f"{self._url}/{await self._made(self._url, janus='create')}"
                    break
                await asyncio.sleep(0.1)
        self._handle = f"{self._session}/{await self._made(self._session, janus='attach', plugin='janus.plugin.recordplay')}"
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.close()

    async def ask(self, body: dict[str, str], sdp: str) -> str:
        """The SDP that it answers with."""
        await self._post(self._handle, janus="message", body=body, jsep={"type": "offer", "sdp": sdp})
        async with asyncio.timeout(READY_S):
            while True:
                async with self._client.get(self._session) as response:
                    event = await response.json(content_type=None)
                if "jsep" in event:
                    return str(event["jsep"]["sdp"])
                if "error" in event.get("plugindata", {}).get("data", {}):
                    raise ConnectionError(f"Janus refused: {event['plugindata']['data']['error']}")

    async def _made(self, url: str, **message: Any) -> int:
        answer = await self._post(url, **message)
        return int(answer["data"]["id"])

    async def _post(self, url: str, **message: Any) -> dict[str, Any]:
        async with self._client.post(url, json={"transaction": f"t{next(self._numbers)}", **message}) as response:
            answer: dict[str, Any] = await response.json(content_type=None)
        if answer.get("janus") == "error":
            raise ConnectionError(f"Janus refused: {answer['error']}")
        return answer


def _configure(folder: Path, port: int) -> None:
    """Quiet, and with one plugin."""
    (folder / "janus.jcfg").write_text(
        f"""general: {{
    configs_folder = "{folder}"
    plugins_folder = "{PLUGINS}/plugins"
    transports_folder = "{PLUGINS}/transports"
    events_folder = "{PLUGINS}/events"
    loggers_folder = "{PLUGINS}/loggers"
    debug_level = 3
    admin_secret = "{secrets.token_hex(8)}"
}}
plugins: {{ disable = "{_others("plugins", "recordplay")}" }}
transports: {{ disable = "{_others("transports", "http")}" }}
events: {{ broadcast = false }}
"""
    )
    (folder / "janus.transport.http.jcfg").write_text(
        f'general: {{ json = "compact", base_path = "/janus", http = true, port = {port}, ip = "127.0.0.1", https = false }}\n'
    )
    (folder / "recordings").mkdir()
    (folder / "janus.plugin.recordplay.jcfg").write_text(f'general: {{ path = "{folder}/recordings" }}\n')


def _own_address() -> str:
    """The machine's own, since Janus leaves the loopback's out; nothing leaves the machine all the same."""
    return next(address for address in own_addresses() if ":" not in address)


def _others(kind: str, wanted: str) -> str:
    return ",".join(path.name for path in sorted((PLUGINS / kind).glob("*.so")) if wanted not in path.name)


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.suffix in (".mjr", ".journal"))


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
