"""`make check` runs the combinations that a change can break."""

from tools.combinations import COMBINATIONS, SLUG
from tools.matrix import is_due

ENDS = [COMBINATIONS[0], COMBINATIONS[-1]]


def test_a_changed_part_makes_every_combination_with_it_due() -> None:
    for changed, method in (
        (f"/{SLUG}/auth/jwt/access.py", "jwt"),
        ("/tests/auth/api_keys", "api_keys"),
        ("includes/callers/http_basic.py", "http_basic"),
    ):
        due = [each for each in COMBINATIONS if is_due(each, [changed])]
        assert due == [each for each in COMBINATIONS if method in each.auth_methods or each in ENDS]


def test_so_does_a_part_that_is_one_file() -> None:
    for changed, database in ((f"/{SLUG}/sqlite.py", "sqlite"), ("/tests/test_postgresql.py", "postgresql")):
        due = [each for each in COMBINATIONS if is_due(each, [changed])]
        assert due == [each for each in COMBINATIONS if each.database == database or each in ENDS]
