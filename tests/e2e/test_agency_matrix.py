"""Role × door × place, as ``tests/contract/door_agencies.py`` has it: tried with tokens for posts at the agency of the
thing, below it, above it and elsewhere, and for a post at the very agency held by a party."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any
from uuid import uuid4

import pytest

from tests.contract.door_agencies import NOBODY, REACH, rows
from tests.e2e.refusal_table import example
from tests.e2e.scenes import Fixtures
from tests.support.installation import Installation, RefusedCall, claims_in, header_of, signed_token

PLACES = ("own", "child", "parent", "foreign")
# Lists and figures refuse nobody: what is in them says whether the caller reaches it.
LISTS = {"refunds", "waivers", "statements", "statistics", "ledger", "trial_balance", "parity", "suspense",
         "suspense_assignments"}  # fmt: skip
# Nothing of one agency is asked for: figures and files of the whole country, for national roles alone.
OF_THE_COUNTRY = {"findings", "verify", "export", "erase_subject", "erasure", "events"}
NO_PLACE = {"access_log", "access_challenges", "answer_challenge", "verify_access_log", "access_log_heads"}
TRIED = [row for row in rows() if row[3] in REACH and row[1] not in {*OF_THE_COUNTRY, *NO_PLACE}]
SHOWS_MANY = {*LISTS, "queue", "affected_due_dates", "changes"}
OWN_CASE = [row for row in TRIED if row[1] not in SHOWS_MANY and row[3] != NOBODY]


@pytest.fixture(scope="module")
def agencies(installation: Installation) -> dict[str, str]:
    """The agency of the scenes, with one below and one above it."""
    below = {
        "code": f"{installation.agency}.77",
        "name": "Cơ quan trực thuộc (mẫu)",
        "parent_code": installation.agency,
    }
    installation.call("identity", "create_agency", "operator", **below, province_code=None)
    above = installation.agency.partition(".")[0]
    installation.call(
        "identity", "create_agency", "operator", code=above, name="Cơ quan cấp trên (mẫu)", province_code=None
    )
    foreign = str(installation.people["other_agency"]["agency_code"])
    return {"own": installation.agency, "child": below["code"], "parent": above, "foreign": foreign}


def post(installation: Installation, role: str, agency: str, account_id: str | None = None) -> str:
    """Somebody who holds one role at one agency and nothing else: under which name they call."""
    name = f"{role} at {agency} {account_id or ''}"
    if name not in installation.tokens:
        pem = (installation.home / "secrets" / "identity-signing-key.pem").read_text()
        good = installation.token("case_officer")
        who = {"sub": account_id or str(uuid4()), "roles": [], "agencies": {agency: [role]}}
        installation.tokens[name] = signed_token(pem, claims_in(good) | who, header_of(good))
    return name


def arguments(installation: Installation, scenes: Fixtures, service: str, door: str) -> dict[str, Any]:
    """The thing a door speaks of: the citizen's, in a state in which nobody can move it any more."""
    payment = scenes.payment_open if door in {"payment", "refund"} else scenes.payment
    case = scenes.submitted if door == "attachment" else scenes.paid if service == "payments" else scenes.returned
    things = {
        "application_id": case, "payment_id": payment, "refund_id": scenes.refund_declined,
        "waiver_id": scenes.waiver_declined, "assignment_id": scenes.assignment_declined,
        "reconciliation_id": scenes.statement_declined,
        "agency_code": installation.agency, "from_version": 1, "to_version": 2,
    }  # fmt: skip
    options = example(service, door)
    options |= {name: value for name, value in things.items() if name in options}
    if door == "attachment":
        view = installation.call("applications", "application", "citizen", application_id=case)
        options["attachment_id"] = view["attachments"][0]["attachment_id"]
    if door == "consult":
        options["agency_code"] = str(installation.people["other_agency"]["agency_code"])
    own: dict[str, dict[str, Any]] = {
        "reconcile": {"gateway": "vietqr", "statement": scenes.entrusted_lines},
        "refunds": {"status": "declined"}, "waivers": {"status": "declined"}, "statements": {"status": "declined"},
        "suspense": {}, "suspense_assignments": {"status": "declined"},
        "statistics": {"from_at": "2020-01-01", "to_at": "2100-01-01", "by": "agency"},
        "ledger": {"account": f"receivable:{installation.agency}"}, "trial_balance": {}, "parity": {"limit": 500},
        "state_at": {"application_id": case}, "affected_due_dates": {"agency_code": installation.agency},
        "changes": {"agency_code": installation.agency},
    }  # fmt: skip
    idempotency = {"command_id": options["command_id"]} if "command_id" in options else {}
    return {**idempotency, **own[door]} if door in own else options


def reached(door: str, reply: Any) -> bool:
    """Whether a list shows, or a door admits to, what is the agency's."""
    if door == "ledger" or door not in LISTS:
        return not (isinstance(reply, RefusedCall) and reply.name in {"Forbidden", "LedgerAccountNotFound"})
    if door == "statistics":
        return bool(reply["rows"])
    if door == "parity":
        return bool(reply["checked"])
    return bool(reply["accounts"] if door == "trial_balance" else reply["items"])


@pytest.mark.parametrize(("service", "door", "role", "reach"), TRIED, ids=[f"{row[1]}-{row[2]}" for row in TRIED])
def test_a_role_reaches_as_far_as_the_table_says(
    installation: Installation, scenes: Fixtures, agencies: dict[str, str],
    service: str, door: str, role: str, reach: str,
) -> None:  # fmt: skip
    ask: Callable[..., Any] = partial(installation.answer, service, door)
    replies = {
        place: ask(post(installation, role, agencies[place]), **arguments(installation, scenes, service, door))
        for place in PLACES
    }
    outcome = {place: reached(door, reply) for place, reply in replies.items()}
    assert outcome == {place: REACH[reach][place] for place in PLACES}, replies


@pytest.mark.parametrize(("service", "door", "role", "reach"), OWN_CASE, ids=[f"{row[1]}-{row[2]}" for row in OWN_CASE])
def test_no_post_reaches_a_case_of_ones_own(
    installation: Installation, scenes: Fixtures, agencies: dict[str, str],
    service: str, door: str, role: str, reach: str,
) -> None:  # fmt: skip
    party = post(installation, role, agencies["own"], scenes.citizen_account)
    reply = installation.answer(service, door, party, **arguments(installation, scenes, service, door))
    if isinstance(reply, RefusedCall):
        assert reply.name in {"OwnCase", "TransitionNotAllowed"} or (door, reply.name) in AS_A_PAYER, reply
    else:
        assert door in AS_AN_APPLICANT and "proposal" not in reply, reply


# What they get all the same is what everybody gets of their own.
AS_AN_APPLICANT = {
    "application",
    "explain_due_date",
    "evidence",
    "attachment",
    "demands",
    "payment",
    "payments",
    "receipt",
}
AS_A_PAYER = {("refund", "RefundAvailableChanged")}
