"""Whom the doors of applications let in."""

from __future__ import annotations

CITIZEN = {"citizen"}
OFFICERS = {"intake_officer", "case_officer", "approver"}
AUDITORS = {"auditor"}
READERS = {*CITIZEN, *OFFICERS, *AUDITORS, "accountant"}
