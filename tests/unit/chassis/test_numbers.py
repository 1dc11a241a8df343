"""Numbers from outside are digits 0 to 9: what Python reads beyond that is no number here."""

from __future__ import annotations

import pytest

from infra.chassis.event_ids import SHAPE
from infra.chassis.settings import SettingMissing, Settings
from infra.chassis.text.currencies import amount_in_figures
from infra.chassis.text.numbers import decimal_number, natural_number, whole_number

NO_NUMBERS = ("1_0", " 10", "10 ", "+10", "", "-", "--5", "²", "１０", "٣", "1e3", "nan", "inf", "0x10", "1\n")


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_only_digits_are_a_number(text: str) -> None:
    assert whole_number(text) is natural_number(text) is decimal_number(text) is None


def test_digits_are_read() -> None:
    assert (whole_number("-10"), natural_number("007"), decimal_number("-1.50")) == (-10, 7, -1.5)
    assert natural_number("-1") is None and natural_number("1234", 3) is None


@pytest.mark.parametrize("text", ["1_0", "１０", "nan", "inf", "1e3", "ten"])
def test_a_setting_that_only_python_reads_as_a_number_is_named(text: str) -> None:
    with pytest.raises(SettingMissing, match="MAX_WORKERS"):
        Settings({"MAX_WORKERS": text}).number("MAX_WORKERS", 10)
    with pytest.raises(SettingMissing, match="RETRY_TIERS"):
        Settings({"RETRY_TIERS": f"5,{text}"}).numbers("RETRY_TIERS", "5")


def test_settings_of_numbers_are_read() -> None:
    assert Settings({"MAX_WORKERS": " 12 "}).number("MAX_WORKERS", 10) == 12
    assert Settings({"RETRY_TIERS": "5, 0.5"}).numbers("RETRY_TIERS", "1") == [5, 0.5]


def test_positions_of_events_are_digits() -> None:
    assert SHAPE.fullmatch("applications:12") and not SHAPE.fullmatch("applications:１２")


@pytest.mark.parametrize(
    ("amount", "code", "figures"),
    [(135_000, "VND", "135.000"), (2_505, "USD", "25,05"), (-5, "USD", "-0,05"), (3_000, "JPY", "3.000"),
     (125_050, "EUR", "1.250,50"), (1_500, "KWD", "1,500")],
)  # fmt: skip
def test_an_amount_has_the_decimals_of_its_currency(amount: int, code: str, figures: str) -> None:
    assert amount_in_figures(amount, code) == figures
