"""Neighbours of payments that answer from memory."""

from __future__ import annotations

from typing import Any


class Silent:
    """A neighbour that must not be asked."""

    def application(self, **_: Any) -> Any:
        raise AssertionError("applications was asked")
