"""The neighbours that doors of applications pass on to their use cases."""

from __future__ import annotations

from infra.chassis.running.operations import Operations
from services.applications import clients


class WithNeighbours(Operations):
    """Doors whose use cases ask the catalogue, identity or the mirror."""

    catalog = clients.catalog()
    identity = clients.identity()
    mirror = clients.mirror()

    @property
    def neighbours(self) -> clients.Neighbours:
        """The two that most use cases ask: what is offered, and who may act for whom."""
        return {"catalog": self.catalog, "identity": self.identity}
