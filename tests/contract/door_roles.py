"""Which roles may call which door: written by hand from what each role is for, not read from the code.

A door that is not entered here, or that lets other roles call, fails ``test_door_roles``. What somebody inside
is shown or may do (own agency, own case, a relation to the thing) is decided behind the door and tested there.
"""

from __future__ import annotations

PUBLIC = "public"
SERVICES_ALONE = "services"  # which ones, and for whom: tests/contract/service_calls.py
OFFICERS = "intake_officer case_officer approver"
OFFICIALS = f"{OFFICERS} catalog_editor accountant auditor operator"
PEOPLE = f"citizen {OFFICIALS}"

# service -> roles -> doors
WHO: dict[str, dict[str, str]] = {
    "identity": {
        PUBLIC: "register_citizen sample_people sign_in refresh sign_out jwks access_endings client_token agencies "
        "health",
        PEOPLE: "sessions revoke_session whoami enrol_otp confirm_otp change_password access_log challenge_access",
        "auditor": "access_challenges answer_challenge verify_access_log",
        "citizen": "delegate revoke_delegation delegations",
        "operator": "create_agency appoint dismiss approve_appointment decline_appointment",
        "operator auditor": "appointment_requests",
        SERVICES_ALONE: "contact posts delegation_for delegations_in_force",
    },
    "catalog": {
        PUBLIC: "search suggest procedure versions compare quote due_date calendar calendar_changes provinces wards "
        "agencies agency export levels sample_procedures health",
        "catalog_editor": "publish retire save_draft publish_draft discard_draft",
        "catalog_editor approver": "approve_publication decline_publication",
        "catalog_editor approver auditor": "drafts draft proposals",
        "catalog_editor approver auditor operator": "changes agency_changes",
        "catalog_editor operator": "import_procedures set_calendar_day set_agency merge_agency",
    },
    "applications": {
        PUBLIC: "track checkpoint inclusion_proof consistency_proof health",
        "citizen": "start save_answers attach detach submit supplement request_withdrawal choose_delivery mine rate "
        "appeal",
        OFFICERS: "queue accept refuse_intake assign request_supplement request_payment consult "
        "answer_consultation extend confirm_withdrawal decline_withdrawal stop propose approve reject "
        "send_back return_result decide_appeal",
        f"citizen {OFFICERS} auditor": "attachment",
        f"citizen {OFFICERS} accountant auditor": "application explain_due_date",
        f"citizen {OFFICERS}": "changes",
        "citizen auditor": "evidence",
        "auditor": "history state_at diff events findings verify export erase_subject erasure access_log_heads",
        f"{OFFICERS} auditor": "affected_due_dates",
        "auditor operator approver": "statistics",
    },
    "payments": {
        PUBLIC: "gateway_callback health",
        "citizen": "start_payment cancel",
        f"citizen {OFFICERS} accountant auditor operator": "demands payment payments receipt",
        "accountant intake_officer": "record_offline",
        "citizen accountant": "refund",
        "accountant approver": "approve_refund decline_refund waive approve_waiver decline_waiver",
        "accountant approver auditor": "refunds waivers",
        "accountant operator": "reconcile approve_statement decline_statement",
        "accountant auditor operator": "ledger trial_balance parity statements",
    },
    "notifications": {
        PUBLIC: "delivery_report health",
        PEOPLE: "inbox mark_read deliveries preferences set_preferences",
        "operator catalog_editor": "templates publish_template approve_template decline_template preview",
        "operator catalog_editor auditor": "template_requests",
        "operator": "subscribe unsubscribe webhook_deliveries redeliver",
    },
}


def expected(service: str) -> dict[str, frozenset[str]]:
    """The roles by door; a public door admits anybody."""
    rows = {door: frozenset(roles.split()) for roles, doors in WHO[service].items() for door in doors.split()}
    assert len(rows) == sum(len(doors.split()) for doors in WHO[service].values()), "a door is entered once"
    return rows
