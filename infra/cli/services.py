"""Names of services as arguments."""

from __future__ import annotations

from collections.abc import Sequence

import typer

from infra.chassis.running.loader import installed


def known_services(names: Sequence[str] | None) -> list[str]:
    """The services named, all if none; a usage error for a name that is none here."""
    here = installed()
    for name in names or ():
        if name not in here:
            raise typer.BadParameter(f"{name} is no service of this installation; there are {', '.join(here)}")
    return list(dict.fromkeys(names or here))
