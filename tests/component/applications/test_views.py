"""Who sees what of an application: one table by hand, and evidence opens no more than ``application`` shows."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from services.applications.errors import Forbidden
from services.applications.transparency.sealer import Sealer
from services.applications.verification.evidence import EvidenceArchive
from services.applications.verification.verifier import Key, Verdict, verify_bundle
from tests.unit.applications import actors
from tests.unit.applications.actors import OTHER_AGENCY, call, official, reading

OPINION_GIVER = official("asked-1", "case_officer", agency=OTHER_AGENCY)
THIRD = official("asked-2", "case_officer", agency="H01.03")
ACCOUNTANT = official("accountant-1", "accountant")
BOTH = Actor("both", "both", frozenset(), {"H01.01": frozenset({"accountant"}), "H09": frozenset({"case_officer"})})
QUESTION, OPINION, PROPOSAL, REASON = "Quy hoạch có đổi không?", "Không đổi.", "Thiếu căn cứ.", "Không đủ điều kiện."
OTHERS_QUESTION = "Có nợ thuế không?"
ADDRESS = "Số 1 phố Mẫu"

# What there is to see                  applicant delegate officer asked accountant auditor service
VISIBLE = {
    "answers":                        "yes       yes      yes     yes   no         yes     no",
    "papers":                         "yes       yes      yes     yes   no         yes     no",
    "name":                           "yes       yes      yes     yes   yes        yes     no",
    "address":                        "yes       yes      yes     no    no         yes     no",
    "words to the applicant":         "yes       yes      yes     yes   no         yes     no",
    "words of the asked office":      "no        no       yes     yes   no         yes     no",
    "words of another asked office":  "no        no       yes     no    no         yes     no",
    "proposal":                       "no        no       yes     no    no         yes     no",
    "what is owed":                   "yes       yes      yes     yes   yes        yes     yes",
}  # fmt: skip
PEOPLE = {
    "applicant": actors.CITIZEN,
    "delegate": actors.NEIGHBOUR,
    "officer": actors.INTAKE,
    "asked": OPINION_GIVER,
    "accountant": ACCOUNTANT,
    "auditor": actors.AUDITOR,
    "service": Actor.system("payments"),
}


@pytest.fixture
def case(portal) -> str:
    """Consulted on with two offices, proposed and rejected, to be sent to an address."""
    portal.proposed_case = consulted(portal)
    key = consulted(portal)
    portal.decisions.reject(key, REASON, **call(actors.APPROVER))
    entrusted = (actors.NEIGHBOUR.account_id, actors.CITIZEN.account_id, portal.catalog.definition["code"])
    portal.identity.delegations.add(entrusted)
    return key


def consulted(portal) -> str:
    key = portal.submitted()
    portal.registry.choose_delivery(key, "post", address=ADDRESS, identity=portal.identity, **call(actors.CITIZEN))
    portal.paid(key, "intake")
    portal.office.accept(key, catalog=portal.catalog, **call(actors.INTAKE))
    portal.office.assign(key, actors.CASE.account_id, identity=portal.identity, **call(actors.APPROVER))
    for agency, question in ((OTHER_AGENCY, QUESTION), ("H01.03", OTHERS_QUESTION)):
        due = "2030-01-01"
        portal.office.consult(key, agency, question, due, catalog=portal.catalog, **call(actors.CASE))
    consultation = next(iter(portal.store.get(key).consultations))
    portal.office.answer_consultation(key, consultation, OPINION, **call(OPINION_GIVER))
    portal.decisions.propose(key, "reject", reason=PROPOSAL, **call(actors.CASE))
    return key


def visible(view: Mapping[str, Any]) -> dict[str, bool]:
    text = str(view)
    return {
        "answers": "Nguyễn Thị Mẫu" in str(view.get("answers")),
        "papers": "to-khai.pdf" in str(view.get("attachments")),
        "name": view.get("applicant_name") == "Nguyễn Thị Mẫu",
        "address": ADDRESS in text,
        "words to the applicant": REASON in text,
        "words of the asked office": QUESTION in text and OPINION in text,
        "words of another asked office": OTHERS_QUESTION in text,
        "what is owed": "owed" in view and "quote" in view,
    }


@pytest.mark.parametrize("person", PEOPLE)
def test_application_shows_each_what_the_table_says(portal, case, person):
    view = portal.queries.application(case, identity=portal.identity, **reading(PEOPLE[person]))
    proposed = portal.queries.application(portal.proposed_case, identity=portal.identity, **reading(PEOPLE[person]))
    column = list(PEOPLE).index(person)
    assert visible(view) | {"proposal": PROPOSAL in str(proposed)} == {
        part: row.split()[column] == "yes" for part, row in VISIBLE.items()
    }


def test_somebody_who_only_collects_the_fees_opens_no_paper(portal, case):
    attachment = next(iter(portal.store.get(case).attachments))
    with pytest.raises(Forbidden):
        portal.queries.attachment(case, attachment, identity=portal.identity, **reading(BOTH))


@pytest.mark.parametrize(("person", "offices"), [("applicant", False), ("delegate", False), ("auditor", True)])
def test_evidence_opens_no_more_than_the_application_shows(portal, case, person, offices):
    portal.follow()
    sealer = Sealer.from_settings(portal.settings)
    while sealer.step():
        pass
    archive = EvidenceArchive.from_settings(portal.settings)
    reader = reading(PEOPLE[person])
    bundle = archive.evidence(case, catalog=portal.catalog, identity=portal.identity, **reader)
    opened = {base64.b64decode(opening["content"]).decode() for opening in bundle["openings"] if opening["content"]}
    between = {f'"{words}"' for words in (QUESTION, OPINION, OTHERS_QUESTION, PROPOSAL)}
    assert between <= opened if offices else not between & opened
    assert f'"{REASON}"' in opened
    verdict = Verdict("bundle", "test", keys_given=True)
    verify_bundle(bundle, [Key.parse(key) for key in bundle["keys"]], verdict)
    assert verdict.ok and verdict.enclosed["withheld"] == (0 if offices else len(between))
