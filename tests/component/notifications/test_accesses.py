"""What staff are shown of messages to somebody goes to the access log; what people see of their own does not."""

from __future__ import annotations

from sqlalchemy import select

from infra.chassis.access.actors import Actor
from infra.chassis.contracts import contract_of
from infra.chassis.storage.tables import outbox
from tests.component.notifications.use_cases import Office
from tests.unit.notifications.actors import CITIZEN
from tests.unit.notifications.builders import event

OPERATOR = Actor("an-operator", "Người Vận Hành", frozenset({"operator"}))


def accesses(office: Office) -> list[dict]:
    with office.database.session() as session:
        rows = session.execute(select(outbox.c.type, outbox.c.data)).all()
    return [row.data for row in rows if row.type == "personal_data_accessed.v1"]


def test_an_operator_who_looks_at_what_was_sent_is_recorded(office: Office) -> None:
    office.receive(event("application_accepted.v1", "applications:1"))
    (message,) = office.messages()
    office.inbox.deliveries(message.id, by=OPERATOR)
    (access,) = accesses(office)
    assert contract_of("notifications").event("personal_data_accessed.v1").problems(access) == []
    assert access["by"]["account_id"] == OPERATOR.account_id and access["by"]["role"] == "operator"
    assert [about["subject_id"] for about in access["accessed"]] == [message.account_id]


def test_the_owner_is_not(office: Office) -> None:
    office.receive(event("application_accepted.v1", "applications:1"))
    (message,) = office.messages()
    office.inbox.deliveries(message.id, by=CITIZEN)
    assert accesses(office) == []
