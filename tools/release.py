"""Release: check, date the changelog, commit, tag. `make release VERSION=1.2.3`; pushing is left to you.

Nothing is changed unless every check passes, and nothing stays changed unless there is a tag at the end. git signs the
tag if it is configured so (`tag.gpgSign`).
"""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from packaging.specifiers import SpecifierSet

from . import advisories
from .combinations import ROOT

CHANGELOG = ROOT / "CHANGELOG.md"
UNRELEASED = re.compile(r"^## Unreleased\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
ENTRY = re.compile(r"^- .*(?:\n  .*)*", re.MULTILINE)
NAMED = re.compile(r"\((FAT-\d{4}-\d{3})\)$")
"""The advisory that an entry ends in."""
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)")

PATCH, MINOR, MAJOR = 2, 1, 0
"""The number of a version that goes up."""
HEADINGS = {
    "Security": PATCH,
    "By hand": MAJOR,
    "Changed": MINOR,
    "Settings": MINOR,
    "Migrations": MINOR,
    "New": MINOR,
    "Fixed": PATCH,
}
"""What an update may do to a project, in the order of the changelog, and what that asks of the version."""

Version = tuple[int, int, int]


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the changelog, and the heading that it stands under."""

    heading: str
    text: str


def git(*arguments: str) -> str:
    """Run git in this repository, as its user has configured it."""
    return subprocess.run(["git", *arguments], cwd=ROOT, check=True, capture_output=True, text=True).stdout.strip()


def unreleased(changelog: str) -> str:
    """Return what stands under "Unreleased"."""
    found = UNRELEASED.search(changelog)
    return found[1].strip() if found else ""


def entries(section: str) -> list[Entry]:
    """Return the entries of a section; what stands under no heading has an empty one."""
    parts = re.split(r"^### (.*)\n", section, flags=re.MULTILINE)
    under = [("", parts[0]), *zip(parts[1::2], parts[2::2], strict=True)]
    return [Entry(heading=heading, text=text) for heading, block in under for text in ENTRY.findall(block)]


def released() -> list[Version]:
    """Return the versions that have a tag, oldest first."""
    return sorted(parse(match[0]) for tag in git("tag").split() if (match := VERSION.fullmatch(tag.removeprefix("v"))))


def written(version: Version) -> str:
    """Put a version together."""
    return ".".join(map(str, version))


def parse(version: str) -> Version:
    """Take a version apart, which must be of that form."""
    major, minor, patch = map(int, version.split("."))
    return major, minor, patch


def successors(version: Version) -> list[Version]:
    """Return what may follow a version: a major, a minor and a patch, in this order."""
    major, minor, patch = version
    return [(major + 1, 0, 0), (major, minor + 1, 0), (major, minor, patch + 1)]


def find_problems(version: str) -> Iterator[str]:
    """Yield a sentence about each reason not to release this."""
    if git("status", "--porcelain"):
        yield "There are changes that are not committed."
    if (branch := git("rev-parse", "--abbrev-ref", "HEAD")) != "main":
        yield f"This is {branch}, and releases are made of main."
    if git("tag", "--list", f"v{version}"):
        yield f"There is a tag v{version} already."
    section = unreleased(CHANGELOG.read_text())
    found = entries(section)
    if not found:
        yield 'Nothing stands under "Unreleased" in CHANGELOG.md.'
    unknown = {each.heading for each in found} - {*HEADINGS}
    yield from (f"The changelog has no heading {heading!r}." for heading in unknown)
    yield from _problems_of_files(section)
    yield from _problems_of_version(version, found)
    yield from _problems_of_advisories(version, [each for each in found if each.heading == "Security"])


def _problems_of_files(section: str) -> Iterator[str]:
    now = _rendered(git("ls-files", "template"))
    for last in released()[-1:]:
        # An update deletes them in every project, with what their owners have changed in them.
        gone = _rendered(git("ls-tree", "-r", "--name-only", f"v{written(last)}", "template/")) - now
        unsaid = sorted(name for name in gone if name.rpartition("/")[2] not in section)
        yield from (f'{name} is gone, and nothing under "Unreleased" says where its content is now.' for name in unsaid)


def _rendered(listing: str) -> set[str]:
    return {name.removesuffix(".jinja") for name in listing.splitlines()}


def _problems_of_version(version: str, found: list[Entry]) -> Iterator[str]:
    if not VERSION.fullmatch(version):
        yield f"{version or 'Nothing'} is no version: say VERSION=1.2.3."
        return
    last = released()[-1:]
    allowed = successors(last[0]) if last else [(1, 0, 0), (0, 1, 0)]
    if parse(version) not in allowed:
        yield f"{version} does not follow: {' or '.join(map(written, allowed))} would."
        return
    # Before 1.0.0 nothing is promised, and the second number stands for the first (SemVer, item 4).
    asked = min((HEADINGS.get(each.heading, PATCH) for each in found), default=PATCH)
    if allowed.index(parse(version)) > max(asked, MINOR if parse(version)[0] == 0 else MAJOR):
        needing = sorted({each.heading for each in found if HEADINGS.get(each.heading, PATCH) == asked})
        yield f"{version} is too small a step for what stands under {', '.join(needing)}."


def _problems_of_advisories(version: str, closed: list[Entry]) -> Iterator[str]:
    listed = advisories.read()
    yield from advisories.problems(listed)
    named = {name for each in closed for name in NAMED.findall(each.text)}
    silent = [each.text for each in closed if not NAMED.search(each.text)]
    yield from (f"Without an advisory at its end: {text[2:60]}" for text in silent)
    tags = set(map(written, released()))
    fixed = {each["id"]: each["fixed_in"] for each in listed}
    strange = [name for name in named if fixed.get(name) != version]
    yield from (f"{name} is not in advisories.json, or not fixed in {version}." for name in strange)
    yield from (
        f"{name} is fixed in {there}, which is neither a release nor this one."
        for name, there in fixed.items()
        if there not in {*tags, version}
    )
    yield from _problems_of_ranges(listed)
    gone = _listed_last() - fixed.keys()
    yield from (f"{name} was listed by the last release, and projects read only the newest list." for name in gone)
    unnamed = {name for name, there in fixed.items() if there == version and version not in tags} - named
    yield from (f"No entry under Security ends in ({name})." for name in unnamed)


def _listed_last() -> set[str]:
    texts = [git("show", f"v{written(last)}:{advisories.FILE}") for last in released()[-1:]]
    return {each["id"] for text in texts for each in json.loads(text)["advisories"]}


def _problems_of_ranges(listed: list[advisories.Advisory]) -> Iterator[str]:
    for each in listed:
        earlier = [tag for tag in released() if tag < parse(each["fixed_in"])]
        last = written(earlier[-1]) if earlier else ""
        if not last or last not in SpecifierSet(each["affected"]):
            yield f"{each['id']} is not said to affect {last or 'any release'}, the last one before the fix."


def release(version: str) -> None:
    """Give "Unreleased" its version and date, commit it, and tag that; or leave everything as it was."""
    changelog, before = CHANGELOG.read_text(), git("rev-parse", "HEAD")
    heading = f"## {version} ({datetime.now(UTC).date()})"
    CHANGELOG.write_text(changelog.replace("## Unreleased\n", f"## Unreleased\n\n{heading}\n", 1))
    try:
        git("commit", "--quiet", "--message", f"Release {version}", "--", CHANGELOG.name)
        message = f"{version}\n\n{unreleased(changelog)}"
        git("tag", "--annotate", "--cleanup=whitespace", "--message", message, f"v{version}")
        said = "" if is_signed_as_wanted(f"v{version}") else "it did not sign the tag."
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip()
    if said:
        git("reset", "--hard", "--quiet", before)
        git("tag", "--delete", *git("tag", "--list", f"v{version}").split())
        raise SystemExit(f"git refused, and nothing was changed: {said}")


def is_signed_as_wanted(tag: str) -> bool:
    """Tell whether a tag is signed, if it was to be: without a key, git 2.39 says so and makes an unsigned one."""
    wanted = git("config", "--type=bool", "--default=false", "--get", "tag.gpgSign") == "true"
    return not wanted or "-----BEGIN " in git("cat-file", "tag", tag)


def main() -> None:
    """Release the version that is named, or say why not."""
    version = sys.argv[1] if len(sys.argv) == 2 else ""
    if problems := list(find_problems(version)):
        raise SystemExit("\n".join(["Not released:", *(f"- {problem}" for problem in problems)]))
    release(version)
    print(
        f"Tagged v{version}. From the moment it is pushed, updates bring it: git push --atomic origin main v{version}"
    )


if __name__ == "__main__":
    main()
