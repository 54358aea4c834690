"""The vocabulary of security events (OWASP Logging Vocabulary) and the line each one writes."""

import logging
from enum import StrEnum

from ..current_request import client_address
from ..logs import STANDARD_ATTRIBUTES

log = logging.getLogger("security")


class Event(StrEnum):
    """What happened. The values are stable: alerts are built on them."""

    LOGIN = "authn_login_success"
    LOGIN_AFTER_FAILURES = "authn_login_successafterfail"
    LOGIN_FAILED = "authn_login_fail"
    LOGIN_PAUSED = "authn_login_lock"
    CREDENTIAL_REFUSED = "authn_token_refused"
    TOKEN_CREATED = "authn_token_created"
    TOKEN_REFRESHED = "authn_token_refreshed"
    TOKEN_REVOKED = "authn_token_revoked"
    TOKEN_REUSED = "authn_token_reuse"
    KEY_CREATED = "authn_key_created"
    KEY_ROTATED = "authn_key_rotated"
    KEY_REVOKED = "authn_key_revoked"
    KEY_USED = "authn_key_used"
    RESET_CODE_CREATED = "authn_password_reset_code_created"
    PASSWORD_CHANGED = "authn_password_change"
    REGISTERED = "user_created"
    EMAIL_CHANGED = "user_updated_email"
    IDENTITY_LINKED = "user_identity_linked"
    IDENTITY_UNLINKED = "user_identity_unlinked"
    USER_DELETED = "user_deleted"
    AUTHORIZATION_REFUSED = "authz_fail"
    AUTHORIZATION_CHANGED = "authz_change"
    ACCOUNTS_READ = "sensitive_read"
    LIMIT_EXCEEDED = "excess_rate_limit_exceeded"
    REQUEST_REFUSED = "malicious_request"
    FIELD_REFUSED = "malicious_extraneous"
    INPUT_REFUSED = "input_validation_fail"
    BREACH_CHECK_FAILED = "password_breach_check_fail"
    PROVIDER_FAILED = "provider_call_fail"
    MAIL_FAILED = "mail_send_fail"


TAKEN = STANDARD_ATTRIBUTES | {
    *("timestamp", "level", "logger", "event", "request_id", "endpoint", "exception", "stack", "address")
}
"""Names that a line's own fields cannot have."""

CRITICAL = frozenset({Event.TOKEN_REUSED, Event.LOGIN_PAUSED})
"""Events that point to a theft or an attack in progress."""


def log_event(event: StrEnum, *, level: int = logging.INFO, **fields: object) -> None:
    """Write the line of an event, also of an enumeration of yours: when, what, where from, and the request id.

    Never pass a secret (ASVS 16.2.5).
    """
    log.log(logging.CRITICAL if event in CRITICAL else level, str(event), extra={"address": client_address(), **fields})
