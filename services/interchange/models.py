"""The tables next to the streams. Each room has its own in its ``tables.py``, on :class:`InterchangeTable`."""

from __future__ import annotations

from infra.chassis.messaging.outbox import plumbing
from services.interchange.documents import tables as documents
from services.interchange.mirroring import tables as mirroring
from services.interchange.rows import InterchangeTable

plumbing(InterchangeTable.metadata)

__all__ = ["InterchangeTable", "documents", "mirroring"]
