"""An update brings what is new, from whatever version, and keeps what is the owner's."""

import gc
import shutil
import warnings
from contextlib import suppress
from fnmatch import fnmatch
from itertools import cycle
from pathlib import Path

import pytest
from jinja2 import TemplateNotFound

from tools import renders
from tools.combinations import COMBINATIONS, SLUG, WHOLE, Combination, questions
from tools.renders import ANSWERS_FILE

from . import rows
from .conftest import Render, must_pass
from .owners import HISTORY, conflicts, migrate, start, succeed
from .releases import offers, past
from .test_render import files

SMALLEST, LARGEST = COMBINATIONS[0], COMBINATIONS[-1]
FIRST = next(each for each in COMBINATIONS if each.auth_methods == ("jwt", "oauth2_password"))
"""What every version could render."""


def covering() -> list[Combination]:
    """Return every choice of methods on the first storage; on each other one all together, and one alone."""
    first = [each for each in COMBINATIONS if (each.database, each.redis) == (SMALLEST.database, SMALLEST.redis)]
    others = [each for each in COMBINATIONS if each not in first]
    storages = dict.fromkeys((each.database, each.redis) for each in others)
    alone = dict(zip(storages, cycle(WHOLE.auth_methods)))
    return first + [
        each for each in others if each.auth_methods in (WHOLE.auth_methods, (alone[each.database, each.redis],))
    ]


def contents(project: Path) -> dict[str, bytes]:
    """Read what must be equal after an update: everything but history and the record of the update itself."""
    others = (".git/", ".ruff_cache/", HISTORY, ANSWERS_FILE)
    names = {name for name in files(project) if not name.startswith(others)}
    return {name: (project / name).read_bytes() for name in names}


def not_owned(found: dict[str, bytes]) -> dict[str, bytes]:
    """Leave out what is written once to be the owner's."""
    places = questions()["_skip_if_exists"]
    return {name: text for name, text in found.items() if not any(fnmatch(f"/{name}", place) for place in places)}


def start_long_ago(template: Path, folder: Path, combination: Combination, number: int = 0) -> Path:
    """Start a project at the oldest version that offers the combination, or at so many later, round and round."""
    versions = [each for each in past(template) if offers(template, each, combination)]
    with warnings.catch_warnings(action="ignore", category=ResourceWarning):  # Copier leaves folders open when it stops
        for each in versions[number % len(versions) :] + versions:
            with suppress(TemplateNotFound):  # what it offers was not all there yet
                return start(template, folder, combination, each)
            gc.collect()
    raise AssertionError(combination)


@pytest.mark.parametrize(("chosen", "number"), [(each, number) for number, each in enumerate(covering())], ids=str)
def test_an_untouched_project_of_an_older_version_becomes_a_fresh_copy(
    chosen: Combination, number: int, template: Path, render: Render, tmp_path: Path
) -> None:
    """So its own tests pass: `test_project.py` runs those of the fresh copy. History differs, see below."""
    project = start_long_ago(template, tmp_path / "project", chosen, number)
    renders.update(project)
    assert conflicts(project) == set()
    assert not_owned(contents(project)) == not_owned(contents(render(chosen)))


@pytest.mark.parametrize("chosen", [FIRST, WHOLE], ids=str)
def test_a_project_of_a_version_half_way_migrates_with_its_data_and_passes_its_tests(
    chosen: Combination, template: Path, render: Render, tmp_path: Path
) -> None:
    """Those before were not whole: nothing had been released yet."""
    versions = [each for each in past(template) if offers(template, each, chosen)]
    project = start(template, tmp_path / "project", chosen, versions[len(versions) // 2])
    database = tmp_path / "living.db"
    succeed(project, "alembic", "upgrade", "head", **rows.address(database))
    rows.fill(database)
    before = rows.rows(database)
    renders.update(project)
    shutil.copy(render(chosen) / SLUG / "own.py", project / SLUG)  # where the sample has moved to since
    migrate(project, "Update", rows.address(database))
    assert rows.lost(before, rows.rows(database)) == {}
    must_pass(project, "tests")


def test_a_refused_answer_leaves_the_project_as_it_was(template: Path, tmp_path: Path) -> None:
    project = start(template, tmp_path / "project", SMALLEST)
    with pytest.raises(ValueError, match="Choose at least one"):
        renders.update(project, {"auth_methods": []})
    assert renders.git(project, "status", "--porcelain") == ""


def test_what_the_owner_adds_at_the_end_of_the_guides_stays(template: Path, tmp_path: Path) -> None:
    project = start(template, tmp_path / "project", SMALLEST)
    guides = [project / name for name in ("README.md", "AGENTS.md")]
    for guide in guides:
        guide.write_text(f"{guide.read_text()}\nWe deploy on Fridays.\n")
    renders.commit(project, "Our own")
    renders.update(project, {"auth_methods": ["api_keys"]})
    assert conflicts(project) == set()
    assert [guide.read_text().splitlines()[-1] for guide in guides] == ["We deploy on Fridays."] * 2


def test_history_is_not_written_again(template: Path, tmp_path: Path) -> None:
    project = start(template, tmp_path / "project", SMALLEST)
    [initial] = (project / HISTORY).glob("*.py")
    initial.write_text(f"{initial.read_text()}\n# Ours by now.\n")
    renders.commit(project, "Our own")
    renders.update(project, LARGEST.answers)
    assert [path.name for path in (project / HISTORY).glob("*.py")] == [initial.name]
    assert initial.read_text().endswith("# Ours by now.\n")
