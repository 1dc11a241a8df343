"""A citizen's wishes: no e-mail, no texts, or none at night."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
import time_machine

from tests.component.notifications.use_cases import Office
from tests.unit.notifications.actors import CITIZEN, STRANGER
from tests.unit.notifications.builders import command, event
from tests.unit.notifications.fakes import Directory

NIGHT = {"from": "22:00", "until": "06:00"}


def wish(office: Office, **wishes: Any) -> dict[str, object]:
    return office.preferences.set_preferences(wishes, by=CITIZEN, command=command(**wishes))


def test_by_default_there_are_emails_and_texts_and_no_quiet_hours(office: Office) -> None:
    assert office.preferences.preferences(by=CITIZEN) == {"email": True, "sms": True, "quiet_hours": None}


def test_what_is_not_named_stays_as_it_was(office: Office) -> None:
    wish(office, quiet_hours=NIGHT)
    assert wish(office, email=False) == {"email": False, "sms": True, "quiet_hours": NIGHT}
    assert wish(office, quiet_hours=None) == {"email": False, "sms": True, "quiet_hours": None}
    assert wish(office, sms=False) == {"email": False, "sms": False, "quiet_hours": None}
    assert office.preferences.preferences(by=STRANGER) == {"email": True, "sms": True, "quiet_hours": None}


def test_who_wants_no_email_has_the_inbox_alone(office: Office) -> None:
    wish(office, email=False)
    office.receive(event("application_approved.v1"))
    assert len(office.messages()) == 1 and office.deliveries() == []


@pytest.mark.parametrize(
    ("now", "sent_at"),
    [
        ("2026-11-20T16:30:00+00:00", "2026-11-20T23:00:00+00:00"),  # 23:30 in Viet Nam: at 6 the next morning
        ("2026-11-20T21:00:00+00:00", "2026-11-20T23:00:00+00:00"),  # 4:00: at 6 the same morning
        ("2026-11-20T23:00:00+00:00", "2026-11-20T23:00:00+00:00"),  # 6:00: at once
        ("2026-11-20T05:00:00+00:00", "2026-11-20T05:00:00+00:00"),
    ],
)
def test_emails_wait_for_the_end_of_the_quiet_hours_and_the_inbox_does_not(
    office: Office, now: str, sent_at: str
) -> None:
    wish(office, quiet_hours=NIGHT)
    with time_machine.travel(datetime.fromisoformat(now), tick=False):
        office.receive(event("application_approved.v1"), Directory())
    assert office.deliveries()[0].next_attempt_at == datetime.fromisoformat(sent_at)
    assert office.messages()[0].created_at == datetime.fromisoformat(now)
