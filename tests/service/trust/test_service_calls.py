"""What a service may ask of another, on a real RabbitMQ: its own calls, each with an assertion of its own.

The attacker has what was enough before: a client secret of one service and the token it gives, stock Nameko, and every
call that went over the wire.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from uuid import uuid4

import eventlet
import pytest
import time_machine
from nameko.exceptions import RemoteError
from nameko.runners import ServiceRunner
from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis import migrations
from infra.chassis.access.admission import Admission
from infra.chassis.running.loader import service_class
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.trust.installation import signer
from services.identity.bootstrap import bootstrap
from tests.support.service_caller import Call, ServiceCaller

PASSWORD = "bốn con mèo ngủ trưa"
PARTICULARS = {
    "citizen_number": "001190999901", "full_name": "Nguyễn Thị Mẫu", "birth_date": "1990-05-17",
    "phone": "0901234567", "email": "mau@example.com", "password": PASSWORD,
}  # fmt: skip


class Wire:
    """Identity on the broker, and whoever calls it with stock Nameko."""

    def __init__(self, settings: Settings, admission: Admission) -> None:
        self.settings, self.admission = settings, admission

    def call(self, method: str, headers: dict[str, Any], **arguments: Any) -> Any:
        with ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=headers, timeout=60) as services:
            return getattr(services.identity, method)(**arguments)

    def refused(self, method: str, headers: dict[str, Any], **arguments: Any) -> str:
        with pytest.raises(RemoteError) as refused:
            self.call(method, headers, **arguments)
        return str(refused.value.exc_type)

    def service_token(self, service: str) -> str:
        secret = (self.settings.secret_folder() / f"client-{service}.secret").read_text().strip()
        return str(self.call("client_token", {}, client_id=service, client_secret=secret)["access_token"])


@pytest.fixture(scope="module")
def wire(broker_server, tmp_path_factory) -> Iterator[Wire]:
    folder = tmp_path_factory.mktemp("identity")
    with broker_server.virtual_host() as uri:
        environment = {"PORTAL_ENVIRONMENT": "development", "PORTAL_HOME": str(folder), "AMQP_URI": uri}
        settings = Settings({**environment, "IDENTITY_DATABASE_URL": f"sqlite:///{folder}/identity.sqlite"})
        migrations.upgrade(settings, "identity")
        bootstrap(settings, full_name="Người Vận Hành", username="operator", password="cây tre trăm đốt")
        runner = ServiceRunner(container_config(settings))
        runner.add_service(service_class("identity"))
        runner.start()
        [container] = runner.containers
        yield Wire(settings, next(part for part in container.dependencies if isinstance(part, Admission)))
        with eventlet.Timeout(15, False):
            runner.stop()
        Database.forget(settings.database_url("identity"))


@pytest.fixture(scope="module")
def citizen(wire) -> dict[str, Any]:
    account = wire.call("register_citizen", {}, command_id=str(uuid4()), **PARTICULARS)
    signed_in = wire.call("sign_in", {}, username=PARTICULARS["citizen_number"], password=PASSWORD)
    return {**account, **signed_in}


@pytest.fixture
def notifications(wire) -> ServiceCaller:
    return ServiceCaller(wire.settings, "notifications")


@pytest.fixture
def for_citizen(wire, citizen) -> ServiceCaller:
    """Applications, on behalf of a citizen who has signed in."""
    return ServiceCaller(wire.settings, "applications", citizen["access_token"])


def refusal(work: Callable[[], Any]) -> str:
    with pytest.raises(RemoteError) as refused:
        work()
    return str(refused.value.exc_type)


@pytest.mark.parametrize("method", ["contact", "posts", "delegations_in_force"])
def test_a_token_of_a_service_opens_no_door(wire, citizen, method):
    """Before, the token of any service opened every door that is for services."""
    arguments = {"delegate_account_id" if "delegate" in method else "account_id": citizen["account_id"]}
    assert wire.refused(method, {"auth_token": wire.service_token("catalog")}, **arguments) == "Forbidden"


def test_a_service_makes_the_calls_that_the_table_has(notifications, for_citizen, citizen):
    assert notifications.identity.contact(account_id=citizen["account_id"])["full_name"] == "Nguyễn Thị Mẫu"
    own = for_citizen.identity.delegations_in_force(delegate_account_id=citizen["account_id"])
    assert own == {"items": []}


@pytest.mark.parametrize("service", ["catalog", "applications", "payments"])
def test_a_service_makes_no_call_that_the_table_has_for_another(wire, citizen, service):
    caller = ServiceCaller(wire.settings, service)
    assert refusal(lambda: caller.identity.contact(account_id=citizen["account_id"])) == "Forbidden"


def test_a_call_on_somebody_s_behalf_needs_that_person(wire, citizen, notifications):
    question = {"delegate_account_id": citizen["account_id"]}
    alone = ServiceCaller(wire.settings, "applications")
    assert refusal(lambda: alone.identity.delegations_in_force(**question)) == "Unauthenticated"
    about = ServiceCaller(wire.settings, "notifications", citizen["access_token"])
    assert refusal(lambda: about.identity.contact(account_id=citizen["account_id"])) == "Forbidden"


def test_a_service_with_a_person_s_token_asks_about_nobody_else(for_citizen):
    question = {"delegate_account_id": str(uuid4())}
    assert refusal(lambda: for_citizen.identity.delegations_in_force(**question)) == "Forbidden"


def test_a_person_of_another_role_is_not_one_to_call_for(for_citizen, citizen):
    assert refusal(lambda: for_citizen.identity.posts(account_id=citizen["account_id"])) == "Forbidden"


def altered_call(caller: ServiceCaller, citizen: dict[str, Any], **altered: Any) -> str:
    return refusal(lambda: caller.call("identity.contact", {"account_id": citizen["account_id"]}, **altered))


def test_an_assertion_is_of_its_own_arguments(notifications, citizen):
    """An intercepted call made one about somebody else."""
    assert altered_call(notifications, citizen, arguments={"account_id": str(uuid4())}) == "AssertionRefused"


def test_an_assertion_is_of_its_own_call(notifications, citizen):
    assert altered_call(notifications, citizen, correlation_id=str(uuid4())) == "AssertionRefused"


def test_an_assertion_is_for_its_own_recipient(notifications, citizen):
    """The one that let notifications ask catalog, or another door of identity, lets it ask nothing here."""
    for other in ("identity.posts", "catalog.contact"):
        genuine = notifications.signed(other, {"account_id": citizen["account_id"]}, str(uuid4()))
        assert altered_call(notifications, citizen, headers=genuine.headers) == "AssertionRefused"


def test_the_answer_goes_to_whoever_asked(notifications, citizen):
    """Somebody who repeats a call with an address of their own does not get the answer."""
    key, elsewhere = str(uuid4()), str(uuid4())
    genuine = notifications.signed("identity.contact", {"account_id": citizen["account_id"]}, elsewhere)
    assert refusal(lambda: notifications.sent(replace(genuine, reply_to=key), key)) == "AssertionRefused"


def test_an_assertion_goes_with_the_person_s_token_it_was_made_for(for_citizen, notifications, citizen):
    call = for_citizen.signed("identity.delegations_in_force", {"delegate_account_id": citizen["account_id"]}, "x")
    key = str(uuid4())
    without = {name: value for name, value in call.headers.items() if name != "nameko.auth_token"}
    assert refusal(lambda: for_citizen.sent(replace(call, reply_to=key, headers=without), key)) == "AssertionRefused"
    another = {"nameko.auth_token": citizen["access_token"]}
    genuine = notifications.signed("identity.contact", {"account_id": citizen["account_id"]}, key)
    mixed = replace(genuine, headers={**genuine.headers, **another})
    assert refusal(lambda: notifications.sent(mixed, key)) == "AssertionRefused"


def test_an_assertion_is_part_of_its_own_call(notifications, citizen):
    key = str(uuid4())
    genuine = notifications.signed("identity.contact", {"account_id": citizen["account_id"]}, key)
    headers = {**genuine.headers, "nameko.call_id_stack": ["another.call"]}
    assert refusal(lambda: notifications.sent(replace(genuine, headers=headers), key)) == "AssertionRefused"


def test_an_assertion_is_used_once(notifications, citizen):
    key = str(uuid4())
    genuine = notifications.signed("identity.contact", {"account_id": citizen["account_id"]}, key)
    assert notifications.sent(genuine, key)["account_id"] == citizen["account_id"]
    assert refusal(lambda: notifications.sent(genuine, key)) == "AssertionRefused"


def test_an_assertion_ends_after_half_a_minute(notifications, citizen):
    key = str(uuid4())
    with time_machine.travel(time.time() - 60, tick=False):
        early = notifications.signed("identity.contact", {"account_id": citizen["account_id"]}, key)
    assert refusal(lambda: notifications.sent(early, key)) == "AssertionRefused"


def test_a_forged_assertion_is_none(wire, notifications, citizen, tmp_path):
    strangers = ServiceCaller(Settings({"PORTAL_HOME": str(tmp_path)}), "notifications")
    key = str(uuid4())
    forged: Call = strangers.signed("identity.contact", {"account_id": citizen["account_id"]}, key)
    assert refusal(lambda: notifications.sent(forged, key)) == "AssertionRefused"
    event_like = signer(wire.settings, "notifications").sign("portal-event+jws", json.dumps({"to": "x"}).encode())
    for text in ("", "x", "a.b.c", event_like):
        headers = {"nameko.assertion": text} if text else {}
        expected = "AssertionRefused" if text else "Unauthenticated"
        assert altered_call(notifications, citizen, headers=headers) == expected


def test_a_flood_of_client_token_keeps_no_service_from_its_work(wire, notifications, citizen):
    """Before, a service whose token had ended got no other one while strangers held the places of that door."""
    secret = (wire.settings.secret_folder() / "client-notifications.secret").read_text().strip()
    credentials = {"client_id": "notifications", "client_secret": secret}
    with contextlib.ExitStack() as flood:
        places = wire.admission.at("client_token")
        for _ in range(places.places):
            flood.enter_context(places)
        assert wire.refused("client_token", {}, **credentials) == "TooManyRequests"
        assert notifications.identity.contact(account_id=citizen["account_id"])["language"] == "vi"
    assert wire.call("client_token", {}, **credentials)
