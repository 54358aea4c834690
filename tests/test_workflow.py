"""The rendered workflow opens an update as a pull request: its steps are run here, between folders.

What is not ours is stood in for: `gh` writes down what it was called with, `uv` and `uvx` find what is installed here.
"""

import base64
import lzma
import os
import shutil
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
CANARY = "canary4c9e21"
HOOK = """diff --git a/.git/hooks/pre-push b/.git/hooks/pre-push
new file mode 100755
--- /dev/null
+++ b/.git/hooks/pre-push
@@ -0,0 +1 @@
+#!/bin/sh
"""


@dataclass(frozen=True, kw_only=True)
class Repository:
    """A project on a server, checked out as a workflow does it."""

    project: Path
    server: Path
    temporary: Path

    def run(self, token: str = "") -> tuple[int, str]:
        """Run the workflow's jobs on what the project is now; return how the last step ended and what all said."""
        renders.git(self.project, "push", "--quiet", "origin", "HEAD:main")
        said, outputs = "", dict[str, str]()
        for name, job in jobs(self.project).items():
            if "if" in job and not outputs.get("patch1"):
                continue
            folder = self.check_out(name)
            for step in (step for step in job["steps"] if "name" in step):
                if "if" in step and outputs["status"] != "3":
                    continue
                result = self.run_step(step, folder, outputs, token)
                said += result.stdout + result.stderr
                if result.returncode:
                    return result.returncode, said
                outputs |= self.outputs()
        return 0, said

    def check_out(self, name: str) -> Path:
        """Return a folder as a job has it at its start."""
        folder = self.temporary / name
        shutil.rmtree(folder, ignore_errors=True)
        renders.git(self.server, "clone", "--quiet", "--depth=1", f"file://{self.server}", str(folder))
        return folder

    def outputs(self) -> dict[str, str]:
        """Return what the last step wrote for those after it."""
        lines = (self.temporary / "outputs").read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def run_step(
        self, step: Mapping[str, Any], folder: Path, outputs: Mapping[str, str], token: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one step in the shell that GitHub gives it."""
        (self.temporary / "outputs").write_text("")
        variables = {"RUNNER_TEMP": str(self.temporary), "GITHUB_OUTPUT": str(self.temporary / "outputs")}
        variables["GITHUB_SHA"] = renders.git(self.project, "rev-parse", "HEAD").strip()
        for name, value in step.get("env", {}).items():
            variables[name] = outputs.get(value.removeprefix("${{ needs.render.outputs.").removesuffix(" }}"), "")
        if "GH_TOKEN" in variables:
            variables |= {"GH_TOKEN": token or "the workflow's own", "CHANGES_WORKFLOWS": str(bool(token)).lower()}
        path = f"{self.temporary / 'bin'}{os.pathsep}{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step["run"]],
            cwd=folder,
            env=os.environ | variables | {"PATH": path},
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
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


def jobs(project: Path) -> dict[str, Any]:
    """Return the workflow's jobs in the order in which they run. Their steps with a name are ours."""
    loaded: dict[str, Any] = yaml.safe_load((project / ".github" / "workflows" / "update.yml").read_text())["jobs"]
    return loaded


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
    assert repository.run("a token")[0] == 0
    assert repository.opened()[0] == "a token"


def test_a_template_that_is_not_there_fails_and_says_so(repository: Repository, source: Path) -> None:
    source.rename(source.with_name("moved"))
    code, said = repository.run()
    assert (code, "if it moved, write its whole new address" in said) == (1, True), said


def test_what_the_template_writes_into_git_runs_without_a_token(repository: Repository, source: Path) -> None:
    """Copier renders a name with a condition in it to `.git`, and git runs the hooks there."""
    hooks = source / "template" / "<% if true %>.git<% endif %>" / "hooks"
    hooks.mkdir(parents=True)
    for name in ("pre-push", "pre-commit", "post-commit", "applypatch-msg", "post-checkout"):
        (hooks / name).write_text(f'#!/bin/sh\necho "{name} {CANARY} ${{GH_TOKEN:-alone}}" >> "$RUNNER_TEMP/ran"\n')
        (hooks / name).chmod(0o755)
    release(source, "v1.0.1")
    assert repository.run("a token")[0] == 0
    assert repository.opened()[0] == "a token"
    ran = (repository.temporary / "ran").read_text()
    assert (f"{CANARY} alone" in ran, "a token" in ran) == (True, False)


def test_a_patch_for_the_folder_of_git_is_refused(repository: Repository, source: Path) -> None:
    """A job that ran what the template says may hand over anything."""
    patch = f"From: a <a@example.com>\nSubject: b\n\n---\n{HOOK}"
    step = next(step for step in jobs(repository.project)["open"]["steps"] if "PATCH1" in step.get("env", {}))
    handed = base64.b64encode(lzma.compress(patch.encode())).decode()
    result = repository.run_step(step, repository.check_out("open"), {"patch1": handed}, "")
    assert (result.returncode, "invalid path '.git/hooks/pre-push'" in result.stderr) == (128, True)


def test_an_update_comes_through_byte_by_byte(repository: Repository, source: Path) -> None:
    """Also what is binary, ends its lines in another way, or looks like the next mail."""
    added = {"noise.bin": os.urandom(200_000), "lines.txt": b"one\r\ntwo \xff \n\r\nFrom 3"}
    for name, content in added.items():
        (source / "template" / name).write_bytes(content)
    release(source, "v1.0.1")
    code, said = repository.run()
    assert code == 0, said
    for name, content in added.items():
        shown = subprocess.check_output(["git", "show", f"template/v1.0.1:{name}"], cwd=repository.server)
        assert shown == content


def test_an_update_that_is_too_large_for_an_output_says_so(repository: Repository, source: Path) -> None:
    """GitHub takes 1 MB of outputs from a job, counted in UTF-16, and Linux 128 KiB in one variable."""
    (source / "template" / "noise.bin").write_bytes(os.urandom(300_000))
    release(source, "v1.0.1")
    code, said = repository.run()
    assert (code, "do it yourself: uvx copier update" in said) == (1, True), said
    assert (repository.branches(), repository.opened()) == ([], [])


def test_only_the_step_that_opens_it_has_a_token(repository: Repository) -> None:
    path = repository.project / ".github" / "workflows" / "update.yml"
    render, opens = jobs(repository.project).values()
    assert yaml.safe_load(path.read_text())["permissions"] == {}
    assert render["permissions"] == {"contents": "read"}
    assert opens["permissions"] == {"contents": "write", "pull-requests": "write"}
    steps = [*render["steps"], *opens["steps"]]
    options = [step["with"] for step in steps if "checkout" in step.get("uses", "")]
    assert options == [{"persist-credentials": False}] * 2
    assert [step for step in steps if "secrets." in str(step) or "github.token" in str(step)] == steps[-1:]
    assert [step["run"] for step in steps if "${{" in step.get("run", "")] == []
