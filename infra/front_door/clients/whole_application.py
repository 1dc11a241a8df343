"""One application from search to result with the typed client: ``make clients``, ``portal start --json > portal.json``,
then as the README of this folder says.
"""

import json
from pathlib import Path
from typing import Any, TypeVar
from uuid import uuid4

from portal_client import AuthenticatedClient, Client
from portal_client.api.applications import post_applications as start
from portal_client.api.applications import post_applications_by_application_id_acceptance as accept
from portal_client.api.applications import post_applications_by_application_id_approval as approve
from portal_client.api.applications import post_applications_by_application_id_assignment as assign
from portal_client.api.applications import post_applications_by_application_id_proposal as propose
from portal_client.api.applications import post_applications_by_application_id_result_return as return_result
from portal_client.api.applications import post_applications_by_application_id_submission as submit
from portal_client.api.applications import put_applications_by_application_id_answers as save_answers
from portal_client.api.applications import put_applications_by_application_id_delivery as choose_delivery
from portal_client.api.catalog import get_procedures as search
from portal_client.api.identity import post_sessions as sign_in
from portal_client.models import PostApplicationsBody as Start
from portal_client.models import PostApplicationsByApplicationIdApprovalBody as Approval
from portal_client.models import PostApplicationsByApplicationIdAssignmentBody as Assignment
from portal_client.models import PostApplicationsByApplicationIdProposalBody as Proposal
from portal_client.models import PostApplicationsByApplicationIdResultReturnBody as Return
from portal_client.models import PostSessionsBody, Problem
from portal_client.models import PutApplicationsByApplicationIdAnswersBody as Answers
from portal_client.models import PutApplicationsByApplicationIdDeliveryBody as Delivery

Reply = TypeVar("Reply")
PORTAL: dict[str, Any] = json.loads(Path("portal.json").read_text(encoding="utf-8"))
OFFICIALS = PORTAL["people"]["officials"]
ANSWERS = {
    "full_name": "Nguyễn Thị Mẫu", "citizen_number": "001190999901", "birth_date": "1990-05-17", "phone": "0912345678",
    "address": "Số 1, đường Mẫu", "document": "Bằng tốt nghiệp", "copies": 1,
}  # fmt: skip


def answer(reply: Reply | Problem | None) -> Reply:
    """What was answered; a refusal is an RFC 9457 problem, with what to do in ``todo``."""
    if reply is None or isinstance(reply, Problem):
        raise RuntimeError(reply)
    return reply


def signed_in(person: dict[str, str]) -> AuthenticatedClient:
    credentials = PostSessionsBody(username=person["username"], password=person["password"])
    session = answer(sign_in.sync(client=Client(base_url=PORTAL["url"]), body=credentials))
    return AuthenticatedClient(base_url=PORTAL["url"], token=session.access_token)


citizen, intake = signed_in(PORTAL["people"]["citizens"][0]), signed_in(OFFICIALS["intake_officer"])
officer, approver = signed_in(OFFICIALS["case_officer"]), signed_in(OFFICIALS["approver"])

procedure = answer(search.sync(client=citizen, text="ban sao tu so goc", limit=1)).items[0]
chosen = Start.from_dict({"procedure_code": procedure.code, "channel": "online"})
started = answer(start.sync(client=citizen, body=chosen, idempotency_key=str(uuid4())))
filed = started.application_id

typed = Answers.from_dict({"answers": ANSWERS})
answer(save_answers.sync(filed, client=citizen, body=typed, idempotency_key=str(uuid4())))
answer(submit.sync(filed, client=citizen, idempotency_key=str(uuid4())))
accepted = answer(accept.sync(filed, client=intake, idempotency_key=str(uuid4())))
to = Assignment.from_dict({"officer_id": OFFICIALS["case_officer"]["account_id"]})
answer(assign.sync(filed, client=approver, body=to, idempotency_key=str(uuid4())))
proposal = Proposal.from_dict({"outcome": "approve", "reason": "Đủ điều kiện"})
answer(propose.sync(filed, client=officer, body=proposal, idempotency_key=str(uuid4())))
result = Approval(result="Bản sao từ sổ gốc")
answer(approve.sync(filed, client=approver, body=result, idempotency_key=str(uuid4())))
at_counter = Delivery.from_dict({"method": "counter"})
answer(choose_delivery.sync(filed, client=citizen, body=at_counter, idempotency_key=str(uuid4())))
handed = Return.from_dict({"method": "counter"})
returned = answer(return_result.sync(filed, client=intake, body=handed, idempotency_key=str(uuid4())))
print(started.reference, accepted.due_at, returned.status)  # noqa: T201
