"""The queues of the event handlers: named after their methods, so the names outlive the code."""

from __future__ import annotations

from infra.chassis.messaging.handler_queues import handler_queue
from infra.chassis.messaging.topology import handler_methods
from services.notifications.service import NotificationsService

QUEUES = {
    "evt-applications-appeal_dismissed.v1--notifications.tell_appeal_dismissed",
    "evt-applications-appeal_upheld.v1--notifications.tell_appeal_upheld",
    "evt-applications-appealed.v1--notifications.tell_appealed",
    "evt-applications-application_accepted.v1--notifications.tell_application_accepted",
    "evt-applications-application_approved.v1--notifications.tell_application_approved",
    "evt-applications-application_assigned.v1--notifications.tell_application_assigned",
    "evt-applications-application_overdue.v1--notifications.tell_application_overdue",
    "evt-applications-application_rejected.v1--notifications.tell_application_rejected",
    "evt-applications-application_started.v1--notifications.tell_application_started",
    "evt-applications-application_stopped.v1--notifications.tell_application_stopped",
    "evt-applications-application_submitted.v1--notifications.tell_application_submitted",
    "evt-applications-application_supplemented.v1--notifications.tell_application_supplemented",
    "evt-applications-application_withdrawn.v1--notifications.tell_application_withdrawn",
    "evt-applications-deadline_extended.v1--notifications.tell_deadline_extended",
    "evt-applications-fee_settled.v1--notifications.tell_fee_settled",
    "evt-applications-intake_refused.v1--notifications.tell_intake_refused",
    "evt-applications-payment_requested.v1--notifications.tell_payment_requested",
    "evt-applications-result_returned.v1--notifications.tell_result_returned",
    "evt-applications-subject_erased.v1--notifications.forget_subject_erased",
    "evt-applications-supplement_requested.v1--notifications.tell_supplement_requested",
    "evt-applications-withdrawal_declined.v1--notifications.tell_withdrawal_declined",
    "evt-applications-withdrawal_requested.v1--notifications.tell_withdrawal_requested",
    "evt-identity-contact_code_requested.v1--notifications.send_contact_code_requested",
    "evt-payments-fee_waived.v1--notifications.tell_fee_waived",
    "evt-payments-payment_expired.v1--notifications.tell_payment_expired",
    "evt-payments-payment_failed.v1--notifications.tell_payment_failed",
    "evt-payments-payment_settled.v1--notifications.tell_payment_settled",
    "evt-payments-payment_surplus.v1--notifications.tell_payment_surplus",
    "evt-payments-refund_declined.v1--notifications.tell_refund_declined",
    "evt-payments-refund_requested.v1--notifications.tell_refund_requested",
    "evt-payments-refund_settled.v1--notifications.tell_refund_settled",
}


def test_every_handler_keeps_the_name_of_its_queue() -> None:
    methods = handler_methods(NotificationsService)
    assert {handler_queue(source, event, "notifications", name).name for source, event, name in methods} == QUEUES
    assert len(methods) == len(QUEUES)
