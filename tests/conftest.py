"""Rendering, done once per set of answers and worker."""

import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Protocol

import pytest
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]  # xdist ships no types

from tools import checks, commands, databases, renders
from tools.combinations import COMBINATIONS, Combination
from tools.servers import MissingProgramError

from .releases import release_five_times


class Result(Protocol):
    """What pytest-copie tells about a copy."""

    exception: BaseException | None
    project_dir: Path | None


class Copie(Protocol):
    """What pytest-copie copies with."""

    def copy(self, extra_answers: dict[str, Any], template_dir: Path) -> Result: ...


Render = Callable[[Combination], Path]

collect_ignore = ["owner"]
"""Files of a rendered project."""

FEWER = {
    "specimen": [COMBINATIONS[0], COMBINATIONS[-1]],
    "tried": [each for each in COMBINATIONS if checks.is_tried(each)],
    "attacked": [each for each in COMBINATIONS if checks.is_attacked(each)],
    "rendered_again": [
        each for each in COMBINATIONS if checks.is_measured(each) or each.auth_methods == COMBINATIONS[-1].auth_methods
    ],
}
"""Where it suffices to look, by the fixture that a test asks for: both ends; every file with and without neighbours."""


@contextmanager
def on_servers() -> Iterator[None]:
    """Skip what finds no server, loudly; fail where CI runs."""
    try:
        yield
    except MissingProgramError as error:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"NOT TESTED: {error}")


def must_pass(project: Path, check: str) -> None:
    """Fail with all that a check has to say."""
    with on_servers():
        said = checks.complaint(project, check)
    if said:
        pytest.fail(said, pytrace=False)


def pytest_configure(config: pytest.Config) -> None:
    """Start the servers once, for all workers."""
    if not hasattr(config, "workerinput"):
        stack = ExitStack()
        config.add_cleanup(stack.close)
        stack.enter_context(databases.provided())


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for a `combination` on each, the largest first."""
    if "combination" in metafunc.fixturenames:
        chosen = next((some for name, some in FEWER.items() if name in metafunc.fixturenames), COMBINATIONS)
        ordered = sorted(chosen, key=lambda each: len(each.auth_methods), reverse=True)
        metafunc.parametrize("combination", ordered, ids=str)


class OneWorkerEach(LoadScopeScheduling):  # type: ignore[misc]  # so its classes are Any
    """Run the tests of one combination on one worker, so that each is rendered once; the others on any."""

    names = sorted(map(str, COMBINATIONS), key=len, reverse=True)

    def _split_scope(self, nodeid: str) -> str:
        parameters = nodeid.partition("[")[2].replace("]", "-")
        return next((name for name in self.names if parameters.startswith(f"{name}-")), nodeid)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Callable[..., None]) -> OneWorkerEach:
    """Tell xdist how to share the tests out. Its own groups go by marks, which pytest 9 does not show it."""
    return OneWorkerEach(config, log)


@pytest.fixture(scope="session")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template as it stands, committed."""
    return renders.snapshot(tmp_path_factory.mktemp("template") / "template")


@pytest.fixture(scope="session")
def released(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The template, and five releases more."""
    return release_five_times(template, tmp_path_factory.mktemp("released") / "template")


@pytest.fixture(scope="session")
def render(copie_session: Copie, template: Path) -> Render:
    """Render a combination. The folder is shared: look, don't touch."""

    @cache
    def copy(combination: Combination) -> Path:
        result = copie_session.copy(extra_answers=combination.answers, template_dir=template)
        assert result.exception is None, result.exception
        assert result.project_dir is not None
        return result.project_dir

    return copy


@pytest.fixture
def rendered(render: Render, combination: Combination) -> Path:
    """The combination's project, to look at."""
    return render(combination)


@pytest.fixture
def project(rendered: Path) -> Path:
    """The combination's project, to run and to change."""
    return commands.desk(rendered)


@pytest.fixture
def specimen(project: Path) -> Path:
    """The project of one of both ends, to plant a mistake in."""
    return project


@pytest.fixture
def tried(project: Path) -> Path:
    """The project of a combination whose own tests are run here."""
    return project


@pytest.fixture
def attacked(project: Path) -> Path:
    """The project of a combination whose attacks are tried here."""
    return project


@pytest.fixture
def rendered_again(combination: Combination, template: Path, tmp_path: Path) -> Path:
    """The combination's project, rendered once more."""
    return renders.render(template, tmp_path / "again", combination.answers)
