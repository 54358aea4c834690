"""What only a real server shows: bytes on the wire, lines on standard output, and the end."""

import json
import signal
import socket
import time

import pytest

from ..callers import BAD_CREDENTIAL
from .conftest import Server, everything

FILLER = b"X-Filler: " + b"x" * 1000 + b"\r\n"


def send_slowly(connection: socket.socket, *parts: bytes) -> None:
    """Send parts that each arrive by themselves."""
    for part in parts:
        connection.sendall(part)
        time.sleep(0.005)


@pytest.mark.parametrize(
    "framing",
    [
        ("Content-Length: 2", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Content-Length: 2"),
        ("Content-Length: 2", "Content-Length: 3"),
        ("Content-Length: -1",),
        ("Content-Length: +2",),
        ("Transfer-Encoding: chunked, identity",),
    ],
)
def test_a_body_of_ambiguous_length_is_refused(server: Server, framing: tuple[str, ...]) -> None:
    """ASVS 4.2.1."""
    answer = server.send("PATCH /users/me HTTP/1.1", *framing, body="0\r\n\r\nGET /health/live HTTP/1.1\r\n\r\n")
    assert answer.startswith("HTTP/1.1 400 ")
    assert answer.count("HTTP/1.1") == 1


def test_a_malformed_chunk_is_refused(server: Server) -> None:
    """ASVS 4.2.1."""
    answer = server.send("PATCH /users/me HTTP/1.1", "Transfer-Encoding: chunked", body="2\r\n{}XX0\r\n\r\n")
    assert "HTTP/1.1 2" not in answer
    assert answer.count("HTTP/1.1") <= 1


def test_an_answer_does_not_name_the_server(server: Server) -> None:
    """ASVS 13.4.6."""
    head = server.send("GET /health/live HTTP/1.1").partition("\r\n\r\n")[0].lower()
    assert head.startswith("http/1.1 200 ")
    assert "\r\nserver:" not in head
    assert "\r\ndate: " in head  # RFC 9110 §6.6.1
    assert "uvicorn" not in head


def test_head_is_get_without_the_body(server: Server) -> None:
    """ASVS 4.2.2."""
    got, _, body = server.send("GET /health/live HTTP/1.1").partition("\r\n\r\n")
    head, _, nothing = server.send("HEAD /health/live HTTP/1.1").partition("\r\n\r\n")
    assert f"content-length: {len(body)}\r\n" in head
    assert got.splitlines()[0] == head.splitlines()[0] == "HTTP/1.1 200 OK"
    assert nothing == ""


def test_loopback_is_no_trusted_proxy(server: Server) -> None:
    """ASVS 4.1.3, 15.3.4."""
    bad = (f"{name}: {value}" for name, value in BAD_CREDENTIAL.items())
    server.send("GET /users/me HTTP/1.1", *bad, "X-Forwarded-For: 6.6.6.6", "X-Request-ID: a-request")
    line = next(line for line in server.output().splitlines() if "a-request" in line)
    assert json.loads(line)["address"] == "127.0.0.1"


def test_a_body_too_large_is_refused_before_it_is_sent(server: Server) -> None:
    """RFC 9110 §15.5.14/16, §10.1.1."""
    head = b"PATCH /users/me HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\nExpect: 100-continue\r\n\r\n"
    with server.connect() as connection:
        connection.sendall(head)
        answer = everything(connection)
    assert answer.startswith("HTTP/1.1 413 ")
    assert "connection: close" in answer.lower()
    assert '"code":"payload_too_large"' in answer


def test_who_sends_a_body_too_large_to_its_end_sees_the_answer(server: Server) -> None:
    """RFC 9112 §9.6: a browser takes a reset connection for a failed network, and tries again."""
    answer = server.send("PATCH /users/me HTTP/1.1", "Content-Length: 6000000", body="x" * 6_000_000)
    assert answer.startswith("HTTP/1.1 413 ")
    assert '"code":"payload_too_large"' in answer


@pytest.mark.parametrize(
    "start",
    [
        b"GET /health/live HTTP/1.1\r\n",
        b"GET /health/live HTTP/1.1\r\nX-Filler: ",
        b"POST /items HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n",
    ],
)
def test_header_lines_without_end_are_cut_off(server: Server, start: bytes) -> None:
    """ASVS 15.2.2: before a body, in one line, and behind a body."""
    with server.connect() as connection, pytest.raises(ConnectionError):
        send_slowly(connection, start, *[FILLER] * 2000)


def test_a_large_head_is_served_as_often_as_it_comes(server: Server) -> None:
    """ASVS 15.2.2: cookies and tokens of 20 KB, on one connection."""
    request = b"GET /health/live HTTP/1.1\r\nHost: localhost\r\n" + FILLER * 20
    with server.connect() as connection:
        send_slowly(connection, *[request, b"\r\n"] * 9, request, b"Connection: close\r\n\r\n")
        assert everything(connection).count("HTTP/1.1 200 ") == 10


@pytest.mark.parametrize("heading", ["Content-Length: 500000", "Transfer-Encoding: chunked"])
def test_a_large_body_is_not_taken_for_a_head(server: Server, heading: str) -> None:
    """ASVS 15.2.2."""
    body = "x" * 500_000
    chunked = "7a120\r\n" + body + "\r\n0\r\n\r\n"
    answer = server.send("PATCH /users/me HTTP/1.1", heading, body=chunked if "chunked" in heading else body)
    assert answer.startswith("HTTP/1.1 401 ")


def test_an_unhandled_error_is_one_line_and_not_the_end(server: Server) -> None:
    """ASVS 16.5.4, 16.3.4."""
    assert server.send("GET /orders/broken HTTP/1.1", "X-Request-ID: a-mishap").startswith("HTTP/1.1 500 ")
    lines = [json.loads(line) for line in server.output().splitlines() if "broken on purpose" in line]
    assert [(line["event"], line["request_id"]) for line in lines] == [("unhandled_error", "a-mishap")]
    assert server.send("GET /health/live HTTP/1.1").startswith("HTTP/1.1 200 ")


def test_it_stops_after_the_last_answer_and_has_written_nothing_but_json(server: Server) -> None:
    """ASVS 16.2.3, 16.2.4."""
    with server.connect() as connection:
        connection.sendall(b"PATCH /users/me HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n")
        connection.sendall(b"Content-Length: 2\r\n\r\n{")
        time.sleep(0.1)
        server.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        connection.sendall(b"}")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 401 ")
    assert server.process.wait(timeout=10) in (0, -signal.SIGTERM)
    assert [json.loads(line)["event"] for line in server.output().splitlines()][-1].startswith("Finished server")
    assert server.complaints() == ""
