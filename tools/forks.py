"""Run commands as forks of `forking.py`, which has imported what they need: half of a short command's time."""

import json
import os
import select
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROGRAM = Path(__file__).with_name("forking.py")


class Forks:
    """A process that forks, and a folder that its commands read and write. Both end together with this process."""

    def __init__(self, python: Path, variables: Mapping[str, str]) -> None:
        self._line, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(
                [python, PROGRAM], env=variables, stdin=theirs.fileno(), stdout=theirs.fileno()
            )
        self.folder = Path(self._answer())

    def run(
        self, words: Sequence[str], folder: Path, variables: Mapping[str, str], timeout: float
    ) -> subprocess.CompletedProcess[str]:
        """Run `pytest ...` or `python -c ...` in a folder. One that hangs is killed; its output so far is returned."""
        self._ask({"words": words, "folder": str(folder), "variables": variables})
        child = int(self._answer())
        if not select.select([self._line], [], [], timeout)[0]:
            os.killpg(child, signal.SIGKILL)
        code = int(self._answer())
        return subprocess.CompletedProcess(words, code, (self.folder / "output").read_text(errors="replace"))

    def _ask(self, request: dict[str, Any]) -> None:
        self._line.sendall(json.dumps(request).encode() + b"\n")

    def _answer(self) -> str:
        """Read one line and nothing beyond it."""
        return b"".join(iter(lambda: self._line.recv(1), b"\n")).decode()
