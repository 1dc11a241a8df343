"""What operators get of interchange in their own process: bulk files taken straight into the store, rows replayed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from infra.chassis.settings import Settings
from services.interchange.event_store.store import InterchangeStore
from services.interchange.mirroring import bulk
from services.interchange.mirroring.intake import StatementOrigin
from services.interchange.mirroring.rebuild import rebuild_mirror as rebuild

__all__ = ["load_bulk_file", "make_tables", "rebuild"]


def load_bulk_file(
    settings: Settings, path: Path, source: str, progress: Callable[[bulk.Loaded], None] = lambda loaded: None
) -> bulk.Loaded:
    """Take an NDJSON file as the records of ``source``; again: goes on where it was broken off."""
    store = InterchangeStore.from_settings(settings)
    return bulk.load_lines(store, path, StatementOrigin(source, "portal interchange load"), progress)


def make_tables(settings: Settings) -> None:
    """The embedded default's own tables, which no migration job has made."""
    from infra.chassis.migrations import upgrade

    upgrade(settings, "interchange")
