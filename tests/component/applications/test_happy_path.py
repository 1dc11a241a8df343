"""The life of one application from draft to result, and what its readers see."""

from __future__ import annotations

import pytest

from services.applications.errors import FeeNotPaid, SubmissionIncomplete
from tests.unit.applications import actors
from tests.unit.applications.actors import call


def test_a_draft_becomes_a_returned_result(portal):
    key = portal.approved()
    portal.decisions.return_result(key, "post", tracking_number="EE1VN", **call(actors.INTAKE))
    assert portal.status(key) == "result_returned"
    assert portal.verified()["first_bad"] is None


def test_the_reference_names_agency_day_and_number(portal):
    portal.started()
    first = portal.last_start["reference"]
    portal.started()
    assert first.startswith("H01.01-") and first.endswith("-0000001")
    assert portal.last_start["reference"].endswith("-0000002")


def test_whoever_has_reference_and_code_sees_a_masked_name(portal):
    portal.submitted()
    portal.follow()
    start = portal.last_start
    collected = portal.tracking.track(start["reference"], start["tracking_code"].lower())
    assert (collected["status"], collected["applicant_name"]) == ("submitted", "N***** T** M**")


def test_an_incomplete_application_is_refused_with_pointers_and_nothing_is_recorded(portal):
    key = portal.started()
    with pytest.raises(SubmissionIncomplete) as refused:
        portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)
    pointers = {problem["pointer"] for problem in refused.value.facts["problems"]}
    assert pointers == {"/answers/ho_ten", "/attachments/to-khai"}
    assert portal.store.get(key).version == 1


def test_a_fee_at_intake_blocks_acceptance_until_it_is_settled(open_portal):
    portal = open_portal("intake")
    key = portal.submitted()
    with pytest.raises(FeeNotPaid):
        portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    portal.paid(key, "intake")
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    assert portal.status(key) == "accepted"
