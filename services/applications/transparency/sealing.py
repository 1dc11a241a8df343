"""Sealing and publishing all that is there, for a command after which no follower may ever run."""

from __future__ import annotations

from infra.chassis.settings import Settings
from infra.chassis.storage.leases import Lease
from services.applications.transparency.sealer import Sealer
from services.applications.transparency.tiles import TilePublisher


def seal_all(settings: Settings) -> int:
    """How many events were sealed; none where a follower leads, which seals them itself."""
    lease = Lease(settings.database_url("applications"))
    try:
        if not lease.acquire():
            return 0
        with lease:
            sealed = Sealer.from_settings(settings).finish()
            TilePublisher.from_settings(settings).finish()
        return sealed
    finally:
        lease.release()
