"""Where the next page of a list begins, as text a caller hands back."""

from __future__ import annotations

import base64
import binascii

from infra.chassis.refusals import InvalidRequest


def cursor(place: str) -> str:
    return base64.urlsafe_b64encode(place.encode()).decode()


def place(cursor: str | None) -> str:
    """What :func:`cursor` was made of, "" for none; ``InvalidRequest`` for anything else."""
    try:
        return base64.b64decode(cursor, altchars=b"-_", validate=True).decode() if cursor else ""
    except (ValueError, binascii.Error) as error:
        raise unknown() from error


def unknown() -> InvalidRequest:
    return InvalidRequest.at("/cursor", "không phải cursor của trang trước", "not a cursor of an earlier page")
