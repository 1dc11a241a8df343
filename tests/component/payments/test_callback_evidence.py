"""What is stored of gateways' call-backs: of genuine ones all, as long as accounts; of forged ones a few, briefly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from infra.chassis.settings import SettingMissing, Settings
from services.payments import callback_evidence
from services.payments.callback_evidence import MOST_A_MINUTE, callbacks_not_stored, evidence_cleanup
from services.payments.follower import duties
from services.payments.gateways.reports import GatewayReport
from services.payments.gateways.vnpay import VnPay
from services.payments.models import Notice
from tests.component.payments.use_cases import PaymentsOffice
from tests.unit.payments.builders import signed

NOON = datetime(2026, 3, 2, 5, tzinfo=UTC)


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as moved:
        yield moved


def verdicts(office: PaymentsOffice) -> list[str | None]:
    with office.database.session() as session:
        return list(session.scalars(select(Notice.verdict).order_by(Notice.id)))


def forged(office: PaymentsOffice, payment: dict[str, Any], number: int = 0) -> str:
    notice = signed(office.notice(payment, OrderInfo=f"số {number}"), "another secret")
    return str(office.gateway_callbacks.gateway_callback("vnpay", notice)["RspCode"])


def not_stored() -> float:
    return float(callbacks_not_stored.labels("vnpay")._value.get())


def test_a_flood_of_forged_notices_stores_a_few_a_minute_and_counts_the_rest(
    office: PaymentsOffice, clock: time_machine.Traveller
) -> None:
    payment, before = office.start(office.submitted()), not_stored()
    answers = {forged(office, payment, number) for number in range(MOST_A_MINUTE + 25)}
    assert answers == {"97"} and verdicts(office) == ["signature"] * MOST_A_MINUTE
    assert not_stored() - before == 25
    clock.shift(timedelta(seconds=61))
    forged(office, payment)
    assert len(verdicts(office)) == MOST_A_MINUTE + 1


def test_a_genuine_notice_in_a_flood_is_stored_and_counts(
    office: PaymentsOffice, clock: time_machine.Traveller
) -> None:
    payment = office.start(office.submitted())
    for number in range(MOST_A_MINUTE + 5):
        forged(office, payment, number)
    assert office.call_back(payment) == "00" and verdicts(office)[-1] == "settled"


def test_before_its_signature_was_verified_nothing_of_a_notice_is_stored(
    office: PaymentsOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored_by_then: list[int] = []
    vnpay = office.gateway_callbacks.gateways.vnpay
    assert vnpay is not None
    read = type(vnpay).read_notice

    def watched(gateway: VnPay, parameters: Mapping[str, str]) -> GatewayReport:
        stored_by_then.append(len(verdicts(office)))
        return read(gateway, parameters)

    monkeypatch.setattr(VnPay, "read_notice", watched)
    assert office.call_back(office.start(office.submitted())) == "00"
    assert stored_by_then == [0]


def cleanup(office: PaymentsOffice, **settings: str) -> Any:
    return evidence_cleanup(office.database, Settings(settings))


def test_forged_evidence_is_removed_after_its_days_and_genuine_evidence_is_not(
    office: PaymentsOffice, clock: time_machine.Traveller
) -> None:
    payment = office.start(office.submitted())
    forged(office, payment)
    office.call_back(payment, TmnCode="OTHER001")
    office.call_back(payment)
    assert cleanup(office).step() == 0
    clock.shift(timedelta(days=91))
    assert cleanup(office).step() == 2 and verdicts(office) == ["settled"]
    clock.shift(timedelta(days=9 * 365))
    assert cleanup(office).step() == 0
    clock.shift(timedelta(days=365))
    assert cleanup(office).step() == 1 and verdicts(office) == []


def test_it_goes_in_small_batches_and_by_the_settings(
    office: PaymentsOffice, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(callback_evidence, "MOST_A_MINUTE", 500)
    payment = office.start(office.submitted())
    for number in range(7):
        forged(office, payment, number)
    clock.shift(timedelta(days=2))
    shorter = cleanup(office, REFUSED_CALLBACK_RETENTION_DAYS="1")
    shorter.batch = 3
    assert [shorter.step() for _ in range(4)] == [3, 3, 1, 0]


@pytest.mark.parametrize("days", ["0", "-1", "ever"])
def test_a_retention_that_is_none_ends_the_start_by_name(office: PaymentsOffice, days: str) -> None:
    with pytest.raises(SettingMissing) as missing:
        cleanup(office, CALLBACK_RETENTION_DAYS=days)
    assert missing.value.name == "CALLBACK_RETENTION_DAYS"


def test_the_follower_does_it(tmp_path: Path) -> None:
    assert "forget old evidence" in [duty.name for duty in duties(Settings({"PORTAL_HOME": str(tmp_path)}))]
