"""A service whose handlers of two events ask a neighbour."""

from __future__ import annotations

from typing import Any

from infra.chassis.clients import Neighbour
from infra.chassis.messaging.handlers import handles

received: list[str] = []


class AskerService:
    name = "asker"
    echo = Neighbour("echo", timeout=60.0)

    @handles("echo", "counted.v1")
    def ask_of_counted(self, event: dict[str, Any]) -> None:
        received.append(self.echo.shout(text=event["id"])["text"])

    @handles("echo", "unheard.v1")
    def ask_of_unheard(self, event: dict[str, Any]) -> None:
        received.append(self.echo.shout(text=event["id"])["text"])
