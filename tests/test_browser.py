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

from tools import commands
from tools.combinations import COMBINATIONS, SLUG, Combination
from tools.demo import free_port

from .browser import SECONDS, Page, opened
from .conftest import Render

EMAIL, PASSWORD = "ann@example.com", secrets.token_urlsafe(16)
DIALOG = ".dialog-ux"
ME, LOGOUT = "[id$=users_read_me]", "[id$=sessions_log_out]"
ANSWER = ".live-responses-table .response"
ON_SQLITE = [each for each in COMBINATIONS if each.database == "sqlite" and not each.redis]
CHOSEN = [each for each in ON_SQLITE if len(each.auth_methods) in (1, len(ON_SQLITE[-1].auth_methods))]
"""Each method alone, and all together."""
FORMS = {
    "jwt": "#auth-bearer-value",
    "oauth2_password": "#oauth_username",
    "api_keys": "#api_key_value",
    "http_basic": "#auth-basic-username",
}
"""Where the dialog asks for each. How social login gets its token is shown in `test_oidc_provider.py`."""


@contextmanager
def served(project: Path) -> Iterator[str]:
    """Serve a project for development; yield its address."""
    port = free_port()
    variables = commands.clean_environment() | {"ENVIRONMENT": "development"}
    command = [str(commands.ENVIRONMENT / "bin" / commands.CLI[0]), *commands.CLI[1:], "dev", "--port", str(port)]
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
            httpx2.get(address, timeout=SECONDS).raise_for_status()
            return
        except httpx2.HTTPError:
            time.sleep(0.1)
    pytest.fail(output.read_text())


def command(project: Path, *words: str) -> str:
    """Run a command of the project; return what it prints."""
    result = commands.run(project, *commands.CLI, *words, ENVIRONMENT="development")
    assert result.returncode == 0, result.stdout
    return result.stdout


def create_account(project: Path, address: str) -> None:
    """Make an account on the command line, and give it a password as its owner would."""
    command(project, "users", "create", EMAIL)
    if (project / SLUG / "auth" / "passwords").exists():
        code = command(project, "passwords", "link", EMAIL).split()[-1]
        body = {"token": code, "new_password": PASSWORD}
        httpx2.post(f"{address}/auth/reset-password", json=body, timeout=SECONDS).raise_for_status()


def token(address: str) -> str:
    """Log in by JSON."""
    login = httpx2.post(f"{address}/auth/login", json={"email": EMAIL, "password": PASSWORD}, timeout=SECONDS)
    return str(login.json()["access_token"])


def key(project: Path) -> str:
    """Make an API key on the command line."""
    printed = command(project, "api-keys", "create", EMAIL, "--name", "page", "--scope", "items:read")
    return next(word for word in printed.split() if word.startswith("key_"))


def fill_in(page: Page, method: str, project: Path, address: str) -> None:
    """Type what the dialog asks for, as a user would."""
    match method:
        case "oauth2_password":
            page.type("#oauth_username", EMAIL)
            page.type("#oauth_password", PASSWORD)
        case "http_basic":
            page.type("#auth-basic-username", EMAIL)
            page.type("#auth-basic-password", PASSWORD)
        case "api_keys":
            page.type("#api_key_value", key(project))
        case _:
            page.type("#auth-bearer-value", token(address))


def authorize(page: Page, form: str) -> None:
    """Send the dialog's form."""
    page.evaluate(
        f"document.querySelector('{form}').closest('.auth-container').querySelector('button.authorize').click()"
    )
    page.wait_for(f"{DIALOG} [aria-label='Remove authorization']")
    page.click(f"{DIALOG} .close-modal")


def unfold(page: Page, operation: str) -> None:
    """Make an operation ready to be executed."""
    page.click(f"{operation} .opblock-summary-control")
    page.click(f"{operation} .try-out__btn")


def execute(page: Page, operation: str) -> str:
    """Execute an operation; return the status that the page shows."""
    page.click(f"{operation} .execute")
    page.wait_for(f"{operation} {ANSWER}")
    return page.texts(f"{operation} {ANSWER} .response-col_status")[0].split()[0]


def body_of(page: Page, operation: str) -> dict[str, str]:
    """Return the body that the page shows."""
    bodies = page.texts(f"{operation} {ANSWER} pre.microlight, {operation} .highlight-code code")
    found: dict[str, str] = json.loads(bodies[0])
    return found


def log_out(page: Page) -> None:
    """Log out, and be nobody."""
    unfold(page, LOGOUT)
    assert execute(page, LOGOUT) == "204"
    page.click(f"{ME} .btn-clear")
    assert execute(page, ME) == "401"


@pytest.mark.parametrize("chosen", CHOSEN, ids=str)
def test_authorize_then_execute(chosen: Combination, render: Render, tmp_path: Path) -> None:
    project = Path(shutil.copytree(render(chosen), tmp_path / "project"))
    with opened(tmp_path / "profile") as page, served(project) as address:
        create_account(project, address)
        for method in chosen.auth_methods:
            page.open(f"{address}/docs")
            page.click(".btn.authorize")
            page.wait_for(f"{DIALOG} .auth-container h4")
            assert {text.split()[0] for text in page.texts(f"{DIALOG} .auth-container h4")} == set(chosen.auth_methods)
            if method != "social_login":
                fill_in(page, method, project, address)
                authorize(page, FORMS[method])
                unfold(page, ME)
                assert execute(page, ME) == "200"
                assert body_of(page, ME)["email"] == EMAIL
                if method in ("jwt", "oauth2_password"):
                    log_out(page)
    hosts = {urlsplit(url).netloc for url in page.requested if not url.startswith("data:")}
    assert hosts == {urlsplit(address).netloc}
    assert [each for each in page.complaints if not each.endswith(("/favicon.ico", "/users/me"))] == []
