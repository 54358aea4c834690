"""`outdated.py` of a rendered project compares it with the newest release, or says in a sentence why it cannot."""

import json
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from tools import renders
from tools.combinations import COMBINATIONS
from tools.renders import ANSWERS_FILE

from .conftest import Render
from .test_advisories import SOUND

SMALLEST = COMBINATIONS[0]
OTHERS = SOUND | {"id": "FAT-2026-002", "answers": {"auth_methods": ["api_keys"]}}
EVERYBODYS = SOUND | {"id": "FAT-2026-003", "severity": "critical", "answers": {}, "rows": []}
OF_NEWER = SOUND | {"id": "FAT-2026-004", "affected": ">=1.1.0, <1.2.1", "answers": {}}
UNASKED = SOUND | {"id": "FAT-2026-005", "severity": "low", "answers": {"colour": ["red"]}}


@pytest.fixture
def released(tmp_path: Path) -> Path:
    """A template with a release: as much of one as the script looks at."""
    folder = tmp_path / "template"
    folder.mkdir()
    release(folder, "v1.0.0")
    return folder


@pytest.fixture
def project(released: Path, render: Render, tmp_path: Path) -> Path:
    """A project of that release: as much of one as the script looks at."""
    folder = tmp_path / "project"
    folder.mkdir()
    for name in (ANSWERS_FILE, "outdated.py"):
        shutil.copy(render(SMALLEST) / name, folder)
    change(folder, _src_path=str(released), _commit="v1.0.0")
    return folder


def release(template: Path, tag: str, *advisories: dict[str, Any]) -> None:
    """Tag a version whose list has these entries."""
    (template / "advisories.json").write_text(json.dumps({"advisories": advisories}))
    renders.commit(template, tag)
    renders.git(template, "tag", tag)


def change(project: Path, **answers: object) -> None:
    """Change what `.copier-answers.yml` says."""
    path = project / ANSWERS_FILE
    path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | answers))


def outdated(project: Path, *launcher: str) -> tuple[int, str]:
    """Run the script; return how it ended and what it said."""
    command = [*(launcher or [sys.executable]), "outdated.py"]
    result = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def test_a_project_of_the_newest_release_is_up_to_date(project: Path) -> None:
    code, said = outdated(project)
    assert (code, said) == (
        0,
        "This project is on v1.0.0, the template's newest version, and no advisory affects it.\n",
    )


def test_a_newer_release_is_told_and_its_advisories_most_urgent_first(project: Path, released: Path) -> None:
    release(released, "v1.2.1", SOUND | {"answers": {"auth_methods": ["jwt"]}}, OTHERS, EVERYBODYS, OF_NEWER, UNASKED)
    code, said = outdated(project)
    assert code == 3
    assert said.splitlines() == [
        "The template has v1.2.1; this project is on 1.0.0.",
        "- FAT-2026-003, critical: A refresh token that was used twice kept its session. Fixed in 1.2.1.",
        "- FAT-2026-001, high: A refresh token that was used twice kept its session. (TP-1) Fixed in 1.2.1.",
        "- FAT-2026-005, low: A refresh token that was used twice kept its session. (TP-1) Fixed in 1.2.1.",
        "Commit, then: uvx copier update",
    ]


def test_an_update_ends_it(template: Path, tmp_path: Path) -> None:
    whole = Path(shutil.copytree(template, tmp_path / "template"))
    release(whole, "v1.0.0")
    living = renders.render(whole, tmp_path / "project", SMALLEST.answers, "v1.0.0")
    renders.commit(living)
    release(whole, "v1.2.1", EVERYBODYS)
    assert outdated(living)[0] == 3
    renders.update(living, ref="v1.2.1")
    assert outdated(living)[0] == 0


@pytest.mark.parametrize("tag", ["v2.0.0rc1", "v2.0.0-alpha.1", "newest", "0.9.0"])
def test_only_a_higher_release_counts(tag: str, project: Path, released: Path) -> None:
    release(released, tag, EVERYBODYS)
    assert outdated(project)[0] == 0


@pytest.mark.parametrize(("commit", "code"), [("v1.0.0-3-gabc1234", 3), ("1.0.0", 3), ("v1.2.1-1-gabc1234", 0)])
def test_a_project_between_releases_counts_as_on_the_last(
    commit: str, code: int, project: Path, released: Path
) -> None:
    release(released, "v1.2.1", EVERYBODYS)
    change(project, _commit=commit)
    assert outdated(project)[0] == code


def test_an_answer_with_a_list_and_one_without_are_compared_alike(project: Path, released: Path) -> None:
    release(released, "v1.0.1", SOUND | {"answers": {"redis": [True]}})
    change(project, _commit="v1.0.1")
    assert outdated(project)[0] == 0
    change(project, redis=True)
    assert outdated(project)[0] == 3


def test_a_template_beside_the_project_is_found_and_the_password_in_an_address_not_shown(project: Path) -> None:
    change(project, _src_path="../template")
    assert outdated(project)[0] == 0
    change(project, _src_path="https://me:canary@127.0.0.1:9/x.git")
    code, said = outdated(project)
    assert (code, "canary" in said) == (2, False)


CANNOT_TELL: list[tuple[dict[str, object], str]] = [
    ({"_commit": None}, ".copier-answers.yml does not say _commit: restore it"),
    ({"_src_path": ""}, ".copier-answers.yml does not say _src_path: restore it"),
    ({"_commit": "48cee10"}, "is on 48cee10, which is not a release of the template"),
    ({"_commit": 1234567}, "is on 1234567, which is not a release of the template"),
    ({"_commit": "123456a"}, "is on 123456a, which is not a release of the template"),
    ({"_src_path": "/nowhere/template"}, "The template is not at /nowhere/template: if it moved, write"),
    ({"_src_path": "../moved"}, "The template is not at ../moved: if it moved, write"),
    ({"_src_path": "https://127.0.0.1:9/x.git"}, "The template at https://127.0.0.1:9/x.git cannot be read"),
    ({"_src_path": "git+https://127.0.0.1:9/x"}, "The template at https://127.0.0.1:9/x cannot be read"),
    ({"_src_path": "--upload-pack=touch planted"}, "The template is not at --upload-pack"),
    ({"_src_path": "ext::touch planted"}, "The template is not at ext::"),
    ({"_src_path": "ext::touch://planted"}, "cannot be read (fatal: transport 'ext' not allowed)"),
]


@pytest.mark.parametrize(("answers", "sentence"), CANNOT_TELL, ids=str)
def test_what_cannot_be_told_is_one_sentence(answers: dict[str, object], sentence: str, project: Path) -> None:
    change(project, **answers)
    assert_cannot_tell(project, sentence)
    assert not (project / "planted").exists()


def assert_cannot_tell(project: Path, sentence: str) -> None:
    """Want one line that holds a sentence, and the exit code for it."""
    code, said = outdated(project)
    assert (code, said.count("\n")) == (2, 1), said
    assert sentence in said


@pytest.mark.parametrize("text", ["a: [", "\t", "a: b: c", "\xff"])
def test_answers_that_are_no_yaml_are_one_sentence(text: str, project: Path) -> None:
    (project / ANSWERS_FILE).write_bytes(text.encode("latin-1"))
    assert_cannot_tell(project, "is no longer YAML: restore it from git.")


def test_no_answers_are_one_sentence(project: Path) -> None:
    (project / ANSWERS_FILE).write_text("- a list\n")
    assert_cannot_tell(project, "does not say _src_path and _commit")
    (project / ANSWERS_FILE).unlink()
    assert_cannot_tell(project, "There is no .copier-answers.yml here")


UNKNOWN = ["", "{}", "[]", "\xff", '{"advisories": [{"id": 1}]}', '{"advisories": 1}', '{"advisories": {}}']
UNKNOWN += [json.dumps({"advisories": [SOUND | {"answers": {"redis": value}}]}) for value in (True, "true")]


@pytest.mark.parametrize("text", UNKNOWN)
def test_a_list_of_an_unknown_form_is_one_sentence(text: str, project: Path, released: Path) -> None:
    (released / "advisories.json").write_text(text, encoding="latin-1")
    renders.commit(released, "Another form")
    renders.git(released, "tag", "v2.0.0")
    assert_cannot_tell(project, "The advisories of v2.0.0 are of a form that this version does not know.")


def test_a_template_without_releases_or_list_is_one_sentence(project: Path, released: Path) -> None:
    (released / "advisories.json").unlink()
    renders.commit(released, "No list")
    renders.git(released, "tag", "v2.0.0")
    assert_cannot_tell(project, "cannot be read (fatal: path 'advisories.json' does not exist")
    renders.git(released, "tag", "--delete", "v1.0.0", "v2.0.0")
    assert_cannot_tell(project, "has no release yet.")


def test_a_shallow_template_is_enough(project: Path, released: Path, tmp_path: Path) -> None:
    release(released, "v1.2.1", EVERYBODYS)
    shallow = tmp_path / "shallow"
    renders.git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=v1.2.1", f"file://{released}", str(shallow))
    change(project, _src_path=str(shallow))
    assert outdated(project)[0] == 3


@pytest.mark.parametrize(
    ("address", "expanded"),
    [
        ("gh:someone/template", "https://github.com/someone/template.git"),
        ("gh:/someone/template.git", "https://github.com/someone/template.git"),
        ("gl:someone/template", "https://gitlab.com/someone/template.git"),
        ("git@example.com:someone/template.git", "git@example.com:someone/template.git"),
        ("git+ssh://example.com/template", "ssh://example.com/template"),
    ],
)
def test_short_addresses_are_those_of_copier(address: str, expanded: str, project: Path) -> None:
    command = [sys.executable, "-c", "import outdated, sys; print(outdated.expand(sys.argv[1]))", address]
    result = subprocess.run(command, cwd=project, check=True, capture_output=True, text=True)
    assert result.stdout.strip() == expanded


def test_without_git_it_is_one_sentence(project: Path) -> None:
    run = subprocess.run(
        [sys.executable, "outdated.py"], cwd=project, check=False, capture_output=True, text=True, env={"PATH": ""}
    )
    assert (run.returncode, run.stderr) == (2, "This needs git.\n")


def test_it_brings_what_it_needs(project: Path) -> None:
    code, said = outdated(project, "uv", "run", "--quiet", "--python", sys.executable, "--script")
    assert code == 0, said


def test_the_task_runs_it(render: Render) -> None:
    task = tomllib.loads((render(SMALLEST) / "pyproject.toml").read_text())["tool"]["poe"]["tasks"]["outdated"]
    assert task["sequence"][0] == {"cmd": "uv run --script outdated.py"}
    assert task["ignore_fail"] == "return_non_zero"
