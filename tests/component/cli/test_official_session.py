"""A command of an official that takes longer than a token lives signs in again and goes on."""

from __future__ import annotations

from typing import Any, cast

import pytest
from nameko.exceptions import RemoteError

from infra.chassis.settings import Settings
from infra.cli.connection import Portal
from infra.cli.official_session import OfficialRpc

CREDENTIALS = {"PORTAL_USERNAME": "auditor", "PORTAL_PASSWORD": "mật khẩu dài để thử"}


class Standing:
    """Stands in for a portal whose tokens hold for two calls each."""

    def __init__(self, env: dict[str, str]) -> None:
        self.settings, self.signed_in, self.calls = Settings(env), 0, dict[str, int]()

    def sign_in(self, username: str, password: str, language: str) -> str:
        self.signed_in += 1
        return f"token {self.signed_in}"

    def as_(self, token: str, language: str) -> Any:
        portal = self

        class Service:
            def export(self, **arguments: Any) -> dict[str, Any]:
                portal.calls[token] = portal.calls.get(token, 0) + 1
                if portal.calls[token] > 2:
                    raise RemoteError("Unauthenticated", "the token has ended")
                return {"page": arguments["cursor"]}

            def refused(self) -> None:
                raise RemoteError("Forbidden", "no")

        return type("Proxy", (), {"applications": Service()})


def test_a_token_that_ends_in_the_middle_is_replaced_and_the_call_repeated() -> None:
    portal = Standing(CREDENTIALS)
    rpc = OfficialRpc(cast(Portal, portal), "auditor", "vi")
    assert [rpc.applications.export(cursor=page)["page"] for page in range(5)] == list(range(5))
    assert portal.signed_in == 3


def test_a_token_that_was_given_cannot_be_replaced() -> None:
    rpc = OfficialRpc(cast(Portal, Standing({"PORTAL_TOKEN": "given"})), "auditor", "vi")
    for page in range(2):
        rpc.applications.export(cursor=page)
    with pytest.raises(RemoteError, match="ended"):
        rpc.applications.export(cursor=3)


def test_any_other_refusal_is_the_callers() -> None:
    portal = Standing(CREDENTIALS)
    with pytest.raises(RemoteError, match="no"):
        OfficialRpc(cast(Portal, portal), "auditor", "vi").applications.refused()
    assert portal.signed_in == 1
