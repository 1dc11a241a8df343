"""Agencies, and who holds which roles at them."""

from uuid import uuid4

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.refusals import CommandIdReused, InvalidRequest
from infra.chassis.storage.commands import Command
from services.identity.errors import AccountNotFound, AgencyAlreadyExists, AgencyNotFound, AppointmentNotFound
from services.identity.offices import current_posts


@pytest.fixture
def agency(identity, operator):
    return identity.offices.create_agency("H01.01", "Phường Mẫu", province_code="01", by=operator)


def posts(identity, account_id):
    with identity.database.session() as session:
        return current_posts(session, account_id)


def test_an_operator_adds_an_agency(agency, fits):
    fits("create_agency", agency)
    assert (agency["code"], agency["parent_code"], agency["province_code"]) == ("H01.01", None, "01")


def test_a_new_agency_is_told_once(identity, operator, agency):
    identity.offices.create_agency("H01.01", "Phường Mẫu", province_code="01", by=operator)
    assert identity.outbox_events() == [("agency_created.v1", {**agency, "by": {"account_id": operator.account_id}})]


def test_an_agency_lies_in_its_parents_province_unless_said_otherwise(identity, operator, agency):
    child = identity.offices.create_agency("H01.01.02", "Tổ Mẫu", parent_code="H01.01", by=operator)
    assert child["province_code"] == "01"


def test_adding_the_same_agency_again_is_the_same_answer(identity, operator, agency):
    assert identity.offices.create_agency("H01.01", "Phường Mẫu", province_code="01", by=operator) == agency


@pytest.mark.parametrize("code", ["999", "00", "1", "x"])
def test_an_agency_in_a_province_there_never_was_is_refused(identity, operator, code):
    with pytest.raises(InvalidRequest) as refused:
        identity.offices.create_agency("H99", "Sở Mẫu", province_code=code, by=operator)
    assert refused.value.facts["problems"][0]["pointer"] == "/province_code"


def test_an_agency_may_be_created_in_a_province_that_was_merged(identity, operator):
    assert identity.offices.create_agency("H70", "Sở Mẫu", province_code="70", by=operator)["province_code"] == "70"


@pytest.mark.parametrize("other", [{"name": "Phường Thử"}, {"province_code": "79"}])
def test_a_code_belongs_to_one_agency(identity, operator, agency, other):
    with pytest.raises(AgencyAlreadyExists):
        identity.offices.create_agency(
            **{"code": "H01.01", "name": "Phường Mẫu", "province_code": "01", **other}, by=operator
        )


def test_a_parent_has_to_be_there(identity, operator):
    with pytest.raises(AgencyNotFound):
        identity.offices.create_agency("H01.01", "Phường Mẫu", parent_code="H01", by=operator)


def test_agencies_are_listed_by_code_page_by_page(identity, operator, fits):
    for code in ("C", "A", "B"):
        identity.offices.create_agency(code, f"Cơ quan {code}", by=operator)
    first = identity.offices.agencies(limit=2)
    fits("agencies", first)
    second = identity.offices.agencies(limit=2, cursor=first["next_cursor"])
    assert [item["code"] for item in first["items"] + second["items"]] == ["A", "B", "C"]
    assert second["next_cursor"] is None


def test_an_appointment_gives_exactly_the_roles_named(identity, operator, agency, fits):
    account_id = identity.registered()["account_id"]
    appointed = identity.offices.appoint(account_id, "H01.01", ["approver", "case_officer", "approver"], by=operator)
    fits("appoint", appointed)
    identity.offices.appoint(account_id, "H01.01", ["auditor"], by=operator)
    assert posts(identity, account_id) == [{"code": "H01.01", "name": "Phường Mẫu", "roles": ["auditor"]}]


def test_whoami_shows_the_posts_held(identity, operator, agency, fits):
    by = identity.actor()
    identity.offices.appoint(by.account_id, "H01.01", ["auditor"], by=operator)
    reply = identity.accounts.whoami(by=by)
    fits("whoami", reply)
    assert reply["agencies"] == posts(identity, by.account_id)


def test_nobody_is_whoami_without_an_account(identity, operator):
    with pytest.raises(AccountNotFound):
        identity.accounts.whoami(by=operator)


def test_the_same_roles_again_change_and_tell_nothing(identity, operator, agency):
    account_id = identity.registered()["account_id"]
    first = identity.offices.appoint(account_id, "H01.01", ["auditor"], by=operator)
    events = len(identity.outbox_events())
    assert identity.offices.appoint(account_id, "H01.01", ["auditor"], by=operator) == first
    assert len(identity.outbox_events()) == events


def test_only_an_account_can_be_appointed_and_only_at_an_agency(identity, operator, agency):
    with pytest.raises(AccountNotFound):
        identity.offices.appoint(str(uuid4()), "H01.01", ["auditor"], by=operator)
    with pytest.raises(AgencyNotFound):
        identity.offices.appoint(identity.registered()["account_id"], "H99", ["auditor"], by=operator)


def test_a_dismissal_takes_all_roles_at_that_agency_and_no_other(identity, operator, agency, fits):
    account_id = identity.registered()["account_id"]
    identity.offices.create_agency("H02", "Phường Thử", by=operator)
    for code in ("H01.01", "H02"):
        identity.offices.appoint(account_id, code, ["auditor"], by=operator)
    dismissed = identity.offices.dismiss(account_id, "H01.01", by=operator)
    fits("dismiss", dismissed)
    assert [post["code"] for post in posts(identity, account_id)] == ["H02"]


def test_dismissing_again_is_the_same_answer(identity, operator, agency):
    account_id = identity.registered()["account_id"]
    identity.offices.appoint(account_id, "H01.01", ["auditor"], by=operator)
    first = identity.offices.dismiss(account_id, "H01.01", by=operator)
    assert identity.offices.dismiss(account_id, "H01.01", by=operator) == first
    assert [events for events, _ in identity.outbox_events()].count("official_dismissed.v1") == 1


def test_somebody_never_appointed_cannot_be_dismissed(identity, operator, agency):
    with pytest.raises(AppointmentNotFound):
        identity.offices.dismiss(identity.registered()["account_id"], "H01.01", by=operator)


def test_somebody_dismissed_can_be_appointed_again(identity, operator, agency):
    account_id = identity.registered()["account_id"]
    for _ in range(2):
        identity.offices.appoint(account_id, "H01.01", ["auditor"], by=operator)
        identity.offices.dismiss(account_id, "H01.01", by=operator)
    identity.offices.appoint(account_id, "H01.01", ["approver"], by=operator)
    assert posts(identity, account_id)[0]["roles"] == ["approver"]


def test_appointing_and_dismissing_are_told_with_who_did_it(identity, operator, agency):
    account_id = identity.registered()["account_id"]
    identity.offices.appoint(account_id, "H01.01", ["auditor"], by=operator)
    identity.offices.dismiss(account_id, "H01.01", by=operator)
    events = identity.outbox_events()[2:]
    assert [kind for kind, _ in events] == ["official_appointed.v1", "official_dismissed.v1"]
    assert all(data["by"] == {"account_id": operator.account_id} for _, data in events)
    assert all(data["roles"] == ["auditor"] for _, data in events)


def test_a_command_id_means_one_thing(identity, operator):
    command_id = str(uuid4())

    def create(code):
        arguments = {"code": code, "name": "Phường Mẫu"}
        command = Command.of(command_id, "identity.create_agency", operator.account_id, arguments)
        return identity.offices.create_agency(**arguments, by=operator, command=command)

    assert create("H01") == create("H01")
    with pytest.raises(CommandIdReused):
        create("H02")


def test_a_cursor_nobody_gave_out_is_pointed_at(identity):
    with pytest.raises(InvalidRequest) as refused:
        identity.sessions.sessions(cursor="x", by=Actor("somebody"))
    assert refused.value.facts["problems"][0]["pointer"] == "/cursor"
