"""What a request says about its client, in every way."""

import pytest

from ..conftest import AppWith
from ..logbook import Logbook
from .proxied import address_logged


async def test_without_a_proxy_nobody_is_believed_about_the_client(
    app_with: AppWith, capsys: pytest.CaptureFixture[str]
) -> None:
    """ASVS 4.1.3, 15.3.4."""
    assert await address_logged(app_with, Logbook(capsys), "", "6.6.6.6") == "192.0.2.1"


@pytest.mark.parametrize("sent", ["198.51.100.7", "6.6.6.6, 198.51.100.7"])
async def test_a_trusted_proxy_is_believed_about_the_last_stranger(
    app_with: AppWith, capsys: pytest.CaptureFixture[str], sent: str
) -> None:
    """ASVS 15.3.4."""
    assert await address_logged(app_with, Logbook(capsys), "192.0.2.0/24", sent) == "198.51.100.7"
