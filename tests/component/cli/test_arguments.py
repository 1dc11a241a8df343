"""What is typed wrong is reported with the usage, and ends with 2; nothing is started for it."""

import shutil

import pytest
from typer.testing import CliRunner

from infra.cli.app import app
from infra.cli.exit_codes import Refused
from infra.cli.seed import overview

COMMANDS = {
    "demo", "run", "migrate", "bootstrap", "seed", "doctor", "catalog", "history", "state", "diff", "explain",
    "findings", "evidence", "report", "export", "verify", "import-history", "rebuild", "dead-letters", "bench",
    "diagram", "identity", "sign-history", "sources", "start", "interchange",
    "what-if", "open-data",
}  # fmt: skip


@pytest.fixture(autouse=True)
def an_empty_home(tmp_path, monkeypatch):
    monkeypatch.setenv("PORTAL_HOME", str(tmp_path / "home"))
    yield
    assert not (tmp_path / "home").exists()


def portal(*arguments):
    return CliRunner().invoke(app, list(arguments))


def test_every_command_is_there_and_says_what_it_does():
    registered = {command.name or command.callback.__name__.replace("_", "-") for command in app.registered_commands}
    registered |= {group.name for group in app.registered_groups}
    assert registered == COMMANDS
    assert all(portal(command, "--help").exit_code == 0 for command in ("run", "state", "verify", "import-history"))


@pytest.mark.parametrize(
    "typed",
    [
        ["run", "nobody"],
        ["migrate", "catalog", "nobody"],
        ["rebuild", "nobody"],
        ["dead-letters", "show", "nobody", "1"],
        ["dead-letters", "show", "catalog", "first"],
        ["dead-letters", "drop", "catalog", "1"],
        ["catalog", "import"],
        ["catalog", "import", "no-such-file.jsonl"],
        ["import-history", "no-such-file.csv", "--mapping", "map.yaml"],
        ["export", "--format", "pdf"],
        ["diff", "H26.01-1", "one", "two"],
        ["history"],
        ["verify", "evidence.json", "--dsn", "sqlite:///x"],
        ["demo", "--procedures", "no-such-file.jsonl"],
        ["bootstrap", "--password-file", "no-such-file"],
    ],
)
def test_wrong_arguments_are_a_usage_error(typed):
    assert portal(*typed).exit_code == 2


def test_what_seed_prints_is_what_was_agreed():
    person = {"username": "1", "password": "p", "account_id": "a", "citizen_number": "1", "email": "x@example.vn"}
    world = {"agency_code": "A", "province_code": "01", "officials": {"auditor": person}, "citizens": [person], "n": 1}
    assert overview(world) == {
        "agency_code": "A",
        "province_code": "01",
        "officials": {"auditor": {"username": "1", "password": "p", "account_id": "a"}},
        "citizens": [{"username": "1", "password": "p", "account_id": "a", "citizen_number": "1"}],
    }


def test_a_service_without_a_history_has_nothing_to_rebuild():
    refused = portal("rebuild", "identity")
    assert isinstance(refused.exception, Refused) and "no read model" in str(refused.exception)


@pytest.mark.parametrize("content", ["[]", "{}", "no JSON"])
def test_a_file_that_is_no_evidence_is_refused(tmp_path, content):
    (tmp_path / "evidence.json").write_text(content)
    refused = portal("history", str(tmp_path / "evidence.json"))
    assert isinstance(refused.exception, Refused) and "no evidence file" in str(refused.exception)


def test_a_file_that_is_no_evidence_does_not_verify(tmp_path):
    (tmp_path / "none.json").write_text("[]")
    assert portal("verify", str(tmp_path / "none.json")).exit_code == 2
    (tmp_path / "empty.json").write_text("{}")
    assert portal("verify", str(tmp_path / "empty.json")).exit_code == 1


def test_an_installation_without_a_store_cannot_be_verified():
    assert portal("verify").exit_code == 2


def test_a_mapping_that_names_no_column_of_the_file_is_refused(tmp_path):
    (tmp_path / "older.csv").write_text("case,what,at\nA1,Nộp,2015-03-01 08:00\n")
    (tmp_path / "map.yaml").write_text("case: case\nactivity: none\ntimestamp: at\n")
    refused = portal("import-history", str(tmp_path / "older.csv"), "--mapping", str(tmp_path / "map.yaml"))
    assert isinstance(refused.exception, Refused) and "none" in str(refused.exception)
    shutil.rmtree(tmp_path / "home")  # its database was made before the file was read


def test_a_report_is_a_page_or_a_pdf(tmp_path):
    assert isinstance(portal("report", "X", "--output", str(tmp_path / "report.docx")).exception, Refused)
