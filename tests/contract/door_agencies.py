"""How far each role reaches at each door: written by hand, beside which roles may call it (``door_roles``).

A post counts at its own agency: not at those below it, not at the one above it, and nowhere else. What reaches
further is a national role, named so here. Whoever is a party to an application has no post in it, whatever it says.
What services may call: ``service_calls``. A door or role that is not entered fails ``test_door_agencies``;
``tests/e2e/test_agency_matrix.py`` tries every row.
"""

from __future__ import annotations

from tests.contract.door_roles import OFFICERS, PEOPLE

OFFICE = "at the agency of the thing, and never in a case of their own"
ASKED_AGENCY = "at an agency that was asked for its opinion"
COUNTRY = "everywhere, and never in a case of their own"
NATIONAL_TEXTS = "what belongs to no agency: the catalogue, the calendar, texts, agencies and posts"
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
            PEOPLE: "sessions revoke_session whoami enrol_otp confirm_otp change_password challenge_access",
            PEOPLE.replace(" auditor", ""): "access_log",
            "citizen": "delegate revoke_delegation delegations",
        },
        COUNTRY: {"auditor": "access_log access_challenges answer_challenge verify_access_log"},
        NATIONAL_TEXTS: {
            "operator": "create_agency appoint dismiss approve_appointment decline_appointment",
            "operator auditor": "appointment_requests",
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
            "accountant": "refund reconcile approve_statement decline_statement statements ledger trial_balance parity",
            "accountant approver": "approve_refund decline_refund waive approve_waiver decline_waiver refunds waivers",
        },
        COUNTRY: {
            "auditor": "refunds waivers",
            "operator": "reconcile approve_statement decline_statement",
            "auditor operator": "demands payment payments receipt ledger trial_balance parity statements",
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
