"""A submission goes by the copies that are here, kept by the catalogue's events; it asks where it knows too little."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
import time_machine

from infra.fees import ChoiceMissing
from services.applications.procedure_terms import ProcedureTerms
from tests.component.applications.use_cases import actors, call
from tests.unit.applications.fakes import PROCEDURE

CODE, AGENCY = PROCEDURE["code"], "H01.01"
NUMBERS, FEBRUARY = count(1), "2026-02-01T00:00:00+00:00"
FEE = {
    "id": "le-phi",
    "kind": "duty",
    "name": {"vi": "Lệ phí", "en": "Duty"},
    "currency": "VND",
    "channels": ["online", "counter"],
    "collected_at": "intake",
    "valid_from": None,
    "valid_until": None,
    "exempt": [],
    "legal_basis": None,
    "rule": {"type": "fixed", "amount": 8_000},
}
CHOICE = {"type": "choice", "choice": "loai", "options": [{"id": "a", "name": {"vi": "A"}, "amount": 1_000}]}
DATED = {"fees": [FEE], "effective_from": "2026-01-01", "effective_until": None, "published_at": "2025-12-01T00:00:00Z"}


def announced_term(
    version: int, since: str, until: str | None = None, *, at: str = "2026-02-01T00:00:00+00:00"
) -> dict[str, Any]:
    """An event of *catalog* about a term."""
    data = {"code": CODE, "version": version, "effective_from": since, "effective_until": until}
    return {"id": f"catalog:{next(NUMBERS)}@00000001", "source": "/catalog", "time": at, "data": data}


@pytest.fixture(autouse=True)
def a_day():
    with time_machine.travel(datetime(2026, 3, 2, 2, tzinfo=UTC), tick=False):
        yield


def version_of(terms: ProcedureTerms, agency: str = AGENCY) -> int | None:
    copy = terms.in_force(CODE, agency)
    return copy.definition["version"] if copy else None


@pytest.fixture
def begun(open_portal):
    """A portal where a draft was begun, and its draft, ready to be handed in; the catalogue is silent from here on."""
    portal = open_portal(**DATED)
    key = portal.attached(portal.filled())["application_id"]
    portal.catalog.silent = True
    return portal, key


def handed_in(portal: Any, key: str, **arguments: Any) -> dict[str, Any]:
    return portal.registry.submit(key, **portal.neighbours, **call(actors.CITIZEN), **arguments)


def test_a_submission_asks_nobody_once_a_draft_was_begun(begun):
    portal, key = begun
    reply = handed_in(portal, key)
    assert (reply["procedure_version"], reply["quote"]["total"]) == (1, {"amount": 8_000, "currency": "VND"})
    assert portal.store.get(key).procedure_version == 1


def test_a_quote_from_the_copy_is_the_catalogues_own(begun):
    portal, key = begun
    quote = handed_in(portal, key)["quote"]
    assert list(quote) == ["code", "version", "channel", "items", "total", "apart", "not_stated"]
    assert quote["items"][0]["reason"] == {"vi": "Mức thu cố định, nộp trực tuyến", "en": "Fixed rate, filed online"}


def test_a_choice_that_is_missing_is_refused_as_the_catalogue_does(open_portal):
    portal = open_portal(**DATED | {"fees": [FEE | {"rule": CHOICE}]})
    key = portal.attached(portal.filled())["application_id"]
    portal.catalog.silent = True
    with pytest.raises(ChoiceMissing):
        handed_in(portal, key)
    assert handed_in(portal, key, choices={"loai": "a"})["quote"]["total"]["amount"] == 1_000


def test_the_next_version_is_asked_for_once_it_is_in_force(begun):
    portal, _ = begun
    terms = portal.registry.procedure_rules.terms
    terms.published(announced_term(2, "2026-03-01"))
    assert version_of(terms) is None  # its definition is not here yet
    terms.published(announced_term(3, "2026-04-01"))
    assert version_of(terms) is None
    with time_machine.travel(datetime(2026, 2, 20, tzinfo=UTC), tick=False):
        assert version_of(terms) == 1


def test_a_retired_procedure_is_asked_for_after_its_last_day(begun):
    portal, _ = begun
    terms = portal.registry.procedure_rules.terms
    terms.retired(announced_term(1, "2026-01-01", "2026-03-02"))
    assert version_of(terms) == 1  # the last day is one more
    with time_machine.travel(datetime(2026, 3, 3, 2, tzinfo=UTC), tick=False):
        assert version_of(terms) is None


@pytest.mark.parametrize("retired_first", [False, True])
def test_what_was_to_follow_a_retired_procedure_never_comes_into_force(begun, retired_first):
    portal, _ = begun
    terms = portal.registry.procedure_rules.terms
    events = [
        lambda: terms.published(announced_term(2, "2026-03-02", at=FEBRUARY)),
        lambda: terms.retired(announced_term(1, "2026-01-01", "2026-03-01", at="2026-02-02T00:00:00+00:00")),
    ]
    for event in reversed(events) if retired_first else events:
        event()
    assert version_of(terms) is None


def test_what_was_said_later_counts_whichever_arrives_first(begun):
    portal, _ = begun
    terms = portal.registry.procedure_rules.terms
    terms.retired(announced_term(1, "2026-01-01", "2026-02-28", at="2026-02-02T00:00:00+00:00"))
    terms.published(announced_term(1, "2026-01-01", at=FEBRUARY))
    assert version_of(terms) is None


def test_the_answer_to_a_draft_changes_nothing_that_an_event_has_said(open_portal):
    portal = open_portal(**DATED)
    terms = portal.registry.procedure_rules.terms
    terms.retired(announced_term(1, "2026-01-01", "2026-02-28"))
    portal.filled()
    assert version_of(terms) is None


def test_the_catalogue_is_asked_where_a_merger_may_decide_the_level(open_portal):
    portal = open_portal(**DATED | {"agency_levels": {"H01.01": 3}})
    portal.filled()
    terms = portal.registry.procedure_rules.terms
    assert version_of(terms) == 1
    assert version_of(terms, "H01.02") is None


def test_definitions_in_memory_are_bounded(begun, monkeypatch):
    portal, _ = begun
    monkeypatch.setattr("services.applications.procedure_terms.IN_MEMORY", 0)
    terms = portal.registry.procedure_rules.terms
    assert version_of(terms) == 1
    assert not terms._definitions
