"""A method that is removed by hand, as its folder says, leaves what would have been rendered without it."""

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tools import commands, renders
from tools.combinations import SLUG, WHOLE

from .owners import succeed
from .releases import replace
from .test_render import files

COMPARED = (f"{SLUG}/", "tests/", "pyproject.toml")


def without(method: str) -> dict[str, Any]:
    """Return the answers of the whole without one method."""
    left = [each for each in WHOLE.auth_methods if each != method]
    return WHOLE.answers | {"auth_methods": left}


def remove(project: Path, method: str) -> None:
    """Delete a method's folder, its tests, and its lines in both registrations."""
    for folder in (project / SLUG / "auth", project / "tests" / "auth"):
        shutil.rmtree(folder / method)
    for registration in ("auth/methods.py", "api.py"):
        drop_lines(project / SLUG / registration, method)


def drop_lines(path: Path, method: str) -> None:
    """Drop the imports from a method's folder, and the entries that they brought."""
    lines = path.read_text().splitlines(keepends=True)
    imports = [line for line in lines if re.match(rf"from \.(auth\.)?{method}[. ]", line)]
    entries = {f"    {line.split()[-1]}{end}" for line in imports for end in (",\n", ".lifespan,\n")}
    path.write_text("".join(line for line in lines if line not in imports and line not in entries))


def put_opaque_tokens_in_place_of_jwt(project: Path, fresh: Path) -> None:
    """Do what the folder of jwt says besides."""
    for folder in (f"{SLUG}/auth/opaque", "tests/auth/opaque"):
        shutil.copytree(fresh / folder, project / folder)
    shutil.copy(fresh / SLUG / "auth" / "tokens" / "format.py", project / SLUG / "auth" / "tokens")
    unused = commands.run(project, "deptry", ".").stdout
    assert {name for name in ("cryptography", "python-dotenv", "pyjwt") if f"'{name}'" in unused} == {"cryptography"}
    pyproject = project / "pyproject.toml"
    replace(pyproject, '    "cryptography>=50.0",\n', "")
    replace(pyproject, '    "deptry', '    "cryptography>=50.0",\n    "deptry')


def compared(project: Path) -> dict[str, str]:
    """Read the code, its tests and what they depend on. Prose and history are their owner's."""
    return {name: (project / name).read_text() for name in files(project) if name.startswith(COMPARED)}


@pytest.mark.parametrize("method", WHOLE.auth_methods)
def test_what_is_left_equals_a_project_without_the_method(method: str, template: Path, tmp_path: Path) -> None:
    project = renders.render(template, tmp_path / "project", WHOLE.answers)
    fresh = renders.render(template, tmp_path / "fresh", without(method))
    remove(project, method)
    if method == "jwt":
        put_opaque_tokens_in_place_of_jwt(project, fresh)
    assert compared(project) == compared(fresh)
    for command in ("upgrade head", "revision --autogenerate -m drop", "upgrade head", "check"):
        succeed(project, "alembic", *command.split())
    # Its sections go too, since the examples are run.
    shutil.copy(fresh / "README.md", project)
    succeed(project, "pytest", "-q", "-p", "no:cacheprovider")
