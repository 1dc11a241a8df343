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


def version_cursor(code: str, version: int) -> str:
    """Where a list of versions goes on."""
    return cursor(f"{code} {version}")


def version_place(text: str) -> tuple[str, int]:
    """The code and version that :func:`version_cursor` was made of."""
    code, _, version = place(text).rpartition(" ")
    if not (code and version.isascii() and version.isdigit() and len(version) <= 7):
        raise unknown()
    return code, int(version)


def unknown() -> InvalidRequest:
    return InvalidRequest.at("/cursor", "không phải cursor của trang trước", "not a cursor of an earlier page")
