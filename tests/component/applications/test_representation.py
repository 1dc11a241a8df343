"""One representation of an application: what people are shown, what auditors are shown of then, what evidence says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import time_machine

from services.applications.exchange.evidence_reader import EvidenceReader
from services.applications.transparency.sealer import Sealer
from services.applications.verification.evidence import EvidenceArchive
from tests.component.applications.use_cases import Portal
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading

AUDITOR = reading(actors.AUDITOR)


def corrected(portal: Portal) -> str:
    key = portal.filled()
    portal.registry.save_answers(key, {"ho_ten": "Nguyễn Văn Mẫu"}, **call(actors.CITIZEN), **portal.neighbours)
    portal.attached(key)
    portal.registry.submit(key, **call(actors.CITIZEN), **portal.neighbours)
    return key


LIVES: dict[str, Callable[[Portal], str]] = {
    "draft": lambda portal: portal.filled(),
    "corrected": corrected,
    "approved": lambda portal: portal.approved(),
    "rejected": lambda portal: portal.rejected(),
}


@pytest.mark.parametrize("life", LIVES)
def test_the_state_of_the_last_version_is_what_the_application_says(portal: Portal, life: str) -> None:
    """Of every version of every life: the state machine next to this file."""
    key = LIVES[life](portal)
    now = portal.queries.application(key, identity=portal.identity, **AUDITOR)
    assert portal.audit.state_at(key, **AUDITOR) == now
    assert portal.audit.state_at(key, version=now["version"], **AUDITOR) == now


def test_an_issued_result_is_shown_with_its_title_and_digest_at_its_version(portal: Portal) -> None:
    key = portal.approved()
    result = portal.audit.state_at(key, **AUDITOR)["decision"]["result"]
    assert result["title"] == "Giấy chứng nhận" and "sha256" in result


@pytest.mark.parametrize("life", LIVES)
def test_an_evidence_file_says_of_every_version_what_the_platform_says(portal: Portal, life: str) -> None:
    key = LIVES[life](portal)
    portal.follow()
    Sealer.from_settings(portal.settings).finish()
    client = EvidenceArchive.from_settings(portal.settings)
    bundle = client.evidence(key, catalog=portal.catalog, identity=portal.identity, **AUDITOR)
    reader = EvidenceReader(bundle)
    for version in range(1, len(bundle["events"]) + 1):
        there = portal.audit.state_at(key, version=version, **AUDITOR)
        # The name in lists is identity's to vouch for: no event does, so no evidence says it.
        assert reader.state_at(version=version) == there | {"applicant_name": None}


def test_an_evidence_file_explains_the_due_date_to_the_offices_day(portal: Portal) -> None:
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        key = portal.accepted()
        portal.office.request_supplement(key, [], "Thiếu bản sao.", catalog=portal.catalog, **call(actors.INTAKE))
        clock.move_to("2026-03-02T18:30:00Z")  # already the third of March in the office; the clock is paused
        portal.attached(key)
        there = portal.due_dates.explain_due_date(key, **portal.neighbours, **AUDITOR)["days"]
        portal.follow()
        Sealer.from_settings(portal.settings).finish()
        here = EvidenceReader(
            EvidenceArchive.from_settings(portal.settings).evidence(key, **portal.neighbours, **AUDITOR)
        ).explain_due_date()["days"]
    assert here == there and "2026-03-03" in [day["date"] for day in here]
