"""Use cases built once per container and handed to every call."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, Self, TypeVar, cast

from nameko.extensions import DependencyProvider

from infra.chassis.settings import Settings
from infra.chassis.wire_types import Container


class BuiltFromSettings(Protocol):
    @classmethod
    def from_settings(cls, settings: Settings) -> Self: ...


UseCase = TypeVar("UseCase", bound=BuiltFromSettings)


def settings_of(container: Container) -> Settings:
    """The settings a container was started with."""
    settings: Settings = container.config["settings"]
    return settings


class Provided(DependencyProvider, Generic[UseCase]):
    """Injects ``use_case.from_settings(settings)``, built at set-up so that a bad setting stops the start."""

    def __init__(self, use_case: type[UseCase]) -> None:
        self.use_case = use_case
        self.instance: UseCase | None = None

    def setup(self) -> None:
        self.instance = self.use_case.from_settings(settings_of(self.container))

    def get_dependency(self, worker_ctx: object) -> UseCase:
        return cast(UseCase, self.instance)

    if TYPE_CHECKING:  # Nameko puts the dependency in the provider's place on the worker's own instance of the service

        def __get__(self, service: object, owner: type) -> UseCase: ...
