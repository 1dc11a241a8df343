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
        PUBLIC: "register_citizen confirm_registration request_password_reset reset_password sample_people sign_in "
        "refresh sign_out jwks access_endings client_token agencies openid_configuration openid_keys "
        "begin_authorization authorization sign_in_to_authorize decide_authorization openid_token openid_userinfo "
        "revoke_openid_token openid_logout begin_eid_sign_in complete_eid_sign_in health",
        PEOPLE: "sessions recent_sign_ins revoke_session whoami change_password access_log challenge_access "
        "request_contact_change confirm_contact remember_browser "
        "openid_consents withdraw_openid_consent",
        f"{PEOPLE} enrolling": "enrol_otp confirm_otp",
        "intake_officer approver operator": "request_account_recovery approve_account_recovery "
        "decline_account_recovery",
        "intake_officer approver operator auditor": "account_recoveries",
        "auditor": "access_challenges answer_challenge verify_access_log",
        "citizen": "delegate revoke_delegation delegations",
        "operator": "create_agency appoint dismiss approve_appointment decline_appointment block_account "
        "unblock_account end_account_sessions register_openid_client approve_openid_client decline_openid_client "
        "end_openid_client renew_openid_client_secret",
        "operator auditor": "appointment_requests openid_clients",
        SERVICES_ALONE: "contact citizen_number code_message posts delegation_for delegations_in_force",
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
        "accountant operator": "reconcile approve_statement decline_statement assign_suspense approve_assignment "
        "decline_assignment",
        "accountant auditor operator": "ledger trial_balance parity statements suspense suspense_assignments",
    },
    "notifications": {
        PUBLIC: "delivery_report health",
        PEOPLE: "inbox mark_read deliveries preferences set_preferences",
        "operator catalog_editor": "templates publish_template approve_template decline_template preview",
        "operator catalog_editor auditor": "template_requests",
        "operator": "subscribe unsubscribe webhook_deliveries redeliver",
    },
    "oversight": {
        PUBLIC: "health datasets dataset service_levels give_feedback track_feedback published_feedback "
        "supplement_feedback rate_feedback reopen_feedback",
        OFFICIALS: "report index ranking",
        "auditor operator approver": "evidence_of what_if integrity",
        "approver": "answer_finding",
        f"{OFFICERS} operator": "route_feedback ask_feedback answer_feedback refuse_feedback publish_feedback",
        f"{OFFICERS} operator auditor": "feedback_queue",
    },
    "interchange": {
        PUBLIC: "open_session classic_call health",
        SERVICES_ALONE: "dossier_by_person",
        "citizen": "my_dossiers",
        "operator": "mirror report_progress",
        OFFICERS: "send_document respond recall_document update_document replace_document answer_business import_edxml",
        f"{OFFICERS} auditor": "documents document document_attachment document_figures export_edxml",
        f"{OFFICERS} auditor operator": "mirrored mirrored_changes",
        "operator auditor": "targets deliveries",
    },
}


def expected(service: str) -> dict[str, frozenset[str]]:
    """The roles by door; a public door admits anybody."""
    rows = {door: frozenset(roles.split()) for roles, doors in WHO[service].items() for door in doors.split()}
    assert len(rows) == sum(len(doors.split()) for doors in WHO[service].values()), "a door is entered once"
    return rows
