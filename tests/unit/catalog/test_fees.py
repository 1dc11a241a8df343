"""What a procedure costs: every kind of rule, every line with its reason."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infra.fees import FeeQuery, quote
from services.catalog.definitions import complete
from services.catalog.errors import ChannelNotOffered, ChoiceMissing
from tests.unit.catalog.builders import fee, offer

DAY = date(2026, 3, 1)
PLACES = {
    "type": "choice",
    "choice": "noi",
    "options": [
        {"id": "dat-lien", "name": {"vi": "Trên đất liền", "en": "On land"}, "amount": 10_000_000},
        {"id": "bien", "name": {"vi": "Trên biển", "en": "At sea"}, "amount": 15_000_000},
    ],
}
PAGES = {"type": "tiered", "tiers": [{"up_to": 2, "amount": 2000}, {"up_to": None, "amount": 1000}], "at_most": 200_000}


def priced(*fees, channel="counter", **requested):
    return quote(complete(offer(fees=list(fees))), FeeQuery(channel, **{"day": DAY, **requested}))


def total(*fees, **requested):
    return priced(*fees, **requested)["total"]["amount"]


def test_a_fixed_fee_is_what_it_says() -> None:
    assert priced(fee({"type": "fixed", "amount": 135_000})) == {
        "items": [
            {
                "fee_id": "phi",
                "kind": "charge",
                "name": {"vi": "Phí mẫu", "en": "Sample charge"},
                "amount": {"amount": 135_000, "currency": "VND"},
                "collected_at": "intake",
                "reason": {"vi": "Mức thu cố định, nộp trực tiếp", "en": "Fixed rate, filed at the counter"},
                "legal_basis": "01/2020/TT-BTC",
            }
        ],
        "total": {"amount": 135_000, "currency": "VND"},
        "apart": [],
        "not_stated": [],
    }


def test_a_free_procedure_still_has_its_line_and_reason() -> None:
    quoted = priced(fee({"type": "free"}))
    assert quoted["total"] == {"amount": 0, "currency": "VND"}
    assert quoted["items"][0]["reason"]["vi"] == "Miễn phí"


def test_a_procedure_without_fees_costs_nothing() -> None:
    assert priced()["total"] == {"amount": 0, "currency": "VND"}


def test_a_fee_per_item_counts_the_items() -> None:
    quoted = priced(fee({"type": "per_item", "amount": 8000, "item": {"vi": "bản sao", "en": "copy"}}), quantity=3)
    assert quoted["total"]["amount"] == 24_000
    assert quoted["items"][0]["reason"] == {"vi": "3 bản sao × 8.000 đồng", "en": "3 copy × 8.000 đồng"}


def test_a_fee_per_item_may_have_a_ceiling() -> None:
    rule = {"type": "per_item", "amount": 15_000, "item": {"vi": "tấn"}, "at_most": 550_000}
    assert total(fee(rule), quantity=10) == 150_000
    assert total(fee(rule), quantity=100) == 550_000


@pytest.mark.parametrize(("pages", "due"), [(1, 2000), (2, 4000), (3, 5000), (10, 12_000), (1000, 200_000)])
def test_tiers_price_the_items_that_fall_into_them(pages, due):
    assert total(fee(PAGES), quantity=pages) == due


@given(st.integers(1, 5000), st.integers(1, 5000))
def test_more_items_never_cost_less(few, many):
    assert total(fee(PAGES), quantity=min(few, many)) <= total(fee(PAGES), quantity=max(few, many))


def test_a_choice_made_is_priced() -> None:
    assert total(fee(PLACES), choices={"noi": "bien"}) == 15_000_000


@pytest.mark.parametrize("choices", [{}, {"noi": "khac"}, {"other": "bien"}])
def test_a_choice_not_made_is_refused_naming_the_choices(choices):
    with pytest.raises(ChoiceMissing) as refused:
        priced(fee(PLACES), choices=choices)
    assert refused.value.facts["choice"] == "noi"
    assert [option["id"] for option in refused.value.facts["options"]] == ["dat-lien", "bien"]
    assert "dat-lien (Trên đất liền)" in refused.value.text("vi")
    assert "bien (At sea)" in refused.value.text("en")


def test_a_percentage_follows_the_other_fee() -> None:
    base = fee({"type": "fixed", "amount": 135_000}, id="le-phi")
    assert total(base, fee({"type": "percentage", "of": "le-phi", "percent": 10})) == 148_500


def test_a_percentage_is_rounded_half_a_dong_upwards() -> None:
    base = fee({"type": "fixed", "amount": 5}, id="le-phi")
    assert total(base, fee({"type": "percentage", "of": "le-phi", "percent": 50})) == 5 + 3


def test_a_percentage_with_decimals_is_exact() -> None:
    base = fee({"type": "fixed", "amount": 100_000_000}, id="le-phi")
    assert total(base, fee({"type": "percentage", "of": "le-phi", "percent": 0.019})) == 100_019_000


def test_a_foreign_currency_is_kept_apart() -> None:
    quoted = priced(
        fee({"type": "fixed", "amount": 50_000}), fee({"type": "fixed", "amount": 1000}, id="x", currency="USD")
    )
    assert quoted["total"] == {"amount": 50_000, "currency": "VND"}
    assert quoted["apart"] == [{"amount": 1000, "currency": "USD"}]


def test_a_fee_in_one_foreign_currency_only_is_the_total() -> None:
    quoted = priced(fee({"type": "fixed", "amount": 1000}, currency="USD"))
    assert quoted["total"] == {"amount": 1000, "currency": "USD"}
    assert quoted["apart"] == []


def test_an_amount_the_catalogue_does_not_know_is_named_and_not_counted() -> None:
    quoted = priced(fee({"type": "not_stated"}), fee({"type": "fixed", "amount": 1}, id="x"))
    assert [item["fee_id"] for item in quoted["items"]] == ["x"]
    assert [item["fee_id"] for item in quoted["not_stated"]] == ["phi"]


def test_each_channel_has_its_own_fee() -> None:
    fees = (
        fee({"type": "fixed", "amount": 7000}, id="a", channels=["online"]),
        fee({"type": "fixed", "amount": 15_000}, id="b", channels=["counter"]),
    )
    assert total(*fees) == 15_000


@pytest.mark.parametrize(("day", "due"), [("2025-12-31", 115_000), ("2026-01-01", 135_000), ("2023-11-30", 0)])
def test_a_fee_has_days_of_its_own(day, due):
    fees = (
        fee({"type": "fixed", "amount": 115_000}, id="a", valid_from="2023-12-01", valid_until="2025-12-31"),
        fee({"type": "fixed", "amount": 135_000}, id="b", valid_from="2026-01-01"),
    )
    assert total(*fees, day=date.fromisoformat(day)) == due


def test_an_exempt_group_pays_nothing_and_the_line_says_why() -> None:
    quoted = priced(
        fee({"type": "fixed", "amount": 400_000}, exempt=["Người khuyết tật"]), exemptions=["Người khuyết tật"]
    )
    assert quoted["total"]["amount"] == 0
    assert quoted["items"][0]["reason"]["vi"] == "Miễn thu: Người khuyết tật"


def test_a_group_that_is_not_exempt_pays() -> None:
    assert (
        total(fee({"type": "fixed", "amount": 400_000}, exempt=["Người khuyết tật"]), exemptions=["Trẻ em"]) == 400_000
    )


def test_a_channel_that_is_not_offered_is_refused() -> None:
    with pytest.raises(ChannelNotOffered):
        priced(channel="online")


def test_a_name_without_english_is_shown_in_vietnamese() -> None:
    options = [{"id": "a", "name": {"vi": "Một"}, "amount": 1}]
    rule = {"type": "choice", "choice": "x", "options": options}
    quoted = priced(fee(rule, name={"vi": "Phí"}), choices={"x": "a"})
    assert quoted["items"][0]["reason"]["en"] == "Chosen: Một"
