"""An older history taken in by the service itself: exported, sealed, watched by alarms, and no application's row."""

import csv
import io
import json
import random
import xml.etree.ElementTree as ET
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from infra.chassis.access.actors import Actor
from infra.chassis.access.auth import Reading
from infra.chassis.settings import Settings
from services.applications.domain.imported_history import ImportedHistory
from services.applications.event_store.store import Store as Streams
from services.applications.exchange.export import LogExport
from services.applications.exchange.history_import import import_history
from services.applications.exchange.history_reader import Columns, read_history
from services.applications.read_model.projector import Projector
from services.applications.read_model.rebuild import verify
from services.applications.verification.evidence import LoggedHistories
from services.applications.verification.integrity_findings import IntegrityCheck, recorded_findings
from tests.service.transparency.stores import HISTORY_KEY

AUDITOR: Reading = {"by": Actor.system("applications"), "call_id": "c-1"}
OLD = "case,activity,at,who,phong\n" + "".join(
    f"H{case},{activity},2015-03-0{day} 08:00,cb{day},=P{case}\n"
    for case in range(1, 8)
    for day, activity in enumerate(("Nộp", "Thẩm định", "Trả kết quả"), 1)
)


@pytest.fixture
def installed(stores: Any, tmp_path: Path) -> Any:
    """Settings of an installation, its store and a file of an older system with its mapping."""
    store = stores.empty()
    settings = Settings(
        {"APPLICATIONS_DATABASE_URL": store.url, "PORTAL_HOME": str(tmp_path), "HISTORY_KEYS": HISTORY_KEY}
    )
    (tmp_path / "mot-cua-2015.csv").write_text(OLD)
    (tmp_path / "map.yaml").write_text("case: case\nactivity: activity\ntimestamp: at\nresource: who\n")
    yield SimpleNamespace(settings=settings, raw=store, store=Streams.from_settings(settings), folder=tmp_path)
    store.close()


def take_in(installed: Any, name: str = "mot-cua-2015.csv") -> dict[str, Any]:
    return import_history(installed.settings, str(installed.folder / name), str(installed.folder / "map.yaml"))


def export(installed: Any, format: str, limit: int) -> list[str]:
    pages, cursor = [], None
    while True:
        page = LogExport(installed.store).export(format, **AUDITOR, limit=limit, cursor=cursor)
        pages.append(page["content"])
        if (cursor := page["next_cursor"]) is None:
            return pages


def test_an_import_is_taken_in_once_and_is_no_application(installed: Any) -> None:
    first, again = take_in(installed), take_in(installed)
    assert (first["added"], again["added"], again["already_there"]) == (21, 0, 21)
    projecting = Projector(installed.store)
    while projecting.step():
        pass
    assert verify(installed.store)["first_bad"] is None
    assert installed.raw.rows("SELECT count(*) FROM application_view")[0][0] == 0
    history = installed.store.streams.repository.get(ImportedHistory.id_of("mot-cua-2015", "H3"))
    assert len(history.activities) == 3
    installed.raw.seal()
    assert installed.raw.verify().ok


def test_an_import_tells_how_far_it_has_come(installed: Any) -> None:
    progress: list[tuple[int, int, str]] = []
    file, mapping = installed.folder / "mot-cua-2015.csv", installed.folder / "map.yaml"
    import_history(installed.settings, str(file), str(mapping), progress=lambda *so_far: progress.append(so_far))
    size = file.stat().st_size
    assert progress[-2:] == [(size, size, "reading"), (21, 21, "storing")]


def test_an_import_is_exported_in_every_format(installed: Any) -> None:
    take_in(installed)
    lines = [json.loads(line) for line in "".join(export(installed, "jsonl", 5)).splitlines()]
    assert len(lines) == 28 and {line["type"] for line in lines} == {"history_imported.v1", "activity_imported.v1"}
    table = list(csv.DictReader(io.StringIO("".join(export(installed, "csv", 5)).removeprefix("\ufeff"))))
    assert len(table) == 28 and not any(cell.startswith("=") for row in table for cell in row.values())
    pages = export(installed, "xes", 2)
    traces = list(ET.fromstring("".join(pages)))
    assert len(pages) == 4 and len([t for t in traces if t.tag.endswith("trace")]) == 7
    standard = "case: concept:name\nactivity: concept:name\ntimestamp: time:timestamp\nresource: org:resource\n"
    again = read_history(io.BytesIO("".join(pages).encode()), "again.xes", Columns.parse(standard))
    assert [(a.activity, a.resource, a.at.isoformat()) for a in again.cases["H3"]] == [
        ("Nộp", "cb1", "2015-03-01T08:00:00+07:00"),
        ("Thẩm định", "cb2", "2015-03-02T08:00:00+07:00"),
        ("Trả kết quả", "cb3", "2015-03-03T08:00:00+07:00"),
    ]
    assert again.cases["H3"][0].attributes["phong"] == "=P3"
    documents = [json.loads(page) for page in export(installed, "ocel2", 3)]
    assert sum(len(document["events"]) for document in documents) == 28
    assert {event_type["name"] for event_type in documents[0]["eventTypes"]} == {
        "HistoryImported",
        "Nộp",
        "Thẩm định",
        "Trả kết quả",
    }


def test_what_a_later_file_slips_in_raises_an_alarm(installed: Any) -> None:
    take_in(installed)
    (installed.folder / "later.csv").write_text("case,activity,at,who,phong\nH1,Xác minh,2015-03-02 09:00,cb9,x\n")
    report = import_history(
        installed.settings,
        str(installed.folder / "later.csv"),
        str(installed.folder / "map.yaml"),
        system="mot-cua-2015",
    )
    assert report["added"] == 1
    duty = IntegrityCheck(installed.raw.database, LoggedHistories(installed.store))
    while duty.step():
        pass
    assert [item["kind"] for item in recorded_findings(installed.raw.database)["items"]] == ["back_dated_import"]


def test_thousands_of_cases_are_taken_in_and_found_again(installed: Any) -> None:
    lines = [f"H{n % 1200},Việc {n // 1200},0{n // 1200 + 1}/03/2015 08:00,cb{n % 7},P{n}\n" for n in range(2400)]
    random.Random(1).shuffle(lines)
    (installed.folder / "large.csv").write_text("case,activity,at,who,phong\n" + "".join([*lines, *lines[:50], "x\n"]))
    first, again = take_in(installed, "large.csv"), take_in(installed, "large.csv")
    assert (first["cases"], first["added"], first["duplicates"]) == (1200, 2450, 50)
    assert [bad["line"] for bad in first["bad"]] == [2452]
    assert (again["added"], again["already_there"]) == (0, 2450)


def test_two_identical_events_of_one_log_are_both_kept_and_a_second_run_adds_none(installed: Any) -> None:
    head, same = "case,activity,at,who,phong\n", "H1,Bổ sung,2015-03-02,cb9,x\n"
    (installed.folder / "log.csv").write_text(head + same + "H2,Nộp,2015-03-02,cb1,\n" + same)
    first, again = take_in(installed, "log.csv"), take_in(installed, "log.csv")
    assert (first["added"], first["duplicates"]) == (3, 1)
    assert (again["added"], again["already_there"]) == (0, 3)
    history = installed.store.streams.repository.get(ImportedHistory.id_of("log", "H1"))
    assert [activity["line"] for activity in history.activities] == [2, 4]


def test_a_longer_export_of_the_same_log_adds_what_is_new_wherever_its_lines_moved(installed: Any) -> None:
    head, same = "case,activity,at,who,phong\n", "H1,Bổ sung,2015-03-02,cb9,x\n"
    (installed.folder / "log.csv").write_text(head + same)
    assert take_in(installed, "log.csv")["added"] == 1
    (installed.folder / "log.csv").write_text(head + "H0,Nộp,2015-03-01,cb1,\n" + same + same)
    longer = take_in(installed, "log.csv")
    assert (longer["added"], longer["already_there"]) == (2, 1)
