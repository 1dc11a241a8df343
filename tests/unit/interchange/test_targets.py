"""The setting that says which nodes are told of applications."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.chassis.access.actors import ANONYMOUS
from infra.chassis.settings import SettingMissing, Settings
from services.interchange.mirroring.targets import TargetDirectory, targets_of

CLASSIC = {
    "name": "national",
    "url": "https://node.example.vn/dvcqg/",
    "layout": "classic",
    "unit": "000.00.01.H01",
    "username": "mau",
    "password": "mật khẩu mẫu",
    "dstcode": "VN:COM:0000",
}
MINISTRY = {**CLASSIC, "name": "ministry", "unit": "H01", "dstcode": ""}


def settings(*entries: Any) -> Settings:
    return Settings({"INTERCHANGE_TARGETS": json.dumps(entries)})


def test_a_portal_without_targets_tells_nobody() -> None:
    assert targets_of(Settings({})) == {}


def test_targets_are_in_the_order_of_the_setting_with_the_credentials_of_their_layout() -> None:
    national, ministry = targets_of(settings(CLASSIC, MINISTRY)).values()
    assert national.credentials == {"username": "mau", "password": "mật khẩu mẫu", "dstcode": "VN:COM:0000"}
    assert ministry.credentials == {"username": "mau", "password": "mật khẩu mẫu"}
    assert national.url == "https://node.example.vn/dvcqg"


def test_who_asks_for_the_targets_is_shown_no_password() -> None:
    answer = TargetDirectory.from_settings(settings(CLASSIC, MINISTRY)).targets(by=ANONYMOUS)
    assert [item["name"] for item in answer["items"]] == ["national", "ministry"]
    assert "mẫu" not in json.dumps(answer, ensure_ascii=False)


@pytest.mark.parametrize(
    ("entries", "why"),
    [
        ("{", "no JSON"),
        ("{}", "no JSON list"),
        (json.dumps([{**CLASSIC, "layout": "soap"}]), "entry 1 needs a layout: classic"),
        (json.dumps([MINISTRY, {**CLASSIC, "password": ""}]), "entry 2 lacks password"),
        (json.dumps([{**CLASSIC, "name": "Trục quốc gia"}]), "small letters"),
        (json.dumps([{**CLASSIC, "url": "file:///etc/passwd"}]), "neither http nor https"),
        (json.dumps([CLASSIC, CLASSIC]), "same name"),
    ],
)
def test_a_setting_that_cannot_be_used_ends_the_process_by_its_name(entries: str, why: str) -> None:
    with pytest.raises(SettingMissing, match=why) as ended:
        targets_of(Settings({"INTERCHANGE_TARGETS": entries}))
    assert ended.value.name == "INTERCHANGE_TARGETS"
