"""In a browser: Swagger UI's Authorize works with each method, and the page asks nobody but the project."""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx2
import pytest

from tools import checks
from tools.combinations import COMBINATIONS, Combination
from tools.demo import free_port

from .browser import SECONDS, Page, opened
from .conftest import Render

EMAIL, PASSWORD = "ann@example.com", secrets.token_urlsafe(16)
DIALOG = ".dialog-ux"
ON_SQLITE = [each for each in COMBINATIONS if each.database == "sqlite" and not each.redis]
VISIBLE = {"jwt", "oauth2_password"}
"""Methods whose Authorize this file can fill in."""


@contextmanager
def served(project: Path) -> Iterator[str]:
    """Serve a project for development; yield its address."""
    port = free_port()
    variables = checks.clean_environment() | {"ENVIRONMENT": "development"}
    command = [str(checks.ENVIRONMENT / "bin" / checks.CLI[0]), *checks.CLI[1:], "dev", "--port", str(port)]
    with (project / "output").open("wb") as output:
        process = subprocess.Popen(command, cwd=project, env=variables, stdout=output, stderr=output)
    try:
        wait_for(f"http://127.0.0.1:{port}/health/ready", process, project / "output")
        yield f"http://127.0.0.1:{port}"
    finally:
        process.terminate()
        process.wait()


def wait_for(address: str, process: subprocess.Popen[bytes], output: Path) -> None:
    """Wait until the project answers."""
    deadline = time.monotonic() + SECONDS
    while time.monotonic() < deadline:
        assert process.poll() is None, output.read_text()
        try:
            httpx2.get(address).raise_for_status()
            return
        except httpx2.HTTPError:
            time.sleep(0.1)
    pytest.fail(output.read_text())


def create_account(project: Path, address: str) -> None:
    """Make an account on the command line, and give it a password as its owner would."""
    for command in (["users", "create", EMAIL], ["passwords", "link", EMAIL]):
        result = checks.run(project, *checks.CLI, *command, ENVIRONMENT="development")
        assert result.returncode == 0, result.stdout
    body = {"token": result.stdout.split()[-1], "new_password": PASSWORD}
    httpx2.post(f"{address}/auth/reset-password", json=body).raise_for_status()


def authorize(page: Page, method: str, address: str) -> None:
    """Fill in the dialog for one method, as a user would."""
    if method == "oauth2_password":
        page.type("#oauth_username", EMAIL)
        page.type("#oauth_password", PASSWORD)
        form = "#oauth_username"
    else:
        login = httpx2.post(f"{address}/auth/login", json={"email": EMAIL, "password": PASSWORD})
        form = "#auth-bearer-value"
        page.type(form, login.json()["access_token"])
    page.evaluate(
        f"document.querySelector('{form}').closest('.auth-container').querySelector('button.authorize').click()"
    )
    page.wait_for(f"{DIALOG} [aria-label='Remove authorization']")
    page.click(f"{DIALOG} .close-modal")


def call_me(page: Page) -> tuple[str, dict[str, str]]:
    """Execute GET /users/me; return the status and the body that the page shows."""
    operation = "[id$=read_me_users_me_get]"
    for selector in (".opblock-summary-control", ".try-out__btn", ".execute"):
        page.click(f"{operation} {selector}")
    page.wait_for(f"{operation} .live-responses-table .response")
    status = page.texts(f"{operation} .live-responses-table .response .response-col_status")[0].split()[0]
    bodies = page.texts(f"{operation} .live-responses-table .response pre.microlight, {operation} .highlight-code code")
    return status, json.loads(bodies[0])


@pytest.mark.parametrize("chosen", ON_SQLITE, ids=str)
def test_authorize_then_execute(chosen: Combination, render: Render, tmp_path: Path) -> None:
    project = Path(shutil.copytree(render(chosen), tmp_path / "project"))
    with opened(tmp_path / "profile") as page, served(project) as address:
        create_account(project, address)
        for method in VISIBLE.intersection(chosen.auth_methods):
            page.open(f"{address}/docs")
            page.click(".btn.authorize")
            page.wait_for(f"{DIALOG} .auth-container h4")
            assert {text.split()[0] for text in page.texts(f"{DIALOG} .auth-container h4")} == set(chosen.auth_methods)
            authorize(page, method, address)
            status, body = call_me(page)
            assert (status, body["email"]) == ("200", EMAIL)
    hosts = {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")}
    assert hosts == {urlsplit(address).netloc}
    assert [each for each in page.complaints if not each.endswith("/favicon.ico")] == []
