"""Drives a real Chromium over the DevTools protocol, as a person would: by pointer, keyboard and accessible names.

One `Browser` is one process with one fake camera and one fake microphone; people with different media get one each.
Inside a browser, each `person` has cookies and storage of their own.
"""

import asyncio
import base64
import contextlib
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

from tests.browser.devtools import CALL_DEADLINE_S, BrowserError, ContextLostError, CrashedError, DevTools, Json, started
from tests.browser.page_scripts import DEEP_QUERY_JS, PRESSED_JS, REACHABLE_JS, SET_OR_SELECT_JS
from tests.requirements import require

__all__ = ["Browser", "BrowserError", "CrashedError", "Page", "Problem"]

FLAGS: Final = (
    "--headless=new --no-sandbox --disable-gpu --disable-dev-shm-usage --no-first-run --no-default-browser-check"
    " --disable-background-networking --disable-component-update --disable-sync --disable-extensions --disable-default-apps"
    " --disable-breakpad --metrics-recording-only --password-store=basic --use-mock-keychain --mute-audio --lang=en-GB"
    " --autoplay-policy=no-user-gesture-required --use-fake-device-for-media-stream=fps=10 --use-fake-ui-for-media-stream"
    " --allow-loopback-in-peer-connection --disable-background-timer-throttling --disable-backgrounding-occluded-windows"
    " --disable-renderer-backgrounding --disable-search-engine-choice-screen"
    " --disable-features=WebRtcHideLocalIpsWithMdns,Translate,OptimizationHints,MediaRouter,DialMediaRouteProvider"
).split()
POLL_S: Final = 0.05

OPERABLE_ROLES: Final = frozenset(
    "button checkbox combobox link listbox menuitem menuitemcheckbox menuitemradio option radio searchbox slider spinbutton switch tab"
    " textbox DisclosureTriangle Date DateTime InputTime ColorWell".split()
)
MODIFIERS: Final = {"Alt": 1, "Control": 2, "Meta": 4, "Shift": 8}
# key -> (code, Windows virtual key code, text)
KEYS: Final = {
    "Backspace": ("Backspace", 8, ""),
    "Tab": ("Tab", 9, ""),
    "Enter": ("Enter", 13, "\r"),
    "Escape": ("Escape", 27, ""),
    "Space": ("Space", 32, " "),
    "PageUp": ("PageUp", 33, ""),
    "PageDown": ("PageDown", 34, ""),
    "End": ("End", 35, ""),
    "Home": ("Home", 36, ""),
    "ArrowLeft": ("ArrowLeft", 37, ""),
    "ArrowUp": ("ArrowUp", 38, ""),
    "ArrowRight": ("ArrowRight", 39, ""),
    "ArrowDown": ("ArrowDown", 40, ""),
    "Delete": ("Delete", 46, ""),
}


@dataclass(frozen=True)
class Problem:
    """What a developer would see in red or yellow in the console."""

    kind: Literal["error", "warning", "exception", "security", "network", "log"]
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


class Browser:
    """`async with Browser(camera=film, microphone=voice) as browser: page = await browser.page(url, person="anna")`.

    camera: a .y4m file, microphone: a .wav file; both are played in a loop. Without them Chromium's own test picture and beeps.
    flags: added last, so they win: `--use-fake-ui-for-media-stream=deny` refuses camera and microphone.
    """

    def __init__(
        self,
        *,
        camera: Path | None = None,
        microphone: Path | None = None,
        width: int = 1280,
        height: int = 800,
        flags: Sequence[str] = (),
    ) -> None:
        self._flags = [*FLAGS, f"--window-size={width},{height}"]
        if camera:
            self._flags.append(f"--use-file-for-fake-video-capture={camera}")
        if microphone:
            self._flags.append(f"--use-file-for-fake-audio-capture={microphone}")
        self._flags += flags
        self._size = width, height
        self._people: dict[str, str] = {}
        self._closing = contextlib.AsyncExitStack()
        self._devtools: DevTools

    @property
    def pid(self) -> int:
        return self._devtools.pid

    async def __aenter__(self) -> Self:
        executable = require("chromium")
        for attempt in (1, 2):
            try:
                self._devtools = await self._closing.enter_async_context(started(executable, self._flags))
                return self
            except (TimeoutError, BrowserError):
                if attempt == 2:
                    raise
        raise AssertionError("unreachable")

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        await self.close()

    async def close(self) -> None:
        await self._closing.aclose()

    async def page(self, url: str | None = None, *, person: str | None = None) -> "Page":
        """A page in a window of its own. Pages of the same `person` share cookies and storage with each other only."""
        call = self._devtools.call
        where: Json = {"url": "about:blank", "newWindow": True}
        if person is not None:
            if person not in self._people:
                self._people[person] = (await call("Target.createBrowserContext"))["browserContextId"]
            where["browserContextId"] = self._people[person]
        target = (await call("Target.createTarget", where))["targetId"]
        session = (await call("Target.attachToTarget", {"targetId": target, "flatten": True}))["sessionId"]
        page = Page(self._devtools, target, session)
        await page._prepare(*self._size)
        if url is not None:
            await page.goto(url)
        return page


class Page:
    def __init__(self, devtools: DevTools, target: str, session: str) -> None:
        self.console: list[str] = []
        self.problems: list[Problem] = []
        self.dialogs: list[str] = []
        self._devtools = devtools
        self._target = target
        self._session = session
        self._loaded: set[str] = set()
        self._load_event = asyncio.Event()
        devtools.listen(session, self._on_event)

    # Going places

    async def goto(self, url: str, *, timeout_s: float = 20.0) -> None:
        """Opens `url` and returns after its load event; raises BrowserError when it cannot be reached."""
        answer = await self.cdp("Page.navigate", url=url)
        if answer.get("errorText"):
            raise BrowserError(f"cannot open {url}: {answer['errorText']}")
        if "loaderId" in answer:
            await self._wait_load(answer["loaderId"], url, timeout_s)

    async def reload(self, *, timeout_s: float = 20.0) -> None:
        self._loaded.clear()
        self._load_event.clear()
        await self.cdp("Page.reload")
        await self._wait_load(None, "the reloaded page", timeout_s)

    async def preload(self, js: str) -> None:
        """Runs `js` in every later document before its own scripts (also in about:blank: guard what may be missing)."""
        await self.cdp("Page.addScriptToEvaluateOnNewDocument", source=js)

    async def set_cookie(self, url: str, name: str, value: str) -> None:
        """As the site at `url` would give it: scripts do not see it, other sites do not get it."""
        await self.cdp("Network.setCookie", url=url, name=name, value=value, httpOnly=True, sameSite="Lax")

    async def url(self) -> str:
        return str(await self.eval("location.href"))

    async def close(self) -> None:
        with contextlib.suppress(BrowserError, TimeoutError):
            await self._devtools.call("Target.closeTarget", {"targetId": self._target}, timeout_s=5)
        self._devtools.ignore(self._session)

    # Asking the page

    async def eval(self, js: str, *args: object, timeout_s: float = CALL_DEADLINE_S, gesture: bool = False) -> Any:
        """The awaited value of the expression `js`, or, when that is a function, of calling it with `args`; all through JSON.

        Raises BrowserError with the page's stack. `gesture` lets the script do what needs a person's click.
        """
        expression = (
            f"(async () => {{ try {{ let value = await ({js}\n);"
            f" if (typeof value === 'function') value = await value(...{json.dumps(args)});"
            " return JSON.stringify({value}) } catch (error) { return JSON.stringify({error: `${error}\\n${error?.stack ?? ''}`}) } })()"
        )
        params = {"expression": expression, "awaitPromise": True, "returnByValue": True, "userGesture": gesture}
        answer = await self._call("Runtime.evaluate", params, timeout_s)
        if "exceptionDetails" in answer:  # a syntax error in `js`
            raise BrowserError(f"{_exception_text(answer['exceptionDetails'])}\nin: {js[:500]}")
        result = json.loads(answer["result"]["value"])
        if "error" in result:
            raise BrowserError(f"{result['error']}\nin: {js[:500]}")
        return result.get("value")

    async def wait_for(self, js: str, *args: object, timeout_s: float = 20.0, what: str = "") -> Any:
        """Polls until `js` is truthy and returns that value. A script error counts as "not yet" and is told at the deadline."""
        deadline = time.monotonic() + timeout_s
        last: object = None
        while True:
            try:
                last = await self.eval(js, *args)
                if last:
                    return last
            except CrashedError:
                raise
            except BrowserError as error:
                last = error
            if time.monotonic() > deadline:
                problems = "".join(f"\n  {problem}" for problem in self.problems[-10:])
                raise BrowserError(f"waited {timeout_s:g} s in vain for {what or js[:300]}; last: {last}{problems}")
            await asyncio.sleep(POLL_S)

    async def text(self, selector: str = "body") -> str:
        return str(await self.eval("(selector) => document.querySelector(selector).innerText", selector))

    async def controls(self) -> list[tuple[str, str]]:
        """(role, accessible name) of everything that can be operated, in document order."""
        nodes = (await self.cdp("Accessibility.getFullAXTree"))["nodes"]
        named = ((node.get("role", {}).get("value"), node.get("name", {}).get("value", "")) for node in nodes if not node["ignored"])
        return [(role, name) for role, name in named if role in OPERABLE_ROLES]

    # Doing things

    async def click(
        self, selector: str | None = None, *, name: str | None = None, role: str | None = None, timeout_s: float = 10.0
    ) -> None:
        """Presses the pointer at the centre of what `selector` finds, or of the control with that exact accessible name.

        Waits until it is there, still, enabled and not covered by something else. Presses again, as a person would, when the page
        moved meanwhile and the press came to something else.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            element, x, y = await self._reachable(selector, name, role, max(0.0, deadline - time.monotonic()))
            await self.cdp("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
            for kind in ("mousePressed", "mouseReleased"):
                await self.cdp("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)
            try:
                if await self._on_element(element, PRESSED_JS):
                    return
            except BrowserError:
                return  # the press led to another page
            if time.monotonic() > deadline:
                raise BrowserError(f"{_described(selector, name, role)} was pressed, but no press came to it")

    async def fill(
        self, selector: str | None, text: str, *, name: str | None = None, role: str | None = None, timeout_s: float = 10.0
    ) -> None:
        """Replaces what a field holds. Text is typed; lists, sliders, dates and colours get the value and its events."""
        element = await self._element(selector, name, role, timeout_s)
        if await self._on_element(element, SET_OR_SELECT_JS, text) == "set":
            return
        if text:
            await self.cdp("Input.insertText", text=text)
        else:
            await self.press("Delete")

    async def press(self, keys: str) -> None:
        """ "Enter", "a", "Shift+Tab", "Control+a": one key, with what is held down."""
        *held, key = keys.split("+") if len(keys) > 1 else [keys]
        modifiers = sum(MODIFIERS[modifier] for modifier in held)
        code, virtual, text = KEYS.get(key) or _character_key(key)
        params: Json = {"key": " " if key == "Space" else key, "code": code, "windowsVirtualKeyCode": virtual, "modifiers": modifiers}
        typed = {"text": text} if text and not modifiers & ~MODIFIERS["Shift"] else {}
        if keys == "Control+a":
            params["commands"] = ["selectAll"]
        await self.cdp("Input.dispatchKeyEvent", type="keyDown" if typed else "rawKeyDown", **params, **typed)
        params.pop("commands", None)
        await self.cdp("Input.dispatchKeyEvent", type="keyUp", **params)

    # Looks

    async def screenshot(self, path: Path, *, full_page: bool = False) -> Path:
        answer = await self.cdp("Page.captureScreenshot", format="png", captureBeyondViewport=full_page)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(base64.b64decode(answer["data"]))
        return path

    async def set_viewport(self, width: int, height: int, *, mobile: bool = False, scale: float = 1.0) -> None:
        await self.cdp("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=scale, mobile=mobile)
        await self.cdp("Emulation.setTouchEmulationEnabled", enabled=mobile, maxTouchPoints=5 if mobile else 1)

    async def emulate(
        self,
        *,
        colour_scheme: Literal["light", "dark"] = "light",
        reduced_motion: bool = False,
        forced_colours: bool = False,
        media: Literal["screen", "print"] = "screen",
    ) -> None:
        features = {
            "prefers-color-scheme": colour_scheme,
            "prefers-reduced-motion": "reduce" if reduced_motion else "no-preference",
            "forced-colors": "active" if forced_colours else "none",
        }
        await self.cdp("Emulation.setEmulatedMedia", media=media, features=[{"name": n, "value": v} for n, v in features.items()])

    async def set_offline(self, offline: bool) -> None:
        """HTTP and new WebSockets only: open WebSockets and media go on."""
        await self.cdp("Network.enable")
        await self.cdp("Network.emulateNetworkConditions", offline=offline, latency=0, downloadThroughput=-1, uploadThroughput=-1)

    async def cdp(self, method: str, **params: Any) -> Json:
        """Any command of the DevTools protocol."""
        return await self._call(method, params, CALL_DEADLINE_S)

    # Below

    async def _prepare(self, width: int, height: int) -> None:
        for domain in ("Inspector", "Page", "Runtime", "Log", "DOM", "Accessibility"):
            await self.cdp(f"{domain}.enable")
        await self.cdp("Page.setLifecycleEventsEnabled", enabled=True)
        await self.cdp("Emulation.setFocusEmulationEnabled", enabled=True)  # each page thinks that it is looked at
        await self.set_viewport(width, height)

    async def _call(self, method: str, params: Json, timeout_s: float) -> Json:
        return await self._devtools.call(method, params, session=self._session, timeout_s=timeout_s)

    async def _wait_load(self, loader: str | None, where: str, timeout_s: float) -> None:
        try:
            async with asyncio.timeout(timeout_s):
                while not (loader in self._loaded if loader else self._loaded):
                    self._load_event.clear()
                    await self._load_event.wait()
        except TimeoutError:
            problems = "".join(f"\n  {problem}" for problem in self.problems[-10:])
            raise BrowserError(f"{where} had not loaded after {timeout_s:g} s{problems}") from None

    async def _reachable(self, selector: str | None, name: str | None, role: str | None, timeout_s: float) -> tuple[str, float, float]:
        deadline = time.monotonic() + timeout_s
        while True:
            element = await self._element(selector, name, role, max(0.0, deadline - time.monotonic()))
            try:
                spot = await self._on_element(element, REACHABLE_JS)
            except ContextLostError:
                spot = {"why": "the page changed"}
            if "x" in spot:
                return element, spot["x"], spot["y"]
            if time.monotonic() > deadline:
                raise BrowserError(f"{_described(selector, name, role)} cannot be clicked: {spot['why']}")
            await asyncio.sleep(POLL_S)

    async def _element(self, selector: str | None, name: str | None, role: str | None, timeout_s: float) -> str:
        """The element's remote object id."""
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                found = await (self._by_selector(selector) if selector else self._by_name(name, role))
            except ContextLostError:
                found = None
            if found:
                return found
            if time.monotonic() > deadline:
                seen = ", ".join(f"{role} “{name}”" for role, name in (await self.controls())[:40])
                raise BrowserError(f"no {_described(selector, name, role)} on {await self.url()}; controls there: {seen or 'none'}")
            await asyncio.sleep(POLL_S)

    async def _by_selector(self, selector: str | None) -> str | None:
        answer = await self.cdp("Runtime.evaluate", expression=f"({DEEP_QUERY_JS})({json.dumps(selector)})")
        if "exceptionDetails" in answer:
            raise BrowserError(_exception_text(answer["exceptionDetails"]))
        found: str | None = answer["result"].get("objectId")
        return found

    async def _by_name(self, name: str | None, role: str | None) -> str | None:
        if name is None and role is None:
            raise ValueError("say which element: a selector, or a name, a role or both")
        root = (await self.cdp("DOM.getDocument", depth=0))["root"]["backendNodeId"]
        wanted = {key: value for key, value in (("accessibleName", name), ("role", role)) if value is not None}
        nodes = (await self.cdp("Accessibility.queryAXTree", backendNodeId=root, **wanted))["nodes"]
        shown = [node for node in nodes if not node["ignored"] and "backendDOMNodeId" in node]
        operable = [node for node in shown if node["role"]["value"] in OPERABLE_ROLES]
        for node in operable or [node for node in shown if node["role"]["value"] not in ("StaticText", "InlineTextBox")]:
            with contextlib.suppress(BrowserError):
                resolved = await self.cdp("DOM.resolveNode", backendNodeId=node["backendDOMNodeId"])
                return str(resolved["object"]["objectId"])
        return None

    async def _on_element(self, element: str, function: str, *args: object) -> Any:
        arguments = [{"value": value} for value in args]
        params = {"objectId": element, "functionDeclaration": function, "arguments": arguments, "awaitPromise": True, "returnByValue": True}
        answer = await self._call("Runtime.callFunctionOn", params, CALL_DEADLINE_S)
        if "exceptionDetails" in answer:
            raise BrowserError(_exception_text(answer["exceptionDetails"]))
        return answer["result"].get("value")

    def _on_event(self, method: str, params: Json) -> None:
        handler = EVENT_HANDLERS.get(method)
        if handler:
            handler(self, params)

    def _on_console(self, params: Json) -> None:
        text = " ".join(str(arg.get("value", arg.get("description", arg["type"]))) for arg in params["args"])
        self.console.append(f"{params['type']}: {text}")
        if params["type"] in ("error", "assert"):
            self.problems.append(Problem("error", text))
        elif params["type"] == "warning":
            self.problems.append(Problem("warning", text))

    def _on_exception(self, params: Json) -> None:
        self.problems.append(Problem("exception", _exception_text(params["exceptionDetails"])))

    def _on_log(self, params: Json) -> None:
        entry = params["entry"]
        text = f"{entry['text']} {entry.get('url', '')}".strip()
        self.console.append(f"{entry['source']}: {text}")
        if entry["level"] in ("error", "warning"):
            kinds: dict[str, Literal["security", "network"]] = {"security": "security", "violation": "security", "network": "network"}
            self.problems.append(Problem("security" if "Content Security Policy" in text else kinds.get(entry["source"], "log"), text))

    def _on_lifecycle(self, params: Json) -> None:
        if params["name"] == "load":
            self._loaded.add(params["loaderId"])
            self._load_event.set()

    def _on_dialog(self, params: Json) -> None:
        self.dialogs.append(params["message"])
        self._devtools.tell("Page.handleJavaScriptDialog", {"accept": True}, session=self._session)

    def _on_crash(self, _params: Json) -> None:
        self._devtools.fail(self._session, CrashedError("the page's process crashed"))


EVENT_HANDLERS: Final[dict[str, Callable[[Page, Json], None]]] = {
    "Runtime.consoleAPICalled": Page._on_console,
    "Runtime.exceptionThrown": Page._on_exception,
    "Log.entryAdded": Page._on_log,
    "Page.lifecycleEvent": Page._on_lifecycle,
    "Page.javascriptDialogOpening": Page._on_dialog,
    "Inspector.targetCrashed": Page._on_crash,
}


def _exception_text(details: Json) -> str:
    thrown = details.get("exception", {})
    where = f"{details.get('url', '')}:{details.get('lineNumber', 0) + 1}"
    return f"{details['text']} {thrown.get('description', thrown.get('value', ''))} ({where})"


def _character_key(key: str) -> tuple[str, int, str]:
    if len(key) != 1:
        raise ValueError(f"unknown key {key!r}")
    code = f"Key{key.upper()}" if key.isalpha() else f"Digit{key}" if key.isdigit() else ""
    return code, ord(key.upper()) if key.isalnum() else 0, key


def _described(selector: str | None, name: str | None, role: str | None) -> str:
    return (
        f"“{selector}”"
        if selector
        else " ".join(part for part in (role or "element", f"named “{name}”" if name is not None else "") if part)
    )
