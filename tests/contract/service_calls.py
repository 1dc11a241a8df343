"""Which service may call which door, and on whose behalf: written by hand from what each is for, not read from files.

A door, a caller or a person that is not entered here is admitted nowhere; a new call of a client, or a new row of the
chassis's table, fails ``test_service_calls`` until it is entered.
"""

from __future__ import annotations

ANYONE, ITSELF = "anyone", "itself"  # a public door; a service in its own right, with nobody's token

OFFICERS = "intake_officer case_officer approver"
STAFF = f"{OFFICERS} accountant auditor"

# caller -> door -> on whose behalf
MAY: dict[str, dict[str, str]] = {
    "identity": {},
    "catalog": {
        "identity.jwks": ANYONE,
        "identity.access_endings": ANYONE,
    },
    "applications": {
        "identity.jwks": ANYONE,
        "identity.access_endings": ANYONE,
        "catalog.procedure": ANYONE,
        "catalog.quote": ANYONE,
        "catalog.calendar": ANYONE,
        "catalog.agency": ANYONE,
        "identity.delegation_for": f"citizen {STAFF}",  # staff read as delegates where the case is their own
        "identity.delegations_in_force": "citizen",
        "identity.posts": OFFICERS,
        "interchange.dossier_by_person": ITSELF,
    },
    "payments": {
        "identity.jwks": ANYONE,
        "identity.access_endings": ANYONE,
        "identity.delegation_for": f"citizen {STAFF} operator",
        "applications.application": f"citizen {STAFF} {ITSELF}",
    },
    "notifications": {
        "identity.jwks": ANYONE,
        "identity.access_endings": ANYONE,
        "identity.contact": ITSELF,
        "identity.code_message": ITSELF,
        "catalog.procedure": ANYONE,
    },
    "interchange": {
        "identity.jwks": ANYONE,
        "identity.access_endings": ANYONE,
        "identity.citizen_number": ITSELF,
        "catalog.procedure": ANYONE,
        "catalog.search": ANYONE,
        "catalog.agencies": ANYONE,
        "catalog.agency": ANYONE,
    },
    "oversight": {
        "identity.jwks": ANYONE,
        "identity.access_endings": ANYONE,
        "catalog.calendar": ANYONE,
        "catalog.agency": ANYONE,
    },
}
# Doors that may be asked about nobody but the person on whose behalf, and the argument that names them.
ABOUT = {"identity.delegation_for": "delegate_account_id", "identity.delegations_in_force": "delegate_account_id"}
PEOPLE = ("citizen", *STAFF.split(), "catalog_editor", "operator", "service")
