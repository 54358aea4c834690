"""uvicorn's httptools protocol, with the request-head limit that httptools lacks. On Windows, uvicorn uses h11."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LIMIT = 65_536
"""The same as h11's, and twice what the proxy lets through."""
TOO_LARGE = "The request head is too large."


class LimitedProtocol(HttpToolsProtocol):
    """Closes the connection once a request head exceeds LIMIT bytes, checked after each read (ASVS 15.2.2)."""

    received = 0

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        super().data_received(data)
        # Endless header lines, or trailers after a chunked body, would use up all memory.
        if self.received > LIMIT and not self.transport.is_closing():
            self.logger.warning(TOO_LARGE)
            self.send_400_response(TOO_LARGE)

    def on_headers_complete(self) -> None:
        self.received = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.received = 0
        super().on_body(body)
