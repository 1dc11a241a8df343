"""The population register, as identity sees it: who is a citizen, by number.

``PopulationRegister`` is the port. ``RegisterFile`` stands behind it on one machine: JSON lines, one person each,
``{"citizen_number", "full_name", "birth_date", "sex", "province_code", "address"}``. A connection to the national
database takes its place with a class of the same shape.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Protocol

from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.vietnamese_text import readable, same_text
from services.identity.errors import NoSamplePeople

SETTING = "POPULATION_REGISTER"
SAMPLE = Path(__file__).with_name("sample_population.jsonl")


@dataclass(frozen=True)
class Citizen:
    """One person of the register. ``province_code`` is that of residence; the number itself names that of birth."""

    citizen_number: str
    full_name: str
    birth_date: date
    sex: str
    province_code: str
    address: str

    def fits(self, full_name: str, birth_date: date) -> bool:
        """Whether this is who somebody claims to be: another spelling of the name will do, another accent will not."""
        return same_text(self.full_name, full_name) and self.birth_date == birth_date


class PopulationRegister(Protocol):
    """Where a citizen number is looked up."""

    def citizen(self, citizen_number: str) -> Citizen | None:
        """The person with this number, or ``None``."""


class RegisterFile:
    """A register in a file of JSON lines, read once."""

    def __init__(self, path: Path) -> None:
        people = [_citizen(line) for line in path.read_text(encoding="utf-8").splitlines() if line.strip()]
        self._people = {one.citizen_number: one for one in people}

    def citizen(self, citizen_number: str) -> Citizen | None:
        return self._people.get(citizen_number)

    def people(self) -> list[Citizen]:
        """Everybody in the file, in its order."""
        return list(self._people.values())


class SampleRegister:
    """The fictional people of development, so that samples and demonstrations know whom they can register."""

    def __init__(self, offered: RegisterFile | None) -> None:
        self.offered = offered

    @classmethod
    def from_settings(cls, settings: Settings) -> SampleRegister:
        fictional = settings.development and not settings.get(SETTING)
        return cls(RegisterFile(SAMPLE) if fictional else None)

    def sample_people(self) -> dict[str, Any]:
        """Them all: ``{"items": [...], "next_cursor": None}``; ``NoSamplePeople`` where a given register is in use."""
        if self.offered is None:
            raise NoSamplePeople()
        items = [{**asdict(one), "birth_date": one.birth_date.isoformat()} for one in self.offered.people()]
        return {"items": items, "next_cursor": None}


def register_of(settings: Settings) -> PopulationRegister:
    """The register this installation checks against; only development falls back on fictional people."""
    path = settings.get(SETTING)
    if path is None and not settings.development:
        raise SettingMissing(SETTING, "the path of the register citizens are checked against")
    try:
        return RegisterFile(Path(path) if path else SAMPLE)
    except (OSError, ValueError, KeyError) as error:
        raise SettingMissing(SETTING, f"{path} cannot be read as a register ({error})") from error


def number_fault(citizen_number: str, birth_date: date, sex: str) -> str | None:
    """What is wrong with a citizen number, ``None`` if nothing.

    Three digits say the birthplace, one century and sex, two the year of birth, six are a serial number.

    Source: Circular 59/2021/TT-BCA (0 male, 1 female of the 20th century; 2, 3 of the 21st; and so on).
    """
    if not re.fullmatch(r"[0-9]{12}", citizen_number):
        return "not twelve digits"
    expected = (birth_date.year // 100 - 19) * 2 + (sex == "female")
    if int(citizen_number[3]) != expected:
        return "the fourth digit does not fit century of birth and sex"
    if int(citizen_number[4:6]) != birth_date.year % 100:
        return "the fifth and sixth digits do not fit the year of birth"
    return None


def _citizen(line: str) -> Citizen:
    record: dict[str, Any] = json.loads(line)
    one = Citizen(
        citizen_number=record["citizen_number"],
        full_name=readable(record["full_name"]),
        birth_date=date.fromisoformat(record["birth_date"]),
        sex=record["sex"],
        province_code=record.get("province_code", ""),
        address=record.get("address", ""),
    )
    if fault := number_fault(one.citizen_number, one.birth_date, one.sex):
        raise ValueError(f"citizen number {one.citizen_number}: {fault}")
    return one
