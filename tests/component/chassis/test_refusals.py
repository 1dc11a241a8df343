"""Refusals say what is wrong and what to do, in two languages."""

from __future__ import annotations

import pytest

from infra.chassis.settings import SettingMissing, Settings


def test_a_missing_setting_ends_the_process_by_name(tmp_path):
    with pytest.raises(SettingMissing) as missing:
        Settings({"AMQP_URI": "amqp://"}).database_url("payments")
    assert missing.value.code == 78
    assert "PAYMENTS_DATABASE_URL" in str(missing.value)


def test_a_setting_may_come_from_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    assert Settings({"TOKEN_FILE": str(tmp_path / "secret")}).require("TOKEN") == "from a file"
