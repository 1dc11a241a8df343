"""Whatever definition can be published can be quoted, handed in and billed: no consumer takes less."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from infra import fees
from infra.chassis.contracts import Schema, contract_of
from infra.chassis.refusals import InvalidRequest
from services.catalog import definitions
from services.catalog.shapes import Definition
from tests.unit.catalog.builders import fee, offer

SHAPE = Schema({"$ref": "#/definitions/procedure"}, contract_of("catalog").definitions)
ANSWER = contract_of("catalog").reply("quote")
MOST_ITEMS = 1_000  # of one application, as the contract of `submit` says
SUBMITTED = "application_submitted.v1"
LONG = "Phí " + "x" * 3_996
NAMES = [{"vi": "Phí"}, {"vi": "Phí", "en": None}, {"vi": LONG, "en": LONG}]

DEFINITIONS = {
    "a name in Vietnamese alone": [fee({"type": "fixed", "amount": 5}, name=NAMES[0])],
    "no name in English": [fee({"type": "fixed", "amount": 5}, name=NAMES[1])],
    "the longest names": [fee({"type": "per_item", "amount": 5, "item": NAMES[2]}, name=NAMES[2], id="x" * 80)],
    "an option without English": [
        fee({"type": "choice", "choice": "loai", "options": [{"id": "a", "name": NAMES[1], "amount": 5}]})
    ],
    "the longest percentage": [
        fee({"type": "fixed", "amount": 5}, id="a", name=NAMES[2]),
        fee({"type": "percentage", "of": "a", "percent": 12.3456789}, id="b", name=NAMES[2]),
    ],
    "the most fees": [fee({"type": "fixed", "amount": 1}, id=str(number)) for number in range(300)],
    "the dearest fee": [fee({"type": "fixed", "amount": fees.DEAREST})],
    "the dearest by the piece": [
        fee({"type": "per_item", "amount": fees.DEAREST // MOST_ITEMS, "item": "bản"}),
    ],
    "a foreign currency": [fee({"type": "fixed", "amount": 2_500}, currency="USD")],
}


def published(listed: list[dict[str, Any]]) -> Definition:
    definition = definitions.complete(offer(fees=listed, channels={"online": offer()["channels"]["counter"]}, level=4))
    assert SHAPE.problems(definition) == []
    definitions.check_definition(definition)
    return definition


def submitted(quote: dict[str, Any]) -> dict[str, Any]:
    example: dict[str, Any] = contract_of("applications").events[SUBMITTED]["example"]
    return {**example, "quote": quote}


def consumers() -> list[str]:
    return list(contract_of("applications").events[SUBMITTED]["consumers"])


@pytest.mark.parametrize("name", DEFINITIONS)
@pytest.mark.parametrize("quantity", [1, MOST_ITEMS])
def test_what_was_published_is_billed_by_whoever_hears_of_it(name: str, quantity: int) -> None:
    definition = published(DEFINITIONS[name])
    query = fees.FeeQuery("online", date(2026, 3, 2), {"loai": "a"}, quantity)
    quote = {"code": definition["code"], "version": 1, "channel": "online", **fees.quote(definition, query)}
    assert ANSWER.problems(quote) == []
    event = submitted(quote)
    assert contract_of("applications").event(SUBMITTED).problems(event) == []
    for consumer in consumers():
        schema = contract_of(consumer).consumed("applications", SUBMITTED)
        assert schema is not None and schema.problems(event) == [], consumer


@pytest.mark.parametrize(
    "listed",
    [
        [fee({"type": "fixed", "amount": fees.DEAREST}, id=str(number)) for number in range(2)],
        [fee({"type": "fixed", "amount": fees.DEAREST // 100}, id=str(number)) for number in range(101)],
    ],
)
def test_fees_that_together_are_more_than_money_can_be_are_not_published(listed: list[dict[str, Any]]) -> None:
    problems = list(definitions.problems_in(definitions.complete(offer(fees=listed))))
    assert [problem["pointer"] for problem in problems] == ["/fees"]


def test_more_items_than_can_be_paid_for_are_refused_by_their_number() -> None:
    definition = published([fee({"type": "per_item", "amount": fees.DEAREST // 10, "item": "bản"})])
    with pytest.raises(InvalidRequest) as refused:
        fees.quote(definition, fees.FeeQuery("online", date(2026, 3, 2), {}, 11))
    assert [problem["pointer"] for problem in refused.value.facts["problems"]] == ["/quantity"]


def test_whatever_an_office_may_ask_for_is_billed() -> None:
    amount = {"amount": 10**15, "currency": "VND"}
    arguments = contract_of("applications").rpc["request_payment"]["example"]["parameters"] | {"amount": amount}
    assert contract_of("applications").parameters("request_payment").problems(arguments) == []
    example = contract_of("applications").events["payment_requested.v1"]["example"]
    schema = contract_of("payments").consumed("applications", "payment_requested.v1")
    assert schema is not None and schema.problems({**example, "amount": amount}) == []
