"""An erasure is held against those who decided on it: identity knows who is an auditor."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.identity.personal_data import ErasureNotDecided, PersonalData
from tests.component.identity.conftest import OPERATOR, Identity
from tests.support.cloud_events import event_of


@pytest.fixture
def world(identity: Identity) -> dict[str, str]:
    """A citizen, two auditors, one of them dismissed meanwhile, and an officer."""
    people = {name: identity.registered(number)["account_id"] for number, name in enumerate(("citizen", "a", "b", "c"))}
    identity.offices.create_agency("H01", "Ủy ban", None, "01", by=OPERATOR)
    for name, role in (("a", "auditor"), ("b", "auditor"), ("c", "case_officer")):
        identity.offices.appoint(people[name], "H01", [role], by=OPERATOR)
    identity.offices.dismiss(people["b"], "H01", by=OPERATOR)
    return people


def noted(identity: Identity, world: dict[str, str], asked_by: Any, confirmed_by: Any) -> None:
    data: dict[str, Any] = {
        "erasure_id": str(uuid4()),
        "account_id": world["citizen"],
        "application_id": None,
        "application_ids": [],
    }
    data |= {"asked_by": world.get(asked_by, asked_by), "by": {"account_id": world.get(confirmed_by, confirmed_by)}}
    PersonalData(identity.database).note(event_of(f"applications:{uuid4()}", data))


def test_two_auditors_decide_on_an_erasure(identity, world):
    noted(identity, world, "a", "b")


@pytest.mark.parametrize(
    ("asked_by", "confirmed_by"),
    [("a", "a"), ("a", "c"), ("c", "b"), ("a", "nobody"), (None, "a"), ("citizen", "a"), (None, None)],
)
def test_anybody_else_does_not(identity, world, asked_by, confirmed_by):
    with pytest.raises(ErasureNotDecided):
        noted(identity, world, asked_by, confirmed_by)
