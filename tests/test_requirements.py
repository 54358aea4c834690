"""Every security requirement that applies is proved by a test that names it, or is a stated deviation."""

from pathlib import Path

from tools import requirements
from tools.combinations import COMBINATIONS, Combination
from tools.requirements import Requirement

TABLE = """
| id | what | applies when | proved by |
|---|---|---|---|
| 6.2.1 | long | PW | rendered |
| 6.2.10 | lasting | ALL | template |
| TP-1 | JWT or not | SOC | rendered |
| RFC 6749 §5.2 | errors | O2P | rendered |
| 10.4.4 | grants | O2P, BASIC | deviation: asked for |
"""


def test_every_requirement_that_applies_is_proved_or_a_deviation(rendered: Path, combination: Combination) -> None:
    count = requirements.count(combination, rendered)
    assert count.applicable
    assert [each.id for each in count.unproved] == []


def test_the_rendered_project_states_each_deviation(rendered: Path, combination: Combination) -> None:
    stated = (rendered / "docs" / "security.md").read_text()
    deviating = requirements.count(combination, rendered).deviating
    assert [each.id for each in deviating if not each.is_named_in(stated)] == []


def test_no_requirement_is_listed_twice() -> None:
    ids = [each.id for each in requirements.load(requirements.TABLE.read_text())]
    assert len(ids) == len(set(ids)) > 0


def test_a_row_says_where_its_proof_is() -> None:
    rows = requirements.load(requirements.TABLE.read_text())
    assert [each.id for each in rows if each.proof not in {"rendered", "template"} and not each.is_deviation] == []


def test_a_missing_proof_is_seen() -> None:
    rows = requirements.load(TABLE)
    assert [each.id for each in rows] == ["6.2.1", "6.2.10", "TP-1", "RFC 6749 §5.2", "10.4.4"]
    texts = {"rendered": "ASVS 6.2.10, 16.2.1, RFC 6749 §5.2 and XTP-1", "template": "ASVS 6.2.10: so."}
    assert [each.id for each in requirements.unproved(rows, texts)] == ["6.2.1", "TP-1"]


def test_only_rows_whose_code_holds_apply() -> None:
    first = COMBINATIONS[0]
    assert first.auth_methods == ("jwt",)
    assert [each.id for each in requirements.load(TABLE) if each.applies_to(first)] == ["6.2.1", "6.2.10"]


def test_an_id_counts_only_when_it_is_whole() -> None:
    row = Requirement(id="6.2.1", applies=frozenset({"ALL"}), proof="rendered")
    assert row.is_named_in("ASVS 6.2.1.")
    assert not row.is_named_in("ASVS 6.2.1.1, 6.2.12, 16.2.1")
