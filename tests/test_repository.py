"""The repository speaks of itself alone, and its files are what they claim to be."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import bench, pins, renders
from tools.combinations import ROOT, questions

FOREIGN = {
    "a path of one machine": re.compile(r"(?<![\w.-])/(?:work|root|home|Users|opt)/\w|\.pyenv|site-packages/"),
    "a host of a package index": re.compile(
        "|".join(["py" + r"pi\.", "python" + r"hosted", "npm" + r"js\.", "index" + r"-url https"])
    ),
    "an unresolved merge": re.compile(r"^(?:<{7}|>{7}) ", re.MULTILINE),
}
LOCKS = {"uv.lock", "poetry.lock", "Pipfile.lock"}
"""Locks that record from where a package came, and cannot be told not to."""
TOOLS = Path(sys.executable).parent


def texts() -> dict[str, str]:
    """Read every tracked file that is text."""
    return {name: text for name in renders.tracked() if (text := read(ROOT / name)) is not None}


def read(path: Path) -> str | None:
    """Return a file's text, or nothing for a picture."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return None


@pytest.mark.parametrize("what", FOREIGN)
def test_no_file_names(what: str) -> None:
    ours = {name: text for name, text in texts().items() if name != "tests/test_repository.py"}
    assert [name for name, text in ours.items() if FOREIGN[what].search(text)] == []


def test_no_lock_file_records_addresses() -> None:
    assert [name for name in renders.tracked() if Path(name).name in LOCKS] == []
    of_npm = [text for name, text in texts().items() if Path(name).name == "package-lock.json"]
    assert [('"integrity"' in text, '"resolved"' in text) for text in of_npm] == [(True, False)]


def test_the_pins_are_hashed_and_cover_every_part() -> None:
    pinned = (ROOT / "requirements" / "rendered.txt").read_text()
    versions = re.findall(r"^([a-z0-9-]+)(?:\[.*\])?==", pinned, re.MULTILINE)
    assert len(versions) == len(re.findall(r"==[^\n]*\\\n +--hash=sha256:", pinned))
    named = {match[0] for each in pins.rendered_requirements() if (match := re.match(r"[a-z0-9-]+", each))}
    assert named <= set(versions)


def test_the_benchmark_sets_what_the_dockerfile_sets() -> None:
    image = (ROOT / "template" / "Dockerfile.jinja").read_text()
    assert [f"ENV {name}={value}" in image for name, value in bench.SHIPPED.items()] == [True]


def test_every_answer_of_copier_yml_has_help() -> None:
    asked = {name: details for name, details in questions().items() if not name.startswith("_")}
    assert [name for name, details in asked.items() if not details["help"].endswith(("?", "?  ", "selects)"))] == []


def test_workflows_and_renovate_are_sound() -> None:
    workflows = [name for name in renders.tracked() if re.search(r"\.github/workflows/.*\.ya?ml$", name)]
    assert len(workflows) == 2  # a third one is rendered: test_deploy.py
    schema = ["check-jsonschema", "--builtin-schema"]
    for command in (
        [*schema, "vendor.github-workflows", *workflows],
        [*schema, "vendor.renovate", "template/renovate.json"],
        ["zizmor", "--offline", "-q", *workflows],
    ):
        result = subprocess.run(
            [TOOLS / command[0], *command[1:]], cwd=ROOT, check=False, capture_output=True, text=True
        )
        assert result.returncode == 0, result.stdout + result.stderr


def test_links_between_documents_lead_somewhere() -> None:
    documents = [name for name in texts() if name.endswith(".md") and not name.startswith("template/")]
    links = [(name, link) for name in documents for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", texts()[name])]
    assert [(name, link) for name, link in links if not (ROOT / name).parent.joinpath(link).exists()] == []
