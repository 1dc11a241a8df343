"""The catalogue's doors as callers meet them: over the wire, with tokens, refusals by name in the caller's language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
from nameko.exceptions import RemoteError
from nameko.runners import ServiceRunner
from nameko.standalone.rpc import ClusterRpcProxy

from infra.chassis.contracts import contract_of
from infra.chassis.running.runner import container_config
from infra.chassis.settings import Settings
from infra.chassis.storage.database import Database
from infra.embedded.platform import Platform
from services.catalog.service import CatalogService
from tests.support import stand_in_identity
from tests.unit.catalog.builders import fee, offer

CONTRACT = contract_of("catalog")
RULES = {name: value.rule for name, value in vars(CatalogService).items() if hasattr(value, "rule")}
CHANGING = [name for name, entry in CONTRACT.rpc.items() if "command_id" in entry["parameters"]["properties"]]
PUBLIC = [name for name, rule in RULES.items() if rule.public]


def token(*roles: str) -> str:
    return stand_in_identity.token(f"account-{'-'.join(roles)}", *roles)


class Identity(stand_in_identity.IdentityAnswers):
    """Stands in for identity: publishes the key that signed the tokens of these tests."""

    name = "identity"


class RpcClient:
    """Calls the catalogue's doors with a token and a language."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    def call(self, door: str, token: str | None = None, language: str = "vi", **arguments: Any) -> Any:
        context = {"language": language, **({"auth_token": token} if token else {})}
        with ClusterRpcProxy({"AMQP_URI": self.settings.amqp_uri}, context_data=context, timeout=60) as proxy:
            return getattr(proxy.catalog, door)(**arguments)

    def refused(self, door: str, token: str | None = None, language: str = "vi", **arguments: Any) -> RemoteError:
        with pytest.raises(RemoteError) as refused:
            self.call(door, token, language, **arguments)
        return refused.value

    def publish(self, code: str, first_day: str = "2026-01-01", **changed: Any) -> dict[str, Any]:
        definition = offer(code, f"Thủ tục {code}", **changed)
        made: dict[str, Any] = {"definition": definition, "effective_from": first_day, "command_id": str(uuid4())}
        return dict(self.call("publish", token("catalog_editor"), **made))


@pytest.fixture(scope="module")
def client(tmp_path_factory) -> Iterator[RpcClient]:
    settings = Settings({"PORTAL_HOME": str(tmp_path_factory.mktemp("portal"))})
    with Platform(settings, ["catalog"]):
        stand_in = ServiceRunner(container_config(settings))
        stand_in.add_service(Identity)
        stand_in.start()
        yield RpcClient(settings)
        stand_in.stop()
    Database.forget_all()


def test_the_service_is_healthy(client):
    assert client.call("health")["status"] == "ok"


def test_a_published_procedure_is_read_searched_and_quoted_as_the_contract_says(client):
    client.publish("1.1", fees=[fee({"type": "fixed", "amount": 135_000})])
    replies = {
        "procedure": client.call("procedure", code="1.1", at="2026-02-01"),
        "versions": client.call("versions", code="1.1"),
        "search": client.call("search", text="thu tuc 1.1", facets=True),
        "suggest": client.call("suggest", text="thủ t"),
        "quote": client.call("quote", code="1.1", channel="counter"),
        "due_date": client.call("due_date", code="1.1", channel="counter", accepted_at="2026-03-02T09:00:00+07:00"),
        "calendar": client.call("calendar", year=2026),
        "provinces": client.call("provinces", at="2024-01-01"),
        "wards": client.call("wards", province_code="01"),
        "levels": client.call("levels"),
        "export": client.call("export", format="cpsv-ap"),
        "sample_procedures": client.call("sample_procedures", agency_code="H01.01"),
    }
    assert {door: CONTRACT.reply(door).problems(reply) for door, reply in replies.items()} == {
        door: [] for door in replies
    }
    assert replies["quote"]["total"] == {"amount": 135_000, "currency": "VND"}


def test_the_same_command_twice_has_one_effect_and_one_answer(client):
    sent = {"definition": offer("1.2"), "effective_from": "2026-01-01", "command_id": str(uuid4())}
    editor = token("catalog_editor")
    assert client.call("publish", editor, **sent) == client.call("publish", editor, **sent)
    changed = {**sent, "effective_from": "2026-02-01"}
    assert client.refused("publish", editor, **changed).exc_type == "CommandIdReused"


@pytest.mark.parametrize("door", CHANGING)
def test_whoever_changes_the_catalogue_must_be_signed_in_and_entitled(client, door):
    example = CONTRACT.rpc[door]["example"]["parameters"]
    assert client.refused(door, **example).exc_type == "Unauthenticated"
    assert client.refused(door, token("citizen"), **example).exc_type == "Forbidden"


@pytest.mark.parametrize("door", sorted(set(PUBLIC) - {"health"}))
def test_surplus_arguments_are_refused_with_their_place(client, door):
    example = CONTRACT.rpc[door]["example"]["parameters"]
    refused = client.refused(door, **example, surplus=1)
    assert refused.exc_type == "InvalidRequest"
    assert "/surplus" in refused.value


@pytest.mark.parametrize(
    ("door", "arguments", "pointer"),
    [
        ("search", {"text": "x" * 10_000_000}, "/text"),
        ("search", {"level": 5}, "/level"),
        ("search", {"limit": 501}, "/limit"),
        ("procedure", {"code": "1.1", "at": "hôm nay"}, "/at"),
        ("procedure", {}, "/code"),
        ("quote", {"code": "1.1", "channel": "fax"}, "/channel"),
        ("quote", {"code": "1.1", "channel": "counter", "quantity": 0}, "/quantity"),
        ("quote", {"code": "1.1", "channel": "counter", "choices": {"a": 1}}, "/choices/a"),
        ("due_date", {"code": "1.1", "channel": "counter", "accepted_at": "2026-01-01"}, "/accepted_at"),
        ("calendar", {"year": "2026"}, "/year"),
        ("export", {"format": "xml"}, "/format"),
    ],
)
def test_what_does_not_fit_is_refused_with_its_place(client, door, arguments, pointer):
    refused = client.refused(door, **arguments)
    assert refused.exc_type == "InvalidRequest"
    assert pointer in refused.value


@pytest.mark.parametrize(
    ("door", "arguments", "name"),
    [
        ("procedure", {"code": "9.9"}, "ProcedureNotFound"),
        ("procedure", {"code": "1.3", "at": "2020-01-01"}, "ProcedureNotFound"),
        ("versions", {"code": "9.9"}, "ProcedureNotFound"),
        ("quote", {"code": "1.3", "channel": "post"}, "ChannelNotOffered"),
        ("quote", {"code": "1.3", "channel": "counter"}, "ChoiceMissing"),
        ("wards", {"province_code": "99"}, "ProvinceNotFound"),
        ("wards", {"province_code": "01", "at": "2020-01-01"}, "WardsNotKnown"),
    ],
)
def test_every_refusal_has_its_name_in_both_languages(client, door, arguments, name):
    options = [{"id": "a", "name": {"vi": "Trên đất liền", "en": "On land"}, "amount": 1}]
    client.publish("1.3", fees=[fee({"type": "choice", "choice": "noi", "options": options})])
    vietnamese, english = (client.refused(door, language=language, **arguments) for language in ("vi", "en"))
    assert vietnamese.exc_type == english.exc_type == name
    assert vietnamese.value != english.value


def test_a_definition_that_makes_no_sense_is_refused_with_the_place(client):
    bad = offer("1.4", level=4)
    refused = client.refused(
        "publish", token("catalog_editor"), definition=bad, effective_from="2026-01-01", command_id=str(uuid4())
    )
    assert refused.exc_type == "InvalidRequest"
    assert "/definition/channels" in refused.value


def test_two_versions_cannot_begin_on_one_day(client):
    client.publish("1.5")
    sent = {"definition": offer("1.5", "Khác"), "effective_from": "2026-01-01", "command_id": str(uuid4())}
    assert client.refused("publish", token("catalog_editor"), **sent).exc_type == "VersionsOverlap"


def test_an_import_answers_with_counts_and_findings(client):
    sent = {"records": [offer("1.6"), "text"], "layout": "definition", "effective_from": "2026-01-01"}
    reply = client.call("import_procedures", token("operator"), **sent, command_id=str(uuid4()))
    assert CONTRACT.reply("import_procedures").problems(reply) == []
    assert (reply["counts"]["new"], reply["counts"]["refused"]) == (1, 1)


def test_a_day_decided_by_an_editor_changes_the_calendar(client):
    sent = {"date": "2027-01-04", "kind": "day_off", "reason": "Nghỉ bù", "command_id": str(uuid4())}
    reply = client.call("set_calendar_day", token("catalog_editor"), **sent)
    assert CONTRACT.event("calendar_changed.v1").problems(reply) == []
    days = {day["date"]: day["kind"] for day in client.call("calendar", year=2027)["days"]}
    assert days["2027-01-04"] == "override_day_off"


def test_a_draft_is_saved_shown_published_and_discarded_as_the_contract_says(client):
    editor = token("catalog_editor")

    def act(door: str, **arguments: Any) -> Any:
        reply = client.call(door, editor, **arguments, command_id=str(uuid4()))
        assert CONTRACT.reply(door).problems(reply) == []
        return reply

    assert act("save_draft", definition={"code": "1.8"})["problems"]
    act("save_draft", definition=offer("1.8"), expected_revision=1, reason="luật mới")
    act("save_draft", definition=offer("1.9"))
    replies = {"drafts": client.call("drafts", editor), "draft": client.call("draft", token("approver"), code="1.8")}
    assert {door: CONTRACT.reply(door).problems(reply) for door, reply in replies.items()} == {
        "drafts": [],
        "draft": [],
    }
    assert client.refused("draft", token("citizen"), code="1.8").exc_type == "Forbidden"
    assert act("publish_draft", code="1.8", effective_from="2026-01-01", expected_revision=2)["status"] == "published"
    act("discard_draft", code="1.9", reason="không cần nữa")
    assert client.call("drafts", editor)["items"] == []
    assert client.refused("draft", editor, code="1.9").exc_type == "DraftNotFound"


def test_agencies_are_recorded_merged_and_told_as_the_contract_says(client):
    editor = token("catalog_editor")
    for code in ("000.00.04.G18", "000.00.05.G18"):
        sent = {"agency": {"code": code, "name": {"vi": "Cục Mẫu"}, "province_code": "01"}, "valid_from": "2025-07-01"}
        reply = client.call("set_agency", editor, **sent, reason="theo nghị định", command_id=str(uuid4()))
        assert CONTRACT.reply("set_agency").problems(reply) == []
    merged = {"code": "000.00.04.G18", "into": "000.00.05.G18", "last_day": "2026-02-28", "legal_basis": "Nghị định"}
    assert (
        CONTRACT.reply("merge_agency").problems(client.call("merge_agency", editor, **merged, command_id=str(uuid4())))
        == []
    )
    replies = {
        "agencies": client.call("agencies", province_code="01"),
        "agency": client.call("agency", code="000.00.04.G18"),
        "agency_changes": client.call("agency_changes", token("auditor"), code="000.00.04.G18"),
    }
    assert {door: CONTRACT.reply(door).problems(reply) for door, reply in replies.items()} == {
        door: [] for door in replies
    }
    assert replies["agency"]["carried_on_by"] == "000.00.05.G18"


def test_the_history_is_for_officials(client):
    client.publish("1.7")
    assert client.refused("changes", token("citizen"), code="1.7").exc_type == "Forbidden"
    assert client.call("changes", token("auditor"), code="1.7")["items"][0]["act"] == "published"
