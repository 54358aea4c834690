"""Break rendered projects on purpose, one line at a time; a test must notice each breakage: `make mutants`.

`mutants.toml` has one row for each breakage. `file` is the file to break, with `<slug>` for the package; `old` occurs
in it exactly once and is replaced by `new`; `test`, below `tests/`, must then fail. `methods`, `database` and `redis`
say which project to break: by default one with all methods, on SQLite, without Redis.
"""

import argparse
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from . import commands, databases, renders
from .combinations import COMBINATIONS, ROOT, SLUG, Combination
from .servers import MissingProgramError

TESTS_FAILED = 1  # pytest's exit code; others mean that it could not run at all


@dataclass(frozen=True, kw_only=True)
class Mutant:
    """One breakage, and the test that must notice it."""

    name: str
    file: str
    old: str
    new: str
    test: str
    methods: tuple[str, ...]
    database: str = "sqlite"
    redis: bool = False

    @property
    def combination(self) -> Combination:
        """The project to break."""
        return Combination(auth_methods=self.methods, database=self.database, redis=self.redis)

    @property
    def path(self) -> str:
        """The file to break, in the project."""
        return self.file.replace("<slug>", SLUG)

    def break_in(self, project: Path) -> None:
        """Make the change. `test_mutants.py` checks that every row still fits the code."""
        source = (project / self.path).read_text()
        (project / self.path).write_text(source.replace(self.old, self.new))


def load() -> list[Mutant]:
    """Return the rows."""
    table = tomllib.loads((ROOT / "tools" / "mutants.toml").read_text())
    every = COMBINATIONS[-1].auth_methods
    return [Mutant(name=name, **row | {"methods": tuple(row.get("methods", every))}) for name, row in table.items()]


def survivors(mutants: list[Mutant], folder: Path) -> Iterator[str]:
    """Yield a sentence about each breakage that its test does not notice."""
    template = renders.snapshot(folder / "template")

    @cache
    def render(combination: Combination) -> Path:
        return renders.render(template, folder / str(combination), combination.answers)

    for number, mutant in enumerate(mutants, 1):
        verdict = attack(render(mutant.combination), mutant, folder / "broken" / mutant.name)
        print(f"{number}/{len(mutants)} {mutant.name}: {verdict or 'noticed'}", flush=True)
        if verdict:
            yield f"{mutant.name}: {verdict}"


def attack(healthy: Path, mutant: Mutant, broken: Path) -> str:
    """Return what is wrong with a breakage's test; an empty string only if the test notices the breakage."""
    if exit_code(healthy, mutant.test) != 0:
        return "its test fails without it"
    shutil.copytree(healthy, broken)
    mutant.break_in(broken)
    code = exit_code(broken, mutant.test)
    if code < 0:
        return "its test never ends"
    return "" if code == TESTS_FAILED else "nobody noticed"


@cache
def exit_code(project: Path, test: str) -> int:
    """Run one test of a project."""
    where = databases.tests_of(project)
    command = ("pytest", "-q", "-x", "-p", "no:cacheprovider", "-m", "", f"tests/{test}")
    return commands.run(project, *command, **where).returncode


def main() -> None:
    """Try every row whose name contains what `--only` says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", default="")
    only = parser.parse_args().only
    chosen = [mutant for mutant in load() if only in mutant.name]
    try:
        with tempfile.TemporaryDirectory() as folder, databases.provided():
            alive = list(survivors(chosen, Path(folder)))
    except MissingProgramError as missing:
        sys.exit(str(missing))
    print(f"{len(chosen) - len(alive)} of {len(chosen)} breakages noticed", *alive, sep="\n")
    sys.exit(bool(alive) or not chosen)


if __name__ == "__main__":
    main()
