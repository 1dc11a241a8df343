"""The short form for every run of the suite: the demo, and the tests that know of days, on days that differ most.

All days and all tests: ``make moved-clock``.
"""

from __future__ import annotations

import pytest

from tests.moved_clock.days import DAYS
from tests.moved_clock.processes import demo, run_tests

COMPACT = [
    *(f"tests/component/applications/test_{name}.py" for name in ("commands", "deciding", "following", "waiting")),
    *(f"tests/component/catalog/test_{name}.py" for name in ("calendars", "drafts", "fees", "versions")),
    *(f"tests/component/identity/test_{name}.py" for name in ("delegations", "one_time_codes", "sessions", "tokens")),
    *(f"tests/component/payments/test_{name}.py" for name in ("demands", "open_payments", "reconciling", "refunds")),
    *(f"tests/component/notifications/test_{name}.py" for name in ("delivery_states", "mail", "webhooks")),
    "tests/component/transparency/test_witness.py",
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
