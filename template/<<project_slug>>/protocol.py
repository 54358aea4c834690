"""HTTP as uvicorn has it from httptools, with the limit for a request's head that httptools lacks. Windows has h11."""

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LIMIT = 65_536
"""As h11 has it, and twice what the proxy lets through."""
TOO_LARGE = "The head of the request is too large."


class LimitedProtocol(HttpToolsProtocol):
    """Hangs up on whoever sends more than LIMIT bytes, and what one read brings, of a head (ASVS 15.2.2)."""

    received = 0

    def data_received(self, data: bytes) -> None:
        self.received += len(data)
        super().data_received(data)
        # Endless header lines, and those that may follow a chunked body, would take all memory.
        if self.received > LIMIT and not self.transport.is_closing():
            self.logger.warning(TOO_LARGE)
            self.send_400_response(TOO_LARGE)

    def on_headers_complete(self) -> None:
        self.received = 0
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self.received = 0
        super().on_body(body)
