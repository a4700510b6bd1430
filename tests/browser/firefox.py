"""Drives a real Firefox over Marionette, its own remote protocol: as much of it as looking at films needs.

One `Firefox` is one process with a profile of its own; it reaches this machine only. Every call is one command and its answer.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import shutil
import signal
import socket
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from tests.requirements import require

START_S: Final = 60.0
CALL_S: Final = 40.0
POLL_S: Final = 0.1

# Nothing of what a browser does by itself; all that is not on this machine goes to a port where nobody listens.
PREFERENCES: Final[dict[str, str | int | bool]] = {
    "app.normandy.enabled": False,
    "app.update.disabledForTesting": True,
    "browser.aboutConfig.showWarning": False,
    "browser.newtabpage.enabled": False,
    "browser.region.network.url": "",
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "browser.startup.page": 0,
    "datareporting.policy.dataSubmissionEnabled": False,
    "datareporting.healthreport.uploadEnabled": False,
    "extensions.update.enabled": False,
    "media.autoplay.default": 0,
    "media.gmp-manager.updateEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "network.proxy.type": 1,
    "network.proxy.http": "127.0.0.1",
    "network.proxy.http_port": 9,
    "network.proxy.ssl": "127.0.0.1",
    "network.proxy.ssl_port": 9,
    "network.proxy.no_proxies_on": "localhost, 127.0.0.1",
    "services.settings.server": "data:,#nothing",
    "toolkit.telemetry.enabled": False,
}
# A camera and a microphone of its own making, allowed for good: only who may capture gathers addresses on a machine without a network.
DEVICES: Final[dict[str, str | int | bool]] = {
    "media.autoplay.blocking_policy": 0,
    "media.gmp-provider.enabled": False,
    "media.navigator.permission.disabled": True,
    "media.navigator.streams.fake": True,
    "media.peerconnection.ice.loopback": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "permissions.default.camera": 1,
    "permissions.default.microphone": 1,
}
# In the text itself: the pages' policy on scripts forbids `eval`.
EVAL_JS: Final = """const [args, done] = arguments;
(async () => {{ let value = await ({js}
); return typeof value === "function" ? await value(...args) : value; }})()
    .then((value) => done({{ value }}), (error) => done({{ error: `${{error}} ${{error?.stack ?? ""}}` }}));"""


class FirefoxError(Exception):
    """The browser, the page or a script in it failed."""


class PageGoneError(FirefoxError):
    """Another page came while a script of this one was running."""


class Firefox:
    """`async with Firefox() as firefox: await firefox.goto(url)`. With `devices` it sends pictures and a tone."""

    def __init__(self, *, devices: bool = False) -> None:
        self._preferences = PREFERENCES | (DEVICES if devices else {})
        self._closing = contextlib.AsyncExitStack()
        self._numbers = itertools.count(1)
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter

    async def __aenter__(self) -> Self:
        executable = require("firefox-esr")
        try:
            profile = Path(tempfile.mkdtemp(prefix="firefox-"))
            self._closing.callback(shutil.rmtree, profile, ignore_errors=True)
            port = _free_port()
            _write_preferences(profile, {**self._preferences, "marionette.port": port})
            process = await _started(executable, profile)
            self._closing.push_async_callback(_stopped, process)
            await self._connect(port, process)
            await self._call("WebDriver:NewSession", capabilities={"alwaysMatch": {"acceptInsecureCerts": False}})
            await self._call("WebDriver:SetTimeouts", script=int(CALL_S * 1000), pageLoad=30_000)
        except BaseException:
            await self._closing.aclose()
            raise
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self._closing.aclose()

    async def goto(self, url: str) -> None:
        await self._call("WebDriver:Navigate", url=url)

    async def give_cookie(self, name: str, value: str) -> None:
        """To the site of the page that is open."""
        await self._call("WebDriver:AddCookie", cookie={"name": name, "value": value, "path": "/", "httpOnly": True, "sameSite": "Lax"})

    async def eval(self, js: str, *args: object) -> Any:
        """The awaited value of the expression `js`, or, when that is a function, of calling it with `args`. Raises FirefoxError."""
        answer = (await self._call("WebDriver:ExecuteAsyncScript", script=EVAL_JS.format(js=js), args=[args]))["value"]
        if answer is None:
            raise PageGoneError(js[:500])
        if "error" in answer:
            raise FirefoxError(f"{answer['error']}\nin: {js[:500]}")
        return answer.get("value")

    async def wait_for(self, js: str, *args: object, timeout_s: float = 20.0, what: str = "") -> Any:
        """Looks until `js` is truthy and returns that value."""
        deadline = time.monotonic() + timeout_s
        value = None
        while not value:
            if time.monotonic() > deadline:
                raise FirefoxError(f"waited {timeout_s:g} s in vain for {what or js[:300]}; last: {value}")
            with contextlib.suppress(PageGoneError):
                value = await self.eval(js, *args)
            await asyncio.sleep(0 if value else POLL_S)
        return value

    async def _connect(self, port: int, process: asyncio.subprocess.Process) -> None:
        async with asyncio.timeout(START_S):
            while True:
                with contextlib.suppress(OSError):
                    self._reader, self._writer = await asyncio.open_connection("127.0.0.1", port)
                    break
                if process.returncode is not None:
                    raise FirefoxError(f"ended with {process.returncode}")
                await asyncio.sleep(POLL_S)
            self._closing.callback(self._writer.close)
            await self._read()  # says which protocol it speaks

    async def _call(self, command: str, **params: Any) -> Any:
        number = next(self._numbers)
        data = json.dumps([0, number, command, params]).encode()
        self._writer.write(f"{len(data)}:".encode() + data)
        async with asyncio.timeout(CALL_S + 5):
            _, answered, error, result = await self._read()
        assert answered == number
        if error:
            raise FirefoxError(f"{command}: {error['error']}: {error['message']}")
        return result

    async def _read(self) -> Any:
        size = await self._reader.readuntil(b":")
        return json.loads(await self._reader.readexactly(int(size[:-1])))


def _write_preferences(profile: Path, preferences: dict[str, str | int | bool]) -> None:
    lines = [f"user_pref({json.dumps(name)}, {json.dumps(value)});\n" for name, value in preferences.items()]
    (profile / "user.js").write_text("".join(lines))


async def _started(executable: Path, profile: Path) -> asyncio.subprocess.Process:
    environment = {**os.environ, "HOME": str(profile), "MOZ_HEADLESS": "1", "MOZ_CRASHREPORTER_DISABLE": "1"}
    quiet = asyncio.subprocess.DEVNULL
    arguments = ("--headless", "--no-remote", "--marionette", "--profile", str(profile), "about:blank")
    return await asyncio.create_subprocess_exec(
        executable, *arguments, env=environment, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
    )


async def _stopped(process: asyncio.subprocess.Process) -> None:
    """With all of its children."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()


def _free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])
