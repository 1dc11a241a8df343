"""How a service calls another: the token and the assertion go along where the table says, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from infra.chassis import clients
from infra.chassis.settings import Settings
from infra.chassis.trust.installation import signer

CONTEXT = {"auth_token": "a person's", "language": "en", "call_id_stack": ["payments.demands.1"], "internal": "x",
           "assertion": "somebody's", "deadline": "99999999999"}  # fmt: skip


class Sent:
    """Stands where the broker is and holds what would go there."""

    def call(self, service: str, method: str, arguments: Any, headers: Any, timeout: float, sign: Any = None) -> Any:
        return {"to": f"{service}.{method}", "headers": headers, "asserted": sign is not None}


@pytest.fixture
def neighbour(tmp_path):
    def of(caller: str, service: str, **options: Any) -> clients.Proxy:
        made = clients.Neighbour.__new__(clients.Neighbour)
        made.service, made.timeout, made.as_service = service, 5.0, options.get("as_service", False)
        made.container = type("Container", (), {"service_name": caller})()
        made.rpc = Sent()  # type: ignore[assignment]
        made.signer = signer(Settings({"PORTAL_HOME": str(tmp_path)}), caller)
        context = type("Context", (), {"context_data": dict(CONTEXT), "data": dict(CONTEXT)})()
        return clients.Proxy(made, context)

    return of


ALWAYS = {"nameko.language": "en", "nameko.call_id_stack": ["payments.demands.1"]}


def test_for_a_person_their_token_goes_along_with_an_assertion(neighbour):
    sent = neighbour("payments", "applications").application(application_id="1")
    assert sent == {
        "to": "applications.application",
        "headers": {**ALWAYS, "nameko.auth_token": "a person's"},
        "asserted": True,
    }


def test_for_itself_no_token_goes_along(neighbour):
    sent = neighbour("payments", "applications", as_service=True).application(application_id="1")
    assert (sent["headers"], sent["asserted"]) == (ALWAYS, True)


def test_to_a_door_that_is_open_to_anyone_neither_goes_along(neighbour):
    sent = neighbour("applications", "catalog").quote(code="1.001193")
    assert (sent["headers"], sent["asserted"]) == (ALWAYS, False)


@pytest.mark.parametrize(("caller", "method"), [("payments", "start"), ("catalog", "application"), ("echo", "mine")])
def test_a_call_that_is_not_in_the_table_is_not_sent(neighbour, caller, method):
    with pytest.raises(clients.NotInTable, match=f"{caller} may not call applications.{method}"):
        getattr(neighbour(caller, "applications"), method)()
