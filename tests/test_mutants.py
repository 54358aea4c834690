"""The table of breakages fits the code it breaks; `make mutants` runs it."""

import ast

import pytest

from tools import mutants
from tools.mutants import Mutant

from .conftest import Render

ROWS = mutants.load()


@pytest.mark.parametrize("mutant", ROWS, ids=lambda mutant: f"{mutant.combination}-{mutant.name}")
def test_a_row_fits_the_code(mutant: Mutant, render: Render) -> None:
    project = render(mutant.combination)
    source = (project / mutant.path).read_text()
    assert source.count(mutant.old) == 1
    assert mutant.old != mutant.new
    if mutant.path.endswith(".py"):
        ast.parse(source.replace(mutant.old, mutant.new))
    path, _, name = mutant.test.partition("::")
    test = project / "tests" / path
    assert test.exists()
    assert not name or f"def {name}(" in test.read_text()
