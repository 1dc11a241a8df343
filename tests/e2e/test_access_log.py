"""Whatever staff are shown of applications is itself recorded: who looked, at what, through which door."""

from __future__ import annotations

import json
from typing import Any

import pytest
from sqlalchemy import text

from infra.chassis.contracts import contract_of
from tests.e2e.refusal_table import example
from tests.e2e.scenes import Fixtures
from tests.support.installation import Installation, rule_of

STAFF = ("intake_officer", "case_officer", "approver", "accountant", "auditor")
READ, LIST, FILE = "application_read.v1", "applications_listed.v1", "history_exported.v1"
RECORDED_AS = {
    **dict.fromkeys(("application", "attachment", "history", "state_at", "diff", "explain_due_date", "evidence"), READ),
    **dict.fromkeys(("queue", "events", "findings", "affected_due_dates", "changes"), LIST),
    "export": FILE,
}
SHOWS_NOBODY = {"verify", "statistics", "erasure", "access_log_heads"}  # verdicts and figures
LOOKS = [
    (door, person)
    for door in RECORDED_AS
    for person in STAFF
    if person in rule_of("applications", door).roles and (door, person) != ("affected_due_dates", "accountant")
]


def test_every_door_that_only_shows_is_known_here() -> None:
    shows = {
        door
        for door, entry in contract_of("applications").rpc.items()
        if "command_id" not in entry["parameters"].get("properties", {})
        if not (rule := rule_of("applications", door)).public and rule.roles & set(STAFF)
    }
    assert shows == {*RECORDED_AS, *SHOWS_NOBODY}


@pytest.mark.parametrize(("door", "person"), LOOKS, ids=["-".join(door) for door in LOOKS])
def test_a_look_by_staff_is_recorded(installation: Installation, scenes: Fixtures, door: str, person: str) -> None:
    key = str(scenes.submitted if door == "attachment" else scenes.handled)
    before = installation.quiet()["applications"]
    installation.call("applications", door, person, **arguments(installation, door, key))
    [ask] = [entry for entry in told_since(installation, before) if entry["type"] == RECORDED_AS[door]]
    about = ask["data"]
    assert (about.get("by") or about)["account_id"] == installation.people[person]["account_id"]
    if ask["type"] == READ:
        assert (about["application_id"], about["by"]["role"]) == (key, person) and about["purpose"]
    assert about["legal_basis"] and about["door"] == door
    if ask["type"] != READ:
        assert key not in about.get("application_ids", ()) or key in {
            row["application_id"] for row in about["accessed"]
        }
    if ask["type"] == LIST:
        assert about["door"] == door
        assert contract_of("applications").event(LIST).accepts(about)
    if door in {"queue", "events"}:
        assert key in about["application_ids"]


def test_the_log_of_one_application_is_a_look_at_it(installation: Installation, scenes: Fixtures) -> None:
    before = installation.quiet()["applications"]
    installation.call("applications", "events", "auditor", application_id=scenes.handled)
    assert {entry["type"] for entry in told_since(installation, before)} == {READ, LIST}


@pytest.mark.parametrize("door", ["application", "explain_due_date", "evidence"])
def test_what_people_look_at_of_their_own_is_nobodys_business(
    installation: Installation, scenes: Fixtures, door: str
) -> None:
    before = installation.quiet()["applications"]
    assert installation.call("applications", door, "citizen", application_id=scenes.handled)["application_id"]
    assert told_since(installation, before) == []


def arguments(installation: Installation, door: str, key: str) -> dict[str, Any]:
    """The contract's example, about a thing that is there."""
    arguments = {**example("applications", door)}
    named = contract_of("applications").rpc[door]["parameters"]["properties"]
    arguments |= {"application_id": key} if "application_id" in arguments else {}
    arguments |= {"agency_code": installation.agency} if "agency_code" in named else {}
    if "attachment_id" in arguments:
        papers = installation.call("applications", "application", "citizen", application_id=key)["attachments"]
        arguments["attachment_id"] = papers[0]["attachment_id"]
    own = {"diff": {"from_version": 1, "to_version": 2}, "events": {"after": 0, "limit": 500}, "state_at": {}}
    own["changes"] = {"after": 0, "limit": 500}
    arguments = {"application_id": key} if door == "state_at" else arguments
    return {**arguments, **own.get(door, {}), **({"limit": 500} if door == "queue" else {})}


def told_since(installation: Installation, position: int) -> list[dict[str, Any]]:
    query = text("SELECT type, data FROM outbox WHERE position > :position ORDER BY position")
    with installation.engines["applications"].connect() as connection:
        rows = connection.execute(query, {"position": position}).all()
    return [{"type": row.type, "data": json.loads(row.data)} for row in rows]
