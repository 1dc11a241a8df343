"""Use cases built once per container and handed to every call."""

from __future__ import annotations

from typing import Any, Protocol

from nameko.extensions import DependencyProvider

from infra.chassis.settings import Settings


class BuiltFromSettings(Protocol):
    @classmethod
    def from_settings(cls, settings: Settings) -> Any: ...


def settings_of(container: Any) -> Settings:
    """The settings a container was started with."""
    settings: Settings = container.config["settings"]
    return settings


class Provided(DependencyProvider):
    """Injects ``made.from_settings(settings)``, built at set-up so that a bad setting stops the start."""

    def __init__(self, made: type[BuiltFromSettings]) -> None:
        self.made = made
        self.instance: Any = None

    def setup(self) -> None:
        self.instance = self.made.from_settings(settings_of(self.container))

    def get_dependency(self, worker_ctx: Any) -> Any:
        return self.instance
