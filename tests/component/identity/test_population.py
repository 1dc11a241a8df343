"""The population register and its sample."""

import json
from datetime import date

import pytest

from infra.chassis.settings import SettingMissing, Settings
from services.identity.errors import NoSamplePeople
from services.identity.population import RegisterFile, SampleRegister, register_of
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
