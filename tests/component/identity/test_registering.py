"""Who gets an account."""

import dataclasses
from uuid import uuid4

import pytest
from sqlalchemy import select

from infra.chassis.refusals import CommandIdReused, InvalidRequest
from infra.chassis.storage.commands import Command
from infra.chassis.storage.tables import command_log
from services.identity.errors import AccountAlreadyExists, CitizenDataDiffers, CitizenNotInRegister, WeakPassword
from services.identity.models import Account
from tests.component.identity.conftest import NOTIFICATIONS


def test_a_person_of_the_register_gets_an_account(identity, password, fits):
    reply = identity.accounts.register_citizen(identity.claimed(), password)
    fits("register_citizen", reply)
    assert reply["username"] == identity.claimed().citizen_number
    assert identity.outbox_events() == [
        ("account_registered.v1", {"account_id": reply["account_id"], "language": "vi", "at": reply["registered_at"]})
    ]


def test_the_name_is_kept_as_the_register_writes_it_whatever_case_it_was_typed_in(identity, password):
    typed = dataclasses.replace(identity.claimed(), full_name="  nguyễn   THỊ mẫu ")
    assert identity.accounts.register_citizen(typed, password)["full_name"] == "Nguyễn Thị Mẫu"


def test_somebody_the_register_does_not_know_is_refused(identity, password):
    with pytest.raises(CitizenNotInRegister):
        identity.accounts.register_citizen(identity.claimed(citizen_number="001190000001"), password)


@pytest.mark.parametrize(
    "other", [{"full_name": "Nguyễn Thị Mâu"}, {"full_name": "Nguyen Thi Mau"}, {"birth_date": "1990-05-18"}]
)
def test_other_particulars_than_the_registers_are_refused_without_saying_which(identity, password, other):
    with pytest.raises(CitizenDataDiffers) as refused:
        identity.accounts.register_citizen(identity.claimed(**other), password)
    assert refused.value.facts == {}


def test_a_citizen_has_one_account(identity, password):
    identity.registered()
    with pytest.raises(AccountAlreadyExists):
        identity.accounts.register_citizen(identity.claimed(), password)


@pytest.mark.parametrize(
    "weak",
    ["ngắn", "12345678", "aaaaaaaaaaaa", "MatKhau123", "xin 001190999901 chào", "mau0@example.com!", "0901234500 abc"],
)
def test_a_weak_password_is_refused_and_no_account_made(identity, weak):
    with pytest.raises(WeakPassword):
        identity.accounts.register_citizen(identity.claimed(), weak)
    with identity.database.session() as session:
        assert session.scalar(select(Account)) is None


@pytest.mark.parametrize(
    "phone",
    [
        "không có",
        "12",
        "+84 12345678901234567",
        "\u0000",
        "01621234567",
        "0000000000",
        "1900 1234",
        "1800 1234",
        "113",
        "+84 000000000",
        "0123456789",
        "gọi 0901234567",
        "0901234567; 0912345678",
        "0901234567 ext 5",
        "tel:0901234567",
        "0901234567#1",
        "O901234567",
    ],
)
def test_a_telephone_number_that_cannot_be_one_is_pointed_at(identity, password, phone):
    with pytest.raises(InvalidRequest) as refused:
        identity.accounts.register_citizen(identity.claimed(phone=phone), password)
    assert refused.value.facts["problems"][0]["pointer"] == "/phone"


@pytest.mark.parametrize(
    "email",
    [
        "mau@localhost",
        "a@b",
        "a..b@example.com",
        ".a@example.com",
        "a@-b.vn",
        "a@b..vn",
        "a b@example.com",
        "a@example.com,b@example.com",
        f"{'a' * 65}@example.com",
        "a@127.0.0.1",
        "mẫu@",
        "a@example.c\u200bom",
    ],
)
def test_an_email_address_that_cannot_be_one_is_pointed_at(identity, password, email):
    with pytest.raises(InvalidRequest) as refused:
        identity.accounts.register_citizen(identity.claimed(email=email), password)
    assert refused.value.facts["problems"][0]["pointer"] == "/email"


@pytest.mark.parametrize(
    "phone", ["0901 234 567", "+84 90 123 45 67", "０９０１２３４５６７", "024 3825 1234", "+1 650 253 0000"]
)
def test_a_telephone_number_that_somebody_can_have_is_taken(identity, password, phone):
    account = identity.accounts.register_citizen(identity.claimed(phone=phone), password)
    assert identity.accounts.contact(account["account_id"], reader=NOTIFICATIONS)["phone"].startswith("+")


def test_a_date_that_only_looks_like_one_is_pointed_at(identity, password):
    with pytest.raises(InvalidRequest) as refused:
        identity.accounts.register_citizen(identity.claimed(birth_date="0000-01-01"), password)
    assert refused.value.facts["problems"][0]["pointer"] == "/birth_date"


def test_telephone_numbers_are_kept_in_international_form(identity):
    account_id = identity.registered()["account_id"]
    assert identity.accounts.contact(account_id, reader=NOTIFICATIONS)["phone"] == "+84901234500"


def command(identity, command_id, password, **claimed):
    arguments = {**dataclasses.asdict(identity.claimed(**claimed)), "password": password}
    return Command.of(command_id, "identity.register_citizen", "anonymous", arguments)


def test_the_same_command_again_gets_the_first_answer(identity, password):
    command_id = str(uuid4())
    replies = [
        identity.accounts.register_citizen(
            identity.claimed(), password, command=command(identity, command_id, password)
        )
        for _ in range(2)
    ]
    assert replies[0] == replies[1]
    assert len(identity.outbox_events()) == 1


def test_the_same_command_id_for_somebody_else_is_refused(identity, password):
    command_id = str(uuid4())
    identity.accounts.register_citizen(identity.claimed(), password, command=command(identity, command_id, password))
    with pytest.raises(CommandIdReused):
        identity.accounts.register_citizen(
            identity.claimed(1), password, command=command(identity, command_id, password, person=1)
        )


def test_nothing_the_command_log_keeps_is_made_with_the_password(identity, password):
    with_password = command(identity, str(uuid4()), password)
    identity.accounts.register_citizen(identity.claimed(), password, command=with_password)
    with identity.database.session() as session:
        assert session.scalar(select(command_log.c.fingerprint)) != with_password.fingerprint
