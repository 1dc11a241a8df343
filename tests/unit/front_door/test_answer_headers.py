"""The headers that browsers heed are on every answer, whatever a route says itself."""

from __future__ import annotations

import pytest

from infra.front_door.access_log import _with_own

YEAR = 31_536_000


@pytest.mark.parametrize("own", [[], [(b"content-type", b"text/html; charset=utf-8"), (b"cache-control", b"no-store")]])
def test_every_answer_has_them(own: list[tuple[bytes, bytes]]) -> None:
    headers = {name.decode(): value.decode() for name, value in _with_own(own, "call")}
    assert headers["x-content-type-options"] == "nosniff" and headers["referrer-policy"] == "no-referrer"
    age, *scope = headers["strict-transport-security"].split("; ")
    assert int(age.removeprefix("max-age=")) >= YEAR and scope == ["includeSubDomains"]
    policy = headers["content-security-policy"].split("; ")
    assert {"default-src 'self'", "object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"} <= set(policy)
    assert set(own) <= set(_with_own(own, "call"))
