"""Own applications told to a strict node that misbehaves: order, repeats, silence, what it will not take."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine

from infra.chassis import migrations
from infra.chassis.access.actors import ANONYMOUS
from infra.chassis.settings import Settings
from infra.sandbox.national_node import NationalNode, serve
from services.interchange.errors import TargetNotFound
from services.interchange.mirroring.deliveries import ReportLog
from services.interchange.mirroring.intake import StatementOrigin
from services.interchange.mirroring.mirror import MirrorDesk
from services.interchange.mirroring.node_channel import NodeChannel
from services.interchange.mirroring.node_reporting import NodeReporting
from services.interchange.mirroring.reporting import Reporter
from services.interchange.mirroring.targets import targets_of
from services.interchange.mirroring.watch import MirrorWatch, held_dossiers, oldest_report
from tests.component.interchange.batches import dossier, progress

POSITIONS = itertools.count(1)


class Catalogue:
    """Stands for catalog's answer about a procedure."""

    def procedure(self, *, code: str, version: int | None = None) -> dict[str, Any]:
        return {"title": {"vi": "Đăng ký khai sinh"}, "field": {"code": "ho-tich", "vi": "Hộ tịch"}}


def changed(application_id: str, version: int, official_status: int | None, **other: Any) -> dict[str, Any]:
    data = {
        "application_id": application_id, "reference": f"H01-{application_id[:8]}", "procedure_code": "1.001193",
        "procedure_version": 1, "agency_code": "H01.01", "version": version, "official_status": official_status,
        "at": f"2026-03-02T02:{version:02d}:00+00:00", "by": {"role": "case_officer"}, **other,
    }  # fmt: skip
    position = next(POSITIONS)
    return {"id": f"applications:{position}@a", "source": "/applications", "type": "x.v1", "data": data}


class Town:
    """A portal with one target, and the node that the target is."""

    def __init__(self, folder: Path, node: NationalNode) -> None:
        self.node = node
        target = {"name": "national", "url": node.url, "layout": "classic", "unit": "H01", "username": "mau"}
        entries = json.dumps([{**target, "password": "mật khẩu mẫu"}])
        self.settings = Settings({"PORTAL_HOME": str(folder), "INTERCHANGE_TARGETS": entries})
        migrations.upgrade(self.settings, "interchange")
        self.reporter, self.log = Reporter.from_settings(self.settings), ReportLog.from_settings(self.settings)
        channels = [NodeChannel(target, 5.0) for target in targets_of(self.settings).values()]
        self.duty = NodeReporting(self.reporter.database, channels, delays=(0.0,))

    def note(self, *events: dict[str, Any]) -> None:
        for event in events:
            self.reporter.application_changed(event, Catalogue())  # type: ignore[arg-type]

    def settle(self, rounds: int = 30) -> None:
        for _ in range(rounds):
            self.duty.step()

    def deliveries(self, status: str | None = None) -> list[dict[str, Any]]:
        return self.log.deliveries("national", status, None, 500, None, by=ANONYMOUS)["items"]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    node = serve()
    yield Town(tmp_path, node)
    node.stop()


def test_a_target_is_told_every_status_in_the_order_of_the_application_s_versions(town: Town) -> None:
    key = str(uuid4())
    town.note(
        changed(key, 3, 4), changed(key, 1, 1, channel="online"), changed(key, 2, 2, due_at="2026-03-09T10:00:00+00:00")
    )
    town.settle()
    [dossier] = town.node.dossiers.values()
    assert [version["TrangThaiHoSo"] for version in dossier.versions] == ["1", "2", "4"]
    assert [step["TrangThai"] for step in dossier.progress] == ["1", "2", "4"]
    assert dossier.versions[1]["NgayHenTra"] == "20260309170000" and dossier.versions[0]["MaLinhVuc"] == "ho-tich"
    assert {item["status"] for item in town.deliveries()} == {"acknowledged"}


def test_an_event_that_comes_twice_and_a_draft_are_told_once_and_never(town: Town) -> None:
    key, event = str(uuid4()), changed(str(uuid4()), 1, 1)
    town.note(event, event, changed(key, 1, None))
    assert len(town.deliveries()) == 1


@pytest.mark.parametrize("fault", ["drop", "forget", "page", "502"])
def test_whatever_the_node_does_nothing_is_lost_and_nothing_is_there_twice(town: Town, fault: str) -> None:
    keys = [str(uuid4()) for _ in range(5)]
    for version in (1, 2, 3):
        town.node.misbehave(fault, 3)
        town.note(*(changed(key, version, version if version < 3 else 4) for key in keys))
        town.settle()
    assert len(town.node.dossiers) == 5
    for received in town.node.dossiers.values():
        assert [version["TrangThaiHoSo"] for version in received.versions] == ["1", "2", "4"]
        assert [step["TrangThai"] for step in received.progress] == ["1", "2", "4"]
    assert {item["status"] for item in town.deliveries()} == {"acknowledged"}


def test_what_is_acknowledged_decides_whether_it_is_an_update_and_an_answer_lost_is_made_up_for(town: Town) -> None:
    key = str(uuid4())
    town.node.misbehave("drop")
    town.note(changed(key, 1, 1))
    town.settle()
    [dossier] = town.node.dossiers.values()
    assert len(dossier.versions) == 1 and dossier.arrivals > 2  # sent as new, then as what the node says it is


def test_one_code_for_a_whole_batch_is_traced_to_the_record_it_is_about(town: Town) -> None:
    there, new = str(uuid4()), str(uuid4())
    town.note(changed(there, 1, 1))
    town.node.misbehave("drop")
    town.duty.step()
    town.note(changed(new, 1, 1), changed(there, 2, 2))
    town.settle()
    counts = sorted((len(dossier.versions), len(dossier.progress)) for dossier in town.node.dossiers.values())
    assert counts == [(1, 1), (2, 2)]


def test_a_record_that_is_refused_ten_times_is_dead_and_holds_up_nothing(town: Town) -> None:
    refused, other = str(uuid4()), str(uuid4())
    town.duty._send = lambda channel, due, updates: {  # type: ignore[method-assign]
        report.position: "-1: không nhận" if report.application_id == refused and report.official_status == 1 else None
        for report in due
    }
    town.note(changed(refused, 1, 1), changed(refused, 2, 2), changed(other, 1, 1))
    town.settle()
    [dead] = town.deliveries("dead")
    assert dead["attempts"] == 10 and dead["last_answer"] == "-1: không nhận" and dead["official_status"] == 1
    assert len(town.deliveries("acknowledged")) == 2


def test_a_node_that_is_away_costs_no_report_its_attempts(town: Town) -> None:
    town.node.stop()
    town.note(changed(str(uuid4()), 1, 1))
    town.settle(12)
    [waiting] = town.deliveries("waiting")
    assert waiting["attempts"] == 0


def test_deliveries_of_a_target_that_is_not_there_are_refused_by_name(town: Town) -> None:
    with pytest.raises(TargetNotFound):
        town.log.deliveries("khác", None, None, 50, None, by=ANONYMOUS)


def test_nobody_s_name_goes_out(town: Town) -> None:
    town.note(changed(str(uuid4()), 1, 1, applicant_name="Nguyễn Thị Mẫu", reason="về Nguyễn Thị Mẫu"))
    town.settle()
    assert "Mẫu" not in json.dumps([vars(dossier) for dossier in town.node.dossiers.values()], ensure_ascii=False)


def test_operators_see_how_long_a_target_has_been_waiting_and_how_many_dossiers_lack_their_content(town: Town) -> None:
    watch, desk = MirrorWatch.from_settings(town.settings), MirrorDesk.from_settings(town.settings)
    watch.update()
    assert (oldest_report.labels("national")._value.get(), held_dossiers._value.get()) == (0.0, 0)
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        town.note(changed(str(uuid4()), 1, 1))
        desk.take(StatementOrigin("G09", "test"), "progress", [progress("4", number="a"), progress("4", number="b")])
        desk.take(StatementOrigin("G09", "test"), "dossier", [dossier("a")])
        clock.move_to("2026-03-02T03:00:00Z")
        watch.update()
    assert (oldest_report.labels("national")._value.get(), held_dossiers._value.get()) == (3600.0, 1)


def test_each_target_has_waited_as_long_as_its_own_oldest_report(town: Town) -> None:
    [national] = json.loads(town.settings.env["INTERCHANGE_TARGETS"])
    both = json.dumps([national, {**national, "name": "regional"}])
    settings = Settings({**town.settings.env, "INTERCHANGE_TARGETS": both})
    with time_machine.travel("2026-03-02T02:00:00Z", tick=False) as clock:
        town.note(changed(str(uuid4()), 1, 1))
        clock.move_to("2026-03-02T03:00:00Z")
        Reporter.from_settings(settings).application_changed(changed(str(uuid4()), 1, 1), Catalogue())  # type: ignore[arg-type]
        clock.move_to("2026-03-02T04:00:00Z")
        MirrorWatch.from_settings(settings).update()
    ages = [oldest_report.labels(name)._value.get() for name in ("national", "regional")]
    assert ages == [7200.0, 3600.0]
