"""What an owner adds in `own.py` and `auth/own.py` is part of the project."""

from .conftest import Server


def test_an_own_router_is_guarded_like_every_other(server: Server) -> None:
    """ASVS 8.2.1."""
    refused = server.send("GET /orders HTTP/1.1")
    assert refused.startswith("HTTP/1.1 401 ")
    assert '"code":"not_authenticated"' in refused


def test_an_own_method_authenticates_and_an_own_setting_is_read(server: Server) -> None:
    answer = server.send("GET /orders HTTP/1.1", "X-Robot: good")
    assert answer.startswith("HTTP/1.1 200 ")
    assert answer.endswith('{"method":"robot","colour":"blue"}')


def test_a_refusal_invites_to_own_methods_too(server: Server) -> None:
    """RFC 9110 §11.6.1."""
    refused = server.send("GET /items HTTP/1.1", "X-Robot: bad")
    assert refused.startswith("HTTP/1.1 401 ")
    assert '"code":"invalid_robot"' in refused
    assert 'Robot realm="api"' in refused
    assert 'Bearer realm="api"' in refused
