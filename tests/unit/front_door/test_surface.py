"""The calls that may be made over HTTP: all of the contracts but those between services."""

from __future__ import annotations

import pytest

from infra.chassis.contracts import contract_of
from infra.chassis.settings import SERVICES
from infra.front_door.errors import MalformedRequest
from infra.front_door.gateway import object_of
from infra.front_door.surface import INTERNAL, WITHOUT_COMMAND, doors

WRITING = (
    "sign",
    "register",
    "publish_",
    "set_",
    "create",
    "revoke",
    "erase_",
    "submit",
    "start",
    "change_password",
)


def test_every_call_of_every_contract_is_there_but_the_internal_ones() -> None:
    every = {(service, method) for service in SERVICES for method in contract_of(service).rpc}
    assert set(doors()) == every - INTERNAL and every >= INTERNAL
    assert len(doors()) > 130


def test_what_takes_no_command_id_and_changes_something_is_on_the_list() -> None:
    assert set(doors()) >= WITHOUT_COMMAND
    assert not [key for key in WITHOUT_COMMAND if doors()[key].takes_command]
    unlisted = [key for key, door in doors().items() if f"{key[1]}_".startswith(WRITING) and not door.changes]
    assert unlisted == []


def test_reads_and_commands_may_be_sent_again_and_nothing_else() -> None:
    assert doors()["catalog", "search"].repeatable({})
    assert doors()["applications", "submit"].repeatable({"command_id": "x"})
    assert not doors()["identity", "register_citizen"].repeatable({})
    assert not doors()["identity", "refresh"].repeatable({"refresh_token": "x"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"1",
        b"{",
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b"\xff\xfe{}",
        b'{"a": ' + b"[" * 100 + b"]" * 100 + b"}",
        b'{"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
        b'{"a": [' + b"1," * 300_000 + b"1]}",
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_object_or_too_deep_or_too_much_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        object_of(body)


def test_an_object_is_read() -> None:
    assert object_of('{"text": "đổi giấy", "limit": 1}'.encode()) == {"text": "đổi giấy", "limit": 1}
