"""`make demo`: render the defaults into a new folder, start the project, and print what to try."""

import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from urllib.request import Request, urlopen

from . import renders
from .combinations import ROOT

EMAIL = "demo@example.com"
TO_TRY = """
The project is in {project}
Its documentation: {address}/docs

Log in as {email} with the password {password}

    TOKEN=$(curl -s {address}/auth/login -H 'Content-Type: application/json' \\
        -d '{{"email": "{email}", "password": "{password}"}}' |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["access_token"])')
    curl -s {address}/users/me -H "Authorization: Bearer $TOKEN"

Ctrl+C stops it. To go on by yourself: cd {project} && {uv} run my_api dev
"""


def main() -> None:
    """Run the demonstration until it is interrupted or terminated; the server never outlives it."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    project = renders.render(ROOT, Path(tempfile.mkdtemp(prefix="demo-")) / "my-api", {})
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    server = start(project, "dev", "--port", str(port))
    try:
        wait_for(f"{address}/health/ready", server)
        password = secrets.token_urlsafe(16)
        set_password(address, create_account(project), password)
        uv = shutil.which("uv") or "uv"
        print(TO_TRY.format(project=project, address=address, email=EMAIL, password=password, uv=uv), flush=True)
        server.wait()
    except KeyboardInterrupt:
        print("\nStopped.")
    finally:
        server.terminate()
        server.wait()


def free_port() -> int:
    """Find a port that nobody listens on, below those that systems hand out: nobody is given it before it is used."""
    while True:
        port = 20_000 + secrets.randbelow(12_000)
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def command(*arguments: str) -> list[str]:
    """Return the rendered project's own command line, run by uv in an environment of its own."""
    return ["uv", "run", "--quiet", "my_api", *arguments]


def variables() -> dict[str, str]:
    """Return the environment: the running Python, and none of this repository's own environment."""
    inherited = {name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"}
    return inherited | {"UV_PYTHON": sys.executable}


def run(project: Path, *arguments: str) -> str:
    """Run one command of the project and return what it prints."""
    return subprocess.run(
        command(*arguments), cwd=project, env=variables(), check=True, stdout=subprocess.PIPE, text=True
    ).stdout


def start(project: Path, *arguments: str) -> subprocess.Popen[bytes]:
    """Start the server; what it prints is shown."""
    print("Installing the project's dependencies and starting it …", flush=True)
    return subprocess.Popen(command(*arguments), cwd=project, env=variables())


def wait_for(address: str, server: subprocess.Popen[bytes], seconds: float = 180) -> None:
    """Wait until an address answers."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.poll() is not None:
            sys.exit("The project did not start; see above.")
        try:
            with urlopen(address, timeout=5):  # noqa: S310 - our own loopback address
                return
        except OSError:
            time.sleep(0.2)
    sys.exit(f"{address} did not answer within {seconds:.0f} seconds.")


def create_account(project: Path) -> str:
    """Create an account on the command line and return a one-time code that sets its password."""
    run(project, "users", "create", EMAIL)
    return run(project, "passwords", "link", EMAIL).split()[-1]


def set_password(address: str, token: str, password: str) -> None:
    """Spend the one-time token on a password, as the owner of a new account does."""
    body = json.dumps({"token": token, "new_password": password}).encode()
    request = Request(f"{address}/auth/reset-password", body, {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(request, timeout=30):  # noqa: S310 - our own loopback address
        pass


if __name__ == "__main__":
    main()
