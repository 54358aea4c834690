"""What keeps the rendered code, and the template, pleasant to read. Going beyond a budget needs a reason in an ADR."""

import ast
from pathlib import Path

import pytest

from tools import measure, renders
from tools.combinations import ROOT, SLUG, Combination

CONDITIONALS = {
    "auth/methods.py.jinja",
    "api.py.jinja",
    "auth/tokens/format.py.jinja",
    "auth/social_login/providers/__init__.py.jinja",
}
BUDGETS = {"package": 6543, "tests": 11305, "other": 1762}
SMALL_BUDGETS = {"package": 4840, "tests": 7752, "other": 1465}
"""Lines of code, for one method alone (ADR 0009)."""
SERVER = {"package": 60, "tests": 365, "other": 80}
"""What a database server may add: tests of it and with it, and where it runs (ADR 0018)."""
REDIS = {"package": 144, "tests": 485, "other": 64}
"""What a second store may add to the first: its client, and tests that stop and start it (ADR 0017)."""

VAGUE = {"utils.py", "helpers.py", "common.py", "misc.py", "manager.py", "handler.py", "base.py", "constants.py"}


def test_only_the_registration_files_have_conditionals() -> None:
    assert {name for name, _ in measure.conditionals()} <= CONDITIONALS


def test_conditionals_are_rare() -> None:
    total = measure.lines(measure.package_files())
    assert sum(count for _, count in measure.conditionals()) * 100 / total < 0.5


def test_the_package_is_plain_python_as_it_stands() -> None:
    assert measure.plain_share() >= 0.85


def test_functions_are_short(rendered: Path) -> None:
    median, ninetieth, longest = measure.spread(measure.function_lengths(rendered / SLUG))
    assert median <= 6
    assert ninetieth <= 18
    assert longest <= 40


def test_the_functions_of_the_template_itself_are_short() -> None:
    lengths = [length for folder in ("tools", "tests") for length in measure.function_lengths(ROOT / folder)]
    median, ninetieth, longest = measure.spread(lengths)
    assert median <= 6
    assert ninetieth <= 18
    assert longest <= 40


def test_a_project_is_small(rendered: Path, combination: Combination) -> None:
    budgets = SMALL_BUDGETS if len(combination.auth_methods) == 1 else BUDGETS
    added = [more for more, there in ((SERVER, combination.database != "sqlite"), (REDIS, combination.redis)) if there]
    allowed = {name: most + sum(more[name] for more in added) for name, most in budgets.items()}
    sizes = measure.sizes(rendered)
    print(combination, sizes)
    assert {name: size for name, size in sizes.items() if size > allowed[name]} == {}


def test_files_are_named_after_what_they_hold(rendered: Path) -> None:
    assert [path for path in rendered.rglob("*.py") if path.name in VAGUE] == []
    assert [name for name in renders.tracked() if Path(name).name in VAGUE] == []


@pytest.mark.parametrize(
    "leftover", ["TODO", "FIXME", "XXX", "pragma: no cover", "pytest.mark.skip", "pytest.mark.xfail"]
)
def test_nothing_is_left_undone(rendered: Path, leftover: str) -> None:
    assert [path for path in rendered.rglob("*.py") if leftover in path.read_text()] == []


def test_no_function_is_empty(rendered: Path) -> None:
    assert list(filter(None, map(empty_functions, (rendered / SLUG).rglob("*.py")))) == []


def empty_functions(path: Path) -> list[str]:
    """Name the functions of a file that do nothing; a protocol's have an ellipsis and are no stubs."""
    functions = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, measure.FUNCTIONS)]
    return [f"{path}: {node.name}" for node in functions if isinstance(node.body[-1], ast.Pass)]


def test_only_two_path_names_are_templates() -> None:
    """Windows refuses `<` and `>`: see docs/adr/0001."""
    marked = {part for name in renders.tracked() for part in Path(name).parts if set(part) & set('<>:"|?*\\')}
    assert marked == {"<<project_slug>>", "<<_copier_conf.answers_file>>.jinja"}
