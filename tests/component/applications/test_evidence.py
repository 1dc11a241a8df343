"""The sealed log behind the doors: evidence that verifies elsewhere, and a verdict that names what was touched."""

from __future__ import annotations

import json
import sqlite3

import pytest

from infra.chassis.running.followers import Follower
from services.applications.errors import Forbidden, NothingSealed
from services.applications.transparency.sealer import Sealer
from services.applications.verification.evidence import EvidenceArchive, LoggedHistories
from services.applications.verification.integrity_findings import IntegrityCheck
from services.applications.verification.self_check import SelfCheck
from services.applications.verification.verifier import Key, Verdict, verify_bundle
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading


def sealed(portal) -> EvidenceArchive:
    portal.follow()
    sealer = Sealer.from_settings(portal.settings)
    while sealer.step():
        pass
    return EvidenceArchive.from_settings(portal.settings)


def verdict_on(bundle) -> Verdict:
    verdict = Verdict("bundle", "test", keys_given=True)
    verify_bundle(bundle, [Key.parse(key) for key in bundle["keys"]], verdict)
    return verdict


def evidence(portal, client, key, who=actors.AUDITOR):
    return client.evidence(key, catalog=portal.catalog, identity=portal.identity, **reading(who))


def test_evidence_verifies_without_the_portal_and_opens_every_commitment(portal):
    key = portal.rejected()
    bundle = evidence(portal, sealed(portal), key)
    assert verdict_on(bundle).ok and len(bundle["events"]) == 8
    assert bundle["openings"] and not any(opening["erased"] for opening in bundle["openings"])
    assert bundle["procedure"]["code"] == "9.000001"


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("rules_changed", lambda b: b["procedure"]["limits"].update(supplement_days=3)),
        ("rules_changed", lambda b: b["procedure"]["title"].update(vi="Thủ tục khác")),
        ("rules_changed", lambda b: b["calendar"]["days"].append({"date": "2026-03-03", "kind": "holiday"})),
        ("rules_changed", lambda b: b["calendar"].update(version="other")),
        ("opening_missing", lambda b: b["openings"][0].update(erased=True)),
        ("opening_wrong", lambda b: b["openings"][0].update(content="e30=")),
        ("bundle_malformed", lambda b: b["events"][0].update(leaf_index=float("inf"))),
        ("bundle_malformed", lambda b: b.update(openings=7)),
    ],
)
def test_what_is_enclosed_is_held_against_what_the_events_recorded(portal, kind, change):
    key = portal.rejected()
    bundle = json.loads(json.dumps(evidence(portal, sealed(portal), key)))
    assert verdict_on(bundle).ok and verdict_on(bundle).unproved == []
    change(bundle)
    assert [finding.kind for finding in verdict_on(bundle).findings] == [kind]


def test_what_is_not_enclosed_is_counted_and_what_nothing_vouches_for_is_named(portal):
    keys = portal.rejected(), portal.started()
    complete, draft = (evidence(portal, sealed(portal), key) for key in keys)
    opened = len(complete["openings"])
    assert verdict_on(complete).enclosed == {"opened": opened, "erased": 0, "withheld": 0}
    del complete["openings"][0]
    assert verdict_on(complete).ok and verdict_on(complete).enclosed["withheld"] == 1
    assert verdict_on(draft).ok and verdict_on(draft).unproved == ["procedure"]
    assert "không sự kiện nào xác nhận: thủ tục" in verdict_on(draft).text("vi")


def test_a_reply_of_the_catalogue_that_grew_changes_nothing_of_what_was_pinned(portal):
    first = portal.rejected()
    portal.catalog.definition["new_in_a_later_release"] = [1.5, {"vi": "mới"}]
    second = portal.rejected()
    client = sealed(portal)
    assert all(verdict_on(evidence(portal, client, key)).ok for key in (first, second))


def test_an_applicant_gets_the_evidence_of_their_own_application_by_its_reference(portal):
    key = portal.submitted()
    client = sealed(portal)
    assert evidence(portal, client, portal.last_start["reference"], actors.CITIZEN)["application_id"] == key
    with pytest.raises(Forbidden):
        evidence(portal, client, key, actors.NEIGHBOUR)


def test_after_erasure_the_evidence_still_verifies_and_opens_nothing(portal):
    key = portal.rejected()
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        portal.erasing.erase_subject("citizen-1", "Luật", **call(auditor))
    while portal.erasing.step():
        pass
    bundle = evidence(portal, sealed(portal), key)
    assert verdict_on(bundle).ok and verdict_on(bundle).enclosed["erased"] == len(bundle["openings"])
    assert all(opening["erased"] for opening in bundle["openings"])


def test_the_verdict_names_the_event_somebody_touched(portal):
    key = portal.rejected()
    sealed(portal)
    checks = SelfCheck.from_settings(portal.settings)
    assert checks.verify()["first_bad"] is None
    raw = sqlite3.connect(portal.database.url.removeprefix("sqlite:///"))
    raw.execute("DROP TRIGGER events_are_kept_update")
    raw.execute("UPDATE stored_events SET state = replace(state, 'rejected', 'approved') WHERE originator_version = 8")
    raw.commit()
    raw.close()
    verdict = checks.verify()["first_bad"]
    assert (verdict["application_id"], verdict["version"]) == (key, 8)


def test_before_the_first_seal_there_is_no_proof(portal):
    with pytest.raises(NothingSealed):
        EvidenceArchive.from_settings(portal.settings).proofs.checkpoint()


def test_alarms_are_raised_over_the_service_s_own_histories(portal):
    key = portal.in_processing()
    for _ in range(2):
        portal.office.request_supplement(key, [], "Bổ sung.", catalog=portal.catalog, **call(actors.CASE))
        portal.registry.supplement(key, **call(actors.CITIZEN), **portal.neighbours)
    alarming = IntegrityCheck(portal.database, LoggedHistories(portal.store))
    while alarming.step():
        pass
    findings = EvidenceArchive.from_settings(portal.settings).findings(application_id=key, **reading(actors.AUDITOR))[
        "items"
    ]
    assert any("supplement" in row["kind"] for row in findings)


def test_when_the_embedded_default_ends_no_history_is_left_that_nobody_looked_at(portal):
    follower = Follower(
        portal.settings, "applications", [IntegrityCheck(portal.database, LoggedHistories(portal.store))]
    )
    follower.once(resting=True)  # finds nothing, and rests for seconds
    key = portal.approved()
    assert follower.once(resting=True) == 0
    follower.finish()
    archive = EvidenceArchive.from_settings(portal.settings)
    findings = archive.findings(application_id=key, **reading(actors.AUDITOR))["items"]
    assert [finding["kind"] for finding in findings] == ["approved_unread"]
