"""The short form for every run of the suite: the demo, and the tests that know of days, on days that differ most.

All days and all tests: ``make moved-clock``.
"""

from __future__ import annotations

import pytest

from tests.moved_clock.days import DAYS
from tests.moved_clock.processes import demo, run_tests

COMPACT = [
    "tests/component/applications/test_commands.py",
    "tests/component/applications/test_deadlines.py",
    "tests/component/applications/test_follower_duties.py",
    "tests/component/applications/test_procedure_rules.py",
    "tests/component/catalog/test_calendars.py",
    "tests/component/catalog/test_versions.py",
    "tests/component/identity/test_delegations.py",
    "tests/component/identity/test_one_time_codes.py",
    "tests/component/identity/test_sessions.py",
    "tests/component/notifications/test_mail.py",
    "tests/component/notifications/test_webhooks.py",
    "tests/component/payments/test_demands.py",
    "tests/component/payments/test_open_payments.py",
    "tests/component/payments/test_reconciling.py",
    "tests/component/payments/test_refunds.py",
    "tests/component/transparency/test_witness.py",
    "tests/unit/applications/test_pauses.py",
    "tests/unit/working_time/test_due_dates.py",
]
JOURNEY = ["tests/e2e/test_cli.py", "-k", "evidence_file_answers_without_any_server"]


@pytest.mark.parametrize("name", ["new-year", "make-up-saturday", "undecided"])
def test_the_demo_holds_on_another_day(name, tmp_path):
    assert demo(DAYS[name], tmp_path / "log") is None


@pytest.mark.timeout(600)  # a share of the suite, in a process of its own
@pytest.mark.parametrize("name", ["inside-tet", "ten-years-on"])
def test_what_knows_of_days_holds_on_another_day(name, tmp_path):
    assert run_tests(DAYS[name], COMPACT, tmp_path / "log") is None


@pytest.mark.timeout(300)
def test_the_auditors_commands_hold_on_a_leap_day(tmp_path):
    assert run_tests(DAYS["leap-day"], JOURNEY, tmp_path / "log") is None
