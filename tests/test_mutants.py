"""The table of breakages fits the code it breaks; `make mutants` runs it."""

import pytest

from tools import mutants
from tools.mutants import Mutant

from .conftest import Render

ROWS = mutants.load()


@pytest.mark.parametrize("mutant", ROWS, ids=lambda mutant: mutant.name)
def test_a_row_fits_the_code(mutant: Mutant, render: Render) -> None:
    project = render(mutant.combination)
    assert (project / mutant.path).read_text().count(mutant.old) == 1
    assert mutant.old != mutant.new
    assert (project / "tests" / mutant.test.partition("::")[0]).is_file()
    assert mutant.test.partition("::")[2] in (project / "tests" / mutant.test.partition("::")[0]).read_text()
