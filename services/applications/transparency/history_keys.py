"""The keys under which this service authenticates what it records, and encrypts a tracking code at rest."""

from __future__ import annotations

from infra.chassis.encryption import Encryption
from infra.chassis.event_store.history_keys import SETTING, HistoryKeys
from infra.chassis.settings import Settings

__all__ = ["HistoryKeys", "reply_encryption"]


def reply_encryption(settings: Settings) -> Encryption:
    """Under which a tracking code rests in the command log."""
    return Encryption.from_settings(settings, SETTING, "command log of applications")
