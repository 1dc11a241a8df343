"""Imported histories are streams like others: kept once, replayed, sealed and proved."""

import io
from typing import Any

import pytest
from sqlalchemy.orm import Session

from infra.chassis.database import Database
from infra.chassis.settings import Settings
from services.applications.audit.imported import ActivityImported, HistoryImported, ImportedHistory, Importing
from services.applications.audit.importing import Columns, read_history
from services.applications.audit.proofs import Proofs
from services.applications.store import Streams, environment

MAPPING = Columns.parse("case: case\nactivity: activity\ntimestamp: at\nresource: who\n")
BY = {"account_id": "o-1", "role": "operator", "agency_code": None}


class Kept:
    """The service's own store, with any topic allowed."""

    def __init__(self, database: Database) -> None:
        self.database = database
        given = environment(database.url, Settings({}))
        self.streams = Streams({name: value for name, value in given.items() if name != "MAPPER_TOPIC"})

    def record(self, application: Any, session: Session) -> int:
        return int(self.streams.save(application, session=session)[-1].notification.id)


def take_in(kept: Kept, text: str, import_id: str = "file-1") -> dict[str, Any]:
    found = read_history(io.BytesIO(text.encode()), "old.csv", MAPPING)
    return Importing(kept).take_in(found, system="Một cửa 2015", import_id=import_id, by=BY, call_id="", command_id="c")


@pytest.fixture
def kept(stores: Any) -> Any:
    store = stores.empty()
    held = Kept(store.database)
    held.store = store  # type: ignore[attr-defined]
    yield held
    held.streams.close()
    store.close()


def test_a_second_run_adds_nothing_and_a_longer_file_adds_the_rest(kept: Kept) -> None:
    lines = [f"H{n % 300},Việc {n},2015-03-{n % 28 + 1:02} 08:00,cb{n % 7},p{n}" for n in range(900)]
    text = "case,activity,at,who,phong\n" + "\n".join(lines)
    first = take_in(kept, text + "\nbad line\n")
    assert (first["cases"], first["added"], first["already_there"], len(first["bad"])) == (300, 900, 0, 1)
    assert take_in(kept, text)["added"] == 0
    assert take_in(kept, text + "\nH1,Việc mới,2016-01-01,cb1,x\n", "file-2")["added"] == 1
    history = kept.streams.repository.get(ImportedHistory.id_of("Một cửa 2015", "H1"))
    assert history.case == "H1" and history.activities == 4


def test_imported_events_keep_what_was_written_and_nothing_else(kept: Kept) -> None:
    take_in(kept, "case,activity,at,who,phong\nH1,Nộp,01/05/2019 08:00,Cán bộ A,=1+1\n")
    key = ImportedHistory.id_of("Một cửa 2015", "H1")
    begun, activity = list(kept.streams.events.get(key))
    assert isinstance(begun, HistoryImported) and isinstance(activity, ActivityImported)
    assert activity.occurred_at == "2019-05-01T08:00:00+07:00" and activity.attributes == {"phong": "=1+1"}
    assert (activity.resource, activity.line, activity.status) == ("Cán bộ A", 2, "imported")


def test_imported_histories_are_sealed_and_proved(kept: Kept) -> None:
    take_in(kept, "case,activity,at,who\nH1,Nộp,2019-05-01,a\nH1,Duyệt,2019-05-02,b\n")
    store: Any = kept.store  # type: ignore[attr-defined]
    store.seal()
    assert store.verify().ok
    bundle = Proofs(store.database).evidence(str(ImportedHistory.id_of("Một cửa 2015", "H1")))
    assert [event["topic"] for event in bundle["events"]] == [
        "applications.HistoryImported", "applications.ActivityImported", "applications.ActivityImported",
    ]  # fmt: skip
