"""An application on its way, over HTTP, for tests that look at what comes after."""

from __future__ import annotations

from infra.cli.sample_documents import answers_for
from tests.support.front_door import FrontDoor

CODE = "2.000908"  # nothing to pay, nothing to attach


def begun(portal: FrontDoor, person: str = "citizen") -> str:
    """A draft with its answers; its id."""
    made = portal.write("POST", "/applications", person, json={"procedure_code": CODE, "channel": "online"}).json()
    form = portal.ask("GET", f"/procedures/{CODE}").json()["form"]
    answers = answers_for(form, portal.ask("GET", "/me", person).json())
    write(portal, f"/applications/{made['application_id']}/answers", person, method="PUT", answers=answers)
    return str(made["application_id"])


def submitted(portal: FrontDoor, person: str = "citizen") -> str:
    """One that waits for the counter; its id."""
    application_id = begun(portal, person)
    write(portal, f"/applications/{application_id}/submission", person)
    return application_id


def write(portal: FrontDoor, path: str, person: str, *, method: str = "POST", **members: object) -> None:
    answer = portal.write(method, path, person, json=members)
    assert answer.ok, answer.text
