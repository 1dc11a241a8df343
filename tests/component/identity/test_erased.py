"""An erased person's account is an id with nothing behind it."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from infra.chassis.refusals import Unauthenticated
from services.identity.errors import AccountErased, AccountNotFound, SessionEnded
from services.identity.models import AccessEntry, Account, Appointment, SignInAttempt, SignInSession
from services.identity.personal_data import PersonalData
from tests.component.identity.conftest import NOTIFICATIONS, OPERATOR, Identity
from tests.support.cloud_events import event_of

READ = {"applicant_id": "?", "application_id": "a-1", "purpose": "Xem hồ sơ bà Mẫu", "at": "2026-11-20T02:30:00+00:00"}


def forget(identity: Identity, account_id: str) -> dict[str, int]:
    forgetting = PersonalData(identity.database)
    with identity.database.session() as session:
        return forgetting.forget(session, account_id, forgetting.marks(session, account_id))


def everything(identity: Identity) -> str:
    with identity.database.session() as session:
        return "\n".join(
            str(tuple(row))
            for table in (Account, AccessEntry, SignInAttempt, SignInSession)
            for row in session.execute(select(table.__table__))
        )


def test_nothing_of_an_erased_person_is_left_but_the_id(identity):
    by, claimed = identity.actor(0), identity.claimed(0)
    forget(identity, by.account_id)
    left = everything(identity)
    for output in (claimed.citizen_number, claimed.full_name, claimed.birth_date, claimed.email, claimed.phone[1:]):
        assert output not in left
    assert by.account_id in left


def test_an_erased_account_is_refused_by_name_and_no_session_is_left_open(identity, password):
    tokens, claimed = (identity.registered(0), identity.signed_in(0))[1], identity.claimed(0)
    by = identity.claims(tokens["access_token"])["sub"]
    forget(identity, by)
    with pytest.raises(Unauthenticated):
        identity.sessions.sign_in(claimed.citizen_number, password)
    with pytest.raises(Unauthenticated):
        identity.sessions.refresh(tokens["refresh_token"])
    with pytest.raises(AccountNotFound):
        identity.accounts.contact(by, reader=NOTIFICATIONS)


def test_a_token_that_outlives_its_account_is_refused(identity, password):
    by = identity.actor(0)
    forget(identity, by.account_id)
    with pytest.raises(AccountErased):
        identity.accounts.whoami(by=by)
    with pytest.raises(SessionEnded):
        identity.accounts.change_password(password, "năm từ khác hẳn nhau", by=by)
    with pytest.raises(SessionEnded):
        identity.delegations.delegate("001199000001", "*", "2999-12-31", by=by)


def test_the_same_person_may_register_anew_and_is_somebody_else(identity):
    first = identity.registered(0)
    forget(identity, first["account_id"])
    again = identity.registered(0)
    assert again["account_id"] != first["account_id"]
    assert forget(identity, first["account_id"]) == {}
    assert identity.accounts.contact(again["account_id"], reader=NOTIFICATIONS)["full_name"]


def test_posts_and_delegations_of_an_erased_person_end_and_are_published(identity, operator):
    by, other = identity.actor(0), identity.registered(1)
    identity.offices.create_agency("H01", "Phường Mẫu", by=operator)
    identity.offices.appoint(by.account_id, "H01", ["auditor"], by=operator)
    identity.delegations.delegate(identity.claimed(1).citizen_number, "*", "2999-12-31", by=by)
    removed = forget(identity, by.account_id)
    assert (removed["appointment"], removed["delegation"], removed["account"]) == (1, 1, 1)
    assert [kind for kind, _ in identity.outbox_events()][-2:] == ["delegation_revoked.v1", "official_dismissed.v1"]
    with identity.database.session() as session:
        assert session.scalars(select(Appointment.dismissed_by)).one() == "service:identity"
    with pytest.raises(AccountNotFound):
        identity.delegations.delegate(identity.claimed(0).citizen_number, "*", "2999-12-31", by=identity.actor(2))
    assert identity.accounts.contact(other["account_id"], reader=NOTIFICATIONS)


def test_a_delegation_of_an_erased_person_stays_readable_for_the_other(identity, fits):
    by, other = identity.actor(0), identity.actor(1)
    identity.delegations.delegate(identity.claimed(0).citizen_number, "*", "2999-12-31", by=other)
    identity.delegations.delegate(identity.claimed(1).citizen_number, "*", "2999-12-31", by=by)
    forget(identity, by.account_id)
    collected = identity.delegations.delegations(by=other)
    fits("delegations", collected)
    assert [(item["citizen_number"], item["name"], item["in_force"]) for item in collected["items"]] == [
        (None, None, False)
    ] * 2


def test_the_access_log_keeps_who_read_and_when_but_not_why(identity):
    subject, reader = identity.actor(0), identity.actor(1)
    data = READ | {"applicant_id": subject.account_id, "by": {"account_id": reader.account_id, "role": "auditor"}}
    identity.access.note_reading(event_of("applications:beside-1", data))
    second = identity.actor(2)
    identity.offices.create_agency("H01", "Ủy ban", None, "01", by=OPERATOR)
    for auditor in (reader, second):
        identity.offices.appoint(auditor.account_id, "H01", ["auditor"], by=OPERATOR)
    decided = {"asked_by": reader.account_id, "by": {"account_id": second.account_id}}
    event_data = {"account_id": subject.account_id, "application_id": None, "erasure_id": "e-1", **decided}
    PersonalData(identity.database).note(event_of("applications:beside-2", event_data))
    forget(identity, subject.account_id)
    identity.access.note_reading(event_of("applications:beside-3", data))
    items = identity.access.access_log(by=subject)["items"]
    assert [(item["reader_id"], item["role"], item["purpose"]) for item in items] == [
        (reader.account_id, "auditor", "–"),
        (reader.account_id, "auditor", "–"),
    ]
