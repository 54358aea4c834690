"""A release is made of what fits together, or not at all. Each test works on a clone."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tools import release, renders
from tools.combinations import ROOT

from .test_advisories import SOUND

ENTRIES = (
    "# Changelog\n\n## Unreleased\n\n### Fixed\n\n- Something, on\n  two lines.\n\n## 1.2.0 (2026-01-01)\n\n- Old.\n"
)
SECURITY = ENTRIES.replace("### Fixed\n\n", "### Security\n\n- A hole (FAT-2026-001)\n\n### Fixed\n\n")


@pytest.fixture
def clone(template: Path, tmp_path: Path) -> Path:
    """A clone on `main` whose last release was 1.2.0."""
    folder = tmp_path / "clone"
    renders.git(tmp_path, "clone", "--quiet", str(template), str(folder))
    renders.git(folder, "checkout", "--quiet", "-B", "main")
    for name, value in (("user.name", "Releaser"), ("user.email", "releaser@example.com")):
        renders.git(folder, "config", name, value)
    write(folder, ENTRIES)
    renders.git(folder, "tag", "v1.2.0", "HEAD~1")
    return folder


def write(clone: Path, changelog: str, *advisories: object) -> None:
    """Commit a changelog and advisories."""
    (clone / "CHANGELOG.md").write_text(changelog)
    (clone / "advisories.json").write_text(json.dumps({"advisories": advisories}))
    renders.commit(clone, "Before the release")


def run(clone: Path, *arguments: str) -> tuple[int, str]:
    """Release; return how it ended and what it said."""
    command = [sys.executable, "-m", "tools.release", *arguments]
    result = subprocess.run(command, cwd=clone, check=False, capture_output=True, text=True)
    return result.returncode, result.stdout + result.stderr


def test_a_release_dates_the_changelog_and_tags_that_commit(clone: Path) -> None:
    code, said = run(clone, "1.2.1")
    assert code == 0, said
    assert "git push --atomic origin main v1.2.1" in said
    today = datetime.now(UTC).date()
    expected = ENTRIES.replace("## Unreleased\n", f"## Unreleased\n\n## 1.2.1 ({today})\n")
    assert (clone / "CHANGELOG.md").read_text() == expected
    assert renders.git(clone, "status", "--porcelain") == ""
    assert renders.git(clone, "log", "-1", "--format=%s %an").strip() == "Release 1.2.1 Releaser"
    tag = renders.git(clone, "cat-file", "tag", "v1.2.1")
    assert "### Fixed" in tag
    assert f"object {renders.git(clone, 'rev-parse', 'HEAD').strip()}" in tag


def test_nothing_is_pushed(clone: Path, template: Path) -> None:
    before = renders.git(template, "for-each-ref")
    assert run(clone, "1.2.1")[0] == 0
    assert renders.git(template, "for-each-ref") == before


def test_a_file_that_is_gone_is_accounted_for(clone: Path) -> None:
    """An update deletes it, with what its owner has changed in it."""
    docs = clone / "template" / "<<project_slug>>" / "docs.py"
    docs.rename(docs.with_name("pages.py"))
    for name in ("main.py", "api.py.jinja"):  # whether a file is plain is the template's affair
        path = docs.with_name(name)
        path.rename(path.with_name(name.removesuffix(".jinja") if name.endswith(".jinja") else f"{name}.jinja"))
    renders.commit(clone, "Rename")
    code, said = run(clone, "1.2.1")
    assert code != 0
    assert [line for line in said.splitlines() if "is gone" in line] == [
        '- template/<<project_slug>>/docs.py is gone, and nothing under "Unreleased" says where its content is now.'
    ]
    write(clone, ENTRIES.replace("Something", "What was in `docs.py` is in `pages.py` now"))
    assert run(clone, "1.2.1")[0] == 0


def test_a_second_release_has_nothing_to_say(clone: Path) -> None:
    assert run(clone, "1.2.1")[0] == 0
    assert 'Nothing stands under "Unreleased"' in run(clone, "1.2.2")[1]


def sign_with(clone: Path, key: Path) -> None:
    """Have git sign tags with an SSH key."""
    for name, value in (("tag.gpgSign", "true"), ("gpg.format", "ssh"), ("user.signingKey", str(key))):
        renders.git(clone, "config", name, value)


def test_the_tag_is_signed_where_git_is_told_to(clone: Path, tmp_path: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "key"], check=True)
    sign_with(clone, tmp_path / "key.pub")
    assert run(clone, "1.2.1")[0] == 0
    assert "BEGIN SSH SIGNATURE" in renders.git(clone, "cat-file", "tag", "v1.2.1")


def test_a_commit_that_git_refuses_leaves_everything_as_it_was(clone: Path) -> None:
    hook = clone / ".git" / "hooks" / "pre-commit"
    hook.write_text("#!/bin/sh\necho not today >&2\nexit 1\n")
    hook.chmod(0o755)
    assert "nothing was changed: not today" in run(clone, "1.2.1")[1]
    assert (clone / "CHANGELOG.md").read_text() == ENTRIES
    assert renders.git(clone, "status", "--porcelain") == ""


def test_a_tag_that_cannot_be_signed_leaves_everything_as_it_was(clone: Path, tmp_path: Path) -> None:
    sign_with(clone, tmp_path / "none.pub")
    before = renders.git(clone, "rev-parse", "HEAD"), renders.git(clone, "tag")
    code, said = run(clone, "1.2.1")
    assert (code, "git refused, and nothing was changed" in said) == (1, True), said
    assert (renders.git(clone, "rev-parse", "HEAD"), renders.git(clone, "tag")) == before
    assert (clone / "CHANGELOG.md").read_text() == ENTRIES


def sound(clone: Path) -> None:
    write(clone, ENTRIES)


def unfinished(clone: Path) -> None:
    (clone / "unfinished").touch()


def branched(clone: Path) -> None:
    renders.git(clone, "checkout", "--quiet", "-b", "branch")


def tagged(clone: Path) -> None:
    renders.git(clone, "tag", "v1.2.1")


def forgotten(clone: Path) -> None:
    write(clone, ENTRIES, SOUND)
    renders.git(clone, "tag", "--force", "v1.2.0")
    write(clone, ENTRIES)


def entries(changelog: str, *advisories: object) -> Callable[[Path], None]:
    """Return what commits these."""
    return lambda clone: write(clone, changelog, *advisories)


WRONG: list[tuple[Callable[[Path], object], str, str]] = [
    (unfinished, "1.2.1", "There are changes that are not committed."),
    (branched, "1.2.1", "This is branch, and releases are made of main."),
    (tagged, "1.2.1", "There is a tag v1.2.1 already."),
    (entries("# Changelog\n\n## Unreleased\n\n## 1.2.0\n\n- Old.\n"), "1.2.1", 'Nothing stands under "Unreleased"'),
    (entries(ENTRIES.replace("Fixed", "Repaired")), "1.2.1", "The changelog has no heading 'Repaired'."),
    (entries(ENTRIES.replace("### Fixed\n\n", "")), "1.2.1", "The changelog has no heading ''."),
    (entries(ENTRIES.replace("Fixed", "New")), "1.2.1", "1.2.1 is too small a step for what stands under New."),
    (
        entries(ENTRIES.replace("Fixed", "By hand")),
        "1.3.0",
        "1.3.0 is too small a step for what stands under By hand.",
    ),
    (sound, "", "Nothing is no version"),
    (sound, "v1.2.1", "v1.2.1 is no version"),
    (sound, "1.2.1-rc.1", "1.2.1-rc.1 is no version"),
    (sound, "1.2.2", "1.2.2 does not follow: 2.0.0 or 1.3.0 or 1.2.1 would."),
    (sound, "1.1.9", "1.1.9 does not follow"),
    (forgotten, "1.2.1", "FAT-2026-001 was listed by the last release, and projects read only the newest list."),
    (entries(SECURITY), "1.2.1", "FAT-2026-001 is not in advisories.json"),
    (entries(ENTRIES, SOUND), "1.2.1", "No entry under Security ends in (FAT-2026-001)."),
    (entries(SECURITY, SOUND | {"rows": ["X-9"]}), "1.2.1", "names X-9, which is no requirement"),
    (
        entries(SECURITY, SOUND | {"affected": ">=1.0.0, <1.2.0"}),
        "1.2.1",
        "FAT-2026-001 is not said to affect 1.2.0, the last one before the fix.",
    ),
    (entries(SECURITY.replace(" (FAT-2026-001)", "")), "1.2.1", "Without an advisory at its end: A hole"),
    (entries(ENTRIES, SOUND | {"fixed_in": "9.0.0"}), "1.2.1", "is fixed in 9.0.0, which is neither a release"),
]


@pytest.mark.parametrize(("spoil", "version", "sentence"), WRONG, ids=[sentence for _, _, sentence in WRONG])
def test_what_does_not_fit_is_refused_and_nothing_changed(
    spoil: Callable[[Path], object], version: str, sentence: str, clone: Path
) -> None:
    spoil(clone)
    before = renders.git(clone, "rev-parse", "HEAD"), renders.git(clone, "tag"), (clone / "CHANGELOG.md").read_text()
    code, said = run(clone, *([version] if version else []))
    assert code == 1
    assert sentence in said
    assert (renders.git(clone, "rev-parse", "HEAD"), renders.git(clone, "tag")) == before[:2]
    assert (clone / "CHANGELOG.md").read_text() == before[2]


def test_a_hole_and_its_advisory_are_released_together(clone: Path) -> None:
    write(clone, SECURITY, SOUND)
    code, said = run(clone, "1.2.1")
    assert code == 0, said


@pytest.mark.parametrize("version", ["0.1.0", "1.0.0"])
def test_the_first_release_is_one_of_two(version: str, clone: Path) -> None:
    renders.git(clone, "tag", "--delete", "v1.2.0")
    write(clone, ENTRIES.replace("Fixed", "By hand"))
    assert "0.2.0 does not follow: 1.0.0 or 0.1.0 would." in run(clone, "0.2.0")[1]
    assert run(clone, version)[0] == 0


def test_lint_comes_first() -> None:
    planned = subprocess.run(
        ["make", "--dry-run", "release", "VERSION=1.2.3"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    steps = ["ruff check", "ruff format --check", "bin/mypy", "tools.release 1.2.3"]
    assert sorted(steps, key=planned.index) == steps


def test_the_changelog_explains_its_headings_and_uses_no_others() -> None:
    text = release.CHANGELOG.read_text()
    assert re.findall(r"^\| ([A-Z][\w ]+) \|", text, re.MULTILINE) == list(release.HEADINGS)
    assert {each.heading for each in release.entries(release.unreleased(text))} <= {*release.HEADINGS}
