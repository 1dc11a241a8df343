"""The neighbours as payments sees them: only applications, asked for what was submitted."""

from __future__ import annotations

from infra.chassis.clients import Neighbour


def applications() -> Neighbour:
    """``application(application_id)`` with the caller's own token: whoever may not see it there is refused here too."""
    return Neighbour("applications", timeout=4.0)


def applications_register() -> Neighbour:
    """The same door with this service's own token, for comparing books: a comparison is not a look into a file."""
    return Neighbour("applications", timeout=4.0, as_service=True)
