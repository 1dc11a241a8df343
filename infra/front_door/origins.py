"""Which other sites' pages may read answers (CORS): those of a list, with a token of their own, never with a cookie."""

from __future__ import annotations

import re

from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp

ORIGIN = re.compile(r"(https://[a-z0-9.-]+|http://(localhost|127\.0\.0\.1))(:\d{1,5})?", re.ASCII)
METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE")
REQUEST_HEADERS = (
    "Authorization", "Content-Type", "Idempotency-Key", "If-Match", "If-None-Match", "Last-Event-ID", "Portal-Position",
    "Portal-Timeout", "Range", "traceparent",
)  # fmt: skip
ANSWER_HEADERS = (
    "Content-Disposition", "Content-Range", "ETag", "Link", "Location", "Portal-Call-Id", "Portal-Next-Cursor",
    "Portal-Position", "Retry-After", "WWW-Authenticate",
)  # fmt: skip
PREFLIGHT_HOLDS = 600  # seconds


def origins_of(text: str) -> list[str]:
    """Origins as browsers send them, separated by spaces; ``ValueError`` for anything else, and for any site at all."""
    origins = text.split()
    for origin in origins:
        if not ORIGIN.fullmatch(origin):
            raise ValueError(f"{origin} is no origin such as https://portal.example")
    return origins


def for_origins(app: ASGIApp, origins: list[str]) -> ASGIApp:
    """The application, readable for pages of these origins; without a list as it was."""
    if not origins:
        return app
    return CORSMiddleware(
        app,
        allow_origins=origins,
        allow_methods=METHODS,
        allow_headers=REQUEST_HEADERS,
        expose_headers=ANSWER_HEADERS,
        max_age=PREFLIGHT_HOLDS,
    )
