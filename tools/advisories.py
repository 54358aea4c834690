"""Vulnerabilities that rendered projects have had: `advisories.json`, which `outdated.py` of every project reads.

Its schema is `advisories.schema.json`. What a schema cannot express is checked here.
"""

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from .combinations import ROOT, choices, questions
from .requirements import TABLE, load

FILE = "advisories.json"
SCHEMA = ROOT / "advisories.schema.json"

Advisory = dict[str, Any]


def read(root: Path = ROOT) -> list[Advisory]:
    """Return the entries of a checkout."""
    found: list[Advisory] = json.loads((root / FILE).read_text())["advisories"]
    return found


def problems(advisories: list[Advisory]) -> Iterator[str]:
    """Yield a sentence about each error in entries that fit the schema."""
    for name, count in Counter(each["id"] for each in advisories).items():
        if count > 1:
            yield f"{name} is there {count} times."
    for each in advisories:
        yield from _problems_of(each)


def _problems_of(advisory: Advisory) -> Iterator[str]:
    name = advisory["id"]
    if Version(advisory["fixed_in"]) in SpecifierSet(advisory["affected"]):
        yield f"{name} is said to affect {advisory['fixed_in']}, which mends it."
    known = {each.id for each in load(TABLE.read_text())}
    yield from (f"{name} names {row}, which is no requirement." for row in advisory["rows"] if row not in known)
    given = [(question, value) for question, values in advisory["answers"].items() for value in values]
    wrong = [pair for pair in given if not _is_answer(*pair)]
    yield from (f"{name}: {value} is no answer to {question}." for question, value in wrong)


def _is_answer(question: str, value: object) -> bool:
    details = questions().get(question, {})
    if details.get("type") == "bool":
        return isinstance(value, bool)
    return "choices" in details and value in choices(question)
