"""The examples of README.md, run as they stand there. Delete this file with the last of them.

Routes of yours are not served here: let a block that calls them begin with ```bash, and it is not run.
"""

import re
import shutil
import subprocess
import time
from pathlib import Path

from ..conftest import PROJECT
from ..mailbox import Mailbox, code_in
from .conftest import Server

README = (PROJECT / "README.md").read_text("utf-8")
ASKS_FOR_CODE = "CODE=the-code-in-the-mail\n"
FROM_A_PAGE = "ACCESS=the-token-on-the-page\n"
LOGGED_OUT = '\n! curl $API/users/me -H "Authorization: Bearer $ACCESS"\n'
BLOCKS = re.findall(r"^```sh\n(.*?)^```", README, re.DOTALL | re.MULTILINE)


def can_run(block: str) -> bool:
    """Whether it needs nothing that only a browser brings."""
    return FROM_A_PAGE not in block and ("$ACCESS" not in block or "ACCESS=$(" in README)


def run(script: str, folder: Path) -> None:
    """Run lines of shell, as one would; any answer but a success ends them."""
    (folder / ".curlrc").write_text("fail\nsilent\nshow-error\n")
    variables = {"CURL_HOME": str(folder), "PATH": curl()}
    shell = ["/bin/sh", "-eux", "-c", script]
    result = subprocess.run(shell, cwd=folder, env=variables, check=False, capture_output=True, text=True)  # noqa: S603
    assert result.returncode == 0, result.stdout + result.stderr


def curl() -> str:
    """Return where commands are looked for."""
    found = shutil.which("curl")
    assert found, "curl is missing; the examples of README.md are run with it, so install it."
    return f"{Path(found).parent}:/usr/bin:/bin"


def code_for(address: str, mailbox: Mailbox) -> str:
    """Wait for the mail to an address and return its code."""
    deadline = time.monotonic() + 10
    while not mailbox.to(address) and time.monotonic() < deadline:
        time.sleep(0.02)
    return code_in(mailbox.to(address)[-1])


def test_the_walk_with_curl_succeeds(server: Server, mailbox: Mailbox, workplace: Path) -> None:
    script = "".join(block for block in BLOCKS if "curl" in block and can_run(block))
    sign_up, log_in = script.replace("127.0.0.1:8000", f"127.0.0.1:{server.port}").split(ASKS_FOR_CODE)
    run(sign_up, workplace)
    code = code_for("ann@example.com", mailbox)
    run(f"{sign_up.splitlines()[0]}\nCODE={code}\n{log_in}{LOGGED_OUT if '/auth/logout' in log_in else ''}", workplace)
