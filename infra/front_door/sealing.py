"""What a browser keeps for us: sealed, so that it can neither be read nor changed there, and ends by itself."""

from __future__ import annotations

import json
from collections.abc import Sequence

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from infra.chassis.json_types import Json
from infra.chassis.secret_keys import derived, keys_in
from infra.chassis.settings import Settings

SETTING = "FRONT_DOOR_SESSION_KEYS"

CARRIED = "carried"  # what is sealed of where a sign-in leads back to


class Sealing:
    """One for each purpose, so that what was sealed for one is nothing for another. All processes share the keys."""

    def __init__(self, keys: Sequence[str], purpose: str) -> None:
        self._fernet = MultiFernet([Fernet(derived(key, f"front-door/{purpose}")) for key in keys])

    def seal(self, facts: Json) -> str:
        return self._fernet.encrypt(json.dumps(facts, ensure_ascii=False, separators=(",", ":")).encode()).decode()

    def open(self, sealed: str, *, within: int) -> Json | None:
        """The facts, if we sealed them at most ``within`` seconds ago."""
        try:
            facts: Json = json.loads(self._fernet.decrypt(sealed.encode(), ttl=within))
        except (InvalidToken, ValueError):
            return None
        return facts


def session_keys(settings: Settings) -> list[str]:
    """One key to a line, the first seals; development makes one in ``PORTAL_HOME/secrets``."""
    return keys_in(settings, SETTING)
