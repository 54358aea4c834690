"""A browser without a window, spoken to over its own protocol (https://chromedevtools.github.io/devtools-protocol/)."""

import json
import os
import shutil
import subprocess
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.sync.client import ClientConnection, connect

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
MISSING = "There is no browser, so nobody has looked at Swagger UI. On Debian: apt-get install chromium"
FLAGS = (
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)  # fmt: skip
SECONDS = 120


class Page:
    """A tab. What it requests and what it complains of is kept."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._number = 0
        self.requested: list[str] = []
        self.complaints: list[str] = []
        for domain in ("Page", "Network", "Log", "Runtime"):
            self.command(f"{domain}.enable")

    def command(self, method: str, **parameters: object) -> dict[str, Any]:
        """Send a command and return its result; events that arrive first are kept."""
        self._number += 1
        self._socket.send(json.dumps({"id": self._number, "method": method, "params": parameters}))
        while True:
            message = json.loads(self._socket.recv(timeout=SECONDS))
            if message.get("id") == self._number:
                assert "error" not in message, message
                result: dict[str, Any] = message["result"]
                return result
            self._keep(message["method"], message["params"])

    def _keep(self, event: str, details: dict[str, Any]) -> None:
        match event:
            case "Network.requestWillBeSent":
                self.requested.append(details["request"]["url"])
            case "Log.entryAdded" if details["entry"]["level"] == "error":
                self.complaints.append(f"{details['entry']['text']} {details['entry'].get('url', '')}")
            case "Runtime.exceptionThrown":
                self.complaints.append(json.dumps(details["exceptionDetails"]))

    def open(self, address: str) -> None:
        """Load a page anew."""
        self.command("Page.navigate", url=address)

    def evaluate(self, expression: str) -> Any:  # noqa: ANN401 - whatever the page says
        """Return the value of an expression in the page."""
        answer = self.command("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def wait_for(self, selector: str) -> None:
        """Wait until there is such an element, in a page whose scripts have run: before, a click does nothing."""
        deadline = time.monotonic() + SECONDS
        is_there = f"document.readyState === 'complete' && !!document.querySelector({json.dumps(selector)})"
        while not self.evaluate(is_there):
            assert time.monotonic() < deadline, f"{selector} never came; the page says: {self.complaints}"
            time.sleep(0.05)

    def texts(self, selector: str) -> list[str]:
        """Return the words of all such elements."""
        found: list[str] = self.evaluate(
            f"[...document.querySelectorAll({json.dumps(selector)})].map(each => each.innerText.trim())"
        )
        return found

    def click(self, selector: str) -> None:
        """Click the first such element, once it is there."""
        self.wait_for(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")

    def photograph(self, path: Path) -> None:
        """Write what is seen to a PNG file."""
        size = {"width": 640, "height": 760, "deviceScaleFactor": 1, "mobile": False}
        self.command("Emulation.setDeviceMetricsOverride", **size)
        path.write_bytes(b64decode(self.command("Page.captureScreenshot")["data"]))

    def type(self, selector: str, text: str) -> None:
        """Type into a field, as a keyboard would."""
        self.wait_for(selector)
        self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        self.command("Input.insertText", text=text)


@contextmanager
def opened(folder: Path) -> Iterator[Page]:
    """Run a browser with a fresh profile in a folder, and open a tab."""
    process = subprocess.Popen(
        [executable(), *FLAGS, f"--user-data-dir={folder}", "about:blank"], stderr=subprocess.DEVNULL
    )
    try:
        with connect(first_tab(folder, process), max_size=None, ping_interval=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        process.wait()


def executable() -> str:
    """Find the browser. Without one a test is skipped, but fails where CI runs."""
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)
    return found


def first_tab(folder: Path, process: subprocess.Popen[bytes]) -> str:
    """Wait for the browser to say its port, and return the address of its first tab."""
    deadline = time.monotonic() + SECONDS
    told = folder / "DevToolsActivePort"
    while not (told.exists() and told.read_text().strip()):
        assert process.poll() is None, "the browser ended at once"
        assert time.monotonic() < deadline, "the browser does not answer"
        time.sleep(0.05)
    tabs = httpx2.get(f"http://127.0.0.1:{told.read_text().split()[0]}/json/list").json()
    address: str = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
    return address
