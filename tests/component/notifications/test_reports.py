"""What a mail provider reports later: believed only when signed, and never twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.notifications.delivery_worker import DeliveryWorker
from services.notifications.errors import DeliveryNotFound, DeliveryReportNotGenuine
from services.notifications.mail_folder import FolderCarrier
from services.notifications.reports import DeliveryReports, signature
from tests.component.notifications.use_cases import Office
from tests.unit.notifications.builders import event

SECRET = "shared with the provider"


@pytest.fixture
def sent(office: Office, tmp_path: Path) -> Office:
    office.receive(event("application_approved.v1"))
    DeliveryWorker(office.database, FolderCarrier(tmp_path, "no-reply@portal.example.vn")).step()
    assert office.deliveries()[0].status == "sent"
    return office


def report(office: Office, happened: str, secret: str = SECRET, **changed: str) -> dict[str, Any]:
    reports = DeliveryReports(office.database, Settings({"DELIVERY_REPORT_SECRET_POST": SECRET}))
    parameters = {"delivery_id": office.deliveries()[0].id, "event": happened, "at": "2026-11-20T02:30:00Z", **changed}
    return reports.delivery_report("post", {**parameters, "signature": signature(parameters, secret)})


@pytest.mark.parametrize(
    ("happened", "status"),
    [("delivered", "delivered"), ("bounced", "permanent_failure"), ("deferred", "sent"), ("complained", "delivered")],
)
def test_a_genuine_report_moves_the_delivery(sent: Office, happened: str, status: str) -> None:
    assert report(sent, happened)["status"] == status
    assert sent.deliveries()[0].status == status


def test_a_late_or_repeated_report_changes_nothing(sent: Office) -> None:
    assert report(sent, "delivered")["changed"] is True
    assert report(sent, "delivered")["changed"] is False
    assert report(sent, "bounced") == {"delivery_id": sent.deliveries()[0].id, "status": "delivered", "changed": False}


def test_a_report_signed_by_somebody_else_is_refused(sent: Office) -> None:
    with pytest.raises(DeliveryReportNotGenuine):
        report(sent, "bounced", secret="guessed")
    assert sent.deliveries()[0].status == "sent"


def test_a_provider_without_a_shared_secret_is_not_believed(sent: Office) -> None:
    with pytest.raises(DeliveryReportNotGenuine):
        DeliveryReports(sent.database, Settings({})).delivery_report("post", {"delivery_id": "x", "signature": ""})


def test_a_path_that_names_a_secret_is_none(sent: Office, tmp_path: Path) -> None:
    """`DELIVERY_REPORT_SECRET_POST_FILE` is no setting of a provider called `post_file`: its value can be guessed."""
    file = tmp_path / "report-secret"
    file.write_text(SECRET)
    reports = DeliveryReports(sent.database, Settings({"DELIVERY_REPORT_SECRET_POST_FILE": str(file)}))
    parameters = {"delivery_id": sent.deliveries()[0].id, "event": "bounced", "at": "2026-11-20T02:30:00Z"}
    with pytest.raises(DeliveryReportNotGenuine):
        reports.delivery_report("post_file", {**parameters, "signature": signature(parameters, str(file))})
    assert reports.delivery_report("post", {**parameters, "signature": signature(parameters, SECRET)})["changed"]


@pytest.mark.parametrize("content", ["", " \n", "\ufeff"])
def test_a_blank_secret_is_shared_with_nobody(sent: Office, tmp_path: Path, content: str) -> None:
    file = tmp_path / "report-secret"
    file.write_text(content, encoding="utf-8")
    reports = DeliveryReports(sent.database, Settings({"DELIVERY_REPORT_SECRET_POST_FILE": str(file)}))
    parameters = {"delivery_id": sent.deliveries()[0].id, "event": "bounced", "at": "2026-11-20T02:30:00Z"}
    for guess in ("", " ", str(file)):
        with pytest.raises(DeliveryReportNotGenuine):
            reports.delivery_report("post", {**parameters, "signature": signature(parameters, guess)})


def test_a_secret_that_can_be_guessed_stops_the_service_by_name(sent: Office) -> None:
    with pytest.raises(SettingMissing, match="DELIVERY_REPORT_SECRET_POST"):
        DeliveryReports(sent.database, Settings({"DELIVERY_REPORT_SECRET_POST": "x"}))


def test_a_signature_does_not_cover_other_parameters(sent: Office) -> None:
    reports = DeliveryReports(sent.database, Settings({"DELIVERY_REPORT_SECRET_POST": SECRET}))
    parameters = {"delivery_id": sent.deliveries()[0].id, "event": "deferred", "at": "2026-11-20T02:30:00Z"}
    signed = {**parameters, "signature": signature(parameters, SECRET)}
    with pytest.raises(DeliveryReportNotGenuine):
        reports.delivery_report("post", {**signed, "event": "bounced"})
    with pytest.raises(DeliveryReportNotGenuine):
        reports.delivery_report("post", {**signed, "signature": "ü"})


def test_a_report_about_nothing_is_refused_by_name(sent: Office) -> None:
    with pytest.raises(DeliveryNotFound):
        report(sent, "delivered", delivery_id="7c1d4e2a-0000-4000-8000-000000000000")


def test_a_report_that_is_faster_than_our_own_result_stands(office: Office, tmp_path: Path) -> None:
    office.receive(event("application_approved.v1"))
    sending = DeliveryWorker(office.database, FolderCarrier(tmp_path, "no-reply@portal.example.vn"))

    def reported_at_once(message: Any) -> Any:
        report(office, "delivered")
        return tell(message)

    with sending.carrier.open() as tell:
        sending._send_all([(office.deliveries()[0].id, "")], reported_at_once)
    assert office.deliveries()[0].status == "delivered"
    assert [attempt.outcome for attempt in office.attempts()] == ["sent"]
