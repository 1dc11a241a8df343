"""Provinces and communes on any day."""

from __future__ import annotations

import pytest

from services.catalog.errors import ProvinceNotFound, WardsNotKnown
from tests.component.catalog.use_cases import Catalogue, catalogue


@pytest.fixture(scope="module")
def book() -> Catalogue:
    return catalogue()


def provinces(book: Catalogue, at: str | None = None) -> dict[str, dict]:
    return {unit["code"]: unit for unit in book.places.provinces(at)["items"]}


@pytest.mark.parametrize(
    ("at", "number"),
    [("2024-01-01", 63), ("2025-06-30", 63), ("2025-07-01", 34), ("2026-11-21", 34), ("2010-01-01", 63), (None, 34)],
)
def test_there_are_63_provinces_before_the_reform_and_34_since(book, at, number):
    assert len(provinces(book, at)) == number


def test_every_old_province_went_into_one_that_is_there_now(book):
    now = provinces(book, "2025-07-01")
    old = provinces(book, "2025-06-30")
    assert all(unit["merged_into"] in now for unit in old.values())
    came_from = [code for unit in now.values() for code in unit["merged_from"]]
    assert sorted(came_from) == sorted(old)


def test_twenty_three_provinces_came_of_mergers_and_eleven_stayed(book):
    sizes = [len(unit["merged_from"]) for unit in provinces(book, "2025-07-01").values()]
    assert (sizes.count(1), len([size for size in sizes if size > 1])) == (11, 23)


@pytest.mark.parametrize(
    ("now", "before"),
    [
        ("Hồ Chí Minh", {"Hồ Chí Minh", "Bình Dương", "Bà Rịa - Vũng Tàu"}),
        ("Phú Thọ", {"Phú Thọ", "Vĩnh Phúc", "Hòa Bình"}),
        ("Lâm Đồng", {"Lâm Đồng", "Đắk Nông", "Bình Thuận"}),
        ("Gia Lai", {"Gia Lai", "Bình Định"}),
        ("Lào Cai", {"Lào Cai", "Yên Bái"}),
        ("Cà Mau", {"Cà Mau", "Bạc Liêu"}),
        ("Nghệ An", {"Nghệ An"}),
    ],
)
def test_a_merger_names_what_it_was_made_of(book, now, before):
    old = provinces(book, "2025-06-30")
    (unit,) = [unit for unit in provinces(book, "2025-07-01").values() if unit["name"]["vi"] == now]
    assert {old[code]["name"]["vi"] for code in unit["merged_from"]} == before


def test_a_code_may_mean_another_province_after_the_reform(book):
    assert provinces(book, "2025-06-30")["15"]["name"]["vi"] == "Yên Bái"
    assert provinces(book, "2025-07-01")["15"]["name"]["vi"] == "Lào Cai"


def test_hue_became_a_city_of_the_centre_half_a_year_earlier(book):
    assert provinces(book, "2024-12-31")["46"]["name"]["vi"] == "Thừa Thiên Huế"
    hue = provinces(book, "2025-01-01")["46"]
    assert (hue["name"]["vi"], hue["kind"]["en"]) == ("Huế", "Centrally governed city")


def test_there_are_3321_communes(book):
    assert sum(len(book.places.wards(code)["items"]) for code in provinces(book)) == 3321


def test_communes_before_the_reform_are_not_known(book):
    with pytest.raises(WardsNotKnown):
        book.places.wards("01", "2025-06-30")


@pytest.mark.parametrize(("code", "at"), [("02", None), ("99", "2024-01-01")])
def test_communes_of_a_province_that_is_not_there_are_refused(book, code, at):
    with pytest.raises(ProvinceNotFound):
        book.places.wards(code, at)
