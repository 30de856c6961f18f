"""A real headless browser: Chromium, controlled over a pipe by its DevTools protocol.

https://chromedevtools.github.io/devtools-protocol/
"""

import base64
import json
import os
import queue
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SECONDS = 20
"""Time-out of one command; far more than one takes."""


def program() -> str:
    """The path of the installed browser."""
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise AssertionError(
        f"no browser: none of {', '.join(NAMES)} is on the PATH; install one, as with `apt-get install chromium`"
    )


class Page:
    """One page in the browser. `errors` has its exceptions, errors and warnings; `requests`, the URLs it requested."""

    def __init__(
        self, ask: Callable[[str, Mapping[str, Any]], Any], events: "list[tuple[str, dict[str, Any]]]"
    ) -> None:
        self.ask = ask
        self._events = events

    @property
    def errors(self) -> list[str]:
        found = []
        for name, event in self._events:
            if name == "Runtime.exceptionThrown":
                found.append(json.dumps(event["exceptionDetails"].get("exception", {}).get("description", event)))
            if name == "Runtime.consoleAPICalled" and event["type"] in ("error", "warning", "assert"):
                found.append(json.dumps(event["args"]))
            if name == "Log.entryAdded" and event["entry"]["level"] in ("error", "warning"):
                found.append(event["entry"]["text"])
        return found

    @property
    def requests(self) -> list[str]:
        return [event["request"]["url"] for name, event in self._events if name == "Network.requestWillBeSent"]

    def forget(self) -> None:
        """Close the document and clear the recorded events."""
        self.ask("Page.navigate", {"url": "about:blank"})
        self.wait("location.href === 'about:blank'")
        self._events.clear()

    def open(self, file: Path) -> float:
        """Open the file and return the seconds until it was loaded and its scripts had run."""
        started = time.monotonic()
        self.ask("Page.navigate", {"url": file.as_uri()})
        self.wait("location.protocol === 'file:' && document.readyState === 'complete'")
        return time.monotonic() - started

    def run(self, script: str) -> Any:
        """The value of a script's expression, awaited."""
        answer = self.ask("Runtime.evaluate", {"expression": script, "returnByValue": True, "awaitPromise": True})
        assert "exceptionDetails" not in answer, f"{script}: {answer['exceptionDetails']}"
        return answer["result"].get("value")

    def wait(self, condition: str) -> None:
        deadline = time.monotonic() + SECONDS
        while not self.run(condition):
            assert time.monotonic() < deadline, f"not in {SECONDS} s: {condition}"
            time.sleep(0.02)

    def press(self, key: str, *, shift: bool = False) -> None:
        """Press a key as a user does: Tab, Enter, Escape, …"""
        codes = {"Tab": 9, "Enter": 13, " ": 32, "ArrowDown": 40}
        event = {
            "key": key,
            "code": "Space" if key == " " else key,
            "windowsVirtualKeyCode": codes[key],
            "modifiers": 8 if shift else 0,
        }
        text = {"Enter": {"text": "\r"}, " ": {"text": " "}}.get(key, {})
        self.ask("Input.dispatchKeyEvent", {"type": "keyDown", **event, **text})
        self.ask("Input.dispatchKeyEvent", {"type": "keyUp", **event})

    def type(self, text: str) -> None:
        self.ask("Input.insertText", {"text": text})

    def prefer(self, **features: str) -> None:
        """Set the preferences of the user's system: `prefer(color_scheme="dark")`."""
        preferences = [
            {"name": f"prefers-{name.replace('_', '-')}", "value": value} for name, value in features.items()
        ]
        self.ask("Emulation.setEmulatedMedia", {"features": preferences})

    def size(self, width: int, height: int) -> None:
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.ask("Emulation.setDeviceMetricsOverride", size)

    def screenshot(self, file: Path) -> None:
        file.write_bytes(base64.b64decode(self.ask("Page.captureScreenshot", {"format": "png"})["data"]))

    def pdf(self) -> bytes:
        return base64.b64decode(self.ask("Page.printToPDF", {"printBackground": True})["data"])

    def accessibility_tree(self) -> list[dict[str, Any]]:
        """The nodes that a screen reader is given."""
        nodes: list[dict[str, Any]] = self.ask("Accessibility.getFullAXTree", {})["nodes"]
        return [node for node in nodes if not node.get("ignored")]


_WIRED = """
import fcntl, os, sys
ours = [fcntl.fcntl(int(descriptor), fcntl.F_DUPFD, 10) for descriptor in sys.argv[1:3]]
for descriptor, theirs in zip(ours, (3, 4)):
    os.dup2(descriptor, theirs)
    os.close(descriptor)
os.execv(sys.argv[3], sys.argv[3:])
"""
"""The browser reads its commands from file descriptor 3 and answers on 4, whatever ours are."""


@contextmanager
def browser() -> Iterator[Page]:
    """A browser with one empty page; at the end it is terminated and its profile deleted."""
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        to_browser, from_us = os.pipe()
        to_us, from_browser = os.pipe()
        options = [
            "--headless=new",
            "--remote-debugging-pipe",
            f"--user-data-dir={profile}",
            "--no-first-run",
            "--disable-gpu",
            "--disable-dev-shm-usage",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-extensions",
            "--hide-scrollbars",
            # Its own sandbox needs rights that root in a container lacks; nothing but our own file is opened.
            *(["--no-sandbox"] if os.geteuid() == 0 else []),
        ]
        process = subprocess.Popen(
            [sys.executable, "-c", _WIRED, str(to_browser), str(from_browser), program(), *options, "about:blank"],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile, "XDG_CONFIG_HOME": profile, "XDG_CACHE_HOME": profile},
        )
        os.close(to_browser)
        os.close(from_browser)
        try:
            with os.fdopen(from_us, "wb", 0) as commands, os.fdopen(to_us, "rb", 0) as answers:
                yield _page(_Connection(commands, answers))
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


class _Connection:
    """Commands out, answers and events in: JSON, each ended by a zero byte."""

    def __init__(self, commands: Any, answers: Any) -> None:
        self.events: list[tuple[str, dict[str, Any]]] = []
        self._commands = commands
        self._answers = answers
        self._answered: queue.Queue[dict[str, Any]] = queue.Queue()
        self._number = 0
        threading.Thread(target=self._read, daemon=True).start()

    def ask(self, method: str, parameters: Mapping[str, Any], session: str | None = None) -> Any:
        self._number += 1
        command = {"id": self._number, "method": method, "params": parameters}
        self._commands.write(json.dumps(command | ({"sessionId": session} if session else {})).encode() + b"\0")
        try:
            answer = self._answered.get(timeout=SECONDS)
        except queue.Empty:
            raise AssertionError(f"the browser did not answer {method} in {SECONDS} s") from None
        assert answer["id"] == self._number, "one command at a time"
        assert "error" not in answer, f"{method}: {answer['error']}"
        return answer["result"]

    def _read(self) -> None:
        rest = b""
        while chunk := self._chunk():
            *whole, rest = (rest + chunk).split(b"\0")
            for message in map(json.loads, whole):
                if "id" in message:
                    self._answered.put(message)
                else:
                    self.events.append((message["method"], message["params"]))

    def _chunk(self) -> bytes:
        try:
            chunk: bytes = self._answers.read(1 << 16)
        except (OSError, ValueError):
            return b""
        return chunk


def _page(connection: _Connection) -> Page:
    targets = connection.ask("Target.getTargets", {})["targetInfos"]
    target = next(target["targetId"] for target in targets if target["type"] == "page")
    session = connection.ask("Target.attachToTarget", {"targetId": target, "flatten": True})["sessionId"]
    page = Page(lambda method, parameters: connection.ask(method, parameters, session), connection.events)
    for domain in ("Page", "Runtime", "Network", "Log", "Accessibility"):
        page.ask(f"{domain}.enable", {})
    page.size(1440, 1000)
    return page
