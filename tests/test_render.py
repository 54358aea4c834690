"""Every combination renders exactly the files it asked for, and nothing of the template shows."""

import filecmp
import re
from pathlib import Path

import pytest

from tools import checks, renders
from tools.combinations import COMBINATIONS, SLUG, WHOLE, Combination, parts
from tools.renders import ANSWERS_FILE

from .conftest import Render, must_pass

MARKUP = re.compile(r"<%|%>|<#|#>|# %%|# ~~|<<\s|\s>>\n")


def expected_files(template: Path, combination: Combination, slug: str = SLUG) -> set[str]:
    """Work out the tree from the template's files and the parts table."""
    absent = [path.lstrip("/") for part in parts(combination, slug) if not part.chosen for path in part.paths]
    every = {destination(name, slug) for name in template_files(template)}
    return {name for name in every if not any(is_under(name, path) for path in absent)}


def template_files(template: Path) -> list[str]:
    """List the files that Copier reads."""
    return [name.removeprefix("template/") for name in renders.tracked(template) if name.startswith("template/")]


def destination(name: str, slug: str = SLUG) -> str:
    """Return where a template file goes."""
    named = name.replace("<<project_slug>>", slug).replace("<<_copier_conf.answers_file>>", ANSWERS_FILE)
    return named.removesuffix(".jinja")


def is_under(name: str, path: str) -> bool:
    """Tell whether a file is a path or in it."""
    return name == path or name.startswith(f"{path}/")


def files(project: Path) -> set[str]:
    """List a project's files."""
    return {path.relative_to(project).as_posix() for path in project.rglob("*") if path.is_file()}


def test_exactly_the_expected_files_exist(rendered: Path, combination: Combination, template: Path) -> None:
    assert files(rendered) == expected_files(template, combination)


@pytest.mark.parametrize("redis", [False, True])
def test_the_initial_migration_has_the_same_text_on_every_database(redis: bool, render: Render) -> None:
    alike = [each for each in COMBINATIONS if each.redis == redis and each.auth_methods == WHOLE.auth_methods]
    texts = {(render(each) / "migrations" / "versions" / "0001_create_tables.py").read_text() for each in alike}
    assert (len(alike), len(texts)) == (3, 1)


def test_no_folder_is_empty(rendered: Path) -> None:
    assert [path for path in rendered.rglob("*") if path.is_dir() and not any(path.iterdir())] == []


def test_no_markup_is_left(rendered: Path, template: Path) -> None:
    rendered_by_jinja = {destination(name) for name in template_files(template) if name.endswith(".jinja")}
    left = [name for name in files(rendered) & rendered_by_jinja if MARKUP.search((rendered / name).read_text())]
    assert left == []


def test_files_that_are_not_rendered_hold_no_markup(template: Path) -> None:
    plain = [name for name in template_files(template) if not name.endswith(".jinja")]
    marked = [name for name in plain if re.search(r"<%|# %%|# ~~", (template / "template" / name).read_text())]
    assert marked == []


def test_documents_have_no_gaps(rendered: Path) -> None:
    """Outside of code, where Python has two empty lines."""
    texts = {
        path.name: re.sub(r"```.*?```", "code", path.read_text(), flags=re.DOTALL) for path in rendered.rglob("*.md")
    }
    assert [name for name, text in texts.items() if re.search(r"\S\n\n\n", text)] == []


@pytest.mark.parametrize("check", ["lint", "format", "imports"])
def test_style_is_clean(rendered: Path, check: str) -> None:
    must_pass(rendered, check)


def test_lint_sees_a_planted_mistake(specimen: Path) -> None:
    (specimen / SLUG / "planted.py").write_text("import os\n\neval(os.name)\n")
    assert "S307" in checks.complaint(specimen, "lint")


def test_imports_sees_a_planted_shortcut(specimen: Path) -> None:
    principal = specimen / SLUG / "auth" / "principal.py"
    principal.write_text(f"{principal.read_text()}\nfrom . import dependencies\n")
    assert "principal" in checks.complaint(specimen, "imports")


def test_two_renders_are_identical(rendered: Path, rendered_again: Path) -> None:
    """TP-2: nothing random, so no secret, is ever rendered."""
    assert_same(rendered, rendered_again)


def assert_same(one: Path, other: Path, *, ignore: frozenset[str] = frozenset({ANSWERS_FILE})) -> None:
    """Compare two projects file by file, byte by byte."""
    assert files(one) - ignore == files(other) - ignore
    _, mismatched, unreadable = filecmp.cmpfiles(one, other, files(one) - ignore, shallow=False)
    assert not mismatched
    assert not unreadable


@pytest.mark.parametrize("slug", ["a", "z" * 40])
def test_the_package_is_the_same_under_any_name(render: Render, slug: str, template: Path, tmp_path: Path) -> None:
    largest = COMBINATIONS[-1]
    other = renders.render(template, tmp_path / "other", largest.answers | {"project_slug": slug})
    assert files(other) == expected_files(template, largest, slug)
    assert_same(render(largest) / SLUG, other / slug)
    must_pass(other, "lint")
    must_pass(other, "format")
