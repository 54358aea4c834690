"""Render the template as a user would: from a committed version of it, in a clean git project."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import copier

from .combinations import ROOT
from .quicker import make_copier_quicker, passing_through_memory

IDENTITY = ("-c", "user.name=Template", "-c", "user.email=template@example.com")
SETTINGS = ROOT / "tools" / "copier-settings.yml"
ANSWERS_FILE = ".copier-answers.yml"

# A user's own git or Copier configuration must not change what is rendered.
os.environ.update(GIT_CONFIG_GLOBAL=os.devnull, GIT_CONFIG_NOSYSTEM="1", COPIER_SETTINGS_PATH=str(SETTINGS))
make_copier_quicker()


def git(folder: Path, *arguments: str) -> str:
    """Run git in a folder and return what it prints."""
    command = ["git", *IDENTITY, *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout


def commit(folder: Path, message: str = "Start") -> str:
    """Commit everything in a folder, creating its repository when there is none; return the commit."""
    if not (folder / ".git").exists():
        git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "--message", message)
    return git(folder, "rev-parse", "HEAD").strip()


def tracked(folder: Path = ROOT) -> list[str]:
    """List the files that are, or would be, committed."""
    listing = git(folder, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    return sorted({name for name in listing.split("\0") if name and (folder / name).is_file()})


def snapshot(folder: Path) -> Path:
    """Clone this repository with its history and commit the working tree on top.

    Copier records a throw-away commit for a dirty template, from which no project could ever be updated.
    """
    git(ROOT, "clone", "--quiet", "--no-hardlinks", str(ROOT), str(folder))
    for name in git(folder, "ls-files", "-z").split("\0")[:-1]:
        (folder / name).unlink()
    for name in tracked():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, folder / name)
    commit(folder, "The working tree")
    return folder


def render(template: Path, folder: Path, answers: Mapping[str, Any], ref: str = "HEAD") -> Path:
    """Copy the template at a version of it, without `--trust`."""
    with passing_through_memory():
        copier.run_copy(str(template), folder, data=dict(answers), defaults=True, quiet=True, vcs_ref=ref, unsafe=False)
    return folder


def update(project: Path, answers: Mapping[str, Any] | None = None, ref: str = "HEAD") -> None:
    """Bring a committed project to a version of the template, with changed answers if any, without `--trust`."""
    with passing_through_memory():
        copier.run_update(
            project, data=dict(answers or {}), defaults=True, overwrite=True, quiet=True, vcs_ref=ref, unsafe=False
        )
