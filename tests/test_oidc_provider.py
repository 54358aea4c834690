"""In a browser: a login through the certified OpenID provider, from the sign-in page to `GET /users/me`."""

import json
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tools import checks, renders
from tools.combinations import ROOT, SLUG
from tools.demo import free_port

from .browser import Page, opened
from .test_browser import wait_for

PROVIDER = "oidc-provider@9.13.3"
FOLDER = ROOT / ".cache" / "oidc-provider"
ANSWERS: dict[str, Any] = {"project_slug": SLUG, "auth_methods": ["social_login"], "social_providers": ["oidc"]}


def installed() -> Path:
    """Return a folder where the provider is installed. Needs node and npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("There is no npm, so nobody has logged in through the certified provider.")
    if not (FOLDER / "node_modules" / "oidc-provider").exists():
        FOLDER.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            [npm, "install", "--no-package-lock", "--no-audit", "--no-fund", PROVIDER], cwd=FOLDER, check=True
        )
    return FOLDER


@contextmanager
def running(command: Sequence[str | Path], output: Path, address: str, **options: Any) -> Iterator[None]:  # noqa: ANN401 - Popen's
    """Run a server, from when it answers until the end."""
    with output.open("wb") as file:
        process = subprocess.Popen(command, stdout=file, stderr=file, **options)
    try:
        wait_for(address, process, output)
        yield
    finally:
        process.terminate()
        process.wait()


@contextmanager
def provider(folder: Path, redirect_uri: str) -> Iterator[str]:
    """Run the provider; yield its issuer."""
    port = free_port()
    issuer = f"http://127.0.0.1:{port}"
    script = Path(__file__).with_name("oidc_provider.mjs")
    command: list[str | Path] = ["node", script, installed(), str(port), redirect_uri]
    with running(command, folder / "provider", f"{issuer}/.well-known/openid-configuration"):
        yield issuer


@contextmanager
def project_with(folder: Path, issuer: str, port: int) -> Iterator[str]:
    """Serve a project that knows the provider; yield its address."""
    project = renders.render(renders.snapshot(folder / "template"), folder / "project", ANSWERS)
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "OIDC_ISSUER": issuer, "OIDC_NAME": "The certified one"}
    settings |= {"OIDC_CLIENT_ID": "our-client", "OIDC_CLIENT_SECRET": "our-secret", "MAIL_TRANSPORT": "console"}
    (project / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    python = checks.ENVIRONMENT / "bin" / checks.CLI[0]
    command: list[str | Path] = [python, *checks.CLI[1:], "dev", "--port", str(port)]
    variables = checks.clean_environment() | {"ENVIRONMENT": "development"}
    with running(command, folder / "output", f"{settings['PUBLIC_URL']}/health/ready", cwd=project, env=variables):
        yield settings["PUBLIC_URL"]


def sign_in(page: Page, name: str) -> dict[str, Any]:
    """Sign in from the page as somebody whom the provider knows; return what the page shows of the account."""
    page.click("button[data-provider=oidc]")
    page.type("input[name=login]", name)
    page.type("input[name=password]", "x")
    page.click("button[type=submit]")
    page.wait_for("input[name=prompt][value=consent]")
    page.click("button[type=submit]")
    page.wait_for("#me:not(:empty)")
    account: dict[str, Any] = json.loads(page.texts("#me")[0])
    return account


def test_somebody_signs_in_with_a_certified_provider(tmp_path: Path) -> None:
    port = free_port()
    redirect_uri = f"http://127.0.0.1:{port}/auth/social/oidc/callback"
    with (
        provider(tmp_path, redirect_uri) as issuer,
        project_with(tmp_path, issuer, port) as address,
        opened(tmp_path / "profile") as page,
    ):
        page.open(f"{address}/auth/social/page")
        account = sign_in(page, "ann")
        assert (account["email"], account["name"]) == ("ann@example.com", "Ann")
        assert page.evaluate("location.href") == f"{address}/auth/social/page"
        assert {each for each in page.requested if "token" in each} == {f"{address}/auth/social/token"}
    # The provider's own pages are not ours to complain of.
    assert [each for each in page.complaints if address in each and not each.endswith("/favicon.ico")] == []
