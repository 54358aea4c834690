"""In a browser: a login through real OpenID providers, from the sign-in page to `GET /users/me`.

They are asked for a recent proof of who somebody is, and have to say when it was (ASVS 6.8.4).
The certified one of npm, and one of Python's.
"""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tools import commands, renders
from tools.combinations import ROOT, SLUG
from tools.demo import free_port

from .browser import Page, opened
from .test_browser import wait_for

SOURCE = Path(__file__).with_name("oidc_provider")
FOLDER = ROOT / ".cache" / "oidc-provider"
PICTURES = ROOT / ".cache"
"""Where what the browser showed at the end is kept; the README shows one of them."""
CHOSEN = ["github", "google", "microsoft", "oidc"]
ANSWERS: dict[str, Any] = {"project_slug": SLUG, "auth_methods": ["social_login"], "social_providers": CHOSEN}
ANN: dict[str, Any] = {"sub": "ann", "email": "ann@example.com", "email_verified": True, "name": "Ann"}


@dataclass(frozen=True, slots=True)
class Provider:
    """How to run a provider on a port, for a project at a redirect URI, and how to sign in at its pages."""

    name: str
    command: Callable[[int, str], Sequence[str | Path]]
    sign_in: Callable[[Page], None]


def certified(port: int, redirect_uri: str) -> Sequence[str | Path]:
    """Return the command of the certified provider, installed as its lock file says. Needs node and npm."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("There is no npm, so nobody has logged in through the certified provider.")
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json", "server.mjs"):
        shutil.copy(SOURCE / name, FOLDER)
    if not (FOLDER / "node_modules").exists():
        install = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
        subprocess.run(install, cwd=FOLDER, check=True)
    return "node", FOLDER / "server.mjs", str(port), redirect_uri


def sign_in_at_the_certified(page: Page) -> None:
    """Log in as somebody whom it knows, and consent."""
    page.type("input[name=login]", ANN["sub"])
    page.type("input[name=password]", "x")
    page.click("button[type=submit]")
    page.wait_for("input[name=prompt][value=consent]")
    page.click("button[type=submit]")


def of_python(port: int, _: str) -> Sequence[str | Path]:
    """Return the command of Python's provider, which takes any client."""
    return sys.executable, "-m", "oidc_provider_mock", "--port", str(port), "--user-claims", json.dumps(ANN)


def sign_in_at_that_of_python(page: Page) -> None:
    """Be whom one says one is."""
    page.type("input[name=sub]", ANN["sub"])
    page.click("button[type=submit]")


PROVIDERS = (
    Provider("oidc-provider", certified, sign_in_at_the_certified),
    Provider("oidc-provider-mock", of_python, sign_in_at_that_of_python),
)


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
def project_with(folder: Path, issuer: str, port: int) -> Iterator[str]:
    """Serve a project that knows the provider, and has heard of others; yield its address."""
    project = renders.render(renders.snapshot(folder / "template"), folder / "project", ANSWERS)
    settings = {"PUBLIC_URL": f"http://127.0.0.1:{port}", "OIDC_ISSUER": issuer, "OIDC_NAME": "your company"}
    for name in map(str.upper, CHOSEN):
        settings |= {f"{name}_CLIENT_ID": "our-client", f"{name}_CLIENT_SECRET": "our-secret"}
    settings |= {"OIDC_MAX_AGE_MINUTES": "5", "MAIL_TRANSPORT": "console"}
    (project / ".env").write_text("".join(f"{name}={value}\n" for name, value in settings.items()))
    python = commands.ENVIRONMENT / "bin" / commands.CLI[0]
    command: list[str | Path] = [python, *commands.CLI[1:], "dev", "--port", str(port)]
    variables = commands.clean_environment() | {"ENVIRONMENT": "development"}
    with running(command, folder / "output", f"{settings['PUBLIC_URL']}/health/ready", cwd=project, env=variables):
        yield settings["PUBLIC_URL"]


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
def test_somebody_signs_in_with_a_real_provider(provider: Provider, tmp_path: Path) -> None:
    port, issuers_port = free_port(), free_port()
    issuer = f"http://127.0.0.1:{issuers_port}"
    command = provider.command(issuers_port, f"http://127.0.0.1:{port}/auth/social/oidc/callback")
    with (
        running(command, tmp_path / "provider", f"{issuer}/.well-known/openid-configuration"),
        project_with(tmp_path, issuer, port) as address,
        opened(tmp_path / "profile") as page,
    ):
        page.open(f"{address}/auth/social/page")
        page.click("button[data-provider=oidc]")
        provider.sign_in(page)
        page.wait_for("#access:not(:empty)")
        account = json.loads(page.texts("#me")[0])
        assert (account["email"], account["name"]) == (ANN["email"], ANN["name"])
        assert page.evaluate("location.href") == f"{address}/auth/social/page"
        assert {each for each in page.requested if "token" in each} == {f"{address}/auth/social/token"}
        page.photograph(PICTURES / f"signed-in-{provider.name}.png")
    # The provider's own pages are not ours to complain of.
    assert [each for each in page.complaints if address in each and not each.endswith("/favicon.ico")] == []
