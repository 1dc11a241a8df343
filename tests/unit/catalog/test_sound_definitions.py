"""What passes the check of a definition can be counted, quoted and filed; what cannot is pointed at."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from infra import fees
from infra.chassis.contracts import Schema, contract_of
from infra.chassis.refusals import InvalidRequest
from infra.working_time import Clock, Promise, WorkingCalendar
from services.catalog import definitions
from services.catalog.errors import ChoiceMissing
from tests.unit.catalog.builders import fee, offer

SHAPE = Schema({"$ref": "#/definitions/procedure"}, contract_of("catalog").definitions)
ACCEPTED = (datetime(2026, 2, 13, 2, tzinfo=UTC), datetime(2028, 2, 29, 9, 59, tzinfo=UTC))
UNITS = ("working_hours", "working_days", "calendar_days", "months", "not_stated")


def pointers(definition: dict[str, Any]) -> list[str]:
    try:
        definitions.check_definition(definitions.complete(definition), root="")
    except InvalidRequest as refused:
        return [problem["pointer"] for problem in refused.facts["problems"]]
    return []


def promised(amount: Any, unit: str) -> dict[str, Any]:
    return offer(channels={"counter": {"processing_time": {"amount": amount, "unit": unit}}})


@pytest.mark.parametrize(
    ("amount", "unit"),
    [(1.5, "months"), (2.5, "calendar_days"), (100_000, "months"), (361, "months"), (-1, "working_days")],
)
def test_a_time_that_cannot_be_counted_is_pointed_at(amount, unit):
    assert pointers(promised(amount, unit)) == ["/channels/counter/processing_time/amount"]
    assert pointers(offer(legal_maximum={"amount": amount, "unit": unit})) == ["/legal_maximum/amount"]


UNSOUND: list[dict[str, Any]] = [
    {"channels": {}}, {"level": 3}, {"channels": {"counter": {"processing_time": {"amount": 1.5, "unit": "months"}}}},
    {"fees": [fee({"type": "fixed", "amount": 1}), fee({"type": "fixed", "amount": 1})]},
    {"fees": [fee({"type": "fixed", "amount": 1}, currency="XXX")]},
    {"fees": [fee({"type": "fixed", "amount": 1}, channels=["fax"])]},
    {"fees": [fee({"type": "fixed", "amount": 1}, valid_from="2026-01-01", valid_until="2025-01-01")]},
    {"form": {"type": "array"}}, {"form": {"$ref": "#/nowhere"}},
    {"form": {"type": "object", "properties": {"b": {}}, "required": ["a"]}},
    {"authority": {"level": "commune", "name": {"vi": "Xã"}, "agency_codes": [], "province_codes": ["999"]}},
]  # fmt: skip


@pytest.mark.parametrize("changed", UNSOUND, ids=range(len(UNSOUND)))
def test_what_is_unsound_is_said_in_both_languages(changed):
    with pytest.raises(InvalidRequest) as refused:
        definitions.check_definition(definitions.complete(offer(**changed)))
    vietnamese, english = refused.value.text("vi"), refused.value.text("en")
    assert vietnamese != english.replace("The request", "Yêu cầu")
    sentence = english.split(": ", 1)[1].replace("Correct the fields named and send again.", "")
    assert sentence.isascii(), sentence


@pytest.mark.parametrize(
    ("amount", "unit"), [(0.5, "working_days"), (1.5, "working_hours"), (360, "months"), (None, "not_stated")]
)
def test_a_time_that_can_be_counted_is_taken(amount, unit):
    assert pointers(promised(amount, unit)) == []


@pytest.mark.parametrize(
    "form",
    [
        {"$ref": "#/nowhere"},
        {"$ref": "https://mau.example/form.json"},
        {"$schema": "http://mau.example/schema"},
        {"properties": {"a": {"pattern": "("}}},
        {"definitions": [1]},
    ],
)
def test_a_form_that_filing_could_not_compile_is_pointed_at(form):
    assert pointers(offer(form=form)) == ["/form"]


@pytest.mark.parametrize("kinds", ["string", "array", ["null", "array"]])
def test_a_form_that_no_answers_can_fit_is_pointed_at(kinds):
    assert pointers(offer(form={"type": kinds})) == ["/form/type"]
    assert pointers(offer(form={"type": ["object", "null"]})) == []


@pytest.mark.parametrize("label", ["Họ tên", 5, ["Họ tên"], {"vi": 5}, {"en": ["x"]}])
def test_a_label_that_is_no_text_in_languages_is_pointed_at(label):
    assert pointers(offer(form={"properties": {"ho_ten": {"x-label": label}}})) == ["/form/properties"]
    for sound in ({"x-label": {"vi": "Họ tên", "en": None}}, {"x-label": None}, {}, True):
        assert pointers(offer(form={"properties": {"ho_ten": sound}})) == []


def test_a_form_may_not_require_what_it_does_not_ask():
    form = {"type": "object", "properties": {"ho_ten": {"type": "string"}}, "required": ["ho_ten", "tuoi"]}
    assert pointers(offer(form=form)) == ["/form/required"]
    assert pointers(offer(form={**form, "additionalProperties": True})) == []


@pytest.mark.parametrize("currency", ["XYZ", "DEM", "XAU", "VNN"])
def test_a_fee_in_what_is_no_money_today_is_pointed_at(currency):
    assert pointers(offer(fees=[fee({"type": "fixed", "amount": 1_000}, currency=currency)])) == ["/fees/0/currency"]


@pytest.mark.parametrize("currency", ["VND", "USD", "EUR", "JPY"])
def test_a_fee_in_money_of_some_country_is_taken(currency):
    assert pointers(offer(fees=[fee({"type": "fixed", "amount": 1_000}, currency=currency)])) == []


def test_percentages_of_percentages_may_not_grow_beyond_what_money_can_be():
    chain = [fee({"type": "fixed", "amount": 10**15}, id="0")]
    chain += [fee({"type": "percentage", "of": str(n), "percent": 1000}, id=str(n + 1)) for n in range(2)]
    assert pointers(offer(fees=chain)) == ["/fees/1/rule", "/fees/2/rule"]


amounts = st.integers(0, 10**15)
rules = st.one_of(
    st.just({"type": "free"}),
    st.just({"type": "not_stated"}),
    st.builds(lambda amount: {"type": "fixed", "amount": amount}, amounts),
    st.builds(lambda amount: {"type": "per_item", "amount": amount, "item": "bản"}, amounts),
    st.builds(lambda tiers: {"type": "tiered", "tiers": tiers}, st.lists(
        st.fixed_dictionaries({"up_to": st.none() | st.integers(1, 99), "amount": amounts}), min_size=1, max_size=3)),
    st.builds(lambda of, percent: {"type": "percentage", "of": of, "percent": percent},
              st.sampled_from("0123"), st.floats(0, 1000)),
    st.builds(lambda ids: {"type": "choice", "choice": "loai", "options": [
        {"id": id, "name": {"vi": id}, "amount": 5} for id in ids]}, st.lists(st.sampled_from("ab"), min_size=1)),
)  # fmt: skip
lengths = st.none() | st.integers(0, 400) | st.floats(0, 400) | st.sampled_from([3_000, 99_999.5, 100_000])
durations = st.fixed_dictionaries({"amount": lengths, "unit": st.sampled_from(UNITS)})
forms = st.none() | st.fixed_dictionaries(
    {},
    optional={
        "type": st.just("object"),
        "properties": st.dictionaries(st.sampled_from("abc"), st.sampled_from([{}, {"pattern": "["}, {"$ref": "#/x"}])),
        "required": st.lists(st.sampled_from("abc"), unique=True),
        "additionalProperties": st.booleans(),
    },
)


drawn_definitions = st.builds(
    lambda rules, channels, legal_maximum, form: offer(
        channels={name: {"processing_time": duration} for name, duration in channels.items()},
        legal_maximum=legal_maximum,
        fees=[fee(rule, id=str(number)) for number, rule in enumerate(rules)],
        form=form,
    ),
    st.lists(rules, max_size=4),
    st.dictionaries(st.sampled_from(["online", "counter", "post"]), durations, min_size=1),
    st.none() | durations,
    forms,
)


@settings(deadline=None, max_examples=100)
@given(drawn_definitions, st.integers(1, 1000))
def test_whatever_passes_can_be_counted_quoted_and_filed(definition, quantity):
    full = definitions.complete(definition)
    if SHAPE.problems(full) or pointers(definition):
        return
    for channel, offered in full["channels"].items():
        for promise in filter(None, (offered["processing_time"], full["legal_maximum"])):
            for accepted in ACCEPTED:
                Clock.start(Promise.from_json(promise), accepted, WorkingCalendar())
        choices = {"loai": "a"}
        try:
            fees.quote(full, fees.FeeQuery(channel, date(2026, 3, 2), choices))
        except ChoiceMissing:
            choices = {"loai": "b"}
            fees.quote(full, fees.FeeQuery(channel, date(2026, 3, 2), choices))
        try:
            fees.quote(full, fees.FeeQuery(channel, date(2026, 3, 2), choices, quantity))
        except InvalidRequest as too_many:
            assert [problem["pointer"] for problem in too_many.facts["problems"]] == ["/quantity"]
    if full["form"]:
        answers = dict.fromkeys(full["form"].get("properties", {}), "x")
        assert isinstance(Schema(full["form"]).problems(answers), list)


@given(durations.filter(lambda entry: entry["unit"] != "not_stated"))
def test_what_was_published_before_is_counted_as_the_nearest_promise_above(duration):
    promise = Promise.from_json(duration)
    nearest = promise.countable()
    assert nearest.problem is None
    if promise.problem == "fraction":
        assert 0 <= float(nearest.amount or 0) - float(promise.amount or 0) <= 1
