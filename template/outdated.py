# /// script
# requires-python = ">=3.11"
# dependencies = ["packaging>=25.0", "pyyaml>=6.0.3"]
# ///
"""Is there a newer template, and does one of its advisories affect this project? `uv run poe outdated`.

Exits with 0 if the project is on the newest version, 3 if not or if an advisory affects it, 2 if that is unknown.
(uv and Python themselves exit with 1 when they fail.) It asks git for the template's tags and for `advisories.json` of
the newest, and changes nothing. It is not part of the package, which is served where there is no git, and declares its
own dependencies (PEP 723).
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml
from packaging.specifiers import SpecifierSet
from packaging.version import InvalidVersion, Version

ANSWERS = Path(".copier-answers.yml")
SHORT = {"gh:": "https://github.com", "gl:": "https://gitlab.com"}
SEVERITIES = ["critical", "high", "moderate", "low"]
SECONDS = 60
"""How long one git command may take."""


class CannotTell(Exception):
    """Why the answer is unknown, in a sentence."""


@dataclass(frozen=True, kw_only=True)
class Project:
    """What `.copier-answers.yml` says."""

    address: str
    version: Version
    answers: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Advisory:
    """One entry of the template's `advisories.json`, whose schema lies beside it."""

    id: str
    severity: str
    summary: str
    affected: SpecifierSet
    fixed_in: str
    rows: tuple[str, ...]
    answers: Mapping[str, list[Any]]

    def affects(self, project: Project) -> bool:
        """Tell whether a project is affected. A question that it was never asked counts as the affected answer."""
        chosen = ((values, project.answers.get(name, values)) for name, values in self.answers.items())
        return self.affected.contains(project.version, prereleases=True) and all(
            any(value in values for value in (answer if isinstance(answer, list) else [answer]))
            for values, answer in chosen
        )

    def __str__(self) -> str:
        concerning = f" ({', '.join(self.rows)})" if self.rows else ""
        return f"{self.id}, {self.severity}: {self.summary}{concerning} Fixed in {self.fixed_in}."


def read_project(path: Path = ANSWERS) -> Project:
    """Read which version of which template this is. Raises CannotTell."""
    try:
        answers = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError:
        raise CannotTell(
            f"There is no {path} here: run this in the project's folder, or restore it from git."
        ) from None
    except (yaml.YAMLError, UnicodeDecodeError):
        raise CannotTell(f"{path} is no longer YAML: restore it from git.") from None
    named = answers if isinstance(answers, dict) else {}
    missing = [name for name in ("_src_path", "_commit") if not named.get(name)]
    if missing:
        raise CannotTell(f"{path} does not say {' and '.join(missing)}: restore it from git.")
    return Project(address=expand(str(named["_src_path"])), version=released(str(named["_commit"])), answers=named)


def released(commit: str) -> Version:
    """Return the release that a project is on, or after, as `git describe` names it. Raises CannotTell."""
    with suppress(InvalidVersion):
        if "." in commit:  # a bare commit may look like a number
            return Version(re.sub(r"-\d+-g[0-9a-f]+$", "", commit))
    raise CannotTell(
        f"The project is on {commit}, which is not a release of the template: `uvx copier update` brings the newest."
    )


def expand(address: str) -> str:
    """Return a URL or path for git, with Copier's short forms expanded. Raises CannotTell."""
    for short, site in SHORT.items():
        if address.startswith(short):
            return f"{site}/{address.removeprefix(short).strip('/').removesuffix('.git')}.git"
    address = address.removeprefix("git+")
    if "://" in address or re.match(r"[\w.-]+@[\w.-]+:", address):
        return address
    folder = Path(address).expanduser()
    if not folder.exists():
        raise CannotTell(f"The template is not at {address}: {MOVED}")
    return str(folder.resolve())


MOVED = f"if it moved, write its whole new address as _src_path into {ANSWERS}, and commit."


def newest_tag(address: str) -> str:
    """Return the highest tag that is not a pre-release, as Copier does. Raises CannotTell."""
    listed = git(address, "ls-remote", "--tags", "--refs", "--", address).splitlines()
    tags = {version: tag for line in listed if (version := _version(tag := line.rpartition("refs/tags/")[2]))}
    if not tags:
        raise CannotTell(f"The template at {shown(address)} has no release yet.")
    return tags[max(tags)]


def _version(tag: str) -> Version | None:
    try:
        version = Version(tag)
    except InvalidVersion:
        return None
    return None if version.is_prerelease else version


def read_advisories(address: str, tag: str) -> list[Advisory]:
    """Fetch one version of the template and read its list. Raises CannotTell."""
    with TemporaryDirectory() as folder:
        git(address, "init", "--quiet", "--bare", folder)
        git(address, "-C", folder, "fetch", "--quiet", "--depth=1", "--", address, f"refs/tags/{tag}")
        text = git(address, "-C", folder, "show", "FETCH_HEAD:advisories.json")
    try:
        return [_advisory(entry) for entry in _listed(json.loads(text)["advisories"])]
    except (ValueError, LookupError, TypeError):
        raise CannotTell(f"The advisories of {tag} are of a form that this version does not know.") from None


def _advisory(entry: Mapping[str, Any]) -> Advisory:
    plain = {name: str(entry[name]) for name in ("id", "severity", "summary", "fixed_in")}
    rows = tuple(map(str, _listed(entry.get("rows", []))))
    answers = {name: _listed(values) for name, values in dict(entry.get("answers", {})).items()}
    return Advisory(**plain, affected=SpecifierSet(str(entry["affected"])), rows=rows, answers=answers)


def _listed(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError
    return value


def git(address: str, *arguments: str) -> str:
    """Run git, which never prompts for a password. Raises CannotTell."""
    quiet = os.environ | {"GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    command = ["git", *arguments]
    try:
        return subprocess.run(  # noqa: S603 - git, with addresses after `--`
            command, check=True, capture_output=True, encoding="utf-8", errors="replace", timeout=SECONDS, env=quiet
        ).stdout
    except FileNotFoundError:
        raise CannotTell("This needs git.") from None
    except subprocess.TimeoutExpired:
        reason = f"nothing within {SECONDS} seconds"
    except subprocess.CalledProcessError as error:
        reason = next(iter(error.stderr.replace(address, shown(address)).splitlines()), "git failed").rstrip(".")
    raise CannotTell(f"The template at {shown(address)} cannot be read ({reason}): {MOVED}")


def shown(address: str) -> str:
    """Return a URL without the credentials that may be in it."""
    return re.sub(r"//[^/@]*@", "//", address)


def report(project: Project, tag: str, advisories: Iterable[Advisory]) -> Iterator[str]:
    """Yield what is to be done; nothing if nothing is."""
    is_behind = project.version < Version(tag)
    if is_behind:
        yield f"The template has {tag}; this project is on {project.version}."
    affecting = sorted((each for each in advisories if each.affects(project)), key=_urgency)
    yield from (f"- {advisory}" for advisory in affecting)
    if is_behind or affecting:
        yield "Commit, then: uvx copier update"


def _urgency(advisory: Advisory) -> int:
    return SEVERITIES.index(advisory.severity) if advisory.severity in SEVERITIES else -1


def main() -> None:
    """Report, with the exit codes at the top of this file."""
    try:
        project = read_project()
        tag = newest_tag(project.address)
        lines = list(report(project, tag, read_advisories(project.address, tag)))
    except CannotTell as reason:
        sys.stderr.write(f"{reason}\n")
        raise SystemExit(2) from None
    up_to_date = f"This project is on {tag}, the template's newest version, and no advisory affects it."
    sys.stdout.write("\n".join(lines or [up_to_date]) + "\n")
    raise SystemExit(3 if lines else 0)


if __name__ == "__main__":
    main()
