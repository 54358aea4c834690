"""What stands in the way of an update is said in a sentence, loses nothing, and has a way round: docs/updating.md."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tools import renders
from tools.combinations import COMBINATIONS, ROOT
from tools.renders import ANSWERS_FILE

from .owners import conflicts, start
from .releases import PACKAGE, tag

SMALLEST = COMBINATIONS[0]
GUIDE = (ROOT / "docs" / "updating.md").read_text()


def copier(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Call Copier from a shell, without a question."""
    command = [sys.executable, "-m", "copier", *arguments, "--defaults", "--quiet"]
    return subprocess.run(command, cwd=folder, check=False, capture_output=True, text=True)


def change_answer(project: Path, pattern: str, text: str) -> None:
    """Edit the file that belongs to Copier, and commit it."""
    answers = project / ANSWERS_FILE
    edited, count = re.subn(pattern, text, answers.read_text())
    assert count == 1
    answers.write_text(edited)
    renders.commit(project, "Edit the answers")


def forget_answers(project: Path) -> None:
    """Delete the file that belongs to Copier."""
    (project / ANSWERS_FILE).unlink()
    renders.commit(project, "What is this file for?")


def copy_from(template: Path, *options: str) -> Path:
    """Clone the template into a folder next to it."""
    clone = template.with_name(f"clone{len(list(template.parent.iterdir()))}")
    renders.git(template, "clone", "--quiet", *options, template.as_uri(), str(clone))
    return clone


def look_in_a_shallow_clone(project: Path) -> None:
    """Update from a clone that has the newest version alone."""
    template = Path(re.findall("_src_path: (.*)", (project / ANSWERS_FILE).read_text())[0])
    change_answer(project, "_src_path: .*", f"_src_path: {copy_from(template, '--depth', '1')}")


def state(project: Path) -> tuple[str, str]:
    """Say what is not committed."""
    return renders.git(project, "status", "--porcelain"), renders.git(project, "diff", "HEAD")


REFUSALS: dict[str, tuple[Callable[[Path], object], str]] = {
    "uncommitted changes": (lambda project: (project / "README.md").write_text("Ours.\n"), "commit or stash"),
    "a new file": (lambda project: (project / "new.txt").write_text("Ours.\n"), "commit or stash"),
    "no answers": (forget_answers, "Template not found"),
    "a template that moved": (
        lambda project: change_answer(project, "_src_path: .*", "_src_path: /no/template"),
        "Local template must be a directory",
    ),
    "a shallow template": (look_in_a_shallow_clone, "Unknown revision"),
    "a version that was never released": (
        lambda project: change_answer(project, "_commit: .*", "_commit: v0.0.0-4-gabcdef0"),
        "Unknown revision",
    ),
    "an answer that was never offered": (
        lambda project: change_answer(project, "- jwt", "- telepathy"),
        "'telepathy' is not in",
    ),
    "a newer version": (
        lambda project: change_answer(project, "_commit: .*", f"_commit: {tag(5)}"),
        "Downgrades are not supported",
    ),
}


@pytest.mark.parametrize("trouble", REFUSALS)
def test_an_update_that_cannot_be_is_refused_in_a_sentence_and_nothing_touched(
    trouble: str, released: Path, tmp_path: Path
) -> None:
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    get_into_trouble, sentence = REFUSALS[trouble]
    get_into_trouble(project)
    before = state(project)
    result = copier(project, "update", "--vcs-ref", tag(4))
    assert result.returncode == 1
    assert sentence in result.stderr.strip().splitlines()[-1]
    assert state(project) == before
    assert sentence in GUIDE


def test_the_answers_come_back_from_history(released: Path, tmp_path: Path) -> None:
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    forget_answers(project)
    renders.git(project, "checkout", "HEAD~", "--", ANSWERS_FILE)
    renders.commit(project, "That is what it is for")
    renders.update(project, ref=tag(1))
    assert (project / "my_api" / "release_1.py").exists()


def test_a_template_that_moved_is_found_by_its_new_address(released: Path, tmp_path: Path) -> None:
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    change_answer(project, "_src_path: .*", f"_src_path: {copy_from(released)}")
    renders.update(project, ref=tag(1))
    assert (project / "my_api" / "release_1.py").exists()


def test_a_template_by_a_relative_path_is_found_again(released: Path, tmp_path: Path) -> None:
    link = tmp_path / "template"
    link.symlink_to(released)
    assert copier(tmp_path, "copy", "template", "project", "--vcs-ref", tag(0)).returncode == 0
    renders.commit(tmp_path / "project")
    renders.update(tmp_path / "project", ref=tag(1))
    assert (tmp_path / "project" / "my_api" / "release_1.py").exists()


def test_a_project_in_a_folder_of_a_larger_repository_is_updated_and_its_neighbours_are_not(
    released: Path, tmp_path: Path
) -> None:
    project = renders.render(released, tmp_path / "services" / "api", SMALLEST.answers, tag(0))
    (tmp_path / "README.md").write_text("Ours.\n")
    renders.commit(tmp_path)
    renders.update(project, ref=tag(1))
    assert (project / "my_api" / "release_1.py").exists()
    changed = renders.git(tmp_path, "status", "--porcelain").splitlines()
    assert changed
    assert all("services/api/" in line for line in changed)


def test_what_was_rendered_from_an_uncommitted_template_is_updated_once_it_names_a_version(
    released: Path, tmp_path: Path
) -> None:
    clone = copy_from(released)
    renders.git(clone, "checkout", "--quiet", tag(0))
    (clone / "template" / "draft.txt").write_text("A draft.\n")
    with pytest.warns(UserWarning, match="Dirty template changes"):
        project = start(clone, tmp_path / "project", SMALLEST)
    renders.git(clone, "clean", "--quiet", "--force", "template")
    change_answer(project, "_commit: .*", f"_commit: {tag(0)}")
    renders.update(project, ref=tag(1))
    assert (project / "my_api" / "release_1.py").exists()


def test_a_method_that_is_written_into_the_answers_does_not_come_and_by_data_it_does(
    released: Path, tmp_path: Path
) -> None:
    """Copier renders the old version with these answers too, and takes what is missing for deleted by the owner."""
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    change_answer(project, "- jwt", "- jwt\n- api_keys")
    renders.update(project, ref=tag(0))
    assert not (project / "my_api" / "auth" / "api_keys").exists()
    assert renders.git(project, "status", "--porcelain") == ""
    change_answer(project, "- api_keys\n", "")
    renders.update(project, {"auth_methods": ["jwt", "api_keys"]}, tag(0))
    assert (project / "my_api" / "auth" / "api_keys").exists()


@pytest.mark.parametrize("gone", ["tests/test_docs.py", "tests/test_logs.py"])
def test_an_edit_of_a_file_that_a_release_deletes_or_renames_is_in_history_alone(
    gone: str, released: Path, tmp_path: Path
) -> None:
    """Copier says nothing of it. What the guide says to look at shows it."""
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    initial = renders.git(project, "rev-parse", "HEAD").strip()
    (project / gone).write_text(f"{(project / gone).read_text()}\n# Ours.\n")
    renders.commit(project, "Ours")
    renders.update(project, ref=tag(1))
    assert not (project / gone).exists()
    deleted = renders.git(project, "diff", "--name-only", "--diff-filter=D", "HEAD").split()
    assert gone in deleted
    assert renders.git(project, "log", "--format=%s", f"{initial}..", "--", *deleted) == "Ours\n"
    assert "git diff --name-only --diff-filter=D HEAD" in GUIDE


def test_own_providers_go_with_social_login_and_are_in_history(released: Path, tmp_path: Path) -> None:
    chosen = SMALLEST.answers | {"auth_methods": ["jwt", "social_login"]}
    project = renders.render(released, tmp_path / "project", chosen, tag(0))
    own = "my_api/auth/social_login/own.py"
    (project / own).write_text(f"{(project / own).read_text()}\n# Ours.\n")
    renders.commit(project, "Ours")
    renders.update(project, {"auth_methods": ["jwt"]}, tag(0))
    assert conflicts(project) == set()
    assert own in renders.git(project, "diff", "--name-only", "--diff-filter=D", "HEAD").split()
    assert "including `auth/social_login/own.py`" in GUIDE


def test_a_file_that_both_add_is_a_conflict_with_both_texts(released: Path, tmp_path: Path) -> None:
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    both = project / "my_api" / "release_1.py"
    both.write_text('"""Ours."""\n')
    renders.commit(project, "Ours")
    renders.update(project, ref=tag(1))
    marks = ["<<<<<<< before updating", "=======", ">>>>>>> after updating"]
    assert both.read_text().splitlines() == [
        marks[0],
        '"""Ours."""',
        marks[1],
        '"""What release 1 brought."""',
        marks[2],
    ]


def test_a_place_of_the_owner_s_that_is_deleted_comes_back_empty(released: Path, tmp_path: Path) -> None:
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    own = project / "my_api" / "own.py"
    own.unlink()
    renders.commit(project, "We need none")
    renders.update(project, ref=tag(1))
    assert "Yours. Rendered once, as of release 1" in own.read_text()


def test_a_sample_that_is_deleted_stays_deleted_whatever_changes_in_it(released: Path, tmp_path: Path) -> None:
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    shutil.rmtree(project / "my_api" / "items")
    renders.commit(project, "We have orders")
    renders.update(project, ref=tag(1))
    assert conflicts(project) == set()
    assert not (project / "my_api" / "items").exists()


def test_a_new_file_in_a_folder_that_is_deleted_comes(released: Path, tmp_path: Path) -> None:
    """Copier knows files, no folders. The guide says so, and that of releases says not to."""
    project = start(released, tmp_path / "project", SMALLEST, tag(0))
    shutil.rmtree(project / "my_api" / "items")
    renders.commit(project, "We have orders")
    clone = copy_from(released)
    (clone / PACKAGE / "items" / "commands.py").write_text('"""What is new."""\n')
    renders.commit(clone, "More of the sample")
    change_answer(project, "_src_path: .*", f"_src_path: {clone}")
    renders.update(project)
    assert [path.name for path in (project / "my_api" / "items").iterdir()] == ["commands.py"]
    assert "If the sample's folders are\n  back after an update, delete them again." in GUIDE
