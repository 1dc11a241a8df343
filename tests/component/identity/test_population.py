"""The population register and its sample."""

import json
from datetime import date
from typing import Any

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.identity.errors import NoSamplePeople
from services.identity.population import SAMPLE, RegisterFile, SampleRegister, register_of
from tests.unit.identity.test_population import PRODUCTION


def test_development_falls_back_on_the_sample_and_offers_it(tmp_path, fits):
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    assert register_of(settings).citizen("001190999901").full_name == "Nguyễn Thị Mẫu"
    reply = SampleRegister.from_settings(settings).sample_people()
    fits("sample_people", reply)
    assert len(reply["items"]) == 40


def test_a_given_register_is_used_and_its_people_are_offered_to_nobody(tmp_path):
    register = tmp_path / "register.jsonl"
    person = {
        "citizen_number": "001199000001",
        "full_name": "Trần Thị Thử",
        "birth_date": "1999-01-02",
        "sex": "female",
    }
    register.write_text(json.dumps(person) + "\n\n")
    for base in (PRODUCTION, {"PORTAL_HOME": str(tmp_path)}):
        settings = Settings({**base, "POPULATION_REGISTER": str(register)})
        assert register_of(settings).citizen("001199000001").full_name == "Trần Thị Thử"
        with pytest.raises(NoSamplePeople):
            SampleRegister.from_settings(settings).sample_people()


@pytest.mark.parametrize(
    "line", ["{", "{}", '{"citizen_number": "1", "full_name": "x", "birth_date": "1999-01-02", "sex": "male"}']
)
def test_a_register_that_cannot_be_read_stops_the_process_by_name(tmp_path, line):
    register = tmp_path / "register.jsonl"
    register.write_text(line)
    with pytest.raises(SettingMissing) as ended:
        register_of(Settings({**PRODUCTION, "POPULATION_REGISTER": str(register)}))
    assert ended.value.name == "POPULATION_REGISTER"


PERSON = {
    "citizen_number": "001199000001",
    "full_name": "Trần Thị Thử",
    "birth_date": "1999-01-02",
    "sex": "female",
}


OTHER = {**PERSON, "citizen_number": "001199000003"}


@pytest.mark.parametrize(
    "odd",
    [
        {"birth_date": "1950"},
        {"birth_date": "1950-00-00"},
        {"birth_date": None},
        {"citizen_number": "N1234567"},
        {"citizen_number": 1199000002},
        {"full_name": None},
        {"full_name": ["Mẫu"]},
        "{",
        "[]",
        '"x"',
        b"\xff\xfe\xff",
        "[" * 100_000,
        '{"birth_date": ' + "9" * 5_000 + "}",
        {"full_name": "  "},
        {"full_name": "\u200b"},
        {"full_name": "\ud800n"},
        {"birth_date": "01/01/1950"},
        '{"sex": "male", ' + json.dumps({**PERSON, "citizen_number": "001199000002"})[1:],
    ],
)
def test_one_odd_record_is_reported_and_the_rest_of_the_register_is_read(tmp_path, odd):
    line = json.dumps({**PERSON, "citizen_number": "001199000002", **odd}) if isinstance(odd, dict) else odd
    register = tmp_path / "register.jsonl"
    register.write_bytes(json.dumps(OTHER).encode() + b"\n" + (line if isinstance(line, bytes) else line.encode()))
    read: Any = register_of(Settings({**PRODUCTION, "POPULATION_REGISTER": str(register)}))
    assert read.citizen("001199000003").full_name == "Trần Thị Thử"
    assert [(record.line, record.usable) for record in read.odd] == [(2, False)]
    assert "001199000002" not in read.odd[0].reason


@pytest.mark.parametrize("odd", [{"sex": None}, {"sex": "nam"}, {"sex": ["female"]}])
def test_somebody_of_whom_something_else_is_odd_is_found_and_reported(tmp_path, odd):
    register = tmp_path / "register.jsonl"
    register.write_text(json.dumps({**PERSON, "address": 7, "province_code": None, **odd}), encoding="utf-8")
    read = RegisterFile(register)
    assert read.citizen("001199000001").full_name == "Trần Thị Thử"
    assert [(record.line, record.usable) for record in read.odd] == [(1, True)]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_a_register_is_read_as_an_editor_saved_it(tmp_path, encoding):
    register = tmp_path / "register.jsonl"
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    text = "\r\n".join(json.dumps(person, ensure_ascii=False) for person in (PERSON, OTHER))
    register.write_bytes((mark + text).encode(encoding))
    assert [person.full_name for person in RegisterFile(register).people()] == ["Trần Thị Thử"] * 2


def test_somebody_whose_sex_was_corrected_is_found_and_reported(tmp_path):
    register = tmp_path / "register.jsonl"
    register.write_text(json.dumps({**PERSON, "sex": "male"}), encoding="utf-8-sig")
    read = RegisterFile(register)
    assert read.citizen("001199000001").sex == "male"
    assert [(record.line, record.usable) for record in read.odd] == [(1, True)]


def test_a_number_that_stands_twice_is_the_first_record_of_it(tmp_path):
    register = tmp_path / "register.jsonl"
    lines = [PERSON, {**PERSON, "full_name": "Người Khác"}]
    register.write_text("\n".join(map(json.dumps, lines)))
    read = RegisterFile(register)
    assert read.citizen("001199000001").full_name == "Trần Thị Thử"
    assert [record.line for record in read.odd] == [2]


def test_the_sample_has_no_odd_record():
    assert RegisterFile(SAMPLE).odd == []


@pytest.mark.parametrize(
    ("recorded", "typed"),
    [
        ("Mẫu Thị Hoà", "Mẫu Thị Hòa"),
        ("Trần Thuý Mẫu", "Trần Thúy Mẫu"),
        ("H'Hen Mẫu", "H’Hen Mẫu"),
        ("Đỗ Văn Mẫu", "Ðỗ Văn Mẫu"),
        ("Nguyễn Thị Mẫu", "Nguyễn\u200b Thị Mẫu"),
    ],
)
def test_a_name_fits_in_any_spelling_of_it_and_with_no_other_accent(tmp_path, recorded, typed):
    register = tmp_path / "register.jsonl"
    person = {"citizen_number": "001199000001", "full_name": recorded, "birth_date": "1999-01-02", "sex": "female"}
    register.write_text(json.dumps(person))
    citizen = RegisterFile(register).citizen("001199000001")
    assert citizen.fits(typed, date(1999, 1, 2))
    assert not citizen.fits(typed.replace("Mẫu", "Mậu"), date(1999, 1, 2))
