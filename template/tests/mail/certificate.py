"""A certificate for 127.0.0.1 that its own key has signed, until 2120. Everybody knows the key: it is for tests."""

from pathlib import Path
from ssl import PROTOCOL_TLS_SERVER, SSLContext

_CERTIFICATE = """
MIIBYjCCAQigAwIBAgIBATAKBggqhkjOPQQDAjAPMQ0wCwYDVQQDDAR0ZXN0MCAXDTIwMDEwMTAwMDAwMFoYDzIxMjAwMTAxMDAwMDAwWjAPMQ0wCwYD
VQQDDAR0ZXN0MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEXzdPXh8ExiN0xoMWPm1u8DTpmwhCgmyhZrvUUXbHDGS97T0k7xrUcba4aAUvgGNtpUbp
aV8VTehevEzQfEChT6NTMFEwDwYDVR0RBAgwBocEfwAAATAPBgNVHRMBAf8EBTADAQH/MA4GA1UdDwEB/wQEAwIChDAdBgNVHQ4EFgQU1Gx/TJmM05an
XwliYNoyWl6cPJQwCgYIKoZIzj0EAwIDSAAwRQIgG/ZFLS+qXyZcaNvkKfOPl/ejIqVO7pthr3VTWMNUc6UCIQC796ZLGtkK2MjOn3sDdmmPA7QYKuLL
G76y7o86zAWqsg==
"""
_KEY = """
MHcCAQEEIMNJaXSzL3iEK/c6revBT8qDIrpzJ4D8Fc54RKPQQQl3oAoGCCqGSM49AwEHoUQDQgAEXzdPXh8ExiN0xoMWPm1u8DTpmwhCgmyhZrvUUXbH
DGS97T0k7xrUcba4aAUvgGNtpUbpaV8VTehevEzQfEChTw==
"""


def context_of(file: Path) -> SSLContext:
    """Return what a server needs for TLS, and write its certificate to a file, for those who trust it."""
    parts = (("CERTIFICATE", _CERTIFICATE), ("EC PRIVATE KEY", _KEY))
    file.write_text("".join(f"-----BEGIN {kind}-----{text}-----END {kind}-----\n" for kind, text in parts))
    context = SSLContext(PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
