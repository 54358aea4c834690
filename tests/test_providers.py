"""Social login is sound with any providers, not only with all or the default: each alone, and pairs."""

from pathlib import Path

import pytest

from tools import checks, commands, databases, renders
from tools.combinations import SLUG, WHOLE, Combination, choices, questions

from .conftest import must_pass
from .test_leftovers import left_over

SOCIAL = Combination(auth_methods=("social_login",), database=WHOLE.database, redis=False)
PAIRS = [questions()["social_providers"]["default"], ["facebook", "microsoft"]]
"""The default, since elsewhere its branches are not measured; and one without OpenID before one that overrides all of
what OpenID providers share."""
FOLDER = "auth/social_login"
OF_OPENID = {"COOL_DOWN", "jwks", "userinfo"}
"""What every provider may use, and only OpenID ones of ours do."""


@pytest.mark.parametrize("providers", [*([each] for each in choices("social_providers")), *PAIRS], ids="+".join)
def test_social_login_is_sound_with_any_providers(providers: list[str], template: Path, tmp_path: Path) -> None:
    """Its own tests take its every branch. Those of other folders are the same with any, and run elsewhere."""
    answers = SOCIAL.answers | {"social_providers": providers}
    project = commands.desk(renders.render(template, tmp_path / "project", answers))
    for check in ("lint", "format", "imports", "types", "dependencies"):
        must_pass(project, check)
    assert {each.partition(": ")[2] for each in left_over(project)} <= OF_OPENID
    measured = (f"--cov={SLUG}/{FOLDER}", "--cov-report=term", "--cov-fail-under=100")
    result = commands.run(project, *checks.PYTEST, f"tests/{FOLDER}", *measured, **databases.tests_of(project))
    assert result.returncode == 0, result.stdout
