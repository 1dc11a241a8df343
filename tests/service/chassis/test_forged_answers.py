"""Somebody with the broker's address answers in identity's place: what that was worth, and what it is worth now."""

from __future__ import annotations

import time
from typing import Any

import pytest
from nameko.exceptions import RemoteError
from nameko.rpc import rpc
from nameko.standalone.rpc import ClusterRpcProxy

from tests.support import stand_in_identity
from tests.support.stand_in_identity import KEY, token

YEAR = 365 * 86_400


class Attacker:
    """A stock Nameko service under identity's name, with a key of its own."""

    name = "identity"

    @rpc
    def jwks(self) -> dict[str, Any]:
        return {"keys": [KEY.as_dict(private=False)]}

    @rpc
    def access_endings(self, nonce: str, after: int = 0) -> dict[str, Any]:
        answer = {"version": 0, "ended": [], "keys": ["test"], "nonce": nonce}
        return {**answer, "issued_at": int(time.time()), "expires_at": int(time.time()) + YEAR, "signature": "x..y"}


class Identity(stand_in_identity.IdentityAnswers):
    name = "identity"


def call(uri: str, access_token: str) -> Any:
    with ClusterRpcProxy({"AMQP_URI": uri}, context_data={"auth_token": access_token}, timeout=60) as services:
        return services.echo.staff_only()


def test_a_year_long_token_of_a_forged_identity_opens_no_door(broker, ours, stock):
    stock(Attacker)
    ours()
    forged = token("attacker", "case_officer", "auditor", exp=int(time.time()) + YEAR, aud=["portal", "portal/echo"])
    with pytest.raises(RemoteError) as refused:
        call(broker, forged)
    assert refused.value.exc_type == "ServiceUnavailable"


def test_the_same_token_signed_by_identity_opens_it(broker, ours, stock):
    echo = ours()
    stock(Identity, settings=echo.settings)
    assert call(broker, token("officer", "case_officer", aud="portal/echo")) == {}
