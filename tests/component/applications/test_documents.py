"""An applicant is shown one row, which says what replay says; a row that may not count does not."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import text, update

from services.applications.errors import Forbidden, ReadModelBehind
from services.applications.models import application_document as documents
from services.applications.representation.visible_parts import OFFICES_ALONE
from tests.component.applications.use_cases import Portal
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading

APPLICANT = reading(actors.CITIZEN)


def drafted(portal: Portal) -> str:
    return portal.filled()


def supplemented(portal: Portal) -> str:
    key = portal.accepted()
    portal.office.request_supplement(key, [], "Thiếu bản sao.", catalog=portal.catalog, **call(actors.INTAKE))
    return key


LIVES: dict[str, Callable[[Portal], str]] = {
    "draft": drafted,
    "supplement requested": supplemented,
    "approved": lambda portal: portal.approved(),
    "rejected": lambda portal: portal.rejected(),
}


@pytest.fixture
def replays(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The applications that were replayed from their events."""
    replayed_ids: list[str] = []
    aggregate = portal.store.aggregate

    def counted(application_id: Any, version: int | None = None) -> Any:
        replayed_ids.append(str(application_id))
        return aggregate(application_id, version)

    monkeypatch.setattr(portal.store, "aggregate", counted)
    return replayed_ids


def as_applicant(portal: Portal, key: str, **more: Any) -> dict[str, Any]:
    answer: dict[str, Any] = portal.queries.application(key, identity=portal.identity, **APPLICANT, **more)
    return answer


def replayed(portal: Portal, key: str) -> dict[str, Any]:
    state = portal.audit.state_at(key, **reading(actors.AUDITOR))
    return {name: value for name, value in state.items() if name not in OFFICES_ALONE}


@pytest.mark.parametrize("life", LIVES)
def test_the_row_says_what_replay_says(portal: Portal, replays: list[str], life: str) -> None:
    key = LIVES[life](portal)
    replays.clear()
    own = as_applicant(portal, key)
    assert replays == []
    assert own == replayed(portal, key)


def set_document(portal: Portal, key: str, **values: Any) -> None:
    with portal.database.session() as session:
        session.execute(update(documents).where(documents.c.application_id == key).values(**values))


def document_of(portal: Portal, key: str) -> Any:
    with portal.database.session() as session:
        return session.execute(documents.select().where(documents.c.application_id == key)).one()


def test_a_row_that_was_altered_does_not_count(portal: Portal, replays: list[str]) -> None:
    key = portal.accepted()
    altered = json.loads(document_of(portal, key).document) | {"status": "approved"}
    set_document(portal, key, document=json.dumps(altered))
    replays.clear()
    assert as_applicant(portal, key)["status"] == "accepted" and replays == [key]


def test_a_row_of_another_application_does_not_count(portal: Portal) -> None:
    mine, other = portal.accepted(), portal.approved()
    row = document_of(portal, other)
    version = document_of(portal, mine).version
    set_document(portal, mine, document=row.document, mac=row.mac, version=version)
    assert as_applicant(portal, mine)["application_id"] == mine


def test_a_row_behind_its_events_does_not_count(portal: Portal, replays: list[str]) -> None:
    key = portal.filled()
    row = document_of(portal, key)
    portal.attached(key)
    set_document(portal, key, **{name: getattr(row, name) for name in ("version", "document", "mac", "answers_id")})
    replays.clear()
    assert len(as_applicant(portal, key)["attachments"]) == 2 and replays == [key]


def test_a_row_made_by_another_release_does_not_count(
    portal: Portal, replays: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    key = portal.filled()
    monkeypatch.setattr("services.applications.event_store.documents.edition", lambda: "of another release")
    replays.clear()
    assert as_applicant(portal, key)["status"] == "draft" and replays == [key]


def test_an_application_without_a_row_is_replayed_until_its_next_command(portal: Portal, replays: list[str]) -> None:
    key = portal.filled()
    with portal.database.session() as session:
        session.execute(text("DELETE FROM application_document"))
    assert as_applicant(portal, key)["status"] == "draft"
    portal.attached(key)
    replays.clear()
    assert len(as_applicant(portal, key)["attachments"]) == 2 and replays == []


def test_nobody_else_is_shown_it(portal: Portal) -> None:
    key = portal.filled()
    with pytest.raises(Forbidden):
        portal.queries.application(key, identity=portal.identity, **reading(actors.NEIGHBOUR))


def test_a_version_that_is_not_there_yet_is_refused(portal: Portal) -> None:
    key = portal.filled()
    version = as_applicant(portal, key)["version"]
    assert as_applicant(portal, key, min_version=version)["version"] == version
    with pytest.raises(ReadModelBehind):
        as_applicant(portal, key, min_version=version + 1)


def test_the_row_holds_no_word_of_anybody_s(portal: Portal) -> None:
    key = portal.filled()
    own = as_applicant(portal, key)
    row = document_of(portal, key).document
    assert own["answers"]
    assert not [
        value for value in own["answers"].values() if isinstance(value, str) and len(value) > 4 and value in row
    ]
