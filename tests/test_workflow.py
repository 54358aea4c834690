"""The rendered workflow opens an update as a pull request: its steps are run here, between folders.

What is not ours is stood in for: `gh` writes down what it was called with, `uv` and `uvx` find what is installed here.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import renders
from tools.combinations import COMBINATIONS, SLUG

from .test_advisories import SOUND
from .test_outdated import release

STANDS_IN = {
    "uv": f'#!/bin/sh\nexec {sys.executable} "$3"\n',
    "uvx": f'#!/bin/sh\nexec {sys.executable} -m "$@"\n',
    "gh": """#!/bin/sh
case "$1 $2" in
"pr list") cat "$RUNNER_TEMP/opened" ;;
"pr create") printf "%s\\n" "$GH_TOKEN" "$@" > "$RUNNER_TEMP/gh" ;;
esac
""",
}


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A project on a server, checked out as a workflow does it."""

    project: Path
    server: Path
    temporary: Path

    def run(self, token: str = "") -> tuple[int, str]:
        """Run the workflow's own steps, one after the other; return how the last one ended and what all said."""
        said, outputs = "", self.temporary / "outputs"
        outputs.write_text("")
        for step in steps(self.project):
            if "if" in step and "status=3" not in outputs.read_text():
                continue
            result = self.run_step(step, token)
            said += result.stdout + result.stderr
            if result.returncode:
                return result.returncode, said
        return 0, said

    def run_step(self, step: Mapping[str, Any], token: str) -> subprocess.CompletedProcess[str]:
        """Run one step in the shell that GitHub gives it."""
        variables = {"RUNNER_TEMP": str(self.temporary), "GITHUB_OUTPUT": str(self.temporary / "outputs")}
        if "env" in step:
            variables |= {"GH_TOKEN": token or "the workflow's own", "CHANGES_WORKFLOWS": str(bool(token)).lower()}
        path = f"{self.temporary / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=self.project,
            env=os.environ | variables | {"PATH": path},
            check=False,
            capture_output=True,
            text=True,
        )

    def branches(self) -> list[str]:
        """Return the branches that the server has beside main."""
        listed = renders.git(self.server, "for-each-ref", "--format=%(refname:short)", "refs/heads").split()
        return [name for name in listed if name != "main"]

    def opened(self) -> list[str]:
        """Return what `gh` was told, its token first; nothing if it was not called."""
        path = self.temporary / "gh"
        return path.read_text().splitlines() if path.exists() else []

    def body(self) -> str:
        """Return the text of the pull request."""
        return (self.temporary / "body.md").read_text()


def steps(project: Path) -> list[dict[str, Any]]:
    """Return the steps that run commands, without what installs uv."""
    workflow = yaml.safe_load((project / ".github" / "workflows" / "update.yml").read_text())
    return [step for step in workflow["jobs"]["update"]["steps"] if "name" in step]


@pytest.fixture
def source(template: Path, tmp_path: Path) -> Path:
    """The template at its first release."""
    folder = tmp_path / "template"
    renders.git(tmp_path, "clone", "--quiet", str(template), str(folder))
    release(folder, "v1.0.0")
    return folder


@pytest.fixture
def repository(source: Path, tmp_path: Path) -> Repository:
    """A project of that release."""
    start, server, project, temporary = (tmp_path / name for name in ("start", "server.git", "project", "temporary"))
    renders.render(source, start, COMBINATIONS[0].answers, "v1.0.0")
    renders.commit(start)
    renders.git(start, "branch", "--move", "main")
    renders.git(tmp_path, "clone", "--quiet", "--bare", str(start), str(server))
    renders.git(tmp_path, "clone", "--quiet", "--depth=1", f"file://{server}", str(project))
    (temporary / "bin").mkdir(parents=True)
    for name, text in STANDS_IN.items():
        (temporary / "bin" / name).write_text(text)
        (temporary / "bin" / name).chmod(0o755)
    return Repository(project=project, server=server, temporary=temporary)


def change(path: Path, old: str, new: str) -> None:
    """Change one place of a file, of the template or of a project."""
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))


def health(folder: Path, slug: str = SLUG) -> Path:
    """Return a file of the template's that both sides change."""
    return folder / slug / "health.py"


LINE = "router = APIRouter("


def test_an_update_is_pushed_and_opened(repository: Repository, source: Path) -> None:
    change(health(source / "template", "<<project_slug>>"), LINE, f"# Mended.\n{LINE}")
    release(source, "v1.0.1", SOUND | {"affected": ">=1.0.0, <1.0.1", "fixed_in": "1.0.1", "answers": {}})
    code, said = repository.run()
    assert code == 0, said
    assert repository.branches() == ["template/v1.0.1"]
    shown = renders.git(repository.server, "show", f"template/v1.0.1:{SLUG}/health.py")
    assert "# Mended." in shown
    given, *told = repository.opened()
    assert given == "the workflow's own"
    assert told[:6] == ["pr", "create", "--head", "template/v1.0.1", "--title", "Update to v1.0.1 of the template"]
    assert "--draft" not in told
    assert "FAT-2026-001, high" in repository.body()
    assert "## Conflicts" not in repository.body()


def test_a_conflict_is_named_and_the_pull_request_a_draft(repository: Repository, source: Path) -> None:
    change(health(repository.project), LINE, f"# Ours.\n{LINE}")
    renders.commit(repository.project, "Our own")
    change(health(source / "template", "<<project_slug>>"), LINE, f"# Theirs.\n{LINE}")
    release(source, "v1.0.1")
    code, said = repository.run()
    assert code == 0, said
    assert repository.opened()[-1] == "--draft"
    assert (
        f"## Conflicts\n\nResolve what is marked in these files before you merge:\n\n- `{SLUG}/health.py`\n"
        in repository.body()
    )
    assert "<<<<<<< before updating" in renders.git(repository.server, "show", f"template/v1.0.1:{SLUG}/health.py")


def test_nothing_is_opened_twice_or_without_need(repository: Repository, source: Path) -> None:
    assert repository.run()[0] == 0
    assert (repository.branches(), repository.opened()) == ([], [])
    release(source, "v1.0.1")
    renders.git(repository.server, "branch", "template/v1.0.1", "main")
    (repository.temporary / "opened").write_text("7\n")
    code, said = repository.run()
    assert (code, "There is a branch template/v1.0.1 already." in said) == (0, True), said
    assert repository.opened() == []


def test_a_branch_that_could_not_be_opened_is_opened_the_next_time(repository: Repository, source: Path) -> None:
    """GitHub lets a workflow's own token push even if it may not open: a second run in green would hide that."""
    release(source, "v1.0.1")
    renders.git(repository.server, "branch", "template/v1.0.1", "main")
    (repository.temporary / "opened").write_text("")
    code, said = repository.run()
    assert code == 0, said
    assert repository.opened()[1:5] == ["pr", "create", "--head", "template/v1.0.1"]


def test_a_changed_workflow_needs_a_token_that_may(repository: Repository, source: Path) -> None:
    change(source / "template" / ".github" / "workflows" / "update.yml", "name: Update\n", "name: Renewal\n")
    release(source, "v1.0.1")
    code, said = repository.run()
    assert (code, "it needs the secret UPDATE_TOKEN" in said) == (1, True), said
    assert (repository.branches(), repository.opened()) == ([], [])
    renders.git(repository.project, "switch", "--quiet", "main")
    renders.git(repository.project, "branch", "--delete", "--force", "template/v1.0.1")
    assert repository.run("a token")[0] == 0
    assert repository.opened()[0] == "a token"


def test_a_template_that_is_not_there_fails_and_says_so(repository: Repository, source: Path) -> None:
    source.rename(source.with_name("moved"))
    code, said = repository.run()
    assert (code, "if it moved, write its whole new address" in said) == (1, True), said


def test_only_the_step_that_opens_it_has_a_token(repository: Repository) -> None:
    path = repository.project / ".github" / "workflows" / "update.yml"
    job = yaml.safe_load(path.read_text())["jobs"]["update"]
    assert job["permissions"] == {"contents": "write", "pull-requests": "write"}
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    assert job["steps"][0]["with"] == {"persist-credentials": False}
    with_secrets = [step for step in job["steps"] if "secrets." in str(step) or "github.token" in str(step)]
    assert with_secrets == job["steps"][-1:]
    assert [step["run"] for step in job["steps"] if "${{" in step.get("run", "")] == []
