"""A command that could not do what it was asked says why on one line and ends with a status that means something."""

import pytest
from kombu.exceptions import OperationalError as BrokerError
from nameko.exceptions import RemoteError, RpcTimeout, UnknownService
from sqlalchemy.exc import OperationalError

from infra.chassis.refusals import NotFound
from infra.cli.exit_codes import Refused, end, verdict

REMOTE = RemoteError("ApplicationNotFound", "Không tìm thấy hồ sơ H26.01-1.")


def test_a_refusal_of_a_door_is_its_own_text() -> None:
    assert verdict(REMOTE) == (1, "Không tìm thấy hồ sơ H26.01-1.")


def test_a_refusal_of_a_use_case_speaks_the_language_of_the_setting(monkeypatch):
    monkeypatch.setenv("PORTAL_LANGUAGE", "en")
    status, output = verdict(NotFound())
    assert (status, output.split(".")[0]) == (1, "Not found")


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Refused("no"), 1),
        (RpcTimeout("10s"), 75),
        (UnknownService("catalog"), 75),
        (BrokerError("refused"), 75),
        (ConnectionRefusedError(111, "refused"), 75),
        (FileNotFoundError(2, "No such file", "x"), 69),
        (OperationalError("SELECT 1", {}, Exception("no such table: dead_letter")), 69),
        (ZeroDivisionError("division by zero"), 70),
    ],
)
def test_the_status_says_whose_turn_it_is(error, status):
    assert verdict(error)[0] == status


def test_the_statement_of_a_failed_query_is_not_shown() -> None:
    _, output = verdict(OperationalError("SELECT password FROM account", {}, Exception("server closed")))
    assert output == "the database cannot be used: server closed"


def test_it_is_one_line_without_a_traceback(capsys):
    assert end(RuntimeError("first\nsecond")) == 70
    output = capsys.readouterr()
    assert output.out == "" and output.err == "portal: RuntimeError: first second (LOG_LEVEL=DEBUG shows where)\n"


def test_a_failure_shows_where_it_was_when_asked(monkeypatch, capsys):
    monkeypatch.setenv("LOG_LEVEL", "DEBUG")
    try:
        raise RuntimeError("here")
    except RuntimeError as error:
        end(error)
    assert "Traceback" in capsys.readouterr().err
