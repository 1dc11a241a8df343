"""Identity's doors as callers meet them: over the wire, with tokens, refusals by name and in the caller's language."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import eventlet
import pytest
from nameko.exceptions import RemoteError
from nameko.standalone.rpc import ClusterRpcProxy
from sqlalchemy import select

from infra.chassis import clock
from infra.chassis.contracts import contract_of
from infra.chassis.messaging.outbox import cloud_event
from infra.chassis.messaging.publishing import Publisher, events_exchange
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.chassis.storage.tables import outbox
from infra.embedded.platform import Platform
from services.identity.bootstrap import bootstrap
from services.identity.service import IdentityService
from tests.support.service_caller import ServiceCaller
from tests.support.signed_events import signed

PASSWORD = "bốn con mèo ngủ trưa"
OPERATOR = {"username": "operator", "password": "cây tre trăm đốt"}
CITIZEN = {"citizen_number": "001190999901", "full_name": "Nguyễn Thị Mẫu", "birth_date": "1990-05-17"}
RULES = {name: value.rule for name, value in inspect.getmembers(IdentityService) if hasattr(value, "rule")}


class RpcClient:
    """Calls identity's doors with a token and a language."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def call(self, door: str, token: str | None = None, language: str = "vi", **arguments: Any) -> Any:
        context = {"language": language, **({"auth_token": token} if token else {})}
        with ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=context, timeout=60) as rpc:
            return getattr(rpc.identity, door)(**arguments)

    def refused(self, door: str, token: str | None = None, language: str = "vi", **arguments: Any) -> RemoteError:
        with pytest.raises(RemoteError) as refused:
            self.call(door, token, language, **arguments)
        return refused.value


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[RpcClient]:
    settings = Settings({"PORTAL_HOME": str(tmp_path_factory.mktemp("portal"))})
    Platform(settings).migrate()  # all: who consumes from identity has queues, up or not
    platform = Platform(settings, ["identity"])
    bootstrap(settings, full_name="Người Vận Hành", **OPERATOR)
    platform.start()
    yield RpcClient(settings)
    platform.stop()


@pytest.fixture(scope="module")
def operator(client: RpcClient) -> str:
    return client.call("sign_in", **OPERATOR)["access_token"]


@pytest.fixture(scope="module")
def citizen(client: RpcClient) -> dict[str, Any]:
    particulars = {**CITIZEN, "phone": "0901234567", "email": "mau@example.com", "password": PASSWORD}
    account = client.call("register_citizen", command_id=str(uuid4()), **particulars)
    return {**account, **client.call("sign_in", username=CITIZEN["citizen_number"], password=PASSWORD)}


@pytest.fixture(scope="module")
def auditor(client: RpcClient, operator: str) -> str:
    """The token of one more of the sample people, who is an auditor."""
    person = next(
        item for item in client.call("sample_people")["items"] if item["citizen_number"] != CITIZEN["citizen_number"]
    )
    particulars = {key: person[key] for key in ("citizen_number", "full_name", "birth_date")}
    contacts = {"phone": "0901234568", "email": "kiemtra@example.com", "password": PASSWORD}
    account = client.call("register_citizen", command_id=str(uuid4()), **particulars, **contacts)
    client.call("appoint", operator, account_id=account["account_id"], agency_code="H01.01", roles=["auditor"])
    return client.call("sign_in", username=person["citizen_number"], password=PASSWORD)["access_token"]


def test_the_service_is_healthy(client):
    assert client.call("health")["status"] == "ok"


def test_a_citizen_registers_signs_in_and_is_known(client, citizen):
    me = client.call("whoami", citizen["access_token"])
    assert me["account_id"] == citizen["account_id"]
    assert contract_of("identity").reply("whoami").problems(me) == []


def test_an_operator_sets_up_an_agency_and_an_officer(client, operator, citizen):
    client.call(
        "create_agency", operator, code="H01.01", name="Phường Mẫu", province_code="01", command_id=str(uuid4())
    )
    client.call("appoint", operator, account_id=citizen["account_id"], agency_code="H01.01", roles=["case_officer"])
    assert [item["code"] for item in client.call("agencies")["items"]] == ["H01.01"]
    assert client.call("whoami", citizen["access_token"])["agencies"][0]["roles"] == ["case_officer"]


def test_a_refusal_speaks_the_callers_language(client):
    wrong = {"username": "nobody", "password": "sai"}
    assert "không đúng" in client.refused("sign_in", language="vi", **wrong).value
    assert "wrong" in client.refused("sign_in", language="en", **wrong).value


@pytest.mark.parametrize("door", sorted(name for name, rule in RULES.items() if not rule.public))
def test_a_door_that_is_not_public_asks_who_is_there(client, door):
    example = contract_of("identity").rpc[door]["example"]["parameters"]
    assert client.refused(door, **example).exc_type == "Unauthenticated"
    assert client.refused(door, "eyJhbGciOiJub25lIn0.e30.", **example).exc_type == "Unauthenticated"


@pytest.mark.parametrize(
    "door", sorted(name for name, rule in RULES.items() if "citizen" not in rule.roles | {"citizen" * rule.public})
)
def test_a_citizen_is_not_let_through_the_doors_of_operators_and_services(client, citizen, door):
    example = contract_of("identity").rpc[door]["example"]["parameters"]
    token = client.call("sign_in", username=CITIZEN["citizen_number"], password=PASSWORD)["access_token"]
    assert client.refused(door, token, **example).exc_type == "Forbidden"


@pytest.mark.parametrize(
    "door", sorted(name for name, entry in contract_of("identity").rpc.items() if entry["parameters"].get("required"))
)
def test_what_is_missing_and_what_is_too_much_is_pointed_at(client, operator, citizen, auditor, door):
    tokens = {"operator": operator, "citizen": citizen["access_token"], "auditor": auditor}
    token = next((token for role, token in tokens.items() if role in RULES[door].roles), None)
    if RULES.get(door) and RULES[door].internal:
        with pytest.raises(RemoteError) as refused:
            _service(client, door, citizen).call(f"identity.{door}", {"surplus": 1})
        missing = refused.value
    else:
        missing = client.refused(door, token, surplus=1)
    assert missing.exc_type == "InvalidRequest"
    for name in [*contract_of("identity").rpc[door]["parameters"]["required"], "surplus"]:
        assert f"/{name}" in missing.value


def _service(client: RpcClient, door: str, citizen: dict[str, Any]) -> ServiceCaller:
    """A service that may make a call, on behalf of a citizen who is an officer, too, or alone."""
    if door in ("contact", "code_message"):
        return ServiceCaller(client.settings, "notifications")
    if door == "citizen_number":
        return ServiceCaller(client.settings, "interchange")
    signed_in = client.call("sign_in", username=CITIZEN["citizen_number"], password=PASSWORD)
    return ServiceCaller(client.settings, "applications", signed_in["access_token"])


def test_a_service_learns_how_to_reach_somebody(client, citizen):
    contact = _service(client, "contact", citizen).identity.contact(account_id=citizen["account_id"])
    assert (contact["email"], contact["phone"], contact["language"]) == ("mau@example.com", "+84901234567", "vi")


def test_ten_megabytes_are_refused_by_name(client):
    refused = client.refused("sign_in", username="x" * 10_000_000, password="x")
    assert refused.exc_type == "InvalidRequest"
    assert "/username" in refused.value


def eventually(ask: Any) -> Any:
    """What ``look`` finds, before a minute is over."""
    with eventlet.Timeout(60):
        while not (answer := ask()):
            eventlet.sleep(0.02)
    return answer


def test_what_staff_read_comes_over_the_wire_into_the_citizens_log(client, citizen):
    data = {
        "application_id": str(uuid4()),
        "applicant_id": citizen["account_id"],
        "purpose": "thụ lý hồ sơ",
        "by": {"account_id": str(uuid4()), "role": "case_officer", "agency_code": None},
    }
    facts = {"subject": data["application_id"], "at": clock.now()}
    event = signed(client.settings, cloud_event("applications", 7, "application_read.v1", data, **facts))
    publisher = Publisher(client.settings.amqp_uri)
    for _ in range(2):
        publisher.publish(
            event, exchange=events_exchange("applications"), routing_key=event["type"], message_id=event["id"]
        )

    def readings_of_it() -> list[Any]:
        log = client.call("access_log", citizen["access_token"])["items"]
        return [entry for entry in log if entry["application_id"] == data["application_id"]]

    log = eventually(readings_of_it)
    assert [entry["purpose"] for entry in log] == ["thụ lý hồ sơ"]
    assert contract_of("identity").reply("access_log").accepts({"items": log, "next_cursor": None})


def test_the_follower_publishes_what_was_told(client, citizen):
    def all_published() -> bool:
        with Database.at(client.settings.database_url("identity")).session() as session:
            published = list(session.scalars(select(outbox.c.published_at)))
            return bool(published) and all(published)

    assert eventually(all_published)


HOSTILE = ["'; DROP TABLE account; --", "%s%n{0}", "\u202e", "💥" * 50]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_refused_by_name_or_taken_as_text(client, operator, text):
    calls = (
        ("sign_in", None, {"username": text, "password": text}),
        ("refresh", None, {"refresh_token": text}),
        ("sign_out", None, {"refresh_token": text}),
        ("client_token", None, {"client_id": text, "client_secret": text}),
        ("agencies", None, {"cursor": text}),
        ("access_log", operator, {"subject_id": text}),
        ("register_citizen", None, {**CITIZEN, "full_name": text, "phone": text, "email": "a@b.vn", "password": text}),
    )
    named = {"InvalidRequest", "Unauthenticated", "Forbidden", "CitizenDataDiffers", "WeakPassword"}
    for door, token, arguments in calls:
        try:
            client.call(door, token, **arguments)
        except RemoteError as refused:
            assert refused.exc_type in named, (door, text, refused)


FLOODED = {
    "sign_in": {"username": "khong-co-ai", "password": "sai"},
    "client_token": {"client_id": "khong-co", "client_secret": "sai"},
    "request_password_reset": {"username": "khong-co-ai"},
}


def test_a_flood_of_what_strangers_may_call_leaves_every_other_door_open(client):
    """By number, not by time: of many at once some are refused, of what others call meanwhile none."""
    with ClusterRpcProxy({"AMQP_URI": client.settings.amqp_uri}, timeout=60) as rpc:
        flood = [getattr(rpc.identity, door).call_async(**sent) for _ in range(15) for door, sent in FLOODED.items()]
        calm = [getattr(rpc.identity, door).call_async() for _ in range(5) for door in ("jwks", "agencies", "health")]
        assert all(reply.result() for reply in calm)
        outcomes = []
        for reply in flood:
            try:
                outcomes.append(reply.result() and "answered")
            except RemoteError as refused:
                outcomes.append(refused.exc_type)
    assert outcomes.count("TooManyRequests") > 0
    assert set(outcomes) <= {"TooManyRequests", "Unauthenticated", "SignInDelayed", "answered"}
