"""Each project declares what it imports, no more and no less; what is never imported shows in a real installation."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tools import checks, databases
from tools.combinations import COMBINATIONS, ROOT, SLUG, Combination

from .conftest import Render, must_pass, on_servers

SINGLES = [each for each in COMBINATIONS if len(each.auth_methods) == 1]
INSTALLED = [
    *[each for each in SINGLES if each.database == "sqlite" and not each.redis],
    *[each for each in SINGLES if each.auth_methods == ("api_keys",) and each.redis],
]
"""Each method on SQLite, and with Redis on each database the one whose tests are quickest."""


def test_imports_and_declarations_agree(rendered: Path) -> None:
    must_pass(rendered, "dependencies")


def test_an_undeclared_import_is_seen(specimen: Path) -> None:
    (specimen / SLUG / "planted.py").write_text("import yaml\n")
    assert "DEP00" in checks.complaint(specimen, "dependencies")


def test_an_unused_declaration_is_seen(specimen: Path) -> None:
    pyproject = specimen / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("dependencies = [\n", 'dependencies = [\n    "pyyaml",\n', 1))
    assert "DEP002" in checks.complaint(specimen, "dependencies")


def test_what_an_owner_declares_apart_counts(specimen: Path) -> None:
    (specimen / SLUG / "planted.py").write_text("import yaml\n")
    pyproject = specimen / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("\nown = []\n", '\nown = ["pyyaml"]\n', 1))
    must_pass(specimen, "dependencies")


def test_lower_bounds_are_all_there_is(rendered: Path) -> None:
    declared = tomllib.loads((rendered / "pyproject.toml").read_text())
    requirements = [*declared["project"]["dependencies"], *declared["dependency-groups"]["dev"]]
    assert [each for each in requirements if not re.fullmatch(r"[a-z0-9-]+(\[\w+\])?>=[0-9.]+(; .*)?", each)] == []


@pytest.mark.parametrize("single", INSTALLED, ids=str)
def test_a_project_works_with_only_what_it_declares(render: Render, single: Combination, tmp_path: Path) -> None:
    project = Path(shutil.copytree(render(single), tmp_path / "project"))
    environment = tmp_path / "environment"
    install(project, environment)
    with on_servers():
        variables = databases.tests_of(project)
    result = subprocess.run(
        [environment / "bin" / "python", "-m", "pytest", "-q"],
        cwd=project,
        check=False,
        capture_output=True,
        text=True,
        env={"PATH": f"{environment / 'bin'}{os.pathsep}{os.environ['PATH']}", "HOME": os.environ["HOME"]} | variables,
    )
    assert result.returncode == 0, result.stdout + result.stderr


def install(project: Path, environment: Path) -> None:
    """Install a project as its owner would, at the versions pinned here."""
    pins = ["--constraint", str(ROOT / "requirements" / "rendered.txt")]
    target = ["--python", str(environment), "--quiet"]
    subprocess.run(["uv", "venv", "--quiet", "--python", sys.executable, environment], check=True)
    subprocess.run(
        ["uv", "pip", "install", *target, *pins, "--editable", ".", "--group", "dev"], cwd=project, check=True
    )
