"""A setting has a value or it is missing by name, however its file was encoding; a secret has a least length."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from infra.chassis.files import replace_text, text_of
from infra.chassis.settings import SettingMissing, Settings, stored_secret
from services.payments.gateways.contracts import Gateways

NO_TEXT = [b"\xff\x00\x41", b"caf\xe9-secret", b"secret\x00secret", "mật".encode("utf-16-le")]
BLANK = [b"", b"\n", b"  \r\n\t\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf\n", "\ufeff \n".encode("utf-16-le")]
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le with its mark"]


def file_of(tmp_path: Path, content: bytes) -> str:
    path = tmp_path / "value"
    path.write_bytes(content)
    return str(path)


@pytest.mark.parametrize("value", ["", " ", "\n", "\t "])
def test_a_blank_value_counts_as_unset(value):
    settings = Settings({"VNPAY_HASH_SECRET": value})
    assert settings.get("VNPAY_HASH_SECRET") is None
    assert settings.get("VNPAY_HASH_SECRET", "else") == "else"
    with pytest.raises(SettingMissing, match="VNPAY_HASH_SECRET"):
        settings.require("VNPAY_HASH_SECRET")


@pytest.mark.parametrize("content", BLANK)
def test_a_blank_file_counts_as_unset_and_is_named_where_a_value_is_needed(tmp_path, content):
    settings = Settings({"VNPAY_HASH_SECRET_FILE": file_of(tmp_path, content)})
    assert settings.get("VNPAY_HASH_SECRET") is None
    with pytest.raises(SettingMissing, match=r"VNPAY_HASH_SECRET_FILE .* is empty"):
        settings.require("VNPAY_HASH_SECRET")
    with pytest.raises(SettingMissing, match=r"VNPAY_HASH_SECRET_FILE .* is empty"):
        settings.secret("VNPAY_HASH_SECRET")


def test_a_value_that_is_blank_gives_way_to_the_file(tmp_path):
    settings = Settings({"SMTP_URL": " ", "SMTP_URL_FILE": file_of(tmp_path, b"smtp://mail\n")})
    assert settings.get("SMTP_URL") == "smtp://mail"


@pytest.mark.parametrize("name", ["AMQP_URI_FILE", "PAYMENTS_DATABASE_URL_FILE"])
def test_a_blank_file_for_a_server_does_not_make_the_platform_embedded(tmp_path, name):
    settings = Settings({name: file_of(tmp_path, b"\n"), "PORTAL_HOME": str(tmp_path)})
    with pytest.raises(SettingMissing, match=name):
        _ = settings.embedded


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_of_windows_editors_are_read(tmp_path, encoding):
    text = "mật khẩu của Mẫu\r\n"
    content = text.encode(encoding) if " " not in encoding else "\ufeff".encode("utf-16-le") + text.encode("utf-16-le")
    assert Settings({"PORTAL_PASSWORD_FILE": file_of(tmp_path, content)}).require("PORTAL_PASSWORD") == text.strip()


@pytest.mark.parametrize(
    "content", [b"\xff\x00\x41", b"caf\xe9-secret", b"secret\x00secret", "mật".encode("utf-16-le")]
)
def test_a_file_that_is_no_text_is_named(tmp_path, content):
    with pytest.raises(SettingMissing, match="SMS_TOKEN_FILE"):
        Settings({"SMS_TOKEN_FILE": file_of(tmp_path, content)}).get("SMS_TOKEN")


def test_a_secret_that_is_too_short_is_named_and_not_repeated():
    with pytest.raises(SettingMissing, match="at least 8") as ended:
        Settings({"SERVICE_CLIENT_SECRET": "ngắn-ha"}).secret("SERVICE_CLIENT_SECRET")
    assert "ngắn-ha" not in ended.value.message
    assert Settings({"SERVICE_CLIENT_SECRET": "tám chữ."}).secret("SERVICE_CLIENT_SECRET") == "tám chữ."


@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "1e999"])
def test_a_number_that_is_none_is_named(value):
    with pytest.raises(SettingMissing, match="GRACE"):
        Settings({"GRACE": value}).number("GRACE", 25)


@pytest.mark.parametrize(
    ("name", "value"),
    [("PAYMENT_ONLINE_MINUTES", "0"), ("PAYMENT_ONLINE_MINUTES", "-5"), ("PAYMENT_TRANSFER_HOURS", "1e12")],
)
def test_a_number_that_no_clock_can_count_is_named(name, value):
    with pytest.raises(SettingMissing, match=name):
        Gateways.from_settings(Settings({name: value, "PORTAL_ENVIRONMENT": "development"}))


def test_a_flag_is_said_by_a_word_that_is_one():
    assert Settings({"FOUR_EYES": "Yes"}).flag("FOUR_EYES") and not Settings({"FOUR_EYES": "off"}).flag(
        "FOUR_EYES", True
    )
    with pytest.raises(SettingMissing, match="FOUR_EYES"):
        Settings({"FOUR_EYES": "ja"}).flag("FOUR_EYES")


def test_a_made_secret_that_was_emptied_stops_by_name(tmp_path):
    path = tmp_path / "secret"
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(SettingMissing, match="secret"):
        stored_secret(path, lambda: "a new one")


def test_a_file_is_replaced_as_a_whole_and_keeps_its_mode(tmp_path):
    path = tmp_path / "operator.json"
    replace_text(path, "Quản trị", mode=0o600)
    replace_text(path, "Mẫu", mode=0o600)
    assert text_of(path) == "Mẫu"
    assert path.stat().st_mode & 0o777 == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["operator.json"]


def test_a_write_that_fails_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "seed.json"
    replace_text(path, "before")
    monkeypatch.setattr(os, "fsync", lambda _descriptor: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        replace_text(path, "after")
    assert text_of(path) == "before" and [path.name for path in tmp_path.iterdir()] == ["seed.json"]


def test_files_are_utf_8_whatever_the_locale(tmp_path):
    program = (
        "import sys; from pathlib import Path; from infra.chassis.files import replace_text, text_of\n"
        "path = Path(sys.argv[1]); replace_text(path, 'Nguy\\u1ec5n'); sys.exit(text_of(path) != 'Nguy\\u1ec5n')"
    )
    env = {**os.environ, "LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    subprocess.run([sys.executable, "-c", program, str(tmp_path / "name")], env=env, check=True, cwd=Path.cwd())
    assert (tmp_path / "name").read_bytes() == "Nguyễn".encode()
