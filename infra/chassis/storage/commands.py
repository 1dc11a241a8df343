"""Idempotency of commands: the same command id twice has one effect and one answer."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from infra.chassis.json_types import Json

UNPRINTED = frozenset({"command_id"})


@dataclass(frozen=True)
class Command:
    """One state-changing call as its caller meant it.

    ``fingerprint`` is the SHA-256 of name and arguments (without the id, and without secrets, which a stored
    hash would let somebody guess): the same id with another fingerprint is refused as ``CommandIdReused``.
    ``call_id``: the call that brought it, which the events it leads to name. ``expected_version``: what the caller had
    seen of the thing that it changes, where they said so.
    """

    id: str
    name: str
    caller: str
    fingerprint: str
    call_id: str = ""
    expected_version: int | None = None

    @classmethod
    def of(
        cls,
        command_id: str,
        name: str,
        caller: str,
        arguments: Json,
        *,
        call_id: str = "",
        sensitive: frozenset[str] = frozenset(),
    ) -> Command:
        unprinted = UNPRINTED | sensitive
        meant = {key: value for key, value in arguments.items() if key not in unprinted}
        text = json.dumps([name, meant], sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
        fingerprint = hashlib.sha256(text.encode()).hexdigest()
        return cls(command_id.lower(), name, caller, fingerprint, call_id, arguments.get("expected_version"))
