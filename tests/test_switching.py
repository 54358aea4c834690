"""A living project, with data and an owner's code in it, takes and drops methods one by one."""

from itertools import chain
from pathlib import Path

import pytest

from tools import renders
from tools.combinations import COMBINATIONS, Combination

from . import rows
from .conftest import Render, must_pass
from .owners import THEIRS, conflicts, migrate, move_in, start, succeed, without_sample
from .test_update import contents

CHOICES = {each.auth_methods: each for each in COMBINATIONS if (each.database, each.redis) == ("sqlite", False)}
ALL = max(CHOICES, key=len)


def toggled(methods: tuple[str, ...], other: str) -> Combination:
    """Return the choice with one method more, or one less."""
    return CHOICES[tuple(each for each in ALL if (each in methods) is not (each == other))]


def journey(home: tuple[str, ...]) -> list[Combination]:
    """Go from a choice to each that is a step away, and back: with one method, that takes and drops each other one."""
    steps = [other for other in ALL if (other,) != home]
    return list(chain.from_iterable((toggled(home, other), CHOICES[home]) for other in steps))


def switch(project: Path, to: Combination, database: Path) -> None:
    """Take or drop a method as the README says."""
    renders.update(project, to.answers)
    assert conflicts(project) == set()
    migrate(project, "Change methods", rows.address(database))
    renders.commit(project, "Change methods")


@pytest.mark.parametrize("home", [(method,) for method in ALL] + [ALL], ids="+".join)
def test_every_method_comes_and_goes_and_the_data_stays(
    home: tuple[str, ...], template: Path, render: Render, tmp_path: Path
) -> None:
    """The code is that of a project which had chosen so, with its owner's; back home its tests and the owner's pass."""
    project, database = start(template, tmp_path / "project", CHOICES[home]), tmp_path / "living.db"
    move_in(project)
    succeed(project, "alembic", "upgrade", "head", **rows.address(database))
    migrate(project, "Add orders", rows.address(database))
    renders.commit(project, "Orders")
    for choice in journey(home):
        rows.fill(database)
        before = rows.rows(database)
        switch(project, choice, database)
        assert rows.lost(before, rows.rows(database)) == {}
        assert contents(project) == without_sample(contents(render(choice))) | contents(THEIRS)
    must_pass(project, "tests")
