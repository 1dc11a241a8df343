"""How a command ends that could not do what it was asked: one readable line and an exit status, never a traceback.

1 refused; 2 and 3 see ``portal verify``; 69 (EX_UNAVAILABLE) a file or server cannot be used; 70 (EX_SOFTWARE) a
failure of ours, printed with its traceback under LOG_LEVEL=DEBUG; 75 (EX_TEMPFAIL) the platform does not answer now; 78
(EX_CONFIG) a setting is missing.
"""

from __future__ import annotations

import os
import sys
import traceback

REFUSED, UNAVAILABLE, FAILED, NO_ANSWER = 1, 69, 70, 75


class Refused(Exception):
    """The command itself refuses; its text is what the user reads."""


def end(error: Exception) -> int:
    """Say on one line why; the exit status."""
    status, message = verdict(error)
    if status == FAILED and os.environ.get("LOG_LEVEL", "").upper() == "DEBUG":
        traceback.print_exception(error)
    print(f"portal: {' '.join(message.split())}", file=sys.stderr)
    return status


def verdict(error: Exception) -> tuple[int, str]:
    """Exit status and text of an error, by what raised it."""
    from kombu.exceptions import OperationalError as BrokerError
    from nameko.exceptions import MethodNotFound, RemoteError, RpcTimeout, UnknownService
    from sqlalchemy.exc import DBAPIError

    from infra.chassis.refusals import Refusal

    if isinstance(error, RemoteError):
        return REFUSED, str(error.value)
    if isinstance(error, Refusal):
        return REFUSED, error.text(os.environ.get("PORTAL_LANGUAGE", "vi"))
    if isinstance(error, Refused):
        return REFUSED, str(error)
    if isinstance(error, RpcTimeout | UnknownService | MethodNotFound):
        return NO_ANSWER, f"the platform does not answer ({type(error).__name__} {error}); is it running?"
    if isinstance(error, BrokerError | ConnectionError):
        return NO_ANSWER, f"the broker does not answer ({error}); check AMQP_URI and the server"
    if isinstance(error, DBAPIError):
        return UNAVAILABLE, f"the database cannot be used: {error.orig}"
    if isinstance(error, OSError):
        return UNAVAILABLE, str(error)
    return FAILED, f"{type(error).__name__}: {error} (LOG_LEVEL=DEBUG shows where)"
