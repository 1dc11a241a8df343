"""What identity does when a neighbour has announced something."""

from __future__ import annotations

from infra.chassis import dependencies
from infra.chassis.cloud_events import CloudEvent
from infra.chassis.messaging.handlers import handles
from infra.chassis.running.operations import Operations
from services.identity.access_log import AccessRecorder
from services.identity.personal_data import PersonalData


class IdentityHandlers(Operations):
    """The handlers of the neighbours' events."""

    access_recorder = dependencies.Provided(AccessRecorder)
    personal_data = dependencies.Provided(PersonalData)

    @handles("applications", "application_read.v1")
    def note_application_read(self, event: CloudEvent) -> None:
        self.access_recorder.note_reading(event)

    @handles("applications", "applications_listed.v1")
    def note_applications_listed(self, event: CloudEvent) -> None:
        self.access_recorder.note_accesses("note_applications_listed", event)

    @handles("applications", "history_exported.v1")
    def note_history_exported(self, event: CloudEvent) -> None:
        self.access_recorder.note_accesses("note_history_exported", event)

    @handles("payments", "personal_data_accessed.v1")
    def note_payments_access(self, event: CloudEvent) -> None:
        self.access_recorder.note_accesses("note_payments_access", event)

    @handles("notifications", "personal_data_accessed.v1")
    def note_notifications_access(self, event: CloudEvent) -> None:
        self.access_recorder.note_accesses("note_notifications_access", event)

    @handles("applications", "subject_erased.v1")
    def forget_subject_erased(self, event: CloudEvent) -> None:
        self.personal_data.note(event)
