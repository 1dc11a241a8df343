"""The doors and event handlers of notifications. Nothing is decided here."""

from __future__ import annotations

from infra.chassis.cloud_events import CloudEvent
from infra.chassis.cursors import Page
from infra.chassis.dependencies import Provided
from infra.chassis.doors import door
from infra.chassis.json_types import Json
from infra.chassis.messaging.handlers import handles, handles_each
from infra.chassis.running.operations import Operations
from services.notifications import clients
from services.notifications.code_mail import CodeMailer
from services.notifications.inbox import Mailbox
from services.notifications.message_writer import MessageWriter
from services.notifications.messages import MESSAGE_KINDS
from services.notifications.personal_data import PersonalData
from services.notifications.preferences import PreferenceKeeper
from services.notifications.reports import DeliveryReports
from services.notifications.template_requests import TemplateDesk
from services.notifications.templates import TemplateEditor
from services.notifications.webhooks import Webhooks

READERS = frozenset(
    {"citizen", "intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator"}
)
EDITORS = frozenset({"operator", "catalog_editor"})
SUBSCRIBERS = frozenset({"operator"})


# One handler per kind of message. A queue is named after its handler, so these names outlive the code.
MESSAGE_HANDLERS = {f"tell_{kind.key}": (kind.source, event_type) for event_type, kind in MESSAGE_KINDS.items()}


@handles_each(MESSAGE_HANDLERS, "_write_message")
class NotificationsService(Operations):
    """Messages to citizens and other systems about what happened to applications and payments."""

    name = "notifications"

    mailbox = Provided(Mailbox)
    message_writer = Provided(MessageWriter)
    code_mailer = Provided(CodeMailer)
    preference_keeper = Provided(PreferenceKeeper)
    template_editor = Provided(TemplateEditor)
    template_desk = Provided(TemplateDesk)
    delivery_reports = Provided(DeliveryReports)
    webhooks = Provided(Webhooks)
    personal_data = Provided(PersonalData)
    identity = clients.identity()
    code_source = clients.code_source()
    catalog = clients.catalog()

    @door(roles=READERS)
    def inbox(self, unread: bool | None = None, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.mailbox.inbox(unread, limit, cursor, by=self.caller.actor)

    @door(roles=READERS)
    def mark_read(self, message_id: str, command_id: str) -> Json:
        return self.mailbox.mark_read(message_id, **self.caller.acting)

    @door(roles=READERS)
    def deliveries(self, message_id: str) -> Page[Json]:
        return self.mailbox.deliveries(message_id, by=self.caller.actor)

    @door(roles=READERS)
    def preferences(self) -> Json:
        return self.preference_keeper.preferences(by=self.caller.actor)

    @door(roles=READERS)
    def set_preferences(self, preferences: Json, command_id: str) -> Json:
        return self.preference_keeper.set_preferences(preferences, **self.caller.acting)

    @door(roles=EDITORS)
    def templates(self) -> Page[Json]:
        return self.template_editor.templates()

    @door(roles=EDITORS)
    def publish_template(self, key: str, channel: str, language: str, subject: str, body: str, command_id: str) -> Json:
        return self.template_desk.publish_template(key, channel, language, subject, body, **self.caller.acting)

    @door(roles=EDITORS)
    def approve_template(self, request_id: str, command_id: str) -> Json:
        return self.template_desk.approve_template(request_id, **self.caller.acting)

    @door(roles=EDITORS)
    def decline_template(self, request_id: str, command_id: str) -> Json:
        return self.template_desk.decline_template(request_id, **self.caller.acting)

    @door(roles=EDITORS | {"auditor"})
    def template_requests(self, status: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.template_desk.template_requests(status, limit, cursor)

    @door(roles=EDITORS)
    def preview(self, key: str, channel: str, language: str, facts: Json) -> Json:
        return self.template_editor.preview(key, channel, language, facts)

    @door(public=True, sensitive=("parameters",), costly=True)
    def delivery_report(self, provider: str, parameters: dict[str, str]) -> Json:
        return self.delivery_reports.delivery_report(provider, parameters)

    @door(roles=SUBSCRIBERS)
    def subscribe(self, url: str, event_types: list[str], command_id: str) -> Json:
        return self.webhooks.subscribe(url, event_types, **self.caller.acting)

    @door(roles=SUBSCRIBERS)
    def unsubscribe(self, subscription_id: str, command_id: str) -> Json:
        return self.webhooks.unsubscribe(subscription_id, **self.caller.acting)

    @door(roles=SUBSCRIBERS)
    def webhook_deliveries(self, subscription_id: str, limit: int = 50, cursor: str | None = None) -> Page[Json]:
        return self.webhooks.webhook_deliveries(subscription_id, limit, cursor, by=self.caller.actor)

    @door(roles=SUBSCRIBERS)
    def redeliver(self, delivery_id: str, command_id: str) -> Json:
        return self.webhooks.redeliver(delivery_id, **self.caller.acting)

    def _write_message(self, event: CloudEvent) -> None:
        self.message_writer.write(event, identity=self.identity, catalog=self.catalog)

    @handles("identity", "contact_code_requested.v1")
    def send_contact_code_requested(self, event: CloudEvent) -> None:
        self.code_mailer.write(event, identity=self.code_source)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: CloudEvent) -> None:
        self.personal_data.note(event)
