"""Measure rendered projects and the template: `make measure` prints, `tests/test_readability.py` holds the budgets."""

import ast
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from statistics import quantiles

from . import renders
from .combinations import COMBINATIONS, ROOT, SLUG

PACKAGE = ROOT / "template" / "<<project_slug>>"
CONDITIONAL = re.compile(r"(?:# %%|<%-?)\s*(?:if|elif|else|for)\b")
DATA = {".txt", ".db"}
"""Word lists are not read by people."""

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


def lines(paths: Iterable[Path]) -> int:
    """Count the lines of files."""
    return sum(len(path.read_text().splitlines()) for path in paths)


def code_lines(path: Path) -> int:
    """Count the lines that hold code: no blank lines, comments or docstrings (ADR 0009)."""
    return count_code(path.read_text(), is_python=path.suffix == ".py")


@cache
def count_code(source: str, *, is_python: bool) -> int:
    """Count the lines of a text that hold code, once for all projects that have it."""
    written = {number for number, line in enumerate(source.splitlines(), 1) if line.strip(" #")}
    return len(written - (commented(source) | documented(source) if is_python else set()))


def commented(source: str) -> set[int]:
    """Return the numbers of the lines that are comments."""
    return {number for number, line in enumerate(source.splitlines(), 1) if line.lstrip().startswith("#")}


def documented(source: str) -> set[int]:
    """Return the numbers of the lines of docstrings, those of attributes included."""
    texts = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Expr) and is_text(node.value)]
    return {number for node in texts for number in range(node.lineno, (node.end_lineno or node.lineno) + 1)}


def is_text(node: ast.expr) -> bool:
    """Tell whether an expression is a plain string."""
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def sizes(project: Path) -> dict[str, int]:
    """Count the lines of code of a rendered project: its package, its tests, and everything else."""
    every = {path for path in project.rglob("*") if path.is_file() and path.suffix not in DATA}
    package, tests = ({path for path in every if path.is_relative_to(project / name)} for name in (SLUG, "tests"))
    folders = {"package": package, "tests": tests, "other": every - package - tests}
    return {name: sum(map(code_lines, paths)) for name, paths in folders.items()}


def function_lengths(package: Path) -> list[int]:
    """Return the length of every function, in lines, its docstring and decorators included."""
    trees = (ast.parse(path.read_text()) for path in package.rglob("*.py"))
    functions = [node for tree in trees for node in ast.walk(tree) if isinstance(node, FUNCTIONS)]
    return sorted((node.end_lineno or node.lineno) - node.lineno + 1 for node in functions)


def spread(lengths: list[int]) -> tuple[float, float, int]:
    """Return the median, the 90th percentile and the largest."""
    tenths = quantiles(lengths, n=10, method="inclusive")
    return tenths[4], tenths[8], max(lengths)


def plain_share() -> float:
    """Return the share of the package's files that are valid as they stand, without rendering."""
    files = package_files()
    return sum(path.suffix != ".jinja" for path in files) / len(files)


def package_files() -> list[Path]:
    """List the template's files of the package."""
    return [ROOT / name for name in renders.tracked() if (ROOT / name).is_relative_to(PACKAGE)]


def conditionals() -> Iterator[tuple[str, int]]:
    """Yield the package's files that hold conditional lines, and how many."""
    for path in package_files():
        if count := sum(bool(CONDITIONAL.search(line)) for line in path.read_text().splitlines()):
            yield path.relative_to(PACKAGE).as_posix(), count


def main() -> None:
    """Print everything that is measured."""
    with tempfile.TemporaryDirectory() as folder:
        template = renders.snapshot(Path(folder) / "template")
        print(f"{'combination':40} {'package':>8} {'tests':>8} {'other':>8}   function length: median, p90, longest")
        for number, combination in enumerate(COMBINATIONS):
            project = renders.render(template, Path(folder) / str(number), combination.answers)
            counts = " ".join(f"{count:8}" for count in sizes(project).values())
            print(f"{combination!s:40} {counts}   {spread(function_lengths(project / SLUG))}")
    print(f"plain share of the package: {plain_share():.0%}; conditionals: {dict(conditionals())}")


if __name__ == "__main__":
    main()
