"""The mirror made again from its streams: nothing differs, what was damaged is shown, and put right on request."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import delete, update

from infra.chassis import migrations
from infra.chassis.settings import Settings
from services.interchange.mirroring.intake import StatementOrigin
from services.interchange.mirroring.mirror import MirrorDesk
from services.interchange.mirroring.tables import MirroredDossier, MirroredStatement
from services.interchange.tools import rebuild
from tests.component.interchange.batches import generated, states

DOSSIERS = 40


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    migrations.upgrade(settings, "interchange")
    desk, records = MirrorDesk.from_settings(settings), generated(DOSSIERS, random.Random(7))
    random.Random(8).shuffle(records)
    for start in range(0, len(records), 25):
        for kind in ("dossier", "progress"):
            part = [record for record_kind, record in records[start : start + 25] if record_kind == kind]
            desk.take(StatementOrigin("G09", "test"), kind, part)
    return settings


def damage(settings: Settings, *statements: Any) -> None:
    with MirrorDesk.from_settings(settings).store.database.session() as session:
        for statement in statements:
            session.execute(statement)


def state(settings: Settings) -> dict[str, dict[str, Any]]:
    return states(MirrorDesk.from_settings(settings).store.database)


def numbers(settings: Settings) -> list[str]:
    return sorted(state(settings))


def test_rows_are_what_their_streams_give(settings: Settings) -> None:
    report = rebuild(settings)
    assert (report["rows"], report["differing"], report["swapped"]) == (DOSSIERS, 0, False)
    assert report["events"] == len(MirrorDesk.from_settings(settings).store.notifications(0, 10_000))


def test_what_differs_is_shown_and_put_right_when_that_is_asked_for(settings: Settings) -> None:
    before, (first, second, *_) = state(settings), numbers(settings)
    table = MirroredDossier
    damage(
        settings,
        update(table).where(table.number == first).values(official_status=10, status="10"),
        delete(table).where(table.number == second),
    )
    report = rebuild(settings, swap=True, agreed=lambda report: report["differing"] > 5)
    assert (report["differing"], report["swapped"]) == (2, False)
    changed = next(item for item in report["differences"] if item["live"])
    assert changed["live"]["official_status"] == "10" != changed["replayed"]["official_status"]
    report = rebuild(settings, "mirrored_dossier", swap=True)
    assert (report["differing"], report["swapped"]) == (2, True)
    assert state(settings) == before and rebuild(settings)["differing"] == 0


def test_a_row_that_nobody_told_of_goes(settings: Settings) -> None:
    with MirrorDesk.from_settings(settings).store.database.session() as session:
        row = session.query(MirroredDossier).first()
        assert row is not None
        columns = {column.name: getattr(row, column.name) for column in MirroredDossier.__table__.columns}
        session.add(MirroredDossier(**{**columns, "dossier_id": str(uuid4()), "number": "bịa"}))
    (stray,) = rebuild(settings)["differences"]
    assert (stray["live"], stray["replayed"]) == ({"number": "bịa"}, None)
    rebuild(settings, swap=True)
    assert "bịa" not in numbers(settings) and rebuild(settings)["differing"] == 0


def test_of_an_erased_dossier_that_was_lost_nothing_more_is_taken(settings: Settings) -> None:
    first, table = numbers(settings)[0], MirroredDossier
    content = '{"MaHoSo":"' + first + '"}'
    with MirrorDesk.from_settings(settings).store.database.session() as session:
        key = session.query(table.dossier_id).where(table.number == first).scalar()
        session.execute(update(MirroredStatement).where(MirroredStatement.dossier_id == key).values(content=content))
        session.execute(delete(table).where(table.number == first))
    rebuild(settings, swap=True)
    assert state(settings)[first]["erased"] is True and state(settings)[numbers(settings)[1]]["erased"] is False


def test_there_is_no_other_read_model(settings: Settings) -> None:
    with pytest.raises(ValueError, match="mirrored_dossier"):
        rebuild(settings, "report")
