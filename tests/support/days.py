"""Days that tests ask for by what they mean, so that no test depends on the day it runs."""

from __future__ import annotations

from infra.chassis.instants import today


def years_ahead(years: int) -> str:
    """A day in the middle of January, so many years after this one: ``2030-01-15``."""
    return f"{today().year + years}-01-15"
