"""What a handler's queue holds is believed only if the source signed it, whoever could write to the queue.

Repeats are no attack: delivery is at least once, a source publishes again what a queue missed, and the inbox makes all
of it harmless, in any order. What is refused is an event of somebody else, of another type, altered, or signed longer
ago than ``EVENT_MAX_AGE`` days. An operator's replay of a dead letter counts whatever its age: the row in the service's
own database says that it was asked for.
"""

from __future__ import annotations

from datetime import datetime

from infra.chassis import clock
from infra.chassis.json_types import Json
from infra.chassis.messaging.dead_letters import DeadLetters
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.trust.event_signatures import SIGNATURE, EventRefused, check_claims, check_event
from infra.chassis.trust.installation import key_list

MAX_AGE_DAYS = 9.0  # longer than a redelivery goes back and all retry tiers together
UNSIGNED_UNTIL = "UNSIGNED_EVENTS_UNTIL"  # an instant; for the days around the release that began to sign


class Origin:
    """Who may publish what one handler consumes."""

    def __init__(
        self, settings: Settings, *, source: str, event_type: str, queue: str, dead_letters: DeadLetters
    ) -> None:
        self.source, self.event_type, self.queue, self.dead_letters = source, event_type, queue, dead_letters
        self.keys = key_list(settings, source)
        self.max_age = settings.number("EVENT_MAX_AGE", MAX_AGE_DAYS, least=0) * 86_400
        self.unsigned_until = _instant(settings.get(UNSIGNED_UNTIL))

    def check(self, event: Json) -> None:
        """Refuse what must not reach the handler: ``EventRefused``, ``StaleEvent``."""
        try:
            check_event(self.keys, event, source=self.source, event_type=self.event_type, max_age=self.max_age)
        except EventRefused:
            if not (self._before_signatures(event) or self.dead_letters.being_replayed(self.queue, event)):
                raise

    def _before_signatures(self, event: Json) -> bool:
        if self.unsigned_until is None or SIGNATURE in event or clock.now() > self.unsigned_until:
            return False
        check_claims(event, source=self.source, event_type=self.event_type)
        return True


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise SettingMissing(UNSIGNED_UNTIL, f"{text!r} is no instant such as 2026-12-31T00:00:00+07:00") from error
    if instant.tzinfo is None:
        raise SettingMissing(UNSIGNED_UNTIL, f"{text!r} has no time zone")
    return instant
