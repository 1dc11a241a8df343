"""Finding services by name, so that nothing here imports one.

``applications`` is ``services.applications.service:ApplicationsService``.
"""

from __future__ import annotations

import importlib
import importlib.util
from typing import Any

from infra.chassis.settings import SERVICES


def installed() -> list[str]:
    """The services whose code is in this installation (an image has one; a checkout has all)."""
    return [name for name in SERVICES if _spec(name) is not None]


def _spec(name: str) -> Any:
    try:
        return importlib.util.find_spec(f"services.{name}.service")
    except ModuleNotFoundError:
        return None


def service_class(name: str) -> Any:
    """The Nameko class of a service, by its full name."""
    return getattr(importlib.import_module(f"services.{name}.service"), f"{name.capitalize()}Service")


def tool(service: str, name: str) -> Any:
    """Something a service offers operators in their own process: a name of its ``tools.py``."""
    return getattr(importlib.import_module(f"services.{service}.tools"), name)
