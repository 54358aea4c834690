"""An update brings what is new, keeps what is the owner's, and can switch methods on a living project."""

import re
import shutil
from itertools import permutations
from pathlib import Path

import pytest

from tools import commands, renders
from tools.combinations import COMBINATIONS, SLUG, Combination

from .conftest import Render, must_pass
from .test_render import ANSWERS_FILE, files

SMALLEST, LARGEST = COMBINATIONS[0], COMBINATIONS[-1]
FIRST = next(each for each in COMBINATIONS if each.auth_methods == ("jwt", "oauth2_password"))
"""What every version could render."""
HISTORY = "migrations/versions/"


def one_step_apart(one: Combination, other: Combination) -> bool:
    """Tell whether exactly one method is switched on or off between two combinations, on the first storage."""
    storages = {(each.database, each.redis) for each in (one, other, SMALLEST)}
    return len(storages) == 1 and len(set(one.auth_methods) ^ set(other.auth_methods)) == 1


def is_telling(one: Combination, other: Combination) -> bool:
    """Tell whether one of them is a method alone, or all of them: between these every switch is made both ways."""
    return {len(one.auth_methods), len(other.auth_methods)} & {1, len(LARGEST.auth_methods)} != set()


SWITCHES = [pair for pair in permutations(COMBINATIONS, 2) if one_step_apart(*pair) and is_telling(*pair)]


def start(template: Path, folder: Path, combination: Combination, ref: str = "HEAD") -> Path:
    """Render a project and commit it, as its owner would."""
    project = renders.render(template, folder, combination.answers, ref)
    renders.commit(project)
    return project


def changed_by_owner(project: Path) -> set[str]:
    """List the files that an update marked as conflicts or rejected."""
    status = renders.git(project, "status", "--porcelain").splitlines()
    rejected = {path.name for path in project.rglob("*.rej")}
    return {line for line in status if line.startswith(("UU", "AA", "DU", "UD"))} | rejected


def contents(project: Path) -> dict[str, bytes]:
    """Read what must be equal after an update: everything but history and the record of the update itself."""
    names = {name for name in files(project) if not name.startswith((".git/", HISTORY)) and name != ANSWERS_FILE}
    return {name: (project / name).read_bytes() for name in names}


def versions(template: Path) -> list[str]:
    """Return the last three tags and the oldest version that can be rendered."""
    tags = renders.git(template, "tag", "--sort=-version:refname").split()
    oldest = renders.git(template, "rev-list", "--reverse", "HEAD", "--", "includes/parts.jinja").split()[0]
    return [oldest, *tags[:3]]


def test_an_untouched_project_of_any_version_becomes_a_fresh_copy(
    template: Path, render: Render, tmp_path: Path
) -> None:
    for number, version in enumerate(versions(template)):
        project = start(template, tmp_path / str(number), FIRST, version)
        renders.update(project)
        assert contents(project) == contents(render(FIRST))


@pytest.mark.parametrize(("before", "after"), SWITCHES, ids=str)
def test_switching_a_method_equals_having_chosen_so(
    before: Combination, after: Combination, template: Path, render: Render, tmp_path: Path
) -> None:
    project = start(template, tmp_path / "project", before)
    renders.update(project, after.answers)
    assert not changed_by_owner(project)
    assert contents(project) == contents(render(after))


def test_a_refused_answer_leaves_the_project_as_it_was(template: Path, tmp_path: Path) -> None:
    project = start(template, tmp_path / "project", SMALLEST)
    with pytest.raises(ValueError, match="Choose at least one"):
        renders.update(project, {"auth_methods": []})
    assert renders.git(project, "status", "--porcelain") == ""


def newer(template: Path, folder: Path) -> Path:
    """Return a template one version on: a new file, and a change in files that owners edit."""
    shutil.copytree(template, folder)
    package = folder / "template" / "<<project_slug>>"
    (package / "novelty.py").write_text('"""New in this version."""\n')
    for path in (package / "main.py", folder / "template" / "README.md.jinja"):
        path.write_text(f"{path.read_text()}\n# New in this version.\n")
    replace(folder / "template" / "pyproject.toml.jinja", "line-length = 120", "line-length = 119")
    renders.commit(folder, "A newer version")
    return folder


def replace(path: Path, old: str, new: str) -> None:
    """Change one place of a file, which must be there."""
    source = path.read_text()
    assert source.count(old) == 1, (path, old, source.count(old))
    path.write_text(source.replace(old, new))


def edit_like_an_owner(project: Path) -> None:
    """Make the edits that owners typically make."""
    replace(project / "pyproject.toml", "dependencies = [\n", 'dependencies = [\n    "colorama>=0.4",\n')
    replace(project / "pyproject.toml", 'version = "0.1.0"', 'version = "2.3.4"')
    own = project / SLUG / "own.py"
    own.write_text(f"{own.read_text()}\nCOLOUR = 'blue'\n")
    readme = project / "README.md"
    readme.write_text(re.sub(r"\A(# .*\n)", r"\1\nOur own words.\n", readme.read_text()))
    (project / SLUG / "colours.py").write_text("COLOUR = 'red'\n")
    (project / ".env").write_text("ENVIRONMENT=development\n")
    shutil.rmtree(project / SLUG / "items")
    renders.commit(project, "Our own")


def test_the_usual_edits_of_an_owner_are_kept(template: Path, tmp_path: Path) -> None:
    """TP-2: `.env` is the owner's."""
    project = start(template, tmp_path / "project", LARGEST)
    replace(project / ANSWERS_FILE, str(template), str(newer(template, tmp_path / "newer")))
    edit_like_an_owner(project)
    renders.update(project)
    assert not changed_by_owner(project)
    assert (project / SLUG / "novelty.py").exists()
    assert "New in this version" in (project / SLUG / "main.py").read_text()
    assert "Our own words." in (project / "README.md").read_text()
    assert (project / SLUG / "own.py").read_text().endswith("COLOUR = 'blue'\n")
    assert (project / SLUG / "colours.py").exists()
    assert (project / ".env").read_text() == "ENVIRONMENT=development\n"
    assert not (project / SLUG / "items").exists()
    pyproject = (project / "pyproject.toml").read_text()
    assert all(line in pyproject for line in ('"colorama>=0.4"', 'version = "2.3.4"', "line-length = 119"))


def test_history_is_not_written_again(template: Path, tmp_path: Path) -> None:
    project = start(template, tmp_path / "project", SMALLEST)
    [initial] = (project / HISTORY).glob("*.py")
    initial.write_text(f"{initial.read_text()}\n# Ours by now.\n")
    renders.commit(project, "Our own")
    renders.update(project, LARGEST.answers)
    assert [path.name for path in (project / HISTORY).glob("*.py")] == [initial.name]
    assert initial.read_text().endswith("# Ours by now.\n")


def test_a_method_added_to_a_living_project_keeps_its_data(template: Path, tmp_path: Path) -> None:
    project = start(template, tmp_path / "project", SMALLEST)
    database = {"DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path}/living.db"}
    create = [*commands.CLI, "users", "create", "somebody@example.com"]
    succeed(project, "alembic upgrade head", database)
    assert commands.run(project, *create, **database).stdout.strip() == "Created somebody@example.com."
    renders.update(project, LARGEST.answers)
    succeed(project, "alembic revision --autogenerate -m methods", database)
    succeed(project, "alembic upgrade head", database)
    succeed(project, "alembic check", database)
    assert "has an account already" in commands.run(project, *create, **database).stdout
    must_pass(project, "tests")


def succeed(project: Path, command: str, variables: dict[str, str]) -> None:
    """Run a command that must succeed."""
    result = commands.run(project, *command.split(), **variables)
    assert result.returncode == 0, f"{command}\n{result.stdout}"
