"""What a page is: a path below ``/vi`` and ``/en``, who may open it, and what shows it and what takes its form."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from starlette.responses import Response

from infra.front_door.pages.visits import Visit

Handler = Callable[[Visit], Awaitable[Response]]
EVERYBODY: frozenset[str] | None = None
SIGNED_IN: frozenset[str] = frozenset()  # whoever is signed in, whatever their roles


@dataclass(frozen=True, slots=True)
class Page:
    """``show`` answers GET, ``act`` POST; ``roles``: any of them, :data:`EVERYBODY` or :data:`SIGNED_IN`."""

    path: str
    show: Handler | None = None
    act: Handler | None = None
    roles: frozenset[str] | None = EVERYBODY

    @property
    def methods(self) -> list[str]:
        return [*(["GET"] if self.show else []), *(["POST"] if self.act else [])]

    def opens_for(self, roles: frozenset[str]) -> bool:
        return not self.roles or bool(self.roles & roles)
