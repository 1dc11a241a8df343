"""Whom identity's doors let in."""

from __future__ import annotations

OFFICIALS = {"intake_officer", "case_officer", "approver", "catalog_editor", "accountant", "auditor", "operator"}
SIGNED_IN = {"citizen", *OFFICIALS}
ENROLLING = {"enrolling", *SIGNED_IN}
OFFICE = {"intake_officer", "approver", "operator"}
