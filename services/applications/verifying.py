"""Whether what people are shown is what was recorded."""

from __future__ import annotations

from typing import Any

from infra.chassis.settings import Settings
from services.applications.replaying import verify
from services.applications.store import Store


class Verifying:
    def __init__(self, store: Store) -> None:
        self.store = store

    @classmethod
    def from_settings(cls, settings: Settings) -> Verifying:
        return cls(Store.from_settings(settings))

    def verify(self) -> dict[str, Any]:
        """Replay every application and compare: ``{events, applications, first_bad}``."""
        return verify(self.store)
