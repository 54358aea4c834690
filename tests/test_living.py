"""A project that its owner has changed everywhere takes five releases, each of which changes files of every kind."""

import re
from collections import Counter
from pathlib import Path

from tools import renders
from tools.combinations import WHOLE
from tools.renders import ANSWERS_FILE

from . import rows
from .conftest import must_pass
from .edits import EDITS
from .owners import SAMPLE, THEIRS, conflicts, migrate, move_in, start, succeed
from .releases import RELEASES, tag
from .test_render import files

CONFLICT = re.compile(r"^<{7} before updating\n(.*?)^={7}\n.*?^>{7} after updating\n", re.MULTILINE | re.DOTALL)
COLLIDING = {edit.path for edit in EDITS if edit.collides}


def settle(project: Path, file: str) -> int:
    """Keep the owner's side of every conflict in a file; return how many there were."""
    path = project / file
    text, count = CONFLICT.subn(r"\1", path.read_text())
    path.write_text(text)
    return count


def not_kept(project: Path) -> list[str]:
    """Name what an update took from the owner."""
    theirs = {path.relative_to(THEIRS).as_posix(): path for path in THEIRS.rglob("*.py")}
    gone = [name for name, path in theirs.items() if (project / name).read_bytes() != path.read_bytes()]
    gone += [name for name in SAMPLE if (project / name).exists()]
    return gone + [f"{edit.path}: {edit.what}" for edit in EDITS if not edit.is_kept(project)]


def test_no_edit_is_lost_in_five_releases_and_only_the_same_line_is_a_conflict(released: Path, tmp_path: Path) -> None:
    project, database = start(released, tmp_path / "project", WHOLE, tag(0)), tmp_path / "living.db"
    succeed(project, "alembic", "upgrade", "head", **rows.address(database))
    move_in(project)
    for edit in EDITS:
        edit.make(project)
    migrate(project, "Orders and phones", rows.address(database))
    rows.fill(database)
    before = rows.rows(database)
    assert not_kept(project) == []
    counted: Counter[str] = Counter()
    for release in RELEASES:
        renders.commit(project, "Ours")
        renders.update(project, ref=tag(release))
        counted.update({file: settle(project, file) for file in conflicts(project)})
        assert not_kept(project) == []
        assert f"colour_{release}: blue" in (project / ANSWERS_FILE).read_text()
    assert counted == dict.fromkeys(COLLIDING, len(RELEASES))
    assert [name for name in files(project) if name.endswith(".rej")] == []
    migrate(project, "Five releases", rows.address(database))
    assert rows.lost(before, rows.rows(database)) == {}
    for check in ("lint", "format", "imports", "types", "migrations", "tests"):
        must_pass(project, check)
