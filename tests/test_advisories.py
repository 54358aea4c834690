"""The list of advisories is of its form, names what exists, and its checks bite."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tools import advisories
from tools.combinations import ROOT

SOUND: dict[str, Any] = {
    "id": "FAT-2026-001",
    "severity": "high",
    "summary": "A refresh token that was used twice kept its session.",
    "affected": ">=1.0.0, <1.2.1",
    "fixed_in": "1.2.1",
    "rows": ["TP-1"],
    "answers": {"auth_methods": ["jwt", "oauth2_password"], "redis": [True]},
}

MALFORMED: list[dict[str, Any]] = [
    {"id": "1"},
    {"severity": "bad"},
    {"summary": "no sentence"},
    {"summary": "\x1b[31mRed all over the terminal."},
    {"affected": "1.x"},
    {"affected": ""},
    {"fixed_in": "v1.2.1"},
    {"rows": "TP-1"},
    {"answers": {"redis": []}},
    {"more": 1},
]

WRONG: list[tuple[dict[str, Any], str]] = [
    ({"fixed_in": "1.2.0"}, "is said to affect 1.2.0, which mends it"),
    ({"rows": ["RT-999"]}, "names RT-999, which is no requirement"),
    ({"answers": {"auth_methods": ["telepathy"]}}, "telepathy is no answer to auth_methods"),
    ({"answers": {"redis": ["yes"]}}, "yes is no answer to redis"),
    ({"answers": {"project_name": ["x"]}}, "x is no answer to project_name"),
    ({"answers": {"colour": ["x"]}}, "x is no answer to colour"),
]


def complaint(path: Path) -> str:
    """Return what the schema has against a file."""
    command = [str(Path(sys.executable).parent / "check-jsonschema"), "--schemafile", str(advisories.SCHEMA), str(path)]
    result = subprocess.run(command, check=False, capture_output=True, text=True)
    return result.stdout + result.stderr if result.returncode else ""


def test_the_list_is_sound() -> None:
    assert complaint(ROOT / "advisories.json") == ""
    assert list(advisories.problems(advisories.read())) == []


def test_a_sound_entry_is_let_through(tmp_path: Path) -> None:
    path = tmp_path / "advisories.json"
    path.write_text(json.dumps({"advisories": [SOUND]}))
    assert complaint(path) == ""
    assert list(advisories.problems(advisories.read(tmp_path))) == []


def test_the_schema_refuses_malformed_entries(tmp_path: Path) -> None:
    for number, change in enumerate(MALFORMED):
        path = tmp_path / f"{number}.json"
        path.write_text(json.dumps({"advisories": [SOUND | change]}))
        assert "::$.advisories[0]" in complaint(path), change


@pytest.mark.parametrize(("change", "sentence"), WRONG, ids=str)
def test_an_entry_that_names_what_is_not_there_is_refused(change: dict[str, Any], sentence: str) -> None:
    assert [sentence in problem for problem in advisories.problems([SOUND | change])] == [True]


def test_two_entries_with_one_id_are_refused() -> None:
    assert list(advisories.problems([SOUND, SOUND])) == ["FAT-2026-001 is there 2 times."]
