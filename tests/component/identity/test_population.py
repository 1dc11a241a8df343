"""The population register and its sample."""

import json
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.settings import SettingMissing, Settings
from services.identity.errors import NoSamplePeople
from services.identity.population import SAMPLE, RegisterFile, SampleRegister, number_fault, register_of

PRODUCTION = {"AMQP_URI": "amqp://broker", "PORTAL_ENVIRONMENT": "production"}


def test_the_sample_has_forty_grown_up_people_in_several_provinces():
    people = RegisterFile(SAMPLE).people()
    assert len(people) == 40
    assert len({one.province_code for one in people}) >= 5
    assert all(one.birth_date < date(2026, 1, 1) - timedelta(days=18 * 366) for one in people)


def test_development_falls_back_on_the_sample_and_offers_it(tmp_path, fits):
    settings = Settings({"PORTAL_HOME": str(tmp_path)})
    assert register_of(settings).citizen("001190999901").full_name == "Nguyễn Thị Mẫu"
    reply = SampleRegister.from_settings(settings).sample_people()
    fits("sample_people", reply)
    assert len(reply["items"]) == 40


def test_production_does_not_start_without_a_register():
    with pytest.raises(SettingMissing) as ended:
        register_of(Settings(PRODUCTION))
    assert ended.value.name == "POPULATION_REGISTER"


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


def test_in_production_nobody_is_offered_even_without_a_register():
    with pytest.raises(NoSamplePeople):
        SampleRegister.from_settings(Settings(PRODUCTION)).sample_people()


@pytest.mark.parametrize(
    "line", ["{", "{}", '{"citizen_number": "1", "full_name": "x", "birth_date": "1999-01-02", "sex": "male"}']
)
def test_a_register_that_cannot_be_read_stops_the_process_by_name(tmp_path, line):
    register = tmp_path / "register.jsonl"
    register.write_text(line)
    with pytest.raises(SettingMissing) as ended:
        register_of(Settings({**PRODUCTION, "POPULATION_REGISTER": str(register)}))
    assert ended.value.name == "POPULATION_REGISTER"


def test_a_register_that_is_not_there_stops_the_process_by_name():
    with pytest.raises(SettingMissing):
        register_of(Settings({**PRODUCTION, "POPULATION_REGISTER": "/nowhere"}))


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


@given(
    st.dates(min_value=date(1900, 1, 1), max_value=date(2199, 12, 31)),
    st.sampled_from(["male", "female"]),
    st.integers(0, 999_999),
)
def test_a_number_is_well_formed_for_one_century_sex_and_year_only(born, sex, serial):
    digit = (born.year // 100 - 19) * 2 + (sex == "female")
    number = f"001{digit}{born.year % 100:02d}{serial:06d}"
    assert number_fault(number, born, sex) is None
    assert number_fault(number, born, "male" if sex == "female" else "female")
    assert number_fault(number, born.replace(day=1, year=born.year - 1), sex)
    assert number_fault(number[:-1], born, sex)
