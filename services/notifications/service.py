"""The doors of notifications, and what it listens to. Nothing is decided here."""

from __future__ import annotations

from typing import Any

from infra.chassis import auth
from infra.chassis.dependencies import Provided
from infra.chassis.doors import door
from infra.chassis.messaging.handlers import handles
from infra.chassis.operations import Operations
from services.notifications import clients
from services.notifications.inbox import Inbox
from services.notifications.message_writer import Herald
from services.notifications.personal_data import PersonalData
from services.notifications.preferences import Preferences
from services.notifications.reports import Reports
from services.notifications.templates import Templates
from services.notifications.webhooks import Webhooks

READERS = frozenset(
    {"citizen", "intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator"}
)
EDITORS = frozenset({"operator", "catalog_editor"})
SUBSCRIBERS = frozenset({"operator", "service"})

Event = dict[str, Any]
Reply = dict[str, Any]


class NotificationsService(Operations):
    """Tells citizens and other systems what happened."""

    name = "notifications"

    caller = auth.Caller()
    mailbox = Provided(Inbox)
    herald = Provided(Herald)
    wishes = Provided(Preferences)
    texts = Provided(Templates)
    reports = Provided(Reports)
    webhooks = Provided(Webhooks)
    erasures = Provided(PersonalData)
    identity = clients.identity()
    catalog = clients.catalog()

    @door(roles=READERS)
    def inbox(self, unread: bool | None = None, limit: int = 50, cursor: str | None = None) -> Reply:
        return self.mailbox.inbox(unread, limit, cursor, by=self.caller.actor)

    @door(roles=READERS)
    def mark_read(self, message_id: str, command_id: str) -> Reply:
        return self.mailbox.mark_read(message_id, by=self.caller.actor, command=self.caller.command)

    @door(roles=READERS)
    def deliveries(self, message_id: str) -> Reply:
        return self.mailbox.deliveries(message_id, by=self.caller.actor)

    @door(roles=READERS)
    def preferences(self) -> Reply:
        return self.wishes.preferences(by=self.caller.actor)

    @door(roles=READERS)
    def set_preferences(self, preferences: dict[str, Any], command_id: str) -> Reply:
        return self.wishes.set_preferences(preferences, by=self.caller.actor, command=self.caller.command)

    @door(roles=EDITORS)
    def templates(self) -> Reply:
        return self.texts.templates()

    @door(roles=EDITORS)
    def publish_template(
        self, key: str, channel: str, language: str, subject: str, body: str, command_id: str
    ) -> Reply:
        return self.texts.publish_template(
            key, channel, language, subject, body, by=self.caller.actor, command=self.caller.command
        )

    @door(roles=EDITORS)
    def preview(self, key: str, channel: str, language: str, facts: dict[str, Any]) -> Reply:
        return self.texts.preview(key, channel, language, facts)

    @door(public=True, sensitive=("parameters",))
    def delivery_report(self, provider: str, parameters: dict[str, str]) -> Reply:
        return self.reports.delivery_report(provider, parameters)

    @door(roles=SUBSCRIBERS)
    def subscribe(self, url: str, event_types: list[str], command_id: str) -> Reply:
        return self.webhooks.subscribe(url, event_types, by=self.caller.actor, command=self.caller.command)

    @door(roles=SUBSCRIBERS)
    def unsubscribe(self, subscription_id: str, command_id: str) -> Reply:
        return self.webhooks.unsubscribe(subscription_id, by=self.caller.actor, command=self.caller.command)

    @door(roles=SUBSCRIBERS)
    def webhook_deliveries(self, subscription_id: str, limit: int = 50, cursor: str | None = None) -> Reply:
        return self.webhooks.webhook_deliveries(subscription_id, limit, cursor, by=self.caller.actor)

    @door(roles=SUBSCRIBERS)
    def redeliver(self, delivery_id: str, command_id: str) -> Reply:
        return self.webhooks.redeliver(delivery_id, by=self.caller.actor, command=self.caller.command)

    # What is listened to. A queue is named after its method, so these names outlive the code.

    @handles("applications", "application_started.v1")
    def tell_application_started(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_submitted.v1")
    def tell_application_submitted(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_supplemented.v1")
    def tell_application_supplemented(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_accepted.v1")
    def tell_application_accepted(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "intake_refused.v1")
    def tell_intake_refused(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "supplement_requested.v1")
    def tell_supplement_requested(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_assigned.v1")
    def tell_application_assigned(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "payment_requested.v1")
    def tell_payment_requested(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "fee_settled.v1")
    def tell_fee_settled(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "deadline_extended.v1")
    def tell_deadline_extended(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_overdue.v1")
    def tell_application_overdue(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "withdrawal_requested.v1")
    def tell_withdrawal_requested(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_withdrawn.v1")
    def tell_application_withdrawn(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "withdrawal_declined.v1")
    def tell_withdrawal_declined(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_stopped.v1")
    def tell_application_stopped(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_approved.v1")
    def tell_application_approved(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "application_rejected.v1")
    def tell_application_rejected(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "result_returned.v1")
    def tell_result_returned(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "appealed.v1")
    def tell_appealed(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "appeal_dismissed.v1")
    def tell_appeal_dismissed(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "appeal_upheld.v1")
    def tell_appeal_upheld(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "fee_waived.v1")
    def tell_fee_waived(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "payment_settled.v1")
    def tell_payment_settled(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "payment_failed.v1")
    def tell_payment_failed(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "payment_expired.v1")
    def tell_payment_expired(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "payment_surplus.v1")
    def tell_payment_surplus(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "refund_requested.v1")
    def tell_refund_requested(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "refund_declined.v1")
    def tell_refund_declined(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("payments", "refund_settled.v1")
    def tell_refund_settled(self, event: Event) -> None:
        self.herald.tell(event, self.identity, self.catalog)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: Event) -> None:
        self.erasures.note(event)
