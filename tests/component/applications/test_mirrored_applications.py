"""Applications in other systems in their person's list, in their places; tracked by number and identity number."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.chassis.erased_subjects import record_erasure
from infra.chassis.refusals import Forwarded
from services.applications.errors import ApplicationNotFound
from services.applications.mirrored_applications import MirroredApplications
from services.applications.personal_data import PersonalData
from tests.support.cloud_events import event_of
from tests.unit.applications import actors

NUMBER = "G09.20-20260609-0092637"


def published(portal: Any, reference: str = NUMBER, version: int = 1, **other: Any) -> str:
    """What interchange publishes of a dossier of the citizen's; its id."""
    data = {
        "account_id": actors.CITIZEN.account_id, "dossier_id": str(uuid4()), "source": "G09", "reference": reference,
        "version": version, "official_status": 4, "status": "4", "procedure_code": "1.001193",
        "procedure_title": {"vi": "Đăng ký khai sinh"}, "agency_code": "000.00.20.G09", "filed_at": None,
        "accepted_at": "2026-03-03T01:00:00+00:00", "due_at": "2026-03-10T10:00:00+00:00", "finished_at": None,
        "returned_at": None, "status_at": "2026-03-03T01:00:00+00:00", "updated_at": "2026-03-03T02:00:00+00:00",
        **other,
    }  # fmt: skip
    event = event_of(f"interchange:{uuid4()}", data, "own_dossier_changed.v1")
    MirroredApplications(portal.database).own_dossier_changed(event)
    return str(data["dossier_id"])


def mine(portal: Any, **arguments: Any) -> dict[str, Any]:
    return dict(portal.lists.mine(by=actors.CITIZEN, identity=portal.identity, **arguments))


def started_at(portal: Any, *instants: str) -> None:
    for instant in instants:
        with time_machine.travel(instant, tick=False):
            portal.started()
    portal.follow()


def test_they_stand_among_the_own_ones_in_their_order_however_a_list_is_cut(portal):
    started_at(portal, "2026-03-02T01:00:00Z", "2026-03-04T01:00:00Z", "2026-03-06T01:00:00Z")
    published(portal, "G09-1", accepted_at="2026-03-03T01:00:00+00:00")
    published(portal, "G09-2", accepted_at="2026-03-05T01:00:00+00:00")
    complete = [item["reference"] for item in mine(portal)["items"]]
    assert [reference.startswith("G09") for reference in complete] == [False, True, False, True, False]
    for limit in range(1, 6):
        cut, cursor = [], None
        while True:
            page = mine(portal, limit=limit, cursor=cursor)
            cut += [item["reference"] for item in page["items"]]
            if (cursor := page["next_cursor"]) is None:
                break
        assert cut == complete, limit


def test_a_list_says_where_each_is_handled(portal):
    started_at(portal, "2026-03-02T01:00:00Z")
    published(portal)
    elsewhere, own = mine(portal)["items"]
    assert elsewhere["handled_in"] == {"source": "G09", "agency_code": "000.00.20.G09"} and own["handled_in"] is None
    assert (elsewhere["status"], elsewhere["official_status"], elsewhere["overdue"]) == ("in_processing", 4, True)
    assert elsewhere["procedure_title"] == {"vi": "Đăng ký khai sinh"} and set(own) <= set(elsewhere)
    assert [item["reference"] for item in mine(portal, status="in_processing")["items"]] == [NUMBER]
    assert mine(portal, status="approved")["items"] == []


def test_the_latest_version_holds_in_whatever_order_they_come(portal):
    key = published(portal, version=3, official_status=9, status="9")
    published(portal, version=2, dossier_id=key)
    (item,) = mine(portal)["items"]
    assert (item["version"], item["status_name"]) == (3, {"vi": "Đã xử lý xong", "en": "Finished"})
    assert item["ended_at"] and not item["overdue"]
    published(portal, version=4, dossier_id=key, official_status=None, status="Chờ ký")
    (item,) = mine(portal)["items"]
    assert (item["official_status"], item["status_name"]["vi"]) == (None, "Chờ ký")


def test_nobody_else_has_them_and_an_erased_person_has_none(portal):
    published(portal, account_id="somebody-else")
    assert mine(portal)["items"] == []
    published(portal)
    with portal.database.session() as session:
        record_erasure(session, str(uuid4()), actors.CITIZEN.account_id, ())
        assert PersonalData(portal.database).forget(session, actors.CITIZEN.account_id, set()) == {
            "mirrored_application": 1
        }
    published(portal)
    assert mine(portal)["items"] == []


class Mirror:
    """Stands for interchange's answer."""

    def dossier_by_person(self, *, number: str, identity_number: str) -> dict[str, Any]:
        if (number, identity_number) != (NUMBER, "001199000001"):
            raise Forwarded("DossierNotFound", "Chưa nhận được hồ sơ.")
        moments = dict.fromkeys(("filed_at", "accepted_at", "due_at", "finished_at", "returned_at", "status_at"))
        return {
            **moments, "dossier_id": str(uuid4()), "source": "G09", "reference": number, "version": 3,
            "official_status": 4, "status": "4", "procedure_code": "1.001193",
            "procedure_title": {"vi": "Đăng ký khai sinh"}, "agency_code": "000.00.20.G09",
            "updated_at": "2026-03-03T02:00:00+00:00",
        }  # fmt: skip


def test_it_is_tracked_by_its_number_and_the_identity_number_of_its_person(portal):
    tracked = portal.tracking.track(NUMBER, "001199000001", mirror=Mirror())
    assert tracked["handled_in"] == {"source": "G09", "agency_code": "000.00.20.G09"}
    assert (tracked["reference"], tracked["status"], tracked["applicant_name"]) == (NUMBER, "in_processing", None)
    for code in ("001199000002", "7KQ2M9XH4P"):
        with pytest.raises(ApplicationNotFound):
            portal.tracking.track(NUMBER, code, mirror=Mirror())
