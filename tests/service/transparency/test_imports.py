"""Imported histories are streams like others: stored once, replayed, sealed, proved, and erased without a trace."""

import io
import json
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select

from infra.chassis.contracts import contract_of
from infra.chassis.settings import Settings
from infra.chassis.storage.tables import outbox
from services.applications.domain.imported_history import SUBJECT, TOPICS, ImportedHistory
from services.applications.erasure.erasure import Erasures
from services.applications.errors import ApplicationNotFound, Forbidden, InvalidRequest
from services.applications.event_store.store import Store as Streams
from services.applications.exchange.evidence_reader import EvidenceReader
from services.applications.exchange.history_import import HistoryImport
from services.applications.exchange.history_reader import BadMapping, Columns, read_history
from services.applications.private_data.blobs import FolderBlobs
from services.applications.procedure_rules import ProcedureRules
from services.applications.queries.history import HistoryReader
from services.applications.reports.html import report_as_html
from services.applications.reports.report import report
from services.applications.transparency.proofs import Proofs
from services.applications.verification.evidence import EvidenceArchive
from services.applications.verification.verifier import Key, Verdict, verify_bundle
from tests.service.transparency.stores import HISTORY_KEY, KEY
from tests.unit.applications import actors
from tests.unit.applications.actors import call, reading

MAPPING = Columns.parse("case: case\nactivity: activity\ntimestamp: at\nresource: who\n")
BY = {"account_id": "o-1", "role": "operator", "agency_code": None, "on_behalf_of": None}
SYSTEM = "Một cửa 2015"
LIFE = """case,activity,at,who,dien_thoai
H1,Trả kết quả,2015-03-09 08:00,Cán bộ Mẫu B,0900000001
H1,Nộp,2015-03-02 08:00,Cán bộ Mẫu A,0900000001
H1,Thẩm định,2015-03-04 08:00,Cán bộ Mẫu B,0900000001
H2,Nộp,2015-03-02 08:00,Cán bộ Mẫu A,0900000002
"""
KEY_OF_H1 = str(ImportedHistory.id_of(SYSTEM, "H1"))


@pytest.fixture
def service(stores: Any, tmp_path: Any) -> Iterator[Any]:
    """An installation with its auditors' service."""
    raw = stores.empty()
    store = Streams.from_settings(
        Settings({"APPLICATIONS_DATABASE_URL": raw.url, "PORTAL_HOME": str(tmp_path), "HISTORY_KEYS": HISTORY_KEY})
    )
    rules, proofs = ProcedureRules(store.database), Proofs(store.database)
    yield SimpleNamespace(
        raw=raw,
        store=store,
        history=HistoryReader(store),
        evidence=EvidenceArchive(store, rules, proofs),
        erasing=Erasures(store, FolderBlobs(tmp_path / "blobs")),
    )
    store.streams.close()
    raw.close()


def take_in(client: Any, text: str = LIFE, import_id: str = "first") -> dict[str, Any]:
    history = read_history(io.BytesIO(text.encode()), "old.csv", MAPPING)
    return HistoryImport(client.store).take_in(history, system=SYSTEM, import_id=import_id, by=BY)


def erased(client: Any, subject: str) -> None:
    for auditor in (actors.AUDITOR, actors.AUDITOR_2):
        client.erasing.erase_subject(subject, "Luật Bảo vệ dữ liệu cá nhân", **call(auditor))
    while client.erasing.step():
        pass


def proved(bundle: dict[str, Any]) -> Verdict:
    verdict = Verdict("bundle", "", keys_given=True)
    verify_bundle(json.loads(json.dumps(bundle)), [Key.parse(str(KEY.verifier))], verdict)
    return verdict


def test_a_second_run_adds_nothing_and_a_longer_file_adds_the_rest(service: Any) -> None:
    lines = [f"H{n % 300},Việc {n},2015-03-{n % 28 + 1:02} 08:00,cb{n % 7},p{n}" for n in range(900)]
    text = "case,activity,at,who,phong\n" + "\n".join(lines)
    first = take_in(service, text + "\nbad line\n")
    assert (first["cases"], first["added"], first["already_there"], len(first["bad"])) == (300, 900, 0, 1)
    assert take_in(service, text)["added"] == 0
    assert take_in(service, text + "\nH1,Việc mới,2016-01-01,cb1,x\n", "second")["added"] == 1
    assert len(service.store.aggregate(ImportedHistory.id_of(SYSTEM, "H1")).activities) == 4


def test_lines_that_differ_in_one_attribute_are_two_activities(service: Any) -> None:
    take_in(service, "case,activity,at,who,x\nH1,Nộp,2015-03-02,a,1\n")
    assert take_in(service, "case,activity,at,who,x\nH1,Nộp,2015-03-02,a,1\nH1,Nộp,2015-03-02,a,2\n")["added"] == 1


def test_an_imported_case_is_replayed_as_it_was_written(service: Any) -> None:
    take_in(service)
    history = service.history.history(f"{SYSTEM}/H1", **reading(actors.AUDITOR))
    assert (history["application_id"], history["reference"], history["version"]) == (KEY_OF_H1, f"{SYSTEM}/H1", 4)
    assert [item["kind"] for item in history["items"]] == ["HistoryImported", *["ActivityImported"] * 3]
    first = history["items"][1]["facts"]
    assert (first["activity"], first["occurred_at"]) == ("Nộp", "2015-03-02T08:00:00+07:00")
    assert (first["resource"], first["attributes"]) == ("Cán bộ Mẫu A", {"dien_thoai": "0900000001"})
    with service.store.database.session() as session:
        [read] = session.execute(select(outbox).where(outbox.c.type == "application_read.v1")).mappings()
    assert read["subject"] == KEY_OF_H1 and read["data"]["purpose"]
    assert contract_of("applications").event("application_read.v1").accepts(read["data"])
    assert contract_of("identity").consumed("applications", "application_read.v1").accepts(read["data"])


def test_an_imported_case_stands_at_an_instant_as_it_says_it_stood(service: Any) -> None:
    take_in(service)
    auditor = reading(actors.AUDITOR)
    then = service.history.state_at(KEY_OF_H1, at="2015-03-05T00:00:00+07:00", **auditor)
    assert (then["activity"], then["version"], then["status"]) == ("Thẩm định", 3, "imported")
    assert service.history.state_at(KEY_OF_H1, **auditor)["activity"] == "Trả kết quả"
    assert service.history.state_at(KEY_OF_H1, version=2, **auditor)["activities"][0]["resource"] == "Cán bộ Mẫu A"
    with pytest.raises(ApplicationNotFound):
        service.history.state_at(KEY_OF_H1, at="2015-03-01T00:00:00+07:00", **auditor)
    with pytest.raises(InvalidRequest):
        service.history.state_at(KEY_OF_H1, version=9, **auditor)


def test_what_changed_between_two_versions_is_listed(service: Any) -> None:
    take_in(service)
    difference = service.history.diff(KEY_OF_H1, 3, 4, **reading(actors.AUDITOR))
    changed = {change["field"]: (change["before"], change["after"]) for change in difference["changes"]}
    assert changed["/activity"] == ("Thẩm định", "Trả kết quả") and changed["/activities/2/line"] == (None, 2)
    assert [event["facts"]["resource"] for event in difference["events"]] == ["Cán bộ Mẫu B"]


def test_the_log_can_be_read_for_imports_alone_with_their_words_sealed(service: Any) -> None:
    take_in(service)
    result = service.history.events(**reading(actors.AUDITOR), kind="ActivityImported")["items"]
    assert len(result) == 4 and all(set(row["facts"]["said"]) == {"line_id", "commitment"} for row in result)


def test_an_imported_case_is_proved_and_read_without_a_server(service: Any) -> None:
    take_in(service)
    service.raw.seal()
    assert service.raw.verify().ok
    bundle = service.evidence.evidence(KEY_OF_H1, catalog=None, identity=None, **reading(actors.AUDITOR))
    assert proved(bundle).ok and len(bundle["openings"]) == 3
    alone, auditor = EvidenceReader(bundle), reading(actors.AUDITOR)
    assert alone.history() == service.history.history(KEY_OF_H1, **auditor)
    assert alone.state_at(at="2015-03-05") == service.history.state_at(KEY_OF_H1, at="2015-03-05", **auditor)
    arguments = {"from_version": 2, "to_version": 4}
    assert alone.diff(**arguments) == service.history.diff(KEY_OF_H1, *arguments.values(), **auditor)
    bundle["openings"][0]["content"] = bundle["openings"][1]["content"]
    assert proved(bundle).first_bad.kind == "opening_wrong"
    with pytest.raises(Forbidden):
        service.evidence.evidence(KEY_OF_H1, catalog=None, identity=None, **reading(actors.CITIZEN))


def test_a_report_shows_an_imported_case_in_its_own_time(service: Any) -> None:
    take_in(service)
    page = report(service.history.history(KEY_OF_H1, **reading(actors.AUDITOR))["items"])
    assert [(line.what, line.who) for line in page.lines] == [
        ("Nộp", "Cán bộ Mẫu A"),
        ("Thẩm định", "Cán bộ Mẫu B"),
        ("Trả kết quả", "Cán bộ Mẫu B"),
    ]
    assert page.since.isoformat() == "2015-03-02T08:00:00+07:00" and "Thẩm định" in report_as_html(page)


def test_an_imported_case_is_erased_and_its_proofs_stay(service: Any) -> None:
    take_in(service)
    service.raw.seal()
    erased(service, f"{SUBJECT}{KEY_OF_H1}")
    service.raw.seal()
    assert service.raw.verify().ok
    states = b"".join(bytes(row[0]) for row in service.raw.rows("SELECT state FROM stored_events"))
    stored = str(service.raw.rows("SELECT application_id, value FROM answer_set"))
    assert b"0900000001" not in states and "Cán bộ".encode() not in states
    assert "0900000001" not in stored and "0900000002" in stored
    history = service.history.history(KEY_OF_H1, **reading(actors.AUDITOR))["items"]
    assert [entry["kind"] for entry in history][-1] == "ImportedHistoryErased"
    assert {(entry["facts"]["resource"], entry["facts"]["attributes"]) for entry in history[1:4]} == {(None, None)}
    bundle = service.evidence.evidence(KEY_OF_H1, catalog=None, identity=None, **reading(actors.AUDITOR))
    assert proved(bundle).ok and all(opening["erased"] for opening in bundle["openings"])
    again = take_in(service, import_id="again")
    assert (again["added"], again["erased"], again["already_there"]) == (0, 3, 1)


def test_an_applications_id_does_not_pass_for_an_imported_persons(service: Any) -> None:
    take_in(service)
    erased(service, KEY_OF_H1)
    assert service.history.state_at(KEY_OF_H1, **reading(actors.AUDITOR))["erased"] is None


def test_an_imported_case_is_no_application_to_anyone_else(service: Any) -> None:
    take_in(service)
    with pytest.raises(ApplicationNotFound):
        service.store.get(KEY_OF_H1)
    with pytest.raises(ApplicationNotFound):
        service.store.key_of(f"{SYSTEM}/H9")


@pytest.mark.parametrize("name", ["", " ", "a/b"])
def test_a_system_needs_a_name_that_can_stand_before_a_slash(name: str) -> None:
    with pytest.raises(BadMapping):
        HistoryImport(None).take_in(None, system=name, import_id="x", by=BY)


def test_every_kind_of_imported_event_is_loaded_by_the_service(service: Any) -> None:
    take_in(service)
    erased(service, f"{SUBJECT}{KEY_OF_H1}")
    assert {row.topic for row in service.store.rows(after=0, limit=99)} == set(TOPICS)
