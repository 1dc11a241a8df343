"""What a check of portal doctor says."""

from __future__ import annotations

from typing import NamedTuple


class Finding(NamedTuple):
    """``verdict``: ok, note or fault; a fault of settings is ``setting``."""

    verdict: str
    looked_at: str
    advice: str = ""


def one_line(error: Exception) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:200]
