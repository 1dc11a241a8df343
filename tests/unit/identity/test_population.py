"""The population register and its sample."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.chassis.settings import SettingMissing, Settings
from services.identity.errors import NoSamplePeople
from services.identity.population import SAMPLE, RegisterFile, SampleRegister, number_fault, register_of

PRODUCTION = {"AMQP_URI": "amqp://broker", "PORTAL_ENVIRONMENT": "production"}


def test_the_sample_has_forty_grown_up_people_in_several_provinces() -> None:
    people = RegisterFile(SAMPLE).people()
    assert len(people) == 40
    assert len({entry.province_code for entry in people}) >= 5
    assert all(entry.birth_date < date(2026, 1, 1) - timedelta(days=18 * 366) for entry in people)


def test_production_does_not_start_without_a_register() -> None:
    with pytest.raises(SettingMissing) as ended:
        register_of(Settings(PRODUCTION))
    assert ended.value.name == "POPULATION_REGISTER"


def test_in_production_nobody_is_offered_even_without_a_register() -> None:
    with pytest.raises(NoSamplePeople):
        SampleRegister.from_settings(Settings(PRODUCTION)).sample_people()


def test_a_register_that_is_not_there_stops_the_process_by_name() -> None:
    with pytest.raises(SettingMissing):
        register_of(Settings({**PRODUCTION, "POPULATION_REGISTER": "/nowhere"}))


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
