"""Messages: the inbox and the e-mails."""

from __future__ import annotations

from infra.chassis.json_types import Json
from infra.cli.journey.journey import Journey
from infra.cli.journey.narration import eventually

MESSAGES = 10  # started, submitted, paid, fees done, accepted, supplement asked and given, assigned, approved, returned
MAILS = 7  # of these, the ones that also go by e-mail unless the citizen says otherwise


def messages(journey: Journey) -> None:
    with journey.step(
        "notifications",
        "hộp thư của công dân: một tin cho mỗi bước",
        "the citizen's inbox: a message for each step",
    ) as facts:
        inbox = eventually(lambda: _received(journey), "a message for every step")
        facts.update(messages=[message["subject"] for message in inbox])
    if journey.mails is not None:
        with journey.step(
            "notifications", "thư điện tử đã tới máy chủ SMTP", "e-mails reached the SMTP server"
        ) as facts:
            received = eventually(lambda: _mailed(journey), "the e-mails arrive")
            facts.update(mails=len(received))


def _received(journey: Journey) -> list[Json] | None:
    inbox = journey.all_pages(journey.who("citizen").notifications.inbox)
    return inbox if len(inbox) >= MESSAGES else None


def _mailed(journey: Journey) -> list[str] | None:
    mails = [mail for mail in (journey.mails() if journey.mails else []) if journey.citizen["email"] in mail]
    return mails if len(mails) >= MAILS else None
