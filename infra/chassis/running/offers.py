"""What a service's ``tools.py`` offers, imported by whoever asks: a command pays for its own tool and no other."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping


def offers(places: Mapping[str, str]) -> Callable[[str], object]:
    """The ``__getattr__`` of a module. ``places``: by the tool's name, ``module:name`` or a module alone."""

    def offered(name: str) -> object:
        if name not in places:
            raise AttributeError(f"no tool {name!r}")
        module, _, attribute = places[name].partition(":")
        room = importlib.import_module(module)
        return getattr(room, attribute) if attribute else room

    return offered
