"""Finding services by name, so that nothing here imports one.

``applications`` is ``services.applications.service:ApplicationsService``.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import importlib.util
from collections.abc import Iterator
from typing import Any

from infra.chassis.settings import SERVICES
from infra.chassis.wire_types import NamedClass


def installed() -> list[str]:
    """The services whose code is in this installation (an image has one; a checkout has all)."""
    return [name for name in SERVICES if _spec(name) is not None]


def _spec(name: str) -> object:
    try:
        return importlib.util.find_spec(f"services.{name}.service")
    except ModuleNotFoundError:
        return None


@contextlib.contextmanager
def uncollected() -> Iterator[None]:
    """Modules are not garbage: while they are imported nobody looks for any, a tenth of what importing costs."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


def service_class(name: str) -> type[NamedClass]:
    """The Nameko class of a service, by its full name."""
    with uncollected():
        module = importlib.import_module(f"services.{name}.service")
        cls: type[NamedClass] = getattr(module, f"{name.capitalize()}Service")
        return cls


def tool(service: str, name: str) -> Any:
    """Something a service offers operators in their own process: a name of its ``tools.py``."""
    with uncollected():
        return getattr(importlib.import_module(f"services.{service}.tools"), name)
