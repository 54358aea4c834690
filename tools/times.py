"""Measure how long a copy and an update take, and what of it is this template's: a part of `make measure`."""

import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from . import renders
from .combinations import SLUG, WHOLE
from .renders import ANSWERS_FILE

ROUNDS = 3
PLAIN = "_subdirectory: template\n"
"""A template without questions, whose files are copied as they are."""


def seconds(folder: Path, *arguments: str) -> float:
    """Return the processor time of a call of Copier, with all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "copier", *arguments, "--defaults", "--quiet", "--vcs-ref", "HEAD"]
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def plain(project: Path, folder: Path) -> Path:
    """Make a template of a project's files, with nothing to render but the answers."""
    shutil.copytree(project, folder / "template", ignore=shutil.ignore_patterns(".git", ANSWERS_FILE))
    (folder / "template" / f"{ANSWERS_FILE}.jinja").write_text("{{ _copier_answers | to_nice_yaml }}")
    (folder / "copier.yml").write_text(PLAIN)
    renders.commit(folder)
    return folder


def measure(template: Path, folder: Path, *answers: str) -> tuple[float, float]:
    """Return the seconds of a copy and of an update, the best of some."""
    times = []
    for number in range(ROUNDS):
        project = folder / f"{template.name}-{number}"
        copy = seconds(folder, "copy", str(template), str(project), *answers)
        renders.commit(project)
        times.append((copy, seconds(project, "update")))
    return min(copy for copy, _ in times), min(update for _, update in times)


def main() -> None:
    """Print both, for this template and for one that has the same files and no Jinja in them."""
    answers = [f"--data=auth_methods=[{', '.join(WHOLE.auth_methods)}]", f"--data=project_slug={SLUG}"]
    with tempfile.TemporaryDirectory() as folder:
        template = renders.snapshot(Path(folder) / "template")
        project = renders.render(template, Path(folder) / "project", WHOLE.answers)
        same_files = plain(project, Path(folder) / "plain")
        print(f"{'seconds of a core':40} {'copy':>8} {'update':>8}")
        for name, times in {
            "this template, all methods": measure(template, Path(folder), *answers),
            "the same files without Jinja": measure(same_files, Path(folder)),
        }.items():
            print(f"{name:40} {times[0]:8.1f} {times[1]:8.1f}")


if __name__ == "__main__":
    main()
