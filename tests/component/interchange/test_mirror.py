"""Batches from other systems against the real store, on SQLite: outcomes, repeats, held progress, changes."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.chassis import migrations
from infra.chassis.access.actors import Actor
from infra.chassis.contracts import contract_of
from infra.chassis.settings import Settings
from infra.chassis.storage.commands import Command
from infra.chassis.storage.tables import outbox
from services.interchange.clients import CitizenNumber
from services.interchange.domain import dossier_events
from services.interchange.domain.classic import statement_of
from services.interchange.domain.dossiers import DossierStatement, Received, dossier_of
from services.interchange.errors import DossierNotFound
from services.interchange.mirroring import rows
from services.interchange.mirroring.bulk import load_lines
from services.interchange.mirroring.intake import StatementOrigin
from services.interchange.mirroring.mirror import MirrorDesk
from services.interchange.mirroring.own_dossier_events import EVENT
from services.interchange.mirroring.people import OwnDossiers
from services.interchange.mirroring.tables import MirroredStatement
from services.interchange.personal_data import PersonalData
from tests.component.interchange.batches import NUMBER, dossier, file_with, generated, progress, states
from tests.support.cloud_events import event_of

ACCOUNT, OTHER = str(uuid4()), str(uuid4())
HOLDER = [{"LoaiDinhDanh": "1", "SoDinhDanh": "001199000001"}]
OPERATOR = Actor("operator", roles=frozenset({"operator"}))


@pytest.fixture
def desk(tmp_path: Path) -> MirrorDesk:
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    migrations.upgrade(settings, "interchange")
    return MirrorDesk.from_settings(settings)


def call(door: Any, source: str, records: list[Any], command_id: str | None = None) -> list[tuple[str, set[str]]]:
    command = Command.of(command_id or str(uuid4()), door.__name__, "operator", {"records": records})
    answer = door(source, records, by=OPERATOR, command=command)
    return [(item["outcome"], {finding["code"] for finding in item["findings"]}) for item in answer["items"]]


def test_each_record_has_an_outcome_of_its_own_and_a_bad_one_spoils_none(desk: MirrorDesk) -> None:
    batch = [dossier(), {"MaHoSo": ""}, "x", dossier(number="G09-2", TrangThaiHoSo="Chờ ký")]
    assert call(desk.mirror, "G09", batch) == [
        ("accepted", set()), ("refused", {"no_number"}), ("refused", {"not_an_object"}),
        ("accepted", {"unknown_status"}),
    ]  # fmt: skip


def test_the_same_content_again_is_unchanged_and_writes_nothing(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier()])
    recorded = len(desk.store.notifications(0, 100))
    again = dict(reversed(dossier().items()))
    assert call(desk.mirror, "G09", [again, dossier()]) == [("unchanged", set())] * 2
    assert len(desk.store.notifications(0, 100)) == recorded == 1


def test_progress_is_held_until_its_dossier_comes_and_counts_from_then_on(desk: MirrorDesk) -> None:
    assert call(desk.report_progress, "G09", [progress("4")]) == [("held", {"waits_for_dossier"})]
    with pytest.raises(DossierNotFound):
        desk.mirrored("G09", NUMBER, by=OPERATOR)
    assert desk.mirrored_changes(0, 10, by=OPERATOR)["items"] == []
    assert call(desk.mirror, "G09", [dossier()]) == [("accepted", set())]
    assert desk.mirrored("G09", NUMBER, by=OPERATOR)["official_status"] == 4


def test_two_sources_may_use_the_same_number(desk: MirrorDesk) -> None:
    assert call(desk.mirror, "G09", [dossier()]) == call(desk.mirror, "H01", [dossier()]) == [("accepted", set())]


def test_a_dossier_is_found_by_the_other_number_its_sender_gave(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier(MaHoSoKhac="HS-77")])
    assert desk.mirrored("G09", "HS-77", by=OPERATOR)["number"] == NUMBER


def test_nobody_s_name_is_shown_or_in_an_event(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier()])
    call(desk.report_progress, "G09", [progress("4")])
    visible = str(desk.mirrored("G09", NUMBER, by=OPERATOR)) + str(desk.mirrored_changes(0, 10, by=OPERATOR))
    stored = b"".join(bytes(event.state) for event in desk.store.notifications(0, 10)).decode()
    assert "Mẫu" not in visible + stored and "0900000000" not in visible + stored


class Identity:
    """Stands for identity's answer."""

    def citizen_number(self, *, account_id: str) -> CitizenNumber:
        return {"citizen_number": "001199000001" if account_id == ACCOUNT else None}


def registered(desk: MirrorDesk, account_id: str) -> OwnDossiers:
    own = OwnDossiers(desk.store.database, desk.store.keys)
    event = event_of(f"identity:{uuid4()}", {"account_id": account_id}, "account_registered.v1")
    own.account_registered(event, Identity())
    return own


def test_a_citizen_sees_their_dossiers_in_other_systems_whichever_came_first(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier(DinhDanhCHS=HOLDER), dossier(number="của người khác")])
    own = registered(desk, ACCOUNT)
    call(desk.mirror, "H01", [dossier(DinhDanhCHS=HOLDER)])
    mine = own.my_dossiers(50, None, by=Actor(ACCOUNT))["items"]
    assert [(item["source"], item["number"], item["agency"]) for item in mine] == [
        ("G09", NUMBER, "000.00.20.G09"), ("H01", NUMBER, "000.00.20.G09"),
    ]  # fmt: skip
    assert registered(desk, OTHER).my_dossiers(50, None, by=Actor(OTHER))["items"] == []


def published(desk: MirrorDesk) -> list[tuple[str, str, int, int | None]]:
    with desk.store.database.session() as session:
        rows = [row.data for row in session.execute(select(outbox).order_by(outbox.c.position)) if row.type == EVENT]
    assert all(contract_of("interchange").event(EVENT).accepts(data) for data in rows)
    return [(row["account_id"], row["source"], row["version"], row["official_status"]) for row in rows]


def test_whose_a_dossier_is_that_account_s_list_is_told_of_each_change_and_of_what_was_there_before(
    desk: MirrorDesk,
) -> None:
    call(desk.mirror, "G09", [dossier(DinhDanhCHS=HOLDER), dossier(number="của người khác")])
    call(desk.report_progress, "H01", [progress("4")])  # nothing to show until its dossier comes
    assert published(desk) == []
    registered(desk, ACCOUNT), registered(desk, OTHER)
    assert published(desk) == [(ACCOUNT, "G09", 1, 2)]
    call(desk.report_progress, "G09", [progress("4"), progress("4", number="của người khác")])
    call(desk.mirror, "H01", [dossier(DinhDanhCHS=HOLDER)])
    call(desk.mirror, "H01", [dossier(DinhDanhCHS=HOLDER)])
    assert published(desk)[1:] == [(ACCOUNT, "G09", 2, 4), (ACCOUNT, "H01", 2, 4)]


def test_a_dossier_is_found_by_its_number_and_its_person_s_identity_number_together(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier(DinhDanhCHS=HOLDER), dossier(number="của người khác")])
    own = OwnDossiers(desk.store.database, desk.store.keys)
    case = own.dossier_by_person(NUMBER, "001199000001")
    assert (case["source"], case["agency_code"], case["official_status"]) == ("G09", "000.00.20.G09", 2)
    assert "Mẫu" not in str(case)
    for number, identity_number in ((NUMBER, "001199000002"), ("của người khác", "001199000001")):
        with pytest.raises(DossierNotFound):
            own.dossier_by_person(number, identity_number)


def test_of_an_erased_person_the_facts_of_the_case_are_left_and_nothing_more_is_taken(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier(DinhDanhCHS=HOLDER)])
    call(desk.report_progress, "G09", [progress("4")])
    own = registered(desk, ACCOUNT)
    erasing = PersonalData(desk.store.database)
    with desk.store.database.session() as session:
        removed = erasing.forget(session, ACCOUNT, set())
        again = erasing.forget(session, ACCOUNT, set())
        rest = [row.content for row in session.scalars(select(MirroredStatement))]
    assert removed == {"mirrored_dossier": 1, "mirrored_statement": 2, "person_account": 1} and again == {}
    assert not any(word in text for text in rest for word in ("Mẫu", "0900000000", "001199000001"))
    assert own.my_dossiers(50, None, by=Actor(ACCOUNT))["items"] == []
    assert call(desk.mirror, "G09", [dossier(DinhDanhCHS=HOLDER, GhiChu="lần nữa")]) == [("unchanged", set())]
    assert desk.mirrored("G09", NUMBER, by=OPERATOR)["official_status"] == 4


def test_changes_are_pulled_by_position_and_a_dossier_moves_to_its_latest(desk: MirrorDesk) -> None:
    call(desk.mirror, "G09", [dossier(number="a"), dossier(number="b"), dossier(number="c")])
    first = desk.mirrored_changes(0, 2, by=OPERATOR)
    call(desk.report_progress, "G09", [progress("4", number="a")])
    second = desk.mirrored_changes(first["position"], 10, by=OPERATOR)
    assert [item["number"] for item in first["items"]] == ["a", "b"]
    assert [item["number"] for item in second["items"]] == ["c", "a"]
    assert (first["resync"], second["resync"]) == (False, False)
    ahead = desk.mirrored_changes(second["position"] + 1, 10, by=OPERATOR)
    assert ahead == {"items": [], "position": 0, "resync": True}, "the log was put back to an earlier day"
    assert not contract_of("interchange").reply("mirrored_changes").problems(ahead)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_shuffled_doubled_cut_and_hostile_batches_end_in_the_state_of_the_ordered_run(
    tmp_path: Path, seed: int
) -> None:
    chance = random.Random(seed)
    records = generated(120, chance)
    runs = {}
    for name, order in (("ordered", records), ("hostile", hostile(records, chance))):
        settings = Settings({"PORTAL_HOME": str(tmp_path / name)})
        migrations.upgrade(settings, "interchange")
        desk = MirrorDesk.from_settings(settings)
        for start in range(0, len(order), size := chance.randint(7, 90)):
            for kind in ("dossier", "progress"):
                part = [record for record_kind, record in order[start : start + size] if record_kind == kind]
                desk.take(StatementOrigin("G09", "test"), kind, part)
        runs[name] = states(desk.store.database)
    assert runs["ordered"] == runs["hostile"] and len(runs["ordered"]) == 120


def hostile(records: list[tuple[str, Any]], chance: random.Random) -> list[tuple[str, Any]]:
    values: list[Any] = [None, [], {"MaHoSo": None}, {"MaHoSo": "x" * 200}, {"MaHoSo": "a", "b": "\0"}]
    noise = [("dossier", value) for value in values]
    mixed = [*records, *chance.choices(records, k=len(records) // 2), *noise * 5]
    chance.shuffle(mixed)
    return mixed


def test_the_row_of_a_dossier_is_the_fold_of_its_events(desk: MirrorDesk) -> None:
    for kind, record in generated(20, random.Random(7)):
        desk.take(StatementOrigin("G09", "test"), kind, [record])
    by_stream: dict[str, list[Received]] = {}
    for stored in desk.store.notifications(0, 10_000):
        event = dossier_events.stored_event(stored.topic, bytes(stored.state))
        by_stream.setdefault(str(stored.originator_id), []).append(replayed(stored, event))
    visible = states(desk.store.database)
    assert len(by_stream) == len(visible) == 20
    for received in by_stream.values():
        row = rows.row_of(dossier_of(received))
        assert visible[received[0].statement.number] == {
            name: row[name] for name in visible[received[0].statement.number]
        }


def replayed(stored: Any, event: dict[str, Any]) -> Received:
    return dossier_events.replayed_statement(stored.topic, event, stored.originator_version)


def test_a_bulk_file_is_taken_in_chunks_and_a_second_load_passes_them_over(desk: MirrorDesk, tmp_path: Path) -> None:
    records = generated(700, random.Random(3))
    path = file_with(tmp_path / "bulk.ndjson", records, b'{"MaHoSo": ', b"", b"[]")
    progress_lines: list[int] = []
    loaded = load_lines(
        desk.store, path, StatementOrigin("G09", "test"), lambda item: progress_lines.append(item.lines)
    )
    assert loaded.outcomes["refused"] == 2 and loaded.lines == len(records) + 2 == progress_lines[-1]
    again = load_lines(desk.store, path, StatementOrigin("G09", "test"))
    assert again.passed_over == again.lines == loaded.lines and not again.outcomes


def test_a_line_that_is_longer_than_allowed_is_refused_and_the_next_one_is_read(
    desk: MirrorDesk, tmp_path: Path
) -> None:
    path = tmp_path / "long.ndjson"
    path.write_bytes(b'{"MaHoSo": "' + b"x" * 3_000_000 + b'"}\n')
    file_with(path, [("dossier", dossier())], append=True)
    loaded = load_lines(desk.store, path, StatementOrigin("G09", "test"))
    assert loaded.outcomes == {"refused": 1, "accepted": 1} and loaded.refusals == [(1, "not_an_object")]


def test_a_record_that_is_kept_is_read_again_as_the_statement_it_was() -> None:
    statement = statement_of("dossier", dossier())
    assert isinstance(statement, DossierStatement) and statement_of("dossier", json.loads(statement.text)) == statement
