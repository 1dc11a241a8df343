"""The population register, as identity sees it: who is a citizen, by number.

``PopulationRegister`` is the port. ``RegisterFile`` implements it on one machine: JSON lines, one person each,
``{"citizen_number", "full_name", "birth_date", "sex", "province_code", "address"}``. A connection to the national
database takes its place with a class of the same shape.
"""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Protocol

from infra.chassis import logs
from infra.chassis.contracts import unstorable
from infra.chassis.cursors import Page
from infra.chassis.json_limits import MemberTwice, members_once
from infra.chassis.json_types import Json
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.text.vietnamese_text import readable, same_text
from services.identity.errors import NoSamplePeople

SETTING = "POPULATION_REGISTER"
UTF8_MARK, UTF16_MARKS = codecs.BOM_UTF8, (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TWELVE_DIGITS = re.compile("[0-9]{12}")
NOT_TWELVE_DIGITS = "a number that is not twelve digits"
NO_BIRTH_DATE = "a birth date that is no day"
NO_NAME = "a name without a letter, or with signs that cannot be stored"
FIELD_TWICE = "a field that stands in it twice"
UNKNOWN_SEX = "a sex that is neither male nor female"
SEXES = ("male", "female")
MOST_LOGGED = 50
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


@dataclass(frozen=True)
class OddRecord:
    """A line of the register that is not as it should be; the reason names no person."""

    line: int
    reason: str
    usable: bool


class RegisterFile:
    """A register in a file of JSON lines, read once. An odd record is in ``odd`` and stops none of the others."""

    def __init__(self, path: Path) -> None:
        self._people: dict[str, Citizen] = {}
        self.odd: list[OddRecord] = []
        for number, line in enumerate(_lines(path.read_bytes()), 1):
            if line.strip():
                self._add(number, line)
        if self.odd:
            for record in self.odd[:MOST_LOGGED]:
                logs.get().warning("register_record_odd", **asdict(record))
            unusable = sum(not record.usable for record in self.odd)
            logs.get().warning("register_read", people=len(self._people), odd=len(self.odd), unusable=unusable)
        if not self._people:
            raise ValueError("no record of it can be used")

    def _add(self, number: int, line: bytes) -> None:
        try:
            citizen = _citizen(line)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            self.odd.append(OddRecord(number, _reason(error), usable=False))
            return
        if citizen.citizen_number in self._people:
            self.odd.append(OddRecord(number, "a number that stands in an earlier line", usable=False))
            return
        self._people[citizen.citizen_number] = citizen
        # The register is the authority: sex and dates are corrected there while the number stays as it was given.
        fault = number_fault(citizen.citizen_number, citizen.birth_date, citizen.sex)
        if citizen.sex not in SEXES:
            fault = UNKNOWN_SEX
        if fault:
            self.odd.append(OddRecord(number, fault, usable=True))

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

    def sample_people(self) -> Page[Json]:
        """Them all: ``{"items": [...], "next_cursor": None}``; ``NoSamplePeople`` where a given register is in use."""
        if self.offered is None:
            raise NoSamplePeople()
        items = [{**asdict(person), "birth_date": person.birth_date.isoformat()} for person in self.offered.people()]
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
    if not TWELVE_DIGITS.fullmatch(citizen_number):
        return NOT_TWELVE_DIGITS
    expected = (birth_date.year // 100 - 19) * 2 + (sex == "female")
    if int(citizen_number[3]) != expected:
        return "the fourth digit does not fit century of birth and sex"
    if int(citizen_number[4:6]) != birth_date.year % 100:
        return "the fifth and sixth digits do not fit the year of birth"
    return None


def _lines(content: bytes) -> list[bytes]:
    """One record a line, in UTF-8 or, if a byte order mark says so, UTF-16; what is in neither is odd by itself."""
    if content.startswith(UTF16_MARKS):
        content = content.decode("utf-16", "surrogatepass").encode("utf-8", "surrogatepass")
    return content.removeprefix(UTF8_MARK).splitlines()


def _citizen(line: bytes) -> Citizen:
    record = json.loads(line, object_pairs_hook=members_once)
    if not isinstance(record, dict):
        raise TypeError("not a JSON object")
    if not TWELVE_DIGITS.fullmatch(record["citizen_number"]):
        raise ValueError(NOT_TWELVE_DIGITS)
    return Citizen(
        citizen_number=record["citizen_number"],
        full_name=_name(record["full_name"]),
        birth_date=_birth_date(record["birth_date"]),
        sex=_text(record["sex"]),
        province_code=_text(record.get("province_code")),
        address=_text(record.get("address")),
    )


def _name(recorded: str) -> str:
    name = readable(recorded)
    if not any(sign.isalpha() for sign in name) or unstorable(name):
        raise ValueError(NO_NAME)
    return name


def _text(value: object) -> str:
    """What else is recorded of somebody; as nothing where it is no text."""
    return value if isinstance(value, str) and not unstorable(value) else ""


def _birth_date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except (ValueError, TypeError):
        raise ValueError(NO_BIRTH_DATE) from None


def _reason(error: Exception) -> str:
    """Why a line cannot be used, without what is in it."""
    if isinstance(error, MemberTwice):
        return FIELD_TWICE
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    reasons = (NOT_TWELVE_DIGITS, NO_BIRTH_DATE, NO_NAME, "not a JSON object")
    return str(error) if str(error) in reasons else f"cannot be read ({type(error).__name__})"
