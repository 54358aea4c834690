"""Versions of the template to update from: those of its own history, and five releases after it that are made up."""

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FunctionLoader

from tools import renders
from tools.combinations import Combination, environment

PACKAGE = "template/<<project_slug>>"
RELEASES = range(1, 6)

OF_NOTE = ("copier.yml", "includes/answers.jinja", "includes/parts.jinja", "includes/tables", "template/migrations")
"""What an update has to cope with most: questions, what they refuse, which files follow, and the tables."""


def past(template: Path) -> list[str]:
    """Return the tags, and the commits of the template's history that changed what is of note, oldest first."""
    line = ("rev-list", "--first-parent", "--reverse")
    [oldest, *_] = renders.git(template, *line, "HEAD", "--", "includes/parts.jinja").split()
    commits = renders.git(template, *line, f"{oldest}..HEAD~", "--", *OF_NOTE).split()
    return [oldest, *commits, *renders.git(template, "tag", "--sort=version:refname").split()]


def offers(template: Path, version: str, combination: Combination) -> bool:
    """Tell whether no question of a version refuses a combination."""
    asked, then = _questions(template, version)
    answers = {name: value for name, value in combination.answers.items() if name in asked}
    given = answers | {"_copier_answers": answers}
    return not any(then.from_string(asked[name].get("validator", "")).render(given).strip() for name in answers)


@cache
def _questions(template: Path, version: str) -> tuple[dict[str, Any], Environment]:
    def read(name: str) -> str:
        return renders.git(template, "show", f"{version}:{name}")

    return yaml.safe_load(read("copier.yml")), environment().overlay(loader=FunctionLoader(read), cache_size=50)


def tag(release: int) -> str:
    """Name a release that is made up, beyond all that there will be. Release 0 is the template itself."""
    return f"v999.{release}.0"


def replace(path: Path, old: str, new: str) -> None:
    """Change one place of a file, which must be there."""
    source = path.read_text()
    assert source.count(old) == 1, (path, old, source.count(old))
    path.write_text(source.replace(old, new))


def roll(path: Path, anchor: str, line: str, release: int) -> None:
    """Write behind an anchor what each release says anew; `{}` is its number."""
    before = line.format(release - 1) if release > 1 else ""
    replace(path, f"{anchor}{before}", f"{anchor}{line.format(release)}")


DELETED = (
    "test_docs.py",
    "test_health.py.jinja",
    "middleware/test_order.py.jinja",
    "middleware/test_host_guard.py",
    "auth/test_scopes.py.jinja",
)
RENAMED = ("test_logs", "test_purge", "test_errors", "test_db", "users/test_email")


def change_a_plain_module(template: Path, release: int) -> None:
    """Python that is copied as it stands."""
    anchor = "    app.state.database = Database(DatabaseSettings.get())\n"
    roll(template / PACKAGE / "main.py", anchor, "    app.state.release = {}\n", release)


def change_a_rendered_module(template: Path, release: int) -> None:
    """Python with conditional lines."""
    anchor = '"""Inside the handler of unhandled errors."""\n'
    roll(template / PACKAGE / "api.py.jinja", anchor, "# As of release {}.\n", release)


def change_the_readme(template: Path, release: int) -> None:
    """A sentence in its middle."""
    roll(template / "template/README.md.jinja", "And this runs its tests", ", as of release {}", release)


def change_the_project_file(template: Path, release: int) -> None:
    """A task, and the version of a dependency."""
    roll(
        template / "template/pyproject.toml.jinja",
        'test = { cmd = "pytest", help = "Run the tests',
        ", as of release {}",
        release,
    )
    roll(template / "includes/parts.jinja", '"typer>=0.29', ".0.{}", release)


def ask_another_question(template: Path, release: int) -> None:
    """One that has a default, and shows in a file."""
    question = f"colour_{release}:\n  type: str\n  default: blue\n\n"
    replace(template / "copier.yml", "# FILES ---", f"{question}# FILES ---")


def change_the_image(template: Path, release: int) -> None:
    """A line of the Dockerfile."""
    roll(template / "template/Dockerfile.jinja", "EXPOSE 8000\n", 'LABEL release="{}"\n', release)


def change_the_workflow(template: Path, release: int) -> None:
    """How long CI may take."""
    replace(
        template / "template/.github/workflows/ci.yml.jinja",
        f"timeout-minutes: {14 + release}",
        f"timeout-minutes: {15 + release}",
    )


def change_the_example_of_settings(template: Path, release: int) -> None:
    """A line near the start."""
    anchor = "# Variables of the process come first, then .env."
    roll(template / "template/.env.example.jinja", anchor, " As of release {}.", release)


def change_a_place_of_the_owners(template: Path, release: int) -> None:
    """What new projects get, and living ones never."""
    roll(template / PACKAGE / "own.py", '"""Yours. Rendered once', ", as of release {}", release)


def change_the_sample(template: Path, release: int) -> None:
    """A file that owners delete."""
    roll(template / PACKAGE / "items/schemas.py", "A new item, or a new title", ", as of release {}", release)


def change_a_table(template: Path, release: int) -> None:
    """Another column, for which living projects need a migration."""
    column, old = f"seen_{release}", f"seen_{release - 1}"
    anchor = f"    {old}:" if release > 1 else "    fields:"
    models = template / PACKAGE / "audit/models.py"
    replace(models, anchor, f'    {column}: Mapped[int] = mapped_column(default=0, server_default="0")\n{anchor}')
    replace(
        template / "includes/tables/audit_event.py",
        '        sa.Column("fields"',
        f'        sa.Column("{column}", sa.Integer(), server_default="0", nullable=False),\n        sa.Column("fields"',
    )


def add_a_file(template: Path, release: int) -> None:
    """A module that nothing imports."""
    (template / PACKAGE / f"release_{release}.py").write_text(f'"""What release {release} brought."""\n')


def delete_a_file(template: Path, release: int) -> None:
    """The module that the release before brought, and a test."""
    (template / PACKAGE / f"release_{release - 1}.py").unlink(missing_ok=True)
    (template / "template/tests" / DELETED[release - 1]).unlink()


def rename_a_file(template: Path, release: int) -> None:
    """A test, under another name."""
    old = template / "template/tests" / f"{RENAMED[release - 1]}.py.jinja"
    old.rename(old.with_name(f"test_renamed_{release}.py.jinja"))


CHANGES: tuple[Callable[[Path, int], None], ...] = (
    change_a_plain_module,
    change_a_rendered_module,
    change_the_readme,
    change_the_project_file,
    ask_another_question,
    change_the_image,
    change_the_workflow,
    change_the_example_of_settings,
    change_a_place_of_the_owners,
    change_the_sample,
    change_a_table,
    add_a_file,
    delete_a_file,
    rename_a_file,
)


def release_five_times(template: Path, folder: Path) -> Path:
    """Clone the template, tag it, and make five releases on top, each of which changes a file of each kind."""
    renders.git(template, "clone", "--quiet", str(template), str(folder))
    renders.git(folder, "tag", tag(0))
    for release in RELEASES:
        for change in CHANGES:
            change(folder, release)
        renders.commit(folder, f"Release {release}")
        renders.git(folder, "tag", tag(release))
    return folder
