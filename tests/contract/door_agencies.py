"""How far each role reaches at each door: written by hand, beside which roles may call it (``door_roles``).

A post counts at its own agency: not at those below it, not at the one above it, and nowhere else. What reaches
further is a national role, named so here. Whoever is a party to an application has no post in it, whatever it says.
What services may call: ``service_calls``. A door or role that is not entered fails ``test_door_agencies``;
``tests/e2e/test_agency_matrix.py`` tries every row.
"""

from __future__ import annotations

from tests.contract.door_roles import OFFICERS, OFFICIALS, PEOPLE

OFFICE = "at the agency of the thing, and never in a case of their own"
ASKED_AGENCY = "at an agency that was asked for its opinion"
COUNTRY = "everywhere, and never in a case of their own"
NATIONAL_TEXTS = "what belongs to no agency: the catalogue, the calendar, texts, agencies and posts"
INSTALLATION = "what is the whole installation's and names nobody"
# Tried in tests/component/oversight: these ask for a figure, a finding or a ticket, not for an application.
BEHIND_FIGURES = "an approver: of the own agency; auditors and operators: of the country"
TICKETS = "officers: of the own agency; operators and auditors: of the country; never one's own"
# Tried in tests/component/interchange: a document has two sides, and the place is that of either.
CORRESPONDENCE = "officers: of an agency that sent it or got it, each its own part; auditors: of the country"
FIGURES = "figures of the whole country, which show nobody"
DESK = "at the desk where a person shows their identity card, at the office of the request; operators: officials"
NOBODY = "nowhere: the door is for officers, this step is another officer's"
THEIR_OWN = "what is their own, or entrusted to them"

# What an official sees and does by place: of their agency, one below it, the one above it, another; their own case.
REACH: dict[str, dict[str, bool]] = {
    OFFICE: {"own": True, "child": False, "parent": False, "foreign": False, "own case": False},
    NOBODY: {"own": False, "child": False, "parent": False, "foreign": False, "own case": False},
    COUNTRY: {"own": True, "child": True, "parent": True, "foreign": True, "own case": False},
}

# service -> reach -> roles -> doors
WHERE: dict[str, dict[str, dict[str, str]]] = {
    "identity": {
        THEIR_OWN: {
            PEOPLE: "sessions recent_sign_ins revoke_session whoami enrol_otp confirm_otp change_password "
            "request_contact_change confirm_contact remember_browser "
            "challenge_access openid_consents withdraw_openid_consent",
            "enrolling": "enrol_otp confirm_otp",
            PEOPLE.replace(" auditor", ""): "access_log",
            "citizen": "delegate revoke_delegation delegations",
        },
        DESK: {
            "intake_officer approver operator": "request_account_recovery approve_account_recovery "
            "decline_account_recovery account_recoveries",
            "auditor": "account_recoveries",
        },
        COUNTRY: {"auditor": "access_log access_challenges answer_challenge verify_access_log"},
        NATIONAL_TEXTS: {
            "operator": "create_agency appoint dismiss approve_appointment decline_appointment block_account "
            "unblock_account end_account_sessions register_openid_client approve_openid_client decline_openid_client "
            "end_openid_client renew_openid_client_secret",
            "operator auditor": "appointment_requests openid_clients",
        },
    },
    "catalog": {
        NATIONAL_TEXTS: {
            "catalog_editor": "publish retire save_draft publish_draft discard_draft",
            "catalog_editor approver": "approve_publication decline_publication",
            "catalog_editor approver auditor": "drafts draft proposals",
            "catalog_editor approver auditor operator": "changes agency_changes",
            "catalog_editor operator": "import_procedures set_calendar_day set_agency merge_agency",
        },
    },
    "applications": {
        THEIR_OWN: {
            "citizen": "start save_answers attach detach submit supplement request_withdrawal choose_delivery mine "
            "rate appeal attachment application explain_due_date evidence changes",
        },
        OFFICE: {
            OFFICERS: "queue assign request_supplement request_payment consult extend confirm_withdrawal "
            "decline_withdrawal return_result attachment application explain_due_date affected_due_dates changes",
            "intake_officer": "accept refuse_intake",
            "case_officer": "propose",
            "approver": "stop approve reject send_back decide_appeal statistics",
            "accountant": "application explain_due_date",
        },
        NOBODY: {
            "case_officer approver": "accept refuse_intake",
            "intake_officer approver": "propose",
            "intake_officer case_officer": "stop approve reject send_back decide_appeal",
        },
        ASKED_AGENCY: {OFFICERS: "answer_consultation"},
        COUNTRY: {
            "auditor": "attachment application explain_due_date evidence history state_at diff events findings verify "
            "export erase_subject erasure affected_due_dates statistics access_log_heads",
            "operator": "statistics",
        },
    },
    "payments": {
        THEIR_OWN: {"citizen": "start_payment cancel demands payment payments receipt refund"},
        OFFICE: {
            f"{OFFICERS} accountant": "demands payment payments receipt",
            "accountant intake_officer": "record_offline",
            "accountant": "refund reconcile approve_statement decline_statement statements ledger trial_balance parity "
            "suspense assign_suspense approve_assignment decline_assignment suspense_assignments",
            "accountant approver": "approve_refund decline_refund waive approve_waiver decline_waiver refunds waivers",
        },
        COUNTRY: {
            "auditor": "refunds waivers",
            "operator": "reconcile approve_statement decline_statement assign_suspense approve_assignment "
            "decline_assignment",
            "auditor operator": "demands payment payments receipt ledger trial_balance parity statements suspense "
            "suspense_assignments",
        },
    },
    "notifications": {
        THEIR_OWN: {
            PEOPLE: "inbox mark_read deliveries preferences set_preferences",
            "operator": "subscribe unsubscribe webhook_deliveries redeliver",
        },
        NATIONAL_TEXTS: {
            "operator catalog_editor": "templates publish_template approve_template decline_template preview",
            "operator catalog_editor auditor": "template_requests",
        },
    },
    "oversight": {
        FIGURES: {OFFICIALS: "report index ranking", "auditor operator approver": "what_if"},
        BEHIND_FIGURES: {"auditor operator approver": "evidence_of integrity", "approver": "answer_finding"},
        TICKETS: {
            f"{OFFICERS} operator": "route_feedback ask_feedback answer_feedback refuse_feedback publish_feedback",
            f"{OFFICERS} operator auditor": "feedback_queue",
        },
    },
    "interchange": {
        THEIR_OWN: {"citizen": "my_dossiers"},
        CORRESPONDENCE: {
            OFFICERS: "send_document respond recall_document update_document replace_document answer_business "
            "import_edxml",
            f"{OFFICERS} auditor": "documents document document_attachment document_figures export_edxml",
        },
        INSTALLATION: {
            "operator": "mirror report_progress",
            f"{OFFICERS} auditor operator": "mirrored mirrored_changes",
            "operator auditor": "targets deliveries",
        },
    },
}


def rows() -> list[tuple[str, str, str, str]]:
    """Every ``(service, door, role, reach)``."""
    return [
        (service, door, role, reach)
        for service, by_reach in WHERE.items()
        for reach, by_roles in by_reach.items()
        for roles, doors in by_roles.items()
        for door in doors.split()
        for role in roles.split()
    ]


__all__ = ["NOBODY", "REACH", "rows"]
