"""What a use case sees of the call that reached its door."""

from __future__ import annotations

from typing import Protocol

from infra.chassis.actors import Actor
from infra.chassis.commands import Command


class Call(Protocol):
    """What a use case needs to know of a call."""

    @property
    def actor(self) -> Actor: ...
    @property
    def call_id(self) -> str: ...
    @property
    def command(self) -> Command | None: ...
