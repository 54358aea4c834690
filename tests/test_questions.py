"""Every answer, however hostile, either renders a sound project or is refused in one sentence, with nothing written."""

import importlib.metadata
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import copier
import pytest
import yaml

from tools import checks, commands, renders
from tools.combinations import COMBINATIONS, ROOT, asked, environment, questions

from .conftest import Copie, must_pass

HOSTILE_TEXTS = [
    '"',
    "'",
    '"""',
    "'''",
    "\\",
    "\\N{BULLET} \\u0041",
    "Café ☕ 👩‍💻",
    "<< 7 * 7 >>",
    "<% raise %>",
    "# %% if",
    "{{ x }} ${x} %(x)s {0}",
    "</script><b>&amp;",
    "# comment: [1, 2]",
    "--help; $(id) `id`",
    " spaces ",
    "x" * 200,
]
REFUSED_TEXTS = ["a\nb", "\r", "\0", "\x1b[31m", "\x7f", "\x85", "\u2028", "\u202e", "\ufeff", "\ud800", "x" * 201]
TAKEN = [
    "class",
    "match",
    "json",
    "test",
    "fastapi",
    "jwt",
    "alembic",
    "poe",
    "tests",
    "migrations",
    "deploy",
    "con",
    "outdated",
    "mysql",
]
MALFORMED = ["", "_a", "a_", "1a", "A", "é", "a-b", "a.b", "a/b", "../a", "a b", "a\n", "a" * 41, "a;id"]

REFUSALS = [
    *[({question: ""}, "must not be empty") for question in ("project_name", "author_name")],
    *[
        ({question: text}, "must have at most 200" if len(text) > 200 else "one line without control characters")
        for question in ("project_name", "description", "author_name")
        for text in REFUSED_TEXTS
    ],
    *[({"project_slug": slug}, "is already taken") for slug in TAKEN],
    *[({"project_slug": slug}, "must be 1 to 40 lower-case letters") for slug in MALFORMED],
    *[
        ({"author_email": text}, "must look like")
        for text in ("", "a", "a@b", "a b@c.de", "ü@c.de", "a@b.de\n", "<a@b.de>")
    ],
    ({"auth_methods": []}, "Choose at least one"),
    ({"auth_methods": ["telepathy"]}, "'telepathy' is not in"),
    ({"auth_methods": ["JWT"]}, "'JWT' is not in"),
    ({"auth_methods": "jwt"}, "Not a YAML list"),
    ({"auth_methods": {"jwt": False, "x": True}}, "'x' is not in"),
    ({"auth_methods": ["jwt"], "social_providers": ["myspace"]}, "'myspace' is not in"),
    ({"auth_methods": ["jwt"], "social_providers": []}, "Choose at least one provider"),
    ({"database": "oracle"}, "'oracle' is not in"),
    ({"database": ["sqlite"]}, "Could not convert"),
    ({"kubernetes": True}, "SQLite serves one"),
    *[({"redis": text}, "redis must be yes or no") for text in ("maybe", "", "2", "null")],
    ({"database": "postgresql", "kubernetes": "flase"}, "kubernetes must be yes or no"),
    ({"kubernetes": "maybe"}, "kubernetes must be yes or no."),
    ({"project_name": ["a"]}, "Could not convert"),
    ({"project_name": None}, "Invalid answer"),
]


@pytest.mark.parametrize(("answers", "sentence"), REFUSALS, ids=ascii)
def test_a_wrong_answer_is_refused_and_nothing_written(
    answers: dict[str, Any], sentence: str, template: Path, tmp_path: Path
) -> None:
    with pytest.raises((ValueError, TypeError, copier.errors.UserMessageError), match=re.escape(sentence)) as refusal:
        renders.render(template, tmp_path / "project", answers)
    assert "\n" not in str(refusal.value).strip()
    assert not re.search(r"\.[A-Z]", str(refusal.value)), "one sentence, not two"
    assert not (tmp_path / "project").exists()


def test_the_last_line_printed_is_the_sentence(template: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "copier", "copy", "--defaults", "--data", "project_slug=class"]
    target = tmp_path / "project"
    result = subprocess.run([*command, template, target], check=False, capture_output=True, text=True)
    assert result.returncode
    assert "The package name class is already taken" in result.stderr.strip().splitlines()[-1]
    assert not target.exists()


@pytest.mark.parametrize("text", HOSTILE_TEXTS, ids=ascii)
def test_any_text_survives_rendering(text: str, template: Path, tmp_path: Path) -> None:
    answers = {"project_name": text, "description": text, "author_name": text}
    project = renders.render(template, tmp_path / "project", answers)
    metadata = tomllib.loads((project / "pyproject.toml").read_text())["project"]
    assert metadata["description"] == metadata["authors"][0]["name"] == text
    kept = yaml.safe_load((project / ".copier-answers.yml").read_text())
    assert {question: kept[question] for question in answers} == answers
    must_pass(project, "lint")


def test_all_hostile_texts_together_render_a_working_project(template: Path, tmp_path: Path) -> None:
    text = "\\\"\"\"'''<< 1 >> <% if %> é ☕ {0} %s $x, <a>"
    answers = {"project_name": text, "description": text, "author_name": text, "project_slug": "a"}
    project = renders.render(template, tmp_path / "project", answers)
    for check in checks.due(COMBINATIONS[0]):
        must_pass(project, check)


def test_the_defaults_need_no_answer(copie: Copie, template: Path) -> None:
    result = copie.copy(extra_answers={}, template_dir=template)
    assert result.exception is None
    assert result.project_dir is not None
    answers = yaml.safe_load((result.project_dir / ".copier-answers.yml").read_text())
    assert answers["project_slug"] == "my_api"
    assert answers["auth_methods"] == ["jwt"]
    assert answers["database"] == "sqlite"


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("My API", "my_api"),
        ("Café  au-lait!", "caf_au_lait"),
        ("☕", "app"),
        ("1984", "app"),
        ("Calendar", "calendar_api"),
        ("x" * 200, "x" * 36),
        ("Word " * 20, "word_word_word_word_word_word_word_w"),
    ],
)
def test_the_package_is_named_after_the_project(name: str, slug: str) -> None:
    default = environment().from_string(questions()["project_slug"]["default"])
    assert default.render(project_name=name).strip() == slug


def test_names_of_python_and_of_dependencies_are_taken() -> None:
    installed = commands.run(ROOT, "python", "-c", LIST_NAMES).stdout.split()
    # Some are needed on other systems only.
    pinned = re.findall(r"^([\w.-]+)==", (ROOT / "requirements" / "rendered.txt").read_text(), re.MULTILINE)
    assert len(pinned) > 50
    names = {re.sub(r"[-.]+", "_", name.lower()) for name in [*installed, *pinned, *sys.stdlib_module_names]}
    usable = {name for name in names if re.fullmatch(r"[a-z]([a-z0-9_]{0,38}[a-z0-9])?", name) and "__" not in name}
    module: Any = environment().get_template("includes/names.jinja").module
    assert usable - set(module.taken) == set()


LIST_NAMES = """
from importlib.metadata import distributions, entry_points, packages_distributions
print(*packages_distributions(), *(each.metadata["Name"] for each in distributions()))
print(*(script.name for script in entry_points(group="console_scripts") if "." not in script.name))
"""


def test_only_a_project_without_a_method_is_refused() -> None:
    every = list(asked())
    assert (len(every), len(COMBINATIONS)) == (192, 186)
    assert [each for each in every if each not in COMBINATIONS] == [each for each in every if not each.auth_methods]


def test_unknown_and_computed_answers_change_nothing(template: Path, tmp_path: Path) -> None:
    hostile = {"parts": {}, "package": "/", "passwords": False, "tokens": False, "nonsense": 1}
    plain = renders.render(template, tmp_path / "plain", {})
    project = renders.render(template, tmp_path / "project", hostile)
    assert {path.relative_to(plain) for path in plain.rglob("*")} == {
        path.relative_to(project) for path in project.rglob("*")
    }


def test_the_template_asks_for_no_trust() -> None:
    assert not questions().keys() & {"_tasks", "_migrations", "_jinja_extensions", "_external_data"}


def test_an_older_copier_is_told_so() -> None:
    assert questions()["_min_copier_version"] == "9.18.0"
    assert importlib.metadata.version("copier") != "9.19.0"
